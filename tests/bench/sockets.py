"""What an idle visitor's socket costs: growth of the server's memory, in KiB a socket.

    python -m tests.bench.sockets [--sockets 5000]

One product process, plain WebSocket clients in this one. The result goes to
bench-results/sockets.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.bench._delivery_load import link, server

RESULTS = Path("bench-results/sockets.json")
WARM_UP = 200
AT_ONCE = 20
TARGET_KIB = 60


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


async def measure(sockets: int) -> dict[str, Any]:
    """Open ``WARM_UP`` sockets, then so many more, and compare."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    auth = {"protocol": 1, "site": "demo", "locale": "pt"}
    with tempfile.TemporaryDirectory() as folder, server("product", Path(folder)) as (port, pid):
        async with AsyncExitStack() as stack:

            async def connect(count: int) -> None:
                for start in range(0, count, AT_ONCE):
                    links = [
                        link(port, "/visitor", auth)
                        for _ in range(start, min(start + AT_ONCE, count))
                    ]
                    await asyncio.gather(*(stack.enter_async_context(one) for one in links))

            await connect(WARM_UP)
            await asyncio.sleep(3)
            before = rss_kib(pid)
            began = time.monotonic()
            await connect(sockets)
            took = time.monotonic() - began
            await asyncio.sleep(5)
            grown = rss_kib(pid) - before
    return {
        "sockets": sockets,
        "kib_per_socket": round(grown / sockets, 1),
        "target_kib": TARGET_KIB,
        "connects_per_s": round(sockets / took),
        "rss_mib": round((before + grown) / 1024),
    }


def main() -> None:
    """Print and keep the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", type=int, default=5000)
    options = parser.parse_args()
    result = asyncio.run(measure(options.sockets))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
