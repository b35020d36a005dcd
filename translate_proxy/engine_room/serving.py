"""What the engine process does: a room at the end of a link."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket

import structlog

from translate_proxy import logs
from translate_proxy.engine_room import frames
from translate_proxy.engine_room.ledger import Ledger
from translate_proxy.engine_room.link import Link
from translate_proxy.engine_room.room import Room
from translate_proxy.settings import Settings

BEAT_S = 1.0

log = structlog.get_logger(__name__)


class Process:
    """The room at the end of a link."""

    def __init__(self, connection: socket.socket, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger
        self._room: Room | None = None
        self._over = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until the server says so or is gone."""
        loop = asyncio.get_running_loop()
        self._link = Link(self._take, self._over.set)
        await loop.connect_accepted_socket(lambda: self._link, self._connection)
        beating = asyncio.create_task(self._beat())
        await self._over.wait()
        beating.cancel()
        if self._room is not None:
            async with asyncio.timeout(1.0):
                await self._room.close()

    def _take(self, body: bytes) -> None:
        frame = frames.for_room(body)
        if isinstance(frame, frames.Leave):
            self._over.set()
        elif self._room is not None:
            self._room.take(frame)
        elif isinstance(frame, frames.Hello) and frame.version == frames.VERSION:
            settings = Settings.model_validate_json(frame.settings)
            logs.configure(settings.server.log_level, settings.server.log_format)
            self._room = Room(
                settings,
                self._ledger,
                self._link.send,
                aside=frame.aside,
                forgotten=frame.forgotten,
            )
            self._starting = asyncio.create_task(self._start(self._room))
        else:
            raise frames.FrameError("the first frame is no greeting of this version")

    async def _start(self, room: Room) -> None:
        try:
            await room.start()
        except Exception:
            log.exception("engine_room.not_started")
            os._exit(1)
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)

    async def _beat(self) -> None:
        while True:
            figures = {} if self._room is None else self._room.figures()
            self._link.send(frames.Beat(figures))
            await asyncio.sleep(BEAT_S)


def main(link: int, ledger: int) -> None:
    """The process; ``link`` and ``ledger`` are open files."""
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C reaches the group: the server says when
        signal.signal(number, signal.SIG_IGN)
    connection = socket.socket(fileno=link)
    asyncio.run(Process(connection, Ledger(ledger)).run())
    os._exit(0)  # a thread inside an engine that hangs must not keep it
