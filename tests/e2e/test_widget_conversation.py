"""A visitor's conversation in the demo shop, in Chromium; the operator is a Socket.IO client."""

from __future__ import annotations

import asyncio
import json
import uuid
from functools import partial

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.desk import ANSWER, QUESTION, answer, asked, do
from tests.e2e.waiting import seen_while, until
from tests.e2e.widget import Shopper, Widget
from tests.product import Product
from tests.sockets.client import operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_each_side_reads_its_own_language(
    browser: Browser, demo: Product, token: str
) -> None:
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        await do(desk, "availability", status="online")
        widget = await shopper.chat(demo, "pt")
        await widget.say(QUESTION)

        question = await asked(desk, QUESTION)
        read = await desk.event("translation", message_id=question["message"]["id"], language="en")
        assert "AB-12345" in read["text"]
        assert "order" in read["text"]
        await answer(desk, QUESTION)

        reply = widget.log.locator(".row.theirs[data-rendering='translated']")
        await expect(reply).to_contain_text("AB-12345")
        shown = reply.locator(".text")
        await expect(shown).to_have_attribute("lang", "pt")
        await expect(shown).not_to_have_text(ANSWER)
        await expect(reply).not_to_contain_text(ANSWER)

        await reply.get_by_role("button", name="Ver original").click()
        await expect(reply.locator(".other")).to_have_text(ANSWER)
        await expect(reply.locator(".other")).to_have_attribute("lang", "en")
        own = widget.mine(QUESTION)
        await own.get_by_role("button", name="Ver tradução").click()
        await expect(own.locator(".other")).to_have_text(read["text"])

        before = await widget.texts.all_inner_texts()
        await widget.page.reload()
        await expect(widget.panel).to_be_visible()  # it was open, on a desktop it stays so
        await expect(widget.texts).to_have_text(before)


async def test_the_presence_beside_a_name_is_that_persons(
    browser: Browser, demo: Product, token: str, colleague: str
) -> None:
    async with (
        operator(demo.url, token) as desk,  # the shop is online all the time
        operator(demo.url, colleague) as maria,
        Shopper(browser) as shopper,
    ):
        await do(desk, "availability", status="online")
        await do(maria, "availability", status="online")
        widget = await shopper.chat(demo, "en")
        await widget.say("Is Maria here?")
        await answer(maria, "Is Maria here?")
        face = widget.panel.locator("header .avatar")
        await expect(widget.panel.get_by_role("heading", level=1)).to_have_text("Maria")
        await expect(face).to_have_attribute("data-status", "online")
        await do(maria, "availability", status="away")
        await expect(face).to_have_attribute("data-status", "away")
        await widget.page.reload()
        await expect(face).to_have_attribute("data-status", "away")


async def test_markup_is_text(browser: Browser, demo: Product, token: str) -> None:
    bomb = "<img src=x onerror=\"document.title='broken'\"><b>bold</b> &amp; <script>1</script>"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo.url}/demo/?lang=en")
        title = await widget.page.title()
        await widget.open()
        await widget.say(bomb)
        await answer(desk, bomb, bomb)
        await expect(widget.texts).to_have_text([bomb, bomb])
        assert await widget.log.locator("img, b, script").count() == 0
        assert await widget.page.title() == title


async def _nothing_on_its_way(widget: Widget) -> bool:
    return not any("outbox" in key for key in await widget.stored())


async def test_two_tabs_are_one_visitor(browser: Browser, demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        first = await shopper.visit(f"{demo.url}/demo/?lang=en")
        second = await shopper.visit(f"{demo.url}/demo/checkout.html?lang=en")
        await asyncio.gather(first.open(), second.open())
        visit = json.loads((await first.stored())["translate_proxy.demo.visit"])

        texts = [f"From two tabs, {number} {uuid.uuid4()}" for number in range(4)]
        for number, text in enumerate(texts):
            await (first, second)[number % 2].write(text)
        for widget in (first, second):
            for text in texts:
                await expect(widget.mine(text)).to_have_count(1)
                await expect(widget.mine(text)).to_have_attribute("data-delivery", "sent")
            # Shared by both: the other tab may still wait for an ack of what this one has seen.
            await until(partial(_nothing_on_its_way, widget))
            stored = await widget.stored()
            assert json.loads(stored["translate_proxy.demo.visit"])["token"] == visit["token"]

        conversation = (await asked(desk, texts[0]))["conversation_id"]
        opened = await desk.call("open", {"conversation_id": conversation})
        received = [e["message"]["text"] for e in opened["events"] if e["type"] == "message"]
        assert sorted(received) == sorted(texts)


async def test_an_answer_is_announced_on_the_next_page(
    browser: Browser, demo: Product, token: str
) -> None:
    text = f"Are you there? {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        await widget.page.keyboard.press("Escape")
        await expect(widget.panel).to_be_hidden()
        await expect(widget.launcher).to_be_focused()
        await widget.page.goto(f"{demo.url}/demo/product.html?lang=en")
        await answer(desk, text)
        await expect(widget.launcher.locator("b")).to_have_text("1")
        await widget.open()
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await expect(widget.launcher.locator("b")).to_have_text("")
        await widget.page.reload()
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await expect(widget.launcher.locator("b")).to_have_text("")


async def test_a_closed_conversation_is_followed_by_a_new_one(
    browser: Browser, demo: Product, token: str
) -> None:
    text, again = f"First {uuid.uuid4()}", f"Again {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        conversation = await answer(desk, text)
        await do(desk, "close", conversation_id=conversation)
        await expect(widget.log.locator(".notice").last).to_contain_text("has ended")
        await widget.panel.get_by_role("button", name="4 / 5").click()
        remark = widget.panel.get_by_label("Anything you would like to add?")
        await remark.fill("Quick and kind")
        await remark.press("Enter")
        await desk.event("rated", conversation_id=conversation, stars=4, comment="Quick and kind")
        await expect(widget.panel.get_by_role("group")).to_contain_text("Thank you")
        await expect(remark).to_have_count(0)
        await widget.say(again)
        assert (await asked(desk, again))["conversation_id"] != conversation

        # The earlier one is a click away after the next page.
        await widget.page.reload()
        await expect(widget.mine(again)).to_be_visible()
        await widget.panel.get_by_role("button", name="Show earlier messages").click()
        await expect(widget.mine(text)).to_be_visible()


async def test_each_side_sees_the_other_write(browser: Browser, demo: Product, token: str) -> None:
    text = f"Hello {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        conversation = await answer(desk, text)
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await widget.input.press_sequentially("I am")
        heard = await desk.hear("typing")
        assert (heard["conversation_id"], heard["from"]) == (conversation, "visitor")
        writes = partial(do, desk, "typing", conversation_id=conversation)
        await seen_while(writes, widget.log.locator(".dots"), "Demo is writing")
        await do(desk, "message", conversation_id=conversation, text="Yes?")
        await expect(widget.theirs("Yes?")).to_be_visible()
        await expect(widget.log.locator(".dots")).to_have_count(0)


async def test_a_token_that_is_not_good_is_dropped(
    browser: Browser, demo: Product, token: str
) -> None:
    text = f"Hello {uuid.uuid4()}"
    visit = {"token": "forged", "visitor_id": "x", "log": "x", "seen": 0, "conversation": True}
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        await shopper.context.add_init_script(
            f"localStorage['translate_proxy.demo.visit'] ??= '{json.dumps(visit)}'"
        )
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        await asked(desk, text)

        async def kept() -> bool:  # noted with the ack, which may come after the event
            noted = json.loads((await widget.stored())["translate_proxy.demo.visit"])
            return noted["conversation"] is True and noted["token"] != "forged"

        await until(kept)
