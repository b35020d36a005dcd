"""A bad network: a TCP proxy that cuts, delays, chops and silences connections at random."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from types import TracebackType

CHUNK = 4096


class BadNetwork:
    """Listens on ``port`` and passes on to ``upstream_port``, both on loopback.

    Each connection lives for about ``life_bytes`` bytes in a direction, then ends one of three
    ways: reset, closed, or silent for a while first. Every chunk may wait up to ``delay_s``.
    """

    def __init__(
        self, upstream_port: int, rng: random.Random, life_bytes: float, delay_s: float
    ) -> None:
        self.port = 0
        self.connections = 0
        self.cuts = 0
        self._upstream_port = upstream_port
        self._rng = rng
        self._life_bytes = life_bytes
        self._delay_s = delay_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def calm(self) -> bool:
        """Whether it passes everything on untouched."""
        return self._life_bytes == float("inf")

    def become_calm(self) -> None:
        """From now on pass everything on, at once."""
        self._life_bytes = float("inf")
        self._delay_s = 0.0

    async def __aenter__(self) -> BadNetwork:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.transport.abort()
            return
        pipes = [
            asyncio.create_task(self._pipe(reader, up_writer)),
            asyncio.create_task(self._pipe(up_reader, writer)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            for end in (writer, up_writer):
                with suppress(OSError):
                    self._end(end)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        if self._rng.random() < 0.5:
            writer.transport.abort()
        else:
            writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._rng.expovariate(1 / self._life_bytes) if not self.calm else float("inf")
        with suppress(OSError):
            while data := await reader.read(self._rng.randint(1, CHUNK)):
                if self._delay_s:
                    await asyncio.sleep(self._rng.uniform(0, self._delay_s))
                left -= len(data)
                if left < 0 and not self.calm:
                    self.cuts += 1
                    writer.write(data[: self._rng.randint(0, len(data))])
                    if self._rng.random() < 0.3:
                        await asyncio.sleep(self._rng.uniform(0.5, 3))
                    return
                writer.write(data)
                await writer.drain()
