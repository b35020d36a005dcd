"""The console from the keyboard, on a phone, and through a restart of the server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console import Console, ask
from tests.product import Product, running
from tests.servers import free_port
from tests.sockets.client import visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_conversations_are_switched_from_the_keyboard(
    browser: Browser, demo: Product, token: str
) -> None:
    async with (
        visitor(demo.url, locale="pt") as one,
        visitor(demo.url, locale="pt") as two,
        Console(browser, demo.url) as console,
    ):
        first, second = await ask(one), await ask(two, "Bom dia, qual é o preço?")
        await console.ready(token)
        await console.claim(first)
        await console.claim(second)
        await console.reply.fill("for the second")
        # Mine: the newest first.
        await console.reply.press("Alt+ArrowDown")
        await expect(console.row(first)).to_have_attribute("aria-current", "true")
        await expect(console.reply).to_have_value("")
        await expect(console.reply).to_be_focused()
        await expect(console.row(second)).to_contain_text("Draft: for the second")
        await console.reply.press("Escape")
        await console.page.locator("body").press("k")
        await expect(console.row(second)).to_have_attribute("aria-current", "true")
        await expect(console.reply).to_have_value("for the second")
        await console.page.locator("body").press("?")
        await expect(console.page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")


async def test_on_a_phone_list_and_conversation_take_turns(
    browser: Browser, demo: Product, token: str
) -> None:
    async with (
        visitor(demo.url, locale="pt") as client,
        Console(browser, demo.url, width=390, height=844) as console,
    ):
        conversation = await ask(client)
        await console.ready(token)
        await expect(console.page.locator(".pane")).to_be_hidden()
        await console.open(conversation)
        await expect(console.tab("Waiting")).to_be_hidden()
        await console.page.get_by_role("button", name="Claim conversation").click()
        await console.write("On my way.")
        await client.event("translation", language="pt", status="translated")
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert await console.page.evaluate(wide)
        await console.page.get_by_role("button", name="Back to the list").click()
        await expect(console.row(conversation)).to_be_in_viewport()
        await expect(console.page.locator(".pane")).to_be_hidden()
        await console.tab("Closed").click()  # while the two still change places
        await console.tab("Mine").click()
        place = await console.page.locator(".shell").evaluate("e => [e.scrollLeft, e.scrollTop]")
        assert place == [0, 0]
        await console.page.go_back()
        await console.page.go_back()
        await console.page.go_back()
        await expect(console.message("On my way.")).to_be_in_viewport()


async def test_a_restarted_server_finds_the_console_again_and_what_was_written_meanwhile(
    browser: Browser, tmp_path: Path
) -> None:
    port = str(free_port())
    # One sign-in and no second one: the session outlives the server.
    limits = {"TRANSLATE_PROXY_LIMITS_LOGIN": "0.001/s, burst 1"}
    product = Product(tmp_path / "data", "--demo", "--port", port, env=limits)
    with running(product):
        token = product.token()
        async with Console(browser, product.url) as console:
            await console.sign_in()
            await expect(console.page.get_by_role("alert")).to_contain_text("Too many attempts")
            async with visitor(product.url, locale="pt") as client:
                conversation = await ask(client)
                await console.ready(token)
                await console.claim(conversation)
                visitor_token = (await client.hear("welcome"))["token"]
            await asyncio.to_thread(product.stop)
            await expect(console.page.get_by_text("The server is restarting")).to_be_visible()
            await asyncio.to_thread(product.start)
            # Not "no longer restarting": while it tries again it says that the line is lost.
            await expect(console.all_is_well).to_have_count(1)

            product.kill()
            await expect(console.page.get_by_text("The connection is lost")).to_be_visible()
            await console.write("Written while nobody listened.")
            await expect(console.page.get_by_text("Waiting to be sent")).to_be_visible()
            await asyncio.to_thread(product.start)
            await expect(console.all_is_well).to_have_count(1)
            await expect(console.message("while nobody listened")).to_have_count(1)
            await expect(console.page.get_by_text("Waiting to be sent")).to_have_count(0)
            async with visitor(product.url, locale="pt", token=visitor_token) as client:
                await client.event("translation", language="pt", status="translated")
                answers = [
                    event["message"]["text"]
                    for event in client.events
                    if event["type"] == "message" and event["message"]["from"] == "operator"
                ]
                assert answers == ["Written while nobody listened."]
