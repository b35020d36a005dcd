"""A client that speaks Socket.IO by hand and not as it should, against the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.webapp import OTHER, SHOP, ScriptedTranslator
from translate_proxy.app import App
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import Limits, Settings
from translate_proxy.settings import Server as ServerSettings

PLACES = 4


@dataclass
class Running:
    app: App
    url: str

    @property
    def namespaces(self) -> list[tuple[str, str]]:
        """Address and site of every visitor's socket."""
        found = self.app.sockets.visitors.connections.values()
        return [(connection.address, connection.site.key) for connection in found]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    listener = listen("127.0.0.1", 0)
    limits = Limits(sockets_per_site=PLACES)
    settings = Settings(server=ServerSettings(data_dir=tmp_path), limits=limits)
    app = App(settings, [SHOP, OTHER], translator=ScriptedTranslator())
    up = asyncio.Event()

    async def ready() -> None:
        up.set()

    running = Server(uvicorn_config(app), app, ready)
    serving = asyncio.create_task(running.serve([listener]))
    await up.wait()
    port = listener.getsockname()[1]
    yield Running(app, f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket")
    running.should_exit = True
    await serving


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


async def test_whatever_an_event_is_called_it_is_answered(server: Running) -> None:
    raw = await Raw.visitor(server.url)
    for name in ("connect", "disconnect", "welcome", "__init__", "", "*", None, 7, [1], {"a": 1}):
        assert await raw.call(name, {}) == UNKNOWN
        assert (await raw.call("history", {"limit": 1}))["ok"]
    await raw.socket.close()


async def test_an_event_named_connect_connects_nobody(server: Running) -> None:
    """It would bring an environment of its own: any address, any Origin, any site."""
    raw = await Raw.visitor(server.url)
    forged = {"asgi.scope": {"type": "websocket", "client": ["203.0.113.1", 1], "headers": []}}
    auth = {"protocol": 1, "site": SHOP.key}
    assert await raw.call("connect", forged, auth) == UNKNOWN
    assert server.namespaces == [("127.0.0.1", OTHER.key)]
    await raw.socket.close()


async def test_a_site_does_not_run_out_of_places(server: Running) -> None:
    for _ in range(2 * PLACES):
        raw = await Raw.visitor(server.url)
        await raw.call("connect", {}, {"protocol": 1, "site": OTHER.key})
        await raw.call("disconnect", "bye")
        await raw.socket.close()
        while server.app.sockets.open:
            await asyncio.sleep(0.01)


async def test_announced_binary_parts_are_not_collected(server: Running) -> None:
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


async def test_a_malformed_frame_harms_nobody(server: Running) -> None:
    bystander = await Raw.visitor(server.url)
    for frame in MALFORMED:
        raw = await Raw.visitor(server.url)
        await raw.socket.send(frame)
        assert (await bystander.call("history", {"limit": 1}))["ok"]
        await raw.socket.close()
    await bystander.socket.close()


async def test_the_other_namespace_is_not_open_to_a_visitor(server: Running) -> None:
    raw = await Raw.visitor(server.url)
    await raw.socket.send("40/operator," + json.dumps({"protocol": 1}))
    refused = json.loads((await raw.until("44/operator")).removeprefix("44/operator,"))
    # From a foreign origin the cookie would not count, and there is none.
    assert refused["data"]["code"] == "origin_not_allowed"
    assert not server.app.sockets.operators.connections
    await raw.socket.close()
