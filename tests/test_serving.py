"""The listening socket, and when the server says that it is ready."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.product import DEMO_LOGIN, START_SECONDS, Product
from tests.servers import free_port
from tests.webapp import SHOP, ScriptedTranslator
from translate_proxy.app import App
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import Server as ServerSettings
from translate_proxy.settings import Settings


async def test_what_is_written_goes_out_at_once() -> None:
    """An event right after an ack must not wait for the client's kernel to confirm the ack."""
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        await accepted.put(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted.get() == 1
            writer.close()
            await writer.wait_closed()


async def test_nothing_is_ready_before_all_of_it_is(tmp_path: Path) -> None:
    """Operators, the control socket: whatever else is prepared is there when anybody is let in."""
    listener = listen("127.0.0.1", 0)
    app = App(
        Settings(server=ServerSettings(data_dir=tmp_path)), [SHOP], translator=ScriptedTranslator()
    )
    preparing, go_on, is_ready = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def prepare() -> None:
        assert await app.store.operators() == []
        preparing.set()
        await go_on.wait()

    async def ready() -> None:
        is_ready.set()

    server = Server(uvicorn_config(app), app, ready, prepare)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await preparing.wait()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            early = await client.get("/health/ready")
            assert (early.status_code, early.json()["status"]) == (503, "starting")
            assert (await client.post("/api/login", json=DEMO_LOGIN)).status_code == 503
            assert not is_ready.is_set()
            go_on.set()
            await is_ready.wait()
            assert (await client.get("/health/ready")).status_code == 200
            assert (await client.post("/api/login", json=DEMO_LOGIN)).status_code == 401
    finally:
        server.should_exit = True
        await serving


@pytest.mark.slow
def test_who_waits_for_ready_can_sign_in_at_once(tmp_path: Path) -> None:
    for number in range(3):
        port = free_port()
        product = Product(tmp_path / str(number), "--demo", "--port", str(port))
        try:
            assert signed_in_when_ready(product, f"http://127.0.0.1:{port}") == 200
        finally:
            product.stop()


def signed_in_when_ready(product: Product, url: str) -> int:
    """Start a server, ask for its health without a pause, sign in once it is 200: that answer."""
    product.launch()
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=url, timeout=60) as client:
        while time.monotonic() < deadline:
            try:
                if client.get("/health/ready").status_code == 200:
                    return client.post("/api/login", json=DEMO_LOGIN).status_code
            except httpx.TransportError:
                time.sleep(0.01)  # it does not listen yet
    raise AssertionError(f"the server did not start: {product.log()[-2000:]}")
