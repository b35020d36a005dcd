"""What one address, and one site, may have stored, whatever the number of visitors."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.hosted import Hosted, hosted
from tests.sockets.client import Client, connected, refusal
from tests.webapp import SHOP
from translate_proxy.settings import Limits, Rate
from translate_proxy.sockets.allowances import bytes_in

REFUSED = "rate_limited"
SLOW = 0.0001  # a second's worth of anything is nothing


def few(burst: int) -> Rate:
    return Rate(per_second=SLOW, burst=burst)


def guest(server: Hosted, address: str = "192.0.2.1", **auth: Any) -> Any:
    headers = {"Origin": SHOP.origins[0], "X-Forwarded-For": f"198.51.100.7, {address}"}
    auth = {"protocol": 1, "site": SHOP.key, **auth}
    return connected(server.http, "/visitor", auth, headers)


async def said(client: Client, text: str) -> dict[str, Any]:
    """The ack of one message."""
    return await client.call("message", {"id": str(uuid.uuid4()), "text": text})


async def messages(client: Client, count: int) -> list[Any]:
    """The error code of each, None when it was taken."""
    answers = [await said(client, "Hi") for _ in range(count)]
    return [answer.get("error", {}).get("code") for answer in answers]


def trusting(folder: Path, **limits: Any) -> Any:
    return hosted(folder, Limits(**limits), trusted_proxies=("127.0.0.1",))


async def test_visitors_of_one_address_share_their_messages(tmp_path: Path) -> None:
    async with (
        trusting(tmp_path, address_message=few(5)) as server,
        guest(server) as one,
        guest(server) as two,
        guest(server, "192.0.2.2") as far,
    ):
        assert await messages(one, 3) == [None] * 3
        assert await messages(two, 3) == [None, None, REFUSED]
        assert await messages(far, 5) == [None] * 5


async def test_visitors_of_one_address_share_their_bytes(tmp_path: Path) -> None:
    async with trusting(tmp_path, address_bytes=few(800)) as server:
        async with guest(server, "2001:db8::1") as one, guest(server, "2001:db8::2") as two:
            assert (await said(one, "ã" * 90))["ok"]
            for client in (one, two):
                while (answer := await said(client, "ã" * 90))["ok"]:
                    continue
                assert answer["error"]["code"] == REFUSED
                assert answer["error"]["retry_after"] > 0
        async with guest(server, "2001:db8:1::1") as far:
            assert (await said(far, "ã" * 90))["ok"]


async def test_a_site_has_limits_too(tmp_path: Path) -> None:
    async with trusting(tmp_path, site_message=few(4), site_visitor=few(3)) as server:
        async with guest(server, "192.0.2.1") as one, guest(server, "192.0.2.2") as two:
            assert await messages(one, 3) == [None] * 3
            assert await messages(two, 2) == [None, REFUSED]
        async with guest(server, "192.0.2.3"):
            pass
        headers = {"Origin": SHOP.origins[0], "X-Forwarded-For": "192.0.2.4"}
        refused = await refusal(server.http, "/visitor", {"protocol": 1, "site": SHOP.key}, headers)
        assert refused["message"] == REFUSED


async def test_new_visitors_of_one_address_are_few_and_known_ones_come_back(
    tmp_path: Path,
) -> None:
    async with trusting(tmp_path, address_visitor=few(2)) as server:
        tokens = []
        for _ in range(2):
            async with guest(server) as known:
                tokens.append((await known.hear("welcome"))["token"])
        headers = {"Origin": SHOP.origins[0], "X-Forwarded-For": "192.0.2.1"}
        auth = {"protocol": 1, "site": SHOP.key}
        for _ in range(3):
            assert (await refusal(server.http, "/visitor", auth, headers))["message"] == REFUSED
        for token in tokens:
            async with guest(server, token=token) as known:
                assert (await said(known, "Back again"))["ok"]


async def test_calls_are_counted_over_all_sockets_of_an_address(tmp_path: Path) -> None:
    async with trusting(tmp_path, address_call=few(10)) as server:
        refused = 0
        for _ in range(4):
            async with guest(server) as one:
                for _ in range(5):
                    answer = await one.call("page", {"url": "https://shop.example/"})
                    refused += not answer["ok"]
        assert refused == 10
        async with guest(server, "192.0.2.2") as far:
            assert (await far.call("page", {"url": "https://shop.example/"}))["ok"]


@pytest.mark.parametrize(
    ("said", "size"),
    [({"a": "ã"}, 3), ("\ud800", 3), ([1, None, ["xy", {"k": ["z"]}]], 4), (None, 0)],
)
def test_bytes_are_those_of_the_texts(said: Any, size: int) -> None:
    assert bytes_in(said) == size
