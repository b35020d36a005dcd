"""One conversation, played on both sides in Chromium: the widget in one page, the console in the
other, each reading its own language."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.console import Console
from tests.e2e.desk import QUESTION
from tests.e2e.widget import Shopper, Widget
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ANSWER = "Good morning! Your order AB-12345 arrives on Friday."
MARKUP = "<img src=x onerror=\"document.title='hit'\"> <b>AB-12345</b>"
NO_MARKUP = "img[src=x], .text b, .message__text b"


async def test_each_side_reads_its_own_language_from_the_greeting_to_the_end(
    browser: Browser, demo: Product, token: str
) -> None:
    async with (
        Shopper(browser, locale="pt-PT") as shopper,
        Console(browser, demo.url) as console,
    ):
        await console.ready(token)
        widget = await shopper.visit(f"{demo.url}/demo/")
        await widget.open()
        await _talk(widget, console)
        await _reload_both(widget, console)
        await _markup(widget, console)
        await _end(widget, console)


async def test_the_shop_may_be_another_origin_under_a_strict_policy(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    async with (
        Shopper(browser, locale="pt-PT") as shopper,
        Console(browser, server.url) as console,
    ):
        await console.ready(server.token())
        widget = await shopper.visit(shop)
        await widget.open()
        await _talk(widget, console)
        await _markup(widget, console)


async def _talk(widget: Widget, console: Console) -> None:
    """A question and its answer, each read in translation with the original at hand."""
    page = console.page
    await widget.say(QUESTION)
    row = page.locator(".row", has_text="AB-12345").last
    await expect(row).to_contain_text("order")
    await row.click()
    question = console.message("AB-12345")
    await expect(question.locator(".message__text")).to_have_attribute("lang", "en")
    await expect(question.locator(".making")).to_contain_text("pt → en")
    await question.get_by_role("button", name="Original").click()
    await expect(question.locator("[lang=pt]")).to_have_text(QUESTION)

    await page.get_by_role("button", name="Claim conversation").click()
    await expect(console.reply).to_be_focused()
    await widget.input.press_sequentially("E o ")
    await expect(page.locator(".writing")).to_contain_text("is writing")
    await console.write(ANSWER)
    answer = widget.theirs("AB-12345")
    await expect(answer.locator(".text")).to_have_attribute("lang", "pt")
    await expect(answer).not_to_contain_text("Friday")
    await answer.locator("[aria-expanded=false]").click()
    await expect(answer.locator(".other")).to_have_text(ANSWER)

    mine = console.message("arrives on Friday")
    await expect(mine.locator(".making")).to_contain_text("en → pt")
    await mine.get_by_role("button", name="Translation").click()
    told = await answer.locator(".text").inner_text()
    await expect(mine.locator(".message__other .message__text")).to_have_text(told)


async def _reload_both(widget: Widget, console: Console) -> None:
    """Either page shows the same conversation again."""
    written = await widget.texts()
    shown = await _first_texts(console.messages())
    await widget.page.reload()
    await expect(widget.panel.or_(widget.launcher).first).to_be_visible()
    if not await widget.panel.is_visible():
        await widget.launcher.click()
    await expect(widget.theirs("AB-12345").locator(".text")).to_have_attribute("lang", "pt")
    assert await widget.texts() == written
    await console.page.reload()
    await expect(console.messages()).to_have_count(len(shown))
    await expect(console.messages().locator(".making")).to_have_count(len(shown))
    assert await _first_texts(console.messages()) == shown


async def _markup(widget: Widget, console: Console) -> None:
    """What looks like markup is text, on both pages."""
    await widget.input.fill("")
    await widget.say(MARKUP)
    await expect(console.message("onerror=").first).to_be_visible()
    await console.write(MARKUP)
    await expect(widget.theirs("onerror=").first).to_be_visible()
    for page in (widget.page, console.page):
        await expect(page.locator(NO_MARKUP)).to_have_count(0)
        assert "hit" not in await page.title()


async def _end(widget: Widget, console: Console) -> None:
    """The operator closes; what the visitor writes next begins a new conversation."""
    before = await console.page.evaluate("location.hash.split('/').pop()")
    await console.page.get_by_role("button", name="Close", exact=True).click()
    await console.page.get_by_role("button", name="Close conversation").click()
    await expect(console.page.get_by_text("This conversation is closed")).to_be_visible()
    await widget.say("Obrigada, só mais uma pergunta.")
    await console.tab("Waiting").click()
    again = console.page.locator(".row", has_text=re.compile("question|pergunta"))
    await expect(again).to_have_count(1)
    assert await again.get_attribute("data-conversation") != before


async def _first_texts(messages: Locator) -> list[str]:
    """Of each message the text that is shown first, opened originals left aside."""
    return [
        await messages.nth(place).locator(".message__text").first.inner_text()
        for place in range(await messages.count())
    ]
