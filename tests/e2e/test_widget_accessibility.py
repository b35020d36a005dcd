"""The demo shop with its chat, light and dark, as axe-core and a screen reader find it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import faults
from tests.e2e.widget import Shopper
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize(
    ("language", "options"),
    [("en", {}), ("pt", {"color_scheme": "dark"}), ("ar", PHONE)],
    ids=["light", "dark", "phone, from right to left"],
)
async def test_axe_finds_nothing(
    browser: Browser, demo: Product, language: str, options: dict[str, Any]
) -> None:
    # What still moves has other colours for a moment.
    still = {"reduced_motion": "reduce", "locale": language, **options}
    async with Shopper(browser, **still) as shopper:
        widget = await shopper.visit(f"{demo.url}/demo/")
        await expect(widget.launcher).to_be_visible()
        assert await faults(widget.page) == []
        await widget.open()
        assert await faults(widget.page) == []
        await widget.say("Where is my order AB-12345?")
        await widget.panel.locator(".chip").click()
        assert await faults(widget.page) == []


async def test_names_hold_what_is_seen_and_the_page_has_one_banner(
    browser: Browser, demo: Product
) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "pt")
        chip = widget.panel.locator(".chip")
        seen, name = await chip.inner_text(), await chip.get_attribute("aria-label")
        assert name is not None
        assert name.startswith(seen.strip())
        await expect(widget.page.get_by_role("banner")).to_have_count(1)


async def test_the_question_about_the_end_keeps_the_focus(browser: Browser, demo: Product) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say("Where is my order AB-12345?")
        await widget.panel.locator(".chip").click()
        end = widget.panel.get_by_role("button", name="End conversation")
        await end.press("Enter")
        cancel = widget.panel.get_by_role("button", name="Cancel")
        await expect(cancel).to_be_focused()
        await cancel.press("Enter")
        await expect(end).to_be_focused()
        await end.press("Enter")
        await end.press("Enter")  # the answer: it has the question's words
        await expect(widget.panel.locator(".menu")).to_have_count(0)
        await expect(widget.panel.locator(":focus")).to_have_count(1)


async def test_a_chat_that_is_opened_again_begins_with_its_messages(
    browser: Browser, demo: Product
) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        menu = widget.panel.locator(".menu")
        for close in ("button", "call"):
            await widget.panel.locator(".chip").click()
            await expect(menu).to_have_count(1)
            if close == "button":
                await widget.panel.get_by_role("button", name="Close chat").click()
            else:
                await widget.page.evaluate("translateProxy.push(['close'])")
            await expect(widget.panel).to_be_hidden()
            await widget.open()
            await expect(menu).to_have_count(0)
