"""Every screen of the console, light and dark, as axe-core and a screen reader find it."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import faults
from tests.e2e.console import Console, ask
from tests.e2e.desk import do
from tests.product import Product
from tests.sockets.client import visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CUPS = {
    "url": "https://shop.example/cups",
    "title": "Cups",
    "cart": {"items": [{"name": "Cup", "quantity": 2}]},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(
    browser: Browser, demo: Product, token: str, scheme: Literal["light", "dark"], width: int
) -> None:
    async with (
        visitor(demo.url, locale="pt", page=CUPS) as client,
        Console(browser, demo.url, width=width) as console,
    ):
        page = console.page
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        heading = page.get_by_role("heading", level=1).first
        await page.goto(f"{demo.url}/console/")
        await expect(page.get_by_label("Password")).to_be_visible()
        assert await faults(page) == []

        conversation = await ask(client)
        await client.say("👍 https://shop.example/cups?id=7")
        await console.ready(token)
        await expect(heading).to_be_attached()
        assert await faults(page) == []  # a list, and no conversation

        await console.open(conversation)
        await expect(console.messages().first.locator(".making")).to_contain_text("pt → en")
        await expect(heading).to_be_attached()
        assert await faults(page) == []  # waiting
        await page.get_by_role("button", name="Note", exact=True).click()
        await page.get_by_label("Your note").fill("A note")
        assert await faults(page) == []
        await page.get_by_label("Your note").press("Enter")
        await console.write("Your order AB-12345 left today.")
        await client.event("translation", language="pt", status="translated")
        await console.messages().last.hover()
        await page.get_by_role("button", name="Details").click()
        assert await faults(page) == []  # mine, with the details
        await page.get_by_role("button", name="Close details").click()
        await page.get_by_role("button", name="The visitor's language").click()
        assert await faults(page) == []
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Close", exact=True).click()
        assert await faults(page) == []  # a dialog
        await page.get_by_role("button", name="Close conversation").click()
        await do(client, "rate", stars=4, comment="Muito obrigado!")
        await expect(page.get_by_text("The visitor rated")).to_be_visible()
        assert await faults(page) == []  # closed
