"""The door of the console: signing in, out, and what a session that ends leaves behind."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console import Console, ask
from tests.product import Product
from tests.sockets.client import visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_a_wrong_password_is_said_in_words_and_the_right_one_lets_in(
    browser: Browser, demo: Product
) -> None:
    async with Console(browser, demo.url) as console:
        await console.sign_in(password="not-the-password")
        await expect(console.page.get_by_role("alert")).to_contain_text("do not belong together")
        await console.page.get_by_label("Password").fill("demo-password")
        await console.page.get_by_label("Password").press("Enter")
        await expect(console.tab("Waiting")).to_be_visible()
        cookies = await console.page.context.cookies()
        assert {(one["httpOnly"], one["sameSite"]) for one in cookies} == {(True, "Strict")}

        await console.page.reload()
        await expect(console.tab("Waiting")).to_be_visible()
        await console.page.get_by_role("button", name="Account and settings").click()
        await console.page.get_by_role("button", name="Sign out").click()
        await expect(console.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await console.page.reload()
        await expect(console.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_session_that_ends_elsewhere_leads_back_to_the_door_with_the_draft_kept(
    browser: Browser, demo: Product
) -> None:
    async with visitor(demo.url, locale="pt") as client, Console(browser, demo.url) as console:
        conversation = await ask(client)
        await console.sign_in()
        await console.claim(conversation)
        await console.reply.fill("A draft that took a while")
        # Revoked by another page of the same browser: told at once.
        await console.page.evaluate(
            "fetch('/api/logout', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: '{}'})"
        )
        await expect(console.page.get_by_text("You were signed out")).to_be_visible()
        await console.page.get_by_label("E-mail address").fill("demo@example.com")
        await console.page.get_by_label("Password").fill("demo-password")
        await console.page.get_by_role("button", name="Sign in").click()
        await expect(console.reply).to_have_value("A draft that took a while")
