"""One engine process as the server sees it: started, spoken to, ended."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from translate_proxy.engine_room import frames
from translate_proxy.engine_room.ledger import Entry, Ledger
from translate_proxy.engine_room.link import Link
from translate_proxy.settings import Settings

PAGE = os.sysconf("SC_PAGE_SIZE")


class Child:
    """``take`` is given each frame, ``gone`` is called once when the process has ended."""

    def __init__(
        self, take: Callable[[frames.FromRoom], None], gone: Callable[[Child], None]
    ) -> None:
        self._take = take
        self._gone = gone
        self._handle = os.memfd_create("engine-room")
        self._ledger = Ledger(self._handle)
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: asyncio.Task[None] | None = None
        self.link = Link(self._taken, lambda: None)
        self.heard = time.monotonic()
        """When it was last heard of; seconds of the monotonic clock."""
        self.has_beaten = False
        """Whether it was heard of at all."""
        self.words: dict[str, int] = {}
        """The revision of each site's words that it has been sent."""

    async def start(self, settings: Settings, aside: Mapping[str, str], forgotten: int) -> None:
        """Begin; it says itself when it can be used. OSError when no process can be had."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "translate_proxy.engine_room",
                    *map(str, (theirs.fileno(), self._handle, os.getpid())),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), self._handle),
                )
            except BaseException:
                ours.close()
                self._ledger.close()
                os.close(self._handle)
                raise
        self.heard = time.monotonic()
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: self.link, ours)
        self.link.send(
            frames.Hello(
                frames.VERSION, settings.model_dump_json(by_alias=True).encode(), aside, forgotten
            )
        )
        self._waiting = asyncio.create_task(self._wait(self._process))

    @property
    def pid(self) -> int:
        """The process's number; 0 before it has started."""
        return self._process.pid if self._process is not None else 0

    @property
    def memory(self) -> int:
        """Bytes that it holds in memory, its share of what others map too included."""
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:  # noqa: PTH123
                return int(file.read().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    @property
    def stopped(self) -> bool:
        """Whether it was told to stand still (SIGSTOP), so that waiting for it is no use."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:  # noqa: PTH123
                return file.read().rpartition(")")[2].split()[0] in "Tt"
        except (OSError, IndexError):
            return False

    def _taken(self, body: bytes) -> None:
        self.heard = time.monotonic()
        self.has_beaten = True
        self._take(frames.for_server(body))

    async def _wait(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        self._gone(self)

    @property
    def status(self) -> int | None:
        """How it ended: an exit status, or a signal's number below zero."""
        return self._process.returncode if self._process is not None else None

    def in_hand(self) -> Sequence[Entry]:
        """What it is busy with, or was when it ended."""
        return self._ledger.read()

    def kill(self) -> None:
        """End it now; it cannot refuse, stopped or not."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def leave(self, within_s: float) -> None:
        """Ask it to end, and see to it."""
        self.link.send(frames.Leave())
        self.link.close()
        if self._waiting is not None:
            done, _ = await asyncio.wait({self._waiting}, timeout=within_s)
            if not done:
                self.kill()
                await self._waiting
        self.let_go()

    def let_go(self) -> None:
        """Give back what is left of it here, once it has ended."""
        self.link.close()
        self._ledger.close()
        os.close(self._handle)
