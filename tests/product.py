"""The product as a person runs it: the real command in a process of its own, on loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from translate_proxy.settings import Limits, Rate

START_SECONDS = 200.0
STOP_SECONDS = 90.0
UNHURRIED = {  # what a slow machine would make another answer of
    "TRANSLATE_PROXY_LANGUAGE_TIME_BOX_SECONDS": "5",
    "TRANSLATE_PROXY_TRANSLATION_DEADLINE_SECONDS": "200",
    "TRANSLATE_PROXY_TRANSLATION_STUCK_SECONDS": "200",
}
DEMO_LOGIN = {"email": "demo@example.com", "password": "demo-password"}
COMMAND = Path(sys.executable).with_name("translate-proxy")


def generous(most: int) -> dict[str, str]:
    """The environment that sets every rate of ``[limits]`` to so many a second."""
    rates = {name: most for name, value in Limits() if isinstance(value, Rate)}
    bytes_of_many = min(100_000 * most, 999_999_999)  # the most that can be written
    rates |= {name: bytes_of_many for name in rates if name.endswith("_bytes")}
    return {
        f"TRANSLATE_PROXY_LIMITS_{name.upper()}": f"{rate}/s, burst {rate}"
        for name, rate in rates.items()
    }


class Product:
    """One server process. ``url`` is set once it is ready; ``wrap`` is put before the command."""

    def __init__(
        self,
        data_dir: Path,
        *options: str,
        env: dict[str, str] | None = None,
        wrap: Sequence[str] = (),
    ) -> None:
        self.data_dir = data_dir
        self.url = ""
        self._command = [*wrap, str(COMMAND), "serve", "--data-dir", str(data_dir), *options]
        ours = {**UNHURRIED, "TRANSLATE_PROXY_LOG_FORMAT": "json"}
        self._env = {**os.environ, **ours, **(env or {})}
        self._log = data_dir.parent / f"{data_dir.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> Path:
        """Start, and wait for nothing; the file of what it prints."""
        printed = self._log.with_suffix(".out")
        with self._log.open("ab") as errors, printed.open("wb") as output:
            self.process = subprocess.Popen(
                self._command, env=self._env, stdout=output, stderr=errors
            )
        return printed

    def start(self) -> str:
        """Start, wait until it is ready, and return its address without a slash at the end."""
        printed = self.launch()
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(r"^Health:\s+(\S+)/health/ready$", printed.read_text(), re.MULTILINE)
            if found:
                self.url = found[1]
                return self.url
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log()[-2000:]}")

    def log(self) -> str:
        """Everything it has written to its log."""
        return self._log.read_text(encoding="utf-8")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def engine(self) -> int | None:
        """The process number of its engine process, None while there is none."""
        assert self.process is not None
        for task in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                said = task.read_bytes().split(b"\0")
            except OSError:
                continue  # it has just ended
            if b"translate_proxy.engine_room" in said and str(self.process.pid).encode() in said:
                return int(task.parent.name)
        return None

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """The exit status."""
        assert self.process is not None
        return self.process.wait(STOP_SECONDS)

    def stop(self) -> int:
        """SIGTERM; the exit status. One that has ended already keeps its own."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def token(self, login: dict[str, str] | None = None) -> str:
        """An operator's session token."""
        answer = httpx.post(f"{self.url}/api/login", json=login or DEMO_LOGIN, timeout=120)
        answer.raise_for_status()
        token: str = answer.json()["token"]
        return token


@contextmanager
def running(product: Product) -> Iterator[Product]:
    """Started, and in the end stopped."""
    try:
        product.start()
        yield product
    finally:
        product.stop()
