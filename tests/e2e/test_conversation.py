"""One conversation, played on both sides in Chromium: the widget in one page, the console in the
other, each reading its own language."""

from __future__ import annotations

import itertools

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.console import Console
from tests.e2e.waiting import seen_while
from tests.e2e.widget import Shopper, Widget
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# The server is shared with other tests: what is looked for must be of this conversation.
NUMBERS = itertools.count(70_001)
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
        order = f"AB-{next(NUMBERS)}"
        await _talk(widget, console, order)
        await _reload_both(widget, console, order)
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
        await _talk(widget, console, f"AB-{next(NUMBERS)}")
        await _markup(widget, console)


async def _talk(widget: Widget, console: Console, order: str) -> None:
    """A question and its answer, each read in translation with the original at hand."""
    page = console.page
    asked = f"Olá, onde está a minha encomenda {order}?"
    answered = f"Good morning! Your order {order} arrives on Friday."
    await widget.say(asked)
    row = page.locator(".row", has_text=order)
    await expect(row).to_contain_text("order")
    await row.click()
    question = console.message(order)
    await expect(question.locator(".message__text")).to_have_attribute("lang", "en")
    await expect(question.locator(".making")).to_contain_text("pt → en")
    await question.get_by_role("button", name="Original").click()
    await expect(question.locator("[lang=pt]")).to_have_text(asked)

    await page.get_by_role("button", name="Claim conversation").click()
    await expect(console.reply).to_be_focused()
    await seen_while(
        lambda: widget.input.press_sequentially("E o "), page.locator(".writing"), "is writing"
    )
    await console.write(answered)
    answer = widget.theirs(order)
    await expect(answer.locator(".text")).to_have_attribute("lang", "pt")
    await expect(answer).not_to_contain_text("Friday")
    await answer.locator("[aria-expanded=false]").click()
    await expect(answer.locator(".other")).to_have_text(answered)

    mine = console.message("arrives on Friday")
    await expect(mine.locator(".making")).to_contain_text("en → pt")
    await mine.get_by_role("button", name="Translation").click()
    told = await answer.locator(".text").inner_text()
    await expect(mine.locator(".message__other .message__text")).to_have_text(told)


async def _reload_both(widget: Widget, console: Console, order: str) -> None:
    """Either page shows the same conversation again."""
    written = await widget.texts.all_inner_texts()
    shown = await _first_texts(console.messages())
    await widget.page.reload()
    await expect(widget.panel).to_be_visible()  # it was open, on a desktop it stays so
    await expect(widget.theirs(order).locator(".text")).to_have_attribute("lang", "pt")
    await expect(widget.texts).to_have_text(written)
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
    again = f"AB-{next(NUMBERS)}"
    await console.page.get_by_role("button", name="Close", exact=True).click()
    await console.page.get_by_role("button", name="Close conversation").click()
    await expect(console.page.get_by_text("This conversation is closed")).to_be_visible()
    await widget.say(f"Obrigada, e onde está a encomenda {again}?")
    await console.tab("Waiting").click()
    row = console.page.locator(".row", has_text=again)
    await expect(row).to_have_count(1)
    assert await row.get_attribute("data-conversation") != before


async def _first_texts(messages: Locator) -> list[str]:
    """Of each message the text that is shown first, opened originals left aside."""
    return [
        await messages.nth(place).locator(".message__text").first.inner_text()
        for place in range(await messages.count())
    ]
