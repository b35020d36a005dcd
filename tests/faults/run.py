"""``make faults``: every scenario in full length; a table on the screen, figures in a file.

    python -m tests.faults.run [--cycles PERCENT] [SCENARIO ...]

The seed of each run is printed; FAULTS_SEED replays one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from pathlib import Path

from tests.faults.scenarios import SCENARIOS
from tests.faults.world import Figures, new_seed

RESULTS = Path("test-results/faults.json")
SHUTDOWN_S = 10.0
"""The stated longest time of a stop (``shutdown_seconds``), on a machine that is not starved."""
COLUMNS = ("cycles", "messages", "resent", "connections", "events", "translations", "synced")


def _once(name: str, percent: float) -> tuple[int, Figures, str | None]:
    """The seed, what happened, and what was broken (None: nothing)."""
    seed = new_seed()
    listed = SCENARIOS[name]
    cycles = max(1, round(listed.cycles * percent / 100))
    print(f"{name}: {cycles} cycles, seed {seed}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        figures, fault = Figures(), None
        try:
            figures = asyncio.run(listed.run(Path(folder), seed, cycles))
            if figures.longest_stop > SHUTDOWN_S:
                fault = f"the longest stop took {figures.longest_stop} s"
        except Exception as error:  # noqa: BLE001  (the other scenarios still run)
            traceback.print_exc()
            fault = str(error) or repr(error)
            for log in Path(folder).rglob("*.log"):
                kept = RESULTS.parent / f"faults-{name}-{seed}.log"
                kept.write_bytes(log.read_bytes())
    figures.seconds = round(time.monotonic() - began, 1)
    return seed, figures, fault


def main() -> int:
    """0 when every promise held."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cycles", type=float, default=100, metavar="PERCENT")
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS))
    options = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    results = {}
    for name in options.scenarios:
        seed, figures, fault = _once(name, options.cycles)
        results[name] = {"seed": seed, **asdict(figures), "fault": fault}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"\n{'scenario':24}" + "".join(f"{column:>13}" for column in COLUMNS) + "      s  broken")
    for name, result in results.items():
        row = "".join(f"{result[column]:>13}" for column in COLUMNS)
        broken = "-" if result["fault"] is None else f"seed {result['seed']}"
        print(f"{name:24}{row}{result['seconds']:>7.0f}  {broken}")
    return int(any(result["fault"] is not None for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
