"""The test client itself: one that never came back would be taken for a fault of the server."""

from __future__ import annotations

import asyncio
import json
import random

from aiohttp import WSMsgType, web

from tests.faults.clients import VisitorClient

OPEN = json.dumps({"sid": "1", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000})
WELCOME = json.dumps(["welcome", {"log": "a log", "token": "a token", "visitor_id": "v"}])


class Hurried:
    """A server that lets the first clients in and leaves them in the same moment."""

    def __init__(self) -> None:
        self.connections = 0

    async def answer(self, request: web.Request) -> web.WebSocketResponse:
        self.connections += 1
        stays = self.connections > 2
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(f"0{OPEN}")
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data.startswith("40/visitor,"):
                await socket.send_str('40/visitor,{"sid":"2"}')
                # In one go with the line above: nothing is awaited that the client could answer.
                await socket.send_str(f"42/visitor,{WELCOME}" if stays else "1")
        return socket


async def test_a_client_comes_back_when_it_was_let_in_and_left_at_once() -> None:
    server = Hurried()
    app = web.Application()
    app.router.add_get("/socket.io/", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        client = VisitorClient("visitor", f"http://127.0.0.1:{port}", random.Random(1))
        client.pause = (0.0, 0.01)
        await client.start()
        try:
            async with asyncio.timeout(60):
                await client.ready()
        finally:
            said = client.waits_for()
            await client.stop()
    finally:
        await runner.cleanup()
    assert server.connections == 3
    assert client.faults == []
    assert "connection 3 connected" in said
    assert "Client._stay:" in said
    assert "Client._post:" in said
