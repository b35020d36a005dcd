"""What a client may cost, shown on a real server: memory, sockets, and the peace of the others."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.product import Product, generous, running
from tests.rawsocket import TEXT, RawSocket, raw_frame
from tests.sockets.client import operator, refusal, visitor

SLOW_SECONDS = 4  # also the longest that the test itself may be held up
LONG_TEXT = "ação " * 800
ENV = {
    **generous(1000),
    "TRANSLATE_PROXY_LIMITS_SLOW_CLIENT_SECONDS": str(SLOW_SECONDS),
    "TRANSLATE_PROXY_TRANSLATION_MAX_CHARS": "1000",
}
SLOW_CLIENTS = 20
MOST_KIB_OF_A_SLOW_CLIENT = 4096
"""Two queues of 256 KiB, each with one answer of 200 long messages more (docs/faults.md)."""


@pytest.fixture(scope="module")
def _product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, int]]:
    folder = tmp_path_factory.mktemp("pressure")
    with running(Product(folder / "data", "--demo", "--port", "0", env=ENV)) as started:
        yield started, sockets(started)


@pytest.fixture
async def product(_product: tuple[Product, int]) -> Product:
    """The server, once it is done with whatever an earlier test has left."""
    started, idle = _product
    await until(lambda: sockets(started) <= idle)
    return started


@asynccontextmanager
async def limited(folder: Path, **limits: str) -> AsyncIterator[Product]:
    """A server of the test's own."""
    env = {f"TRANSLATE_PROXY_LIMITS_{name.upper()}": value for name, value in limits.items()}
    started = Product(folder / "data", "--demo", "--port", "0", env=env)
    try:
        await asyncio.to_thread(started.start)
        yield started
    finally:
        await asyncio.to_thread(started.stop)


def status(product: Product, name: str) -> int:
    """A number of /proc/PID/status, e.g. VmRSS in KiB."""
    assert product.process is not None
    lines = Path(f"/proc/{product.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def sockets(product: Product) -> int:
    """How many sockets the process has open."""
    assert product.process is not None
    found = 0
    for link in Path(f"/proc/{product.process.pid}/fd").iterdir():
        try:
            found += str(link.readlink()).startswith("socket:")
        except FileNotFoundError:  # closed meanwhile
            continue
    return found


async def until(condition: Any) -> None:
    async with asyncio.timeout(240):
        while not condition():
            await asyncio.sleep(0.1)


async def read_until(client: RawSocket, wanted: bytes) -> None:
    """Read until these bytes have come."""
    last = b""
    async with asyncio.timeout(60):
        while wanted not in last:
            more = await client.read()
            assert more, "the server has cut the connection"
            last = last[-len(wanted) :] + more


async def written(product: Product, messages: int) -> tuple[str, str]:
    """The token of a visitor who has written so many long messages, and the conversation's id."""
    async with visitor(product.url, locale="pt") as guest:
        for _ in range(messages):
            said = await guest.say(LONG_TEXT)
        return (await guest.hear("welcome"))["token"], said["conversation_id"]


@pytest.mark.slow
async def test_clients_that_do_not_read_are_bounded_and_cut(product: Product) -> None:
    token, _ = await written(product, 100)
    auth = {"protocol": 1, "site": "demo", "token": token, "cursor": 0}
    async with visitor(product.url, locale="en") as healthy, AsyncExitStack() as stack:
        open_before = sockets(product)
        async with visitor(product.url, token=token) as reader:
            for _ in range(50):  # what reading the log costs whoever reads it
                assert (await reader.call("history", {"limit": 200}))["ok"]
        await until(lambda: sockets(product) == open_before)
        memory_before = status(product, "VmRSS")
        slow = [
            await stack.enter_async_context(RawSocket(product.url)) for _ in range(SLOW_CLIENTS)
        ]
        for client in slow:
            await client.join("/visitor", auth)
        memory = []
        for _ in range(50):
            for client in slow:
                with suppress(ConnectionError):  # cut already
                    await client.call("/visitor", "history", {"limit": 200})
            await healthy.say("Still here?")
            memory.append(status(product, "VmRSS"))
        await until(lambda: sockets(product) == open_before)
        assert (await healthy.say("Thank you!"))["ok"]
    assert max(memory) - memory_before < len(slow) * MOST_KIB_OF_A_SLOW_CLIENT
    await until(lambda: product.log().count('"socket.too_slow"') >= SLOW_CLIENTS)


@pytest.mark.slow
async def test_a_client_that_was_cut_resumes_where_it_was(product: Product) -> None:
    token, conversation = await written(product, 1)
    async with operator(product.url, product.token()) as desk:
        async with RawSocket(product.url) as deaf:
            await deaf.join(
                "/visitor", {"protocol": 1, "site": "demo", "token": token, "cursor": 0}
            )
            cut_before = product.log().count('"socket.too_slow"')
            said = [
                await desk.say(LONG_TEXT[:3900] + str(n), conversation_id=conversation)
                for n in range(300)
            ]
            await until(lambda: product.log().count('"socket.too_slow"') > cut_before)
            await deaf.closed()
        async with visitor(product.url, token=token, cursor=0) as guest:
            await guest.event("message", cursor=said[-1]["cursor"])
            has = [event["cursor"] for event in guest.events]
            assert has == sorted(set(has))
            assert {one["cursor"] for one in said} < set(has)


async def test_a_client_that_was_behind_learns_how_the_shop_is_now(product: Product) -> None:
    token, conversation = await written(product, 1)
    async with operator(product.url, product.token()) as desk, RawSocket(product.url) as slow:
        await slow.join("/visitor", {"protocol": 1, "site": "demo", "token": token, "cursor": 0})
        await read_until(slow, b'"welcome"')
        said = [
            desk.say(LONG_TEXT[:3900] + str(n), conversation_id=conversation) for n in range(90)
        ]
        await asyncio.gather(*said)  # more than the kernel's buffers hold
        await desk.call("availability", {"status": "away"})
        await asyncio.sleep(0.5)  # whoever can be told has been told
        await read_until(slow, b'"availability",{"status":"away"}')
        await desk.call("availability", {"status": "online"})


async def test_a_frame_that_is_no_text_costs_the_log_one_line(product: Product) -> None:
    before = len(product.log().splitlines())
    for bad in (b"\xff", b"42\xc3", b"\xed\xa0\x80"):
        async with RawSocket(product.url) as client:
            await client.write(raw_frame(TEXT, bad))
            await client.closed()
    await until(lambda: product.log().count("Invalid UTF-8") == 3)
    said = product.log().splitlines()[before:]
    assert len([line for line in said if "Invalid UTF-8" in line]) == 3
    assert not any("Traceback" in line or "UnicodeDecodeError" in line for line in said)


@pytest.mark.parametrize("garbage", ["x", "", "4x", "9", "42/visitor,{", "40" + "[" * 5000])
async def test_garbage_leaves_nothing_behind(product: Product, garbage: str) -> None:
    async with visitor(product.url) as healthy:
        before = sockets(product)
        for _ in range(10):
            async with RawSocket(product.url) as client:
                await client.join("/visitor", {"protocol": 1, "site": "demo"})
                await client.send(garbage)
        await until(lambda: sockets(product) == before)
        assert (await healthy.say("Hello!"))["ok"]
    assert "Traceback" not in product.log()


async def test_a_frame_that_is_no_packet_ends_its_own_socket_alone(product: Product) -> None:
    async with visitor(product.url) as healthy, RawSocket(product.url) as client:
        await client.join("/visitor", {"protocol": 1, "site": "demo"})
        await client.send("x")
        async with asyncio.timeout(60):
            await client.closed()
        assert (await healthy.say("Hello!"))["ok"]


async def test_a_frame_over_64_kib_closes_with_1009(product: Product) -> None:
    async with visitor(product.url) as healthy, RawSocket(product.url) as client:
        await client.send("4" + "x" * 64 * 1024)
        received = b""
        async with asyncio.timeout(60):
            while data := await client.read():
                received += data
        assert (1009).to_bytes(2, "big") in received
        assert (await healthy.say("Hello!"))["ok"]


@pytest.mark.slow
async def test_strangers_are_cut(product: Product) -> None:
    async with visitor(product.url) as healthy, AsyncExitStack() as stack:
        before = sockets(product)
        most = before
        for _ in range(200):  # on a slow machine the first are cut before the last have come
            await stack.enter_async_context(RawSocket(product.url))
            most = max(most, sockets(product))
        assert most > before
        await until(lambda: sockets(product) == before)
        assert (await healthy.say("Hello!"))["ok"]
        assert not healthy.closed.is_set()


async def test_a_site_has_so_many_sockets_and_no_more(tmp_path: Path) -> None:
    auth = {"protocol": 1, "site": "demo"}
    async with limited(tmp_path, sockets_per_site="2") as product:
        idle = sockets(product)
        async with visitor(product.url), visitor(product.url):
            refused = (await refusal(product.url, "/visitor", auth))["data"]
            assert refused["code"] == "overloaded"
            assert refused["retry_after"] > 0
        await until(lambda: sockets(product) == idle)
        async with visitor(product.url) as guest:
            assert (await guest.say("Hello!"))["ok"]


async def test_too_many_calls_and_a_full_queue_say_when_to_try_again(tmp_path: Path) -> None:
    limits = {"append_queue": "1", "message": "1/h, burst 2", "call": "1/h, burst 3"}
    async with limited(tmp_path, **limits) as product, AsyncExitStack() as stack:
        guests = [await stack.enter_async_context(visitor(product.url)) for _ in range(6)]
        database = sqlite3.connect(product.data_dir / "translate_proxy.sqlite3", timeout=60)
        database.isolation_level = None
        database.execute("BEGIN IMMEDIATE")
        said = {"id": str(uuid.uuid4()), "text": "Hello!"}
        calls = [asyncio.create_task(guest.call("message", said)) for guest in guests]
        await until(lambda: sum(call.done() for call in calls) >= 3)
        database.execute("ROLLBACK")
        database.close()
        answers = await asyncio.gather(*calls)
        errors = [answer["error"] for answer in answers if not answer["ok"]]
        assert {error["code"] for error in errors} >= {"overloaded"}
        assert all(error["retry_after"] > 0 for error in errors)

        again = [await guests[0].call("message", said) for _ in range(3)]
        assert again[-1]["error"]["code"] == "rate_limited"
        assert again[-1]["error"]["retry_after"] > 0
        synced = [await guests[1].call("sync", {"cursor": 0}) for _ in range(5)]
        assert synced[-1]["error"]["code"] == "rate_limited"


def test_the_limit_of_open_files_is_raised(product: Product) -> None:
    assert product.process is not None
    lines = Path(f"/proc/{product.process.pid}/limits").read_text().splitlines()
    soft, hard = next(line for line in lines if line.startswith("Max open files")).split()[3:5]
    assert soft == hard
