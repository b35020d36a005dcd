"""What the console makes of what a visitor does: a plain Socket.IO client plays the visitor."""

from __future__ import annotations

import asyncio
import subprocess
import uuid

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console import Console, answering, ask, waiting
from tests.e2e.desk import do
from tests.product import COMMAND, Product
from tests.sockets.client import operator, visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_a_rating_given_anew_is_shown_once_with_its_comment(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, _conversation):
        await do(client, "close")
        await do(client, "rate", stars=3)
        rated = console.page.get_by_text("The visitor rated")
        await expect(rated).to_contain_text("3 of 5")
        await do(client, "rate", stars=4, comment="Obrigado pela ajuda!")
        await expect(rated).to_contain_text("4 of 5")
        await expect(rated).to_have_count(1)
        quote = console.page.locator(".line__quote")
        await expect(quote).to_contain_text("pt → en")
        await expect(quote.locator("blockquote")).to_have_attribute("lang", "en")
        await expect(quote).not_to_contain_text("Obrigado")
        await quote.get_by_role("button", name="Original").click()
        await expect(quote.locator("[lang=pt]")).to_have_text("Obrigado pela ajuda!")


async def test_links_can_be_pressed_and_stay_text(
    browser: Browser, demo: Product, token: str
) -> None:
    text = "Veja https://shop.example/p?id=7. <a href='javascript:1'>x</a> javascript:alert(1)"
    async with waiting(browser, demo, token, text) as (console, client, conversation):
        await client.event("translation")
        await console.open(conversation)
        link = console.messages().first.locator("a")
        await expect(link).to_have_text("https://shop.example/p?id=7")
        await expect(link).to_have_attribute("href", "https://shop.example/p?id=7")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(link).to_have_attribute("target", "_blank")


async def test_nobody_passes_for_somebody_else(browser: Browser, demo: Product, token: str) -> None:
    page = {"url": "https://evil.example/login", "title": "https://shop.example/orders"}
    async with (
        visitor(demo.url, locale="pt", name="Ana \u2714\u202e \U0001f6e1", page=page) as client,
        Console(browser, demo.url) as console,
    ):
        conversation = await ask(client)
        await console.ready(token)
        await expect(console.row(conversation).locator(".row__name")).to_have_text("Ana")
        await console.open(conversation)
        await expect(console.page.locator(".head__name")).to_have_text("Ana")
        await console.page.get_by_role("button", name="Details").click()
        await expect(console.page.locator(".details__name")).to_have_text("Ana")
        link = console.page.locator(".details a")
        await expect(link).to_have_text("evil.example/login")
        await expect(link).to_have_attribute("href", page["url"])
        await expect(console.page.locator(".facts__title")).to_have_text(page["title"])


async def test_the_page_on_the_screen_is_where_the_visitor_is(
    browser: Browser, demo: Product, token: str
) -> None:
    home = {"url": "https://shop.example/", "title": "Home"}
    cups = {"url": "https://shop.example/cups", "cart": {"items": [{"name": "Cup", "quantity": 2}]}}
    async with Console(browser, demo.url) as console:
        async with visitor(demo.url, locale="pt", page=home) as client:
            conversation = await ask(client)
            await console.ready(token)
            await console.open(conversation)
            await console.page.get_by_role("button", name="Details").click()
            details = console.page.locator(".details")
            await expect(details.get_by_text("Page now")).to_be_visible()
            await expect(details.get_by_role("link")).to_have_text("shop.example")
            await client.call("page", cups)
            links = details.get_by_role("link")
            await expect(links).to_have_text(["shop.example/cups", "shop.example"])
            await expect(details).to_contain_text("name: Cup, quantity: 2")
            await expect(console.page.locator(".head__line")).to_contain_text("On the page")
        await expect(console.page.locator(".head__line")).to_contain_text("Left a moment ago")


async def test_the_presence_beside_a_colleague_is_theirs(
    browser: Browser, demo: Product, token: str, colleague: str
) -> None:
    async with (
        visitor(demo.url, locale="pt") as client,
        Console(browser, demo.url) as console,
    ):
        conversation = await ask(client)
        await console.ready(token)
        line = console.page.locator(".head__line")
        async with operator(demo.url, colleague) as maria:
            await console.open(conversation)
            await do(maria, "claim", conversation_id=conversation)
            await expect(line).to_contain_text("Maria is answering (online)")
            await maria.call("availability", {"status": "away"})
            await expect(line).to_contain_text("Maria is answering (away)")
            await maria.call("availability", {"status": "online"})
        await expect(line).to_contain_text("Maria is answering (offline)")


async def test_an_own_message_is_taken_back_after_a_second_look(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, conversation):
        await console.write("The code of the safe is 1234.")
        await client.event("translation", language="pt")
        mine = console.message("of the safe")
        await mine.hover()
        await mine.get_by_role("button", name="Take back").click()
        await console.page.get_by_role("button", name="Keep it").click()
        await expect(mine).to_have_count(1)
        await mine.hover()
        await mine.get_by_role("button", name="Take back").click()
        await console.page.get_by_role("dialog").get_by_role("button", name="Take back").click()
        await client.event("redacted")
        await expect(mine).to_have_count(0)
        await expect(console.page.get_by_text("This message was taken back.")).to_be_visible()
        await expect(console.row(conversation)).not_to_contain_text("of the safe")
        await expect(console.row(conversation)).to_contain_text("Message taken back")
        await console.page.reload()
        await expect(console.row(conversation)).to_contain_text("Message taken back")
        await expect(console.page.get_by_text("This message was taken back.")).to_be_visible()
        await expect(console.page.get_by_text("of the safe")).to_have_count(0)


async def test_an_erased_visitor_leaves_the_screen(
    browser: Browser, demo: Product, token: str
) -> None:
    async with waiting(browser, demo, token) as (console, client, conversation):
        await console.open(conversation)
        visitor_id = (await client.hear("welcome"))["visitor_id"]
        command = ("erase", "--data-dir", str(demo.data_dir), visitor_id)
        await asyncio.to_thread(subprocess.run, [str(COMMAND), *command], check=True)
        await expect(console.page.locator(".toast")).to_contain_text("This visitor was erased")
        await expect(console.page.locator(".pane .head__name")).to_have_count(0)
        await console.page.goto(f"{demo.url}/console/#/waiting/{conversation}")
        await expect(console.page.get_by_text("is not there any more")).to_be_visible()
        await expect(console.page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_contact_details_stand_once_beside_the_message(
    browser: Browser, demo: Product, token: str
) -> None:
    async with waiting(browser, demo, token) as (console, client, conversation):
        await console.open(conversation)
        text = "Escrevam-me por favor amanhã."
        await do(client, "contact", email="rita@example.com", text=text)
        await expect(console.page.locator(".line__quote")).to_have_text("rita@example.com")
        last = console.messages().last
        await expect(last.locator(".making")).to_contain_text("pt → en")
        await expect(console.page.get_by_text(text)).to_have_count(0)  # it is read translated


@pytest.mark.parametrize("text", ["👍", "AB-12345"])
async def test_no_language_is_named_for_what_has_no_words(
    browser: Browser, demo: Product, token: str, text: str
) -> None:
    async with answering(browser, demo, token) as (console, client, _conversation):
        await client.call("message", {"id": str(uuid.uuid4()), "text": text})
        await client.event("language", of="visitor")
        sent = console.messages().last
        await expect(sent.locator(".message__text")).to_have_text(text)
        await expect(sent.locator(".message__pending")).to_have_count(0)
        await expect(sent.locator(".route")).to_have_count(0)
