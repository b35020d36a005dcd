"""What a visitor writes while the server is away, restarts, or will not have it yet."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.widget import Shopper, Widget
from tests.product import Product
from tests.sockets.client import operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_the_outbox_survives_a_reload_while_the_server_is_down(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    before, during = f"Antes {uuid.uuid4()}", f"Durante {uuid.uuid4()}"
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        await asyncio.to_thread(server.kill)
        await expect(widget.panel.get_by_role("status")).to_contain_text("Sem ligação")
        await widget.write(during)
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "waiting")
        await widget.input.fill("meio escrito")

        await widget.page.reload()
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "waiting")
        await expect(widget.input).to_have_value("meio escrito")

        await asyncio.to_thread(server.start)
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "sent")
        await expect(widget.texts).to_have_text([before, during])
        async with operator(server.url, server.token()) as desk:
            found = [
                one
                for one in (await desk.hear("welcome"))["conversations"]
                if (one["last_message"] or {}).get("text") == during
            ]
            assert len(found) == 1
            opened = await desk.call("open", {"conversation_id": found[0]["conversation_id"]})
        sent = [e["message"]["text"] for e in opened["events"] if e["type"] == "message"]
        assert sent == [before, during]


async def test_a_restart_of_the_server_is_survived_in_place(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    before, after = f"Antes {uuid.uuid4()}", f"Depois {uuid.uuid4()}"
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        assert await asyncio.to_thread(server.stop) == 0
        await asyncio.to_thread(server.start)
        await widget.say(after)
        await expect(widget.texts).to_have_text([before, after])
        await expect(widget.panel.get_by_role("status")).to_be_empty()


async def test_text_that_is_too_long_is_kept_and_not_sent(browser: Browser, demo: Product) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        long = "x" * 4001
        await widget.input.fill(long)
        await widget.input.press("Enter")
        await expect(widget.panel.get_by_role("alert")).to_contain_text("4000")
        await expect(widget.input).to_have_value(long)
        await expect(widget.log.locator(".bubble")).to_have_count(0)


async def test_what_the_server_refuses_for_now_is_sent_later(
    browser: Browser, demo: Product
) -> None:
    texts = [f"{number} {uuid.uuid4()}" for number in range(25)]
    async with Shopper(browser) as shopper:
        widget: Widget = await shopper.chat(demo, "en")
        for text in texts:
            await widget.write(text)
        for text in texts:
            await expect(widget.mine(text)).to_have_attribute("data-delivery", "sent")
        await expect(widget.texts).to_have_text(texts)
