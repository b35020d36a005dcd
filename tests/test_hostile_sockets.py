"""A client that speaks Socket.IO by hand and not as it should, against the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.hosted import Hosted, hosted
from tests.rawsocket import CONTINUATION, PING, PONG, TEXT, RawSocket, raw_frame
from tests.webapp import OTHER, SHOP
from translate_proxy.connections import WebSocket
from translate_proxy.settings import Limits

PLACES = 4


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path, Limits(sockets_per_site=PLACES)) as running:
        yield running


class Raw:
    """One WebSocket, frames as they are."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    @classmethod
    async def visitor(cls, url: str) -> Raw:
        """Joined to ``/visitor`` as a visitor of the other site."""
        raw = cls(await connect(url, origin="https://other.example", open_timeout=120))  # type: ignore[arg-type]
        await raw.socket.send("40/visitor," + json.dumps({"protocol": 1, "site": OTHER.key}))
        await raw.until("40/visitor")
        return raw

    async def until(self, start: str) -> str:
        """The next frame that begins so."""
        async for frame in self.socket:
            if frame == "2":
                await self.socket.send("3")
            elif str(frame).startswith(start):
                return str(frame)
        raise AssertionError("the server closed the connection")

    async def call(self, event: Any, *values: Any) -> dict[str, Any]:
        """The ack of one event."""
        await self.socket.send("42/visitor,5" + json.dumps([event, *values]))
        (answer,) = json.loads((await self.until("43/visitor,5")).removeprefix("43/visitor,5"))
        assert isinstance(answer, dict)
        return answer


UNKNOWN = {
    "ok": False,
    "error": {"code": "unknown_event", "detail": "There is no such event."},
}


async def test_whatever_an_event_is_called_it_is_answered(server: Hosted) -> None:
    raw = await Raw.visitor(server.url)
    for name in ("connect", "disconnect", "welcome", "__init__", "", "*", None, 7, [1], {"a": 1}):
        assert await raw.call(name, {}) == UNKNOWN
        assert (await raw.call("history", {"limit": 1}))["ok"]
    await raw.socket.close()


async def test_an_event_named_connect_connects_nobody(server: Hosted) -> None:
    """It would bring an environment of its own: any address, any Origin, any site."""
    raw = await Raw.visitor(server.url)
    forged = {"asgi.scope": {"type": "websocket", "client": ["203.0.113.1", 1], "headers": []}}
    auth = {"protocol": 1, "site": SHOP.key}
    assert await raw.call("connect", forged, auth) == UNKNOWN
    joined = server.app.sockets.visitors.connections.values()
    assert [(one.address, one.site) for one in joined] == [("127.0.0.1", OTHER.key)]
    await raw.socket.close()


async def test_a_site_does_not_run_out_of_places(server: Hosted) -> None:
    for _ in range(2 * PLACES):
        raw = await Raw.visitor(server.url)
        await raw.call("connect", {}, {"protocol": 1, "site": OTHER.key})
        await raw.call("disconnect", "bye")
        await raw.socket.close()
        while server.app.sockets.open:
            await asyncio.sleep(0.01)


async def test_announced_binary_parts_are_not_collected(server: Hosted) -> None:
    raw = await Raw.visitor(server.url)
    for announced in ("2147483647", "1", "0"):
        await raw.socket.send(f'45{announced}-/visitor,["message",{{"_placeholder":true,"num":0}}]')
        for _ in range(20):
            await raw.socket.send(b"x" * 60_000)
    # The connection still works, and nothing waits for parts.
    assert (await raw.call("history", {"limit": 1}))["ok"]
    assert not server.app.sockets._sio._binary_packet
    await raw.socket.close()


MALFORMED: tuple[str | bytes, ...] = (
    "42/visitor,",
    "42/visitor,[]",
    '42/visitor,{"a":1}',
    "42/visitor,7",
    '42/visitor,["message"',
    "42/visitor," + "[" * 30_000,
    "42/visitor,9" + "9" * 200 + '["sync",{}]',
    '42/operator,5["sync",{"cursor":0}]',
    '42/nowhere,5["sync",{"cursor":0}]',
    "43/visitor,1[]",
    "43/visitor,1",
    "44/visitor,{}",
    "49",
    "4",
    "6",
    "9",
    b"\x00\xff",
)


async def test_a_malformed_frame_harms_nobody(server: Hosted) -> None:
    bystander = await Raw.visitor(server.url)
    for frame in MALFORMED:
        raw = await Raw.visitor(server.url)
        await raw.socket.send(frame)
        assert (await bystander.call("history", {"limit": 1}))["ok"]
        await raw.socket.close()
    await bystander.socket.close()


async def test_the_other_namespace_is_not_open_to_a_visitor(server: Hosted) -> None:
    raw = await Raw.visitor(server.url)
    await raw.socket.send("40/operator," + json.dumps({"protocol": 1}))
    refused = json.loads((await raw.until("44/operator")).removeprefix("44/operator,"))
    # From a foreign origin the cookie would not count, and there is none.
    assert refused["data"]["code"] == "origin_not_allowed"
    assert not server.app.sockets.operators.connections
    await raw.socket.close()


async def flood(raw: RawSocket, frame: bytes) -> None:
    """The same frame until the server has had enough of it."""
    try:
        while True:
            await raw.write(frame * 500)
    except ConnectionError:
        return


SMALLEST = {
    "pings": raw_frame(PING),
    "longest pings": raw_frame(PING, b"x" * 125),
    "pongs": raw_frame(PONG),
    "empty fragments": raw_frame(CONTINUATION, fin=False),
    "empty packets": raw_frame(TEXT),
    "pongs of engine.io": raw_frame(TEXT, b"3"),
    "long packets": raw_frame(TEXT, b"6" * 60_000),
}


@pytest.mark.parametrize("kind", SMALLEST)
async def test_a_flood_of_frames_is_cut(server: Hosted, kind: str) -> None:
    """Also of those that no application ever sees, and by one who reads nothing."""
    async with RawSocket(server.http) as raw:
        await raw.join("/visitor", {"protocol": 1, "site": SHOP.key})
        if kind == "empty fragments":
            await raw.write(raw_frame(TEXT, b"6", fin=False))
        async with asyncio.timeout(60):
            await flood(raw, SMALLEST[kind])
            await raw.closed()


async def test_pings_of_a_client_that_reads_nothing_are_not_answered(server: Hosted) -> None:
    """What it leaves unread does not grow by what it goes on asking for."""
    async with RawSocket(server.http) as raw:
        await raw.join("/visitor", {"protocol": 1, "site": SHOP.key})
        while not server.app.sockets.visitors.connections:
            await asyncio.sleep(0.01)
        (protocol,) = (
            one for one in server.server.server_state.connections if isinstance(one, WebSocket)
        )
        transport = protocol.transport
        transport.write(raw_frame(PONG, masked=False) * 300_000)  # more than buffers take
        unread = transport.get_write_buffer_size()
        await raw.write(raw_frame(PING, b"x" * 125) * 300 + raw_frame(PING, b"newest"))
        while protocol.conn.ping != b"newest":
            await asyncio.sleep(0.01)
        assert transport.get_write_buffer_size() <= unread
        received = b""
        while raw_frame(PONG, b"newest", masked=False) not in received:
            part = await raw.read()
            assert part
            received += part
        assert b"x" * 125 not in received


async def test_pings_of_a_client_that_reads_are_answered(server: Hosted) -> None:
    raw = await Raw.visitor(server.url)
    for _ in range(100):
        await (await raw.socket.ping())
    assert (await raw.call("history", {"limit": 1}))["ok"]
    await raw.socket.close()
