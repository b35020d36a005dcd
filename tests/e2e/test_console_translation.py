"""What an operator does about languages and translations at the console."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console import answering
from tests.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_the_language_is_pinned_from_the_menu(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, conversation):
        badge = console.page.get_by_role("button", name=re.compile("^The visitor's language"))
        await expect(badge).to_contain_text(re.compile(r"Portuguese.*\d+ %"))
        await badge.click()
        await console.page.get_by_role("button", name=re.compile("^Finnish")).click()
        pinned = await client.event("language", source="pinned")
        assert (pinned["of"], pinned["language"]) == ("visitor", "fi")
        await expect(badge).to_contain_text("Finnish")
        await expect(console.row(conversation).locator(".tag")).to_have_text("fi")
        await expect(console.page.get_by_text("language was set to Finnish")).to_be_visible()

        # Nothing is installed for Finnish: the original is shown with the reason.
        await client.say("Obrigada pela ajuda, o AB-12345 chegou.")
        lost = console.message("Obrigada pela ajuda")
        await expect(lost.locator(".message__text")).to_have_attribute("lang", "fi")
        await expect(lost).to_contain_text("No model is installed")
        await expect(lost).to_contain_text("translate-proxy models install fi-en")  # for an admin
        await expect(lost.get_by_role("button", name="Try again")).to_be_visible()
        await expect(lost.get_by_role("button", name="Correct")).to_have_count(0)
        await badge.click()
        await console.page.get_by_role("button", name=re.compile("^Portuguese")).click()
        # What was written before stays what it was found to be, or follows the pin that took the
        # place of the one it was written under; what follows is Portuguese.
        await client.say("Quando chega a minha encomenda?")
        await expect(console.messages()).to_have_count(3)
        for message in await console.messages().all():
            await expect(message.locator(".making")).to_contain_text("pt → en")
        await badge.click()
        await console.page.get_by_role("button", name="As detected").click()
        line = console.page.get_by_role("log").get_by_text("The language is detected again")
        await expect(line).to_be_visible()
        await expect(badge).to_contain_text(re.compile(r"Portuguese.*\d+ %"))


async def test_a_translation_is_corrected_for_everyone(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, _conversation):
        await console.write("We ship it tomorrow.")
        await client.event("translation", language="pt", status="translated")
        mine = console.message("We ship it tomorrow.")
        await expect(mine.locator(".making")).to_contain_text("en → pt")
        await mine.hover()
        await mine.get_by_role("button", name="Correct").click()
        await console.page.get_by_label("Translation · Portuguese").fill("Enviamos amanhã.")
        await console.page.get_by_role("button", name="Save").click()
        corrected = await client.event("translation", status="corrected")
        assert corrected["text"] == "Enviamos amanhã."
        await expect(mine.locator(".making")).to_contain_text("corrected")


async def test_the_preview_shows_what_the_visitor_would_read(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, _client, _conversation):
        await console.reply.fill("Your order AB-12345 arrives on Friday.")
        await console.reply.press("Alt+p")
        panel = console.page.locator(".preview")
        await expect(panel.locator("[lang=pt]")).to_contain_text("AB-12345")
        await expect(panel.locator("[lang=en]")).to_contain_text("AB-12345")
        await console.reply.press("Escape")
        await expect(panel).to_have_count(0)
        assert "AB-12345" in await console.reply.input_value()
