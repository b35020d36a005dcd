"""The load generator: Socket.IO on plain WebSockets, as light as it gets."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

SERVER = "tests.bench._delivery_server"
SERVERS = {"libretranslate": ("tests.bench._whole_way_libretranslate",)}
"""Those that are not of ``SERVER``."""
ACK = re.compile(r"43/\w+,(\d+)\[")
Heard = Callable[[str, float], None]
"""Told of every event's raw text and when it came (``time.monotonic``)."""


@contextmanager
def server(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """``(port, pid)`` of a server process of this kind."""
    process = subprocess.Popen(
        [sys.executable, "-m", *SERVERS.get(kind, (SERVER, kind)), str(folder)],
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield json.loads(line)["port"], process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


class Link:
    """One client in one namespace."""

    def __init__(self, socket: ClientConnection, namespace: str, heard: Heard) -> None:
        self._socket = socket
        self._namespace = namespace
        self._heard = heard
        self._calls = 0
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def open(self, auth: dict[str, Any]) -> None:
        """Into the namespace. AssertionError when refused."""
        await self._socket.recv()
        await self._socket.send(f"40{self._namespace},{json.dumps(auth)}")
        answer = str(await self._socket.recv())
        assert answer.startswith("40"), answer
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Out."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for frame in self._socket:
            text = str(frame)
            if text == "2":
                await self._socket.send("3")
                continue
            now = time.monotonic()
            found = ACK.match(text)
            if found is None:
                self._heard(text, now)
            else:
                self._waiting.pop(int(found[1])).set_result(text)

    async def call(self, name: str, payload: dict[str, Any]) -> str:
        """The ack, raw."""
        self._calls += 1
        number = self._calls
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        await self._socket.send(f"42{self._namespace},{number}{json.dumps([name, payload])}")
        return await answered


@asynccontextmanager
async def link(
    port: int, namespace: str, auth: dict[str, Any], heard: Heard = lambda _text, _now: None
) -> AsyncIterator[Link]:
    """Connected."""
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    async with connect(
        url, compression=None, ping_interval=None, max_size=None, max_queue=None
    ) as socket:
        one = Link(socket, namespace, heard)
        await one.open(auth)
        try:
            yield one
        finally:
            await one.close()
