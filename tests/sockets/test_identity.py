"""A visitor who signs in at the shop: the anonymous conversation goes along, in every tab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.product import Product, running
from tests.sockets.client import refusal, visitor
from translate_proxy.model import Site, SiteKey
from translate_proxy.security.identity import sign_identity

SECRET = "a secret of this shop only"
CONFIG = f"""
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://shop.example"]
languages = ["en", "pt"]
default_language = "en"
identity_secret = "{SECRET}"
"""
SITE = Site(SiteKey("shop"), "Shop", (), ("en", "pt"), "en", identity_secret=SECRET)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("identity")
    (folder / "config.toml").write_text(CONFIG)
    options = ("--config", str(folder / "config.toml"), "--port", "0")
    with running(Product(folder / "data", *options)) as product:
        yield product


def signed(customer: str) -> dict[str, Any]:
    claim = {"id": customer, "name": "Rita", "expires": int(time.time()) + 600}
    return {**claim, "hmac": sign_identity(SITE, claim)}


async def test_what_was_said_before_signing_in_goes_along(shop: Product) -> None:
    async with visitor(shop.url, site="shop", identity=signed("c-1")) as earlier:
        known = (await earlier.hear("welcome"))["visitor_id"]
        await earlier.say("From my first visit.")
    async with visitor(shop.url, site="shop") as tab:
        welcome = await tab.hear("welcome")
        await tab.say("From before I signed in.")
        auth = {"site": "shop", "token": welcome["token"], "identity": signed("c-1")}
        async with visitor(shop.url, **auth) as signed_in:
            now = await signed_in.hear("welcome")
            assert now["visitor_id"] == known
            assert now["reset"] is True
            page = await signed_in.call("history", {})
            said = [e["message"]["text"] for e in page["events"] if e["type"] == "message"]
            assert said == ["From my first visit.", "From before I signed in."]
            await tab.closed.wait()  # the other tab is sent away and comes back as Rita
        async with visitor(shop.url, site="shop", token=welcome["token"]) as again:
            assert (await again.hear("welcome"))["visitor_id"] == known


async def test_a_token_of_somebody_else_is_ignored_beside_an_identity(shop: Product) -> None:
    async with visitor(shop.url, site="shop", identity=signed("c-2")) as one:
        theirs = await one.hear("welcome")
    auth = {"site": "shop", "token": theirs["token"], "identity": signed("c-3")}
    async with visitor(shop.url, **auth) as other:
        assert (await other.hear("welcome"))["visitor_id"] != theirs["visitor_id"]


@pytest.mark.parametrize(
    "change",
    [{"name": "Mallory"}, {"id": "c-9"}, {"expires": 9_999_999_999}, {"email": "x@x.example"}],
)
async def test_a_changed_identity_is_refused(shop: Product, change: dict[str, Any]) -> None:
    auth = {"protocol": 1, "site": "shop", "identity": {**signed("c-1"), **change}}
    assert (await refusal(shop.url, "/visitor", auth))["data"]["code"] == "bad_identity"


async def test_an_expired_identity_is_refused(shop: Product) -> None:
    claim = {"id": "c-1", "expires": int(time.time()) - 1}
    auth = {"protocol": 1, "site": "shop"}
    old = {**claim, "hmac": sign_identity(SITE, claim)}
    refused = await refusal(shop.url, "/visitor", {**auth, "identity": old})
    assert refused["data"]["code"] == "bad_identity"
    assert "expired" in refused["data"]["detail"]
