"""What stands between engine.io's session and its WebSocket: written together, in order, and only
when the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from engineio.packet import MESSAGE, Packet
from websockets.frames import Frame, Opcode

from translate_proxy.sockets.transport import WIRE, Driver, Waiting


class Wire:
    """A WebSocket that keeps what is written to it."""

    def __init__(self) -> None:
        self.told: Callable[[], None] = lambda: None
        self.ready = True
        self.written: list[bytes] = []

    def write_frames(self, frames: bytes) -> None:
        self.written.append(frames)


class Session:
    """What the driver needs of an engine.io session."""

    def __init__(self, patience_s: float) -> None:
        self.queue = Waiting()
        self.connected = self.upgraded = False
        self.taken: list[str] = []
        self.closed = False
        reason = SimpleNamespace(TRANSPORT_CLOSE="transport close")
        self.server = SimpleNamespace(ping_interval=patience_s, ping_timeout=0.0, reason=reason)

    async def handler(self, _ws: Any) -> None:
        """engine.io's own loops."""
        raise AssertionError("engine.io's own loops were run")

    async def receive(self, packet: Packet) -> None:
        self.taken.append(packet.data)

    async def close(self, **_how: Any) -> None:
        self.closed = True


class Rig:
    """A driver at work."""

    def __init__(self, patience_s: float = 300.0) -> None:
        self.session, self.wire = Session(patience_s), Wire()
        self.sent: list[str] = []
        self.arriving: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        driver = Driver(self.session.handler, self.session.server)
        scope = {"extensions": {WIRE: self.wire}}
        environ = {"asgi.scope": scope, "asgi.send": self._send, "asgi.receive": self.arriving.get}
        self.task = asyncio.create_task(driver(environ))

    async def _send(self, message: Any) -> None:
        self.sent.append(message["type"])

    async def says(self, text: str) -> None:
        await self.arriving.put({"type": "websocket.receive", "text": text})
        await self.round()

    async def leaves(self) -> None:
        await self.arriving.put({"type": "websocket.disconnect", "code": 1000})

    async def round(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def queue(self, *texts: str) -> None:
        for text in texts:
            self.session.queue.put_nowait(Packet(MESSAGE, text))


def frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, f"4{text}".encode()).serialize(mask=False)


async def test_what_is_queued_in_one_round_is_one_write_in_order() -> None:
    rig = Rig()
    await rig.round()
    rig.queue("a", "Olá", "x" * 70_000)
    await rig.round()
    rig.queue("b")
    await rig.round()
    together = b"".join(map(frame, ("a", "Olá", "x" * 70_000)))
    assert rig.wire.written == [together, frame("b")]
    await rig.leaves()
    await rig.task
    assert rig.session.closed
    assert rig.sent == ["websocket.accept", "websocket.close"]


async def test_nothing_is_written_to_who_does_not_read() -> None:
    rig = Rig()
    rig.wire.ready = False
    rig.queue("a")
    await rig.round()
    rig.queue("b")
    await rig.round()
    assert rig.wire.written == []
    assert rig.session.queue.size > 0
    rig.wire.ready = True
    rig.wire.told()
    await rig.round()
    assert rig.wire.written == [frame("a") + frame("b")]
    assert rig.session.queue.size == 0
    await rig.leaves()
    await rig.task


async def test_what_comes_is_taken_in_order_and_garbage_ends_it() -> None:
    rig = Rig()
    await rig.says("4a")
    await rig.says("2probe")  # only a server sends it: ignored
    await rig.says("4b")
    assert rig.session.taken[0] == "a"
    assert rig.session.taken[-1] == "b"
    await rig.says("9")
    with pytest.raises(ValueError, match="no packet"):
        await rig.task


async def test_an_end_that_engineio_marks_closes_the_websocket() -> None:
    rig = Rig()
    await rig.round()
    rig.queue("farewell")
    await rig.session.queue.put(None)
    await rig.round()
    assert rig.wire.written == [frame("farewell")]
    assert rig.sent == ["websocket.accept", "websocket.close"]
    await rig.leaves()
    await rig.task


async def test_a_silent_client_is_left() -> None:
    rig = Rig(patience_s=0.02)
    async with asyncio.timeout(60):
        await rig.task
    assert rig.session.closed
    assert rig.sent == ["websocket.accept", "websocket.close"]
