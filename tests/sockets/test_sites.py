"""A shop that changes while widgets and consoles are open: they go by what it is now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from tests.hosted import Hosted, hosted
from tests.sockets.client import connected, operator, refusal
from tests.webapp import EVA, OTHER, PASSWORD, SHOP
from translate_proxy.commands import OperatorChange
from translate_proxy.model import Operator, OperatorId, Shop, Site, SiteKey, new_id
from translate_proxy.records import Editor
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

TIM = Operator(OperatorId(new_id()), "tim@example.com", "Tim", ("en",))
GUEST = {"protocol": 1, "site": SHOP.key}
NEW = Site(SiteKey("new"), "New", ("https://new.example",), ("en",), "en")
BY = Editor(TIM.id, TIM.name)


def becomes(server: Hosted, *sites: Site) -> None:
    """These are the shop's sites from now on."""
    store = server.app.store
    store._shop = Shop({site.key: site for site in sites}, store.shop().revision)
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
        for one in (TIM, EVA):
            await server.app.store.add_operator(one, hashed)
        tims, _, _ = await server.app.sessions.sign_in(TIM.email, PASSWORD)
        evas, _, _ = await server.app.sessions.sign_in(EVA.email, PASSWORD)
        async with operator(server.http, tims) as tim, operator(server.http, evas) as eva:
            await tim.hear("welcome")
            await eva.hear("welcome")
            becomes(server, SHOP, OTHER, NEW)
            auth = {"protocol": 1, "site": NEW.key}
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


@asynccontextmanager
async def another_process(folder: Path) -> AsyncIterator[Store]:
    """A second store on the database of a server."""
    store = Store(sqlite_url(folder), time.time)
    await store.open(None)
    try:
        yield store
    finally:
        await store.close()


async def test_what_another_process_changes_is_told_to_whatever_is_open(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server, another_process(tmp_path) as node:
        app = server.app
        await app.store.add_operator(TIM, await app.passwords.hash(PASSWORD))
        token, _, _ = await app.sessions.sign_in(TIM.email, PASSWORD)
        async with operator(server.http, token) as tim:
            assert NEW.key not in [one["key"] for one in (await tim.hear("welcome"))["sites"]]
            site = await node.add_site(NEW, BY)
            told = (await tim.hear("sites"))["sites"]
            assert [one["key"] for one in told] == [NEW.key, OTHER.key, SHOP.key]
            page = {"Origin": "https://new.example"}
            auth = {"protocol": 1, "site": NEW.key}
            async with connected(server.http, "/visitor", auth, page) as guest:
                await guest.hear("welcome")
                site = await node.change_site(replace(site, languages=("en", "fi")), BY)
                assert (await guest.hear("site"))["site"]["languages"] == ["en", "fi"]
                assert not guest.closed.is_set()
                await node.change_site(replace(site, origins=("https://now.example",)), BY)
                await guest.closed.wait()
            await node.remove_site(NEW.key, None, BY)
            now = {"sites": told[1:]}
            await tim.until(lambda: ("sites", now) in tim.heard)
            await node.change_operator(TIM.email, OperatorChange(active=False), BY)
            await tim.hear("signed_out")
        while app.store.shop().site(NEW.key) is not None:
            await asyncio.sleep(0.01)
        refused = await refusal(server.http, "/visitor", auth)
        assert refused["data"]["code"] == "unknown_site"


async def test_a_shop_without_a_file_is_made_and_changed_while_it_is_open(tmp_path: Path) -> None:
    ada = replace(TIM, id=OperatorId(new_id()), email="ada@example.com", role="admin")
    async with hosted(tmp_path) as server:
        app = server.app
        await app.store.add_operator(ada, await app.passwords.hash(PASSWORD))
        token, _, _ = await app.sessions.sign_in(ada.email, PASSWORD)
        made = {"key": "new", "name": "New", "languages": ["en"], "default_language": "en"}
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
        async with httpx.AsyncClient(base_url=server.http, headers=headers) as api:
            answer = await api.post("/api/sites", json={**made, "origins": []})
            assert answer.status_code == 201
            auth = {"protocol": 1, "site": "new"}
            async with connected(server.http, "/visitor", auth) as guest:
                await guest.say("Hello")
                answer = await api.patch("/api/sites/new", json={"max_message_length": 2})
                assert answer.json()["site"]["revision"] == 2
                refused = await guest.call("message", {"id": new_id(), "text": "Hello"})
                assert refused["error"]["code"] == "too_long"
                assert (await guest.hear("site"))["site"]["max_message_length"] == 2
                assert (await api.delete("/api/sites/new")).status_code == 409
                assert (await guest.call("close", {"id": new_id()}))["ok"]
                assert (await api.delete("/api/sites/new")).status_code == 200
                await guest.closed.wait()
