"""Connections below the application: who takes their time, who takes all there are."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.hosted import Hosted, hosted
from tests.product import Product, running
from translate_proxy.connections import Config
from translate_proxy.settings import Limits

QUICK = Limits(
    header_seconds=0.5, body_seconds=0.5, slow_client_seconds=1, connections_per_address=3
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path, QUICK) as started:
        yield started


class Tcp:
    """A connection, bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> Tcp:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**16))

    async def drip(self, text: bytes) -> None:
        """A byte at a time, for as long as the server takes it."""
        try:
            for byte in text:
                self.writer.write(bytes([byte]))
                await self.writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            return

    async def ended(self) -> bytes:
        """What was received until the server ended the connection."""
        received = b""
        try:
            while part := await self.reader.read(65536):
                received += part
        except ConnectionError:
            pass
        self.writer.close()
        return received


HEAD = b"Host: 127.0.0.1\r\n"
POST = b"POST /api/login HTTP/1.1\r\n" + HEAD + b"Content-Length: 5000\r\n\r\n{"
GET = b"GET /health/live HTTP/1.1\r\n" + HEAD + b"\r\n"


async def test_a_connection_that_says_nothing_is_ended(server: Hosted) -> None:
    tcp = await Tcp.open(server.port)
    assert await tcp.ended() == b""


@pytest.mark.parametrize("before", [b"", GET], ids=["first", "after another request"])
async def test_a_header_that_does_not_end_is_ended(server: Hosted, before: bytes) -> None:
    tcp = await Tcp.open(server.port)
    tcp.writer.write(before)
    dripping = asyncio.create_task(tcp.drip(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000))
    assert (b"200 OK" in await tcp.ended()) == bool(before)
    await dripping


async def test_a_body_that_does_not_end_is_ended(server: Hosted) -> None:
    tcp = await Tcp.open(server.port)
    tcp.writer.write(POST)
    dripping = asyncio.create_task(tcp.drip(b" " * 4999))
    assert b" 200 " not in await tcp.ended()
    await dripping


async def test_whoever_does_not_read_the_answer_is_ended(server: Hosted) -> None:
    tcp = await Tcp.open(server.port)
    openapi = b"GET /api/openapi.json HTTP/1.1\r\n" + HEAD + b"\r\n"
    connections = server.server.server_state.connections
    for _ in range(2000):
        tcp.writer.write(openapi)
    while connections:
        await asyncio.sleep(0.05)
    tcp.writer.close()


async def test_slow_is_not_too_slow(server: Hosted) -> None:
    """A body that comes at a bearable pace is waited for."""
    tcp = await Tcp.open(server.port)
    tcp.writer.write(POST)
    for _ in range(4):
        tcp.writer.write(b" " * 1249)
        await asyncio.sleep(0.6)
    tcp.writer.write(b"}  ")
    assert b" 400 " in await tcp.reader.readline()
    tcp.writer.close()


async def test_one_address_has_so_many_connections(server: Hosted) -> None:
    config = server.server.config
    assert isinstance(config, Config)
    config.connections.exempt = frozenset[str]().__contains__
    async with httpx.AsyncClient(base_url=server.http) as client:
        lazy = [await Tcp.open(server.port) for _ in range(QUICK.connections_per_address)]
        with pytest.raises(httpx.TransportError):
            await client.get("/health/live")
        for one in lazy:
            await one.ended()
        assert (await client.get("/health/live")).status_code == 200


def open_files(product: Product) -> int:
    assert product.process is not None
    return len(list(Path(f"/proc/{product.process.pid}/fd").iterdir()))


async def test_at_the_limit_of_descriptors_others_are_served(tmp_path: Path) -> None:
    product = Product(tmp_path / "data", "--demo", "--port", "0")
    with running(product):
        assert product.process is not None
        most = open_files(product) + 150
        resource.prlimit(product.process.pid, resource.RLIMIT_NOFILE, (most, most))
        port = httpx.URL(product.url).port
        assert port is not None
        lazy = [await Tcp.open(port) for _ in range(400)]
        async with httpx.AsyncClient(base_url=product.url, timeout=60) as client:
            for _ in range(10):
                answer = await client.get("/health/ready")
                assert answer.status_code == 200, answer.text
                lazy += [await Tcp.open(port) for _ in range(20)]
        assert open_files(product) < most
        assert product.log().count("connections.") < 5  # one line of a kind
        for one in lazy:
            one.writer.close()
