"""A shop that changes while widgets and consoles are open: they go by what it is now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.hosted import Hosted, hosted
from tests.sockets.client import connected, operator
from tests.webapp import EVA, OTHER, PASSWORD, SHOP
from translate_proxy.model import Operator, OperatorId, Shop, Site, SiteKey, new_id

TIM = Operator(OperatorId(new_id()), "tim@example.com", "Tim", ("en",))
GUEST = {"protocol": 1, "site": SHOP.key}


def becomes(server: Hosted, *sites: Site) -> None:
    """These are the shop's sites from now on."""
    server.app.store._shop = Shop({site.key: site for site in sites})
    server.app.desk.changed()


async def test_an_open_widget_goes_by_what_its_site_is_now(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server, connected(server.http, "/visitor", GUEST) as guest:
        told = (await guest.hear("welcome"))["site"]
        now = replace(SHOP, name="New", languages=("pt", "de"), max_message_length=3)
        becomes(server, now, OTHER)
        refused = await guest.call("message", {"id": new_id(), "text": "four"})
        assert refused["error"]["code"] == "too_long"
        assert (await guest.call("set_language", {"language": "de"}))["ok"]
        assert not (await guest.call("set_language", {"language": "fi"}))["ok"]
        said = (await guest.hear("site"))["site"]
        assert (said["name"], said["languages"]) == ("New", ["pt", "de"])
        assert (said["key"], said["max_message_length"]) == (told["key"], 3)


async def test_a_site_that_has_gone_takes_nothing_more(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server, connected(server.http, "/visitor", GUEST) as guest:
        await guest.hear("welcome")
        becomes(server, OTHER)
        refused = await guest.call("message", {"id": new_id(), "text": "hi"})
        assert refused["error"]["code"] == "unknown_site"


async def test_an_open_console_sees_what_is_said_on_a_new_site(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server:
        hashed = await server.app.passwords.hash(PASSWORD)
        new = Site(SiteKey("new"), "New", (), ("en",), "en")
        for one in (TIM, EVA):
            await server.app.store.add_operator(one, hashed)
        tims, _, _ = await server.app.sessions.sign_in(TIM.email, PASSWORD)
        evas, _, _ = await server.app.sessions.sign_in(EVA.email, PASSWORD)
        async with operator(server.http, tims) as tim, operator(server.http, evas) as eva:
            await tim.hear("welcome")
            await eva.hear("welcome")
            becomes(server, SHOP, OTHER, new)
            auth = {"protocol": 1, "site": new.key}
            async with connected(server.http, "/visitor", auth) as guest:
                await guest.hear("welcome")
                await guest.say("Hello")
            await tim.event("message")
            async with connected(server.http, "/visitor", GUEST) as guest:
                await guest.hear("welcome")
                await guest.say("Hi")
            await eva.event("message")
            texts = [one["message"]["text"] for one in eva.events if one["type"] == "message"]
            assert texts == ["Hi"]  # the new one is none of hers
