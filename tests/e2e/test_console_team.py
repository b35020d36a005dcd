"""Several operators at their consoles."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.e2e.console import Console, ask
from tests.product import Product
from tests.sockets.client import visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_the_slower_of_two_operators_is_told_that_it_is_taken(
    browser: Browser, demo: Product, token: str, colleague: str
) -> None:
    deaf = False

    def lose_what_comes(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        # The slower console has not heard yet that a colleague was faster.
        server.on_message(
            lambda said: None if deaf and '"type":"assigned"' in str(said) else route.send(said)
        )

    async with (
        visitor(demo.url, locale="pt") as client,
        Console(browser, demo.url) as fast,
        Console(browser, demo.url) as slow,
    ):
        conversation = await ask(client)
        await slow.page.route_web_socket(re.compile(r"/socket\.io/"), lose_what_comes)
        await slow.ready(colleague)
        await slow.open(conversation)
        await fast.ready(token)
        deaf = True
        await fast.claim(conversation)
        await slow.page.get_by_role("button", name="Claim conversation").click()
        await expect(slow.page.get_by_role("status")).to_contain_text(
            ["already claimed"], use_inner_text=True
        )
        deaf = False
        await expect(slow.page.get_by_text("is answering this conversation")).to_be_visible()
        await expect(slow.tab("Waiting")).to_have_attribute("aria-selected", "true")
        await expect(slow.row(conversation)).to_have_count(0)


async def test_the_slower_answer_is_refused_in_words_and_kept(
    browser: Browser, demo: Product, token: str, colleague: str
) -> None:
    deaf = False

    def lose_what_comes(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(
            lambda said: None if deaf and ',["event",' in str(said)[:24] else route.send(said)
        )

    async with (
        visitor(demo.url, locale="pt") as client,
        Console(browser, demo.url) as fast,
        Console(browser, demo.url) as slow,
    ):
        conversation = await ask(client)
        await slow.page.route_web_socket(re.compile(r"/socket\.io/"), lose_what_comes)
        await slow.ready(colleague)
        await slow.open(conversation)
        await fast.ready(token)
        deaf = True
        await fast.open(conversation)
        await fast.write("I have it.")
        await client.event("assigned")
        await slow.write("I have it, too.")
        refused = slow.page.locator(".message--refused")
        await expect(refused).to_contain_text("I have it, too.")
        await expect(refused).to_contain_text("was faster and answers now")
        await expect(slow.page.get_by_text("is answering this conversation")).to_be_visible()


async def test_a_conversation_is_handed_to_a_colleague(
    browser: Browser, demo: Product, token: str, colleague: str
) -> None:
    async with (
        visitor(demo.url, locale="pt") as client,
        Console(browser, demo.url) as giver,
        Console(browser, demo.url) as taker,
    ):
        conversation = await ask(client)
        await giver.ready(token)
        await giver.claim(conversation)
        await taker.ready(colleague)
        await taker.tab("Mine").click()
        await expect(taker.row(conversation)).to_have_count(0)
        await giver.page.get_by_role("button", name="Transfer").click()
        await giver.page.get_by_role("radio", name=re.compile("Maria")).check()
        await giver.page.get_by_role("button", name="Hand over").click()
        await asyncio.gather(  # at once: what is said to the taker goes away by itself
            expect(giver.page.get_by_text("Maria is answering this conversation")).to_be_visible(),
            expect(taker.page.get_by_text("handed you the conversation")).to_be_visible(),
        )
        await taker.open(conversation)
        await expect(taker.message("AB-12345")).to_have_count(1)
        await taker.write("Maria here, I take over.")
        await client.event("translation", language="pt", status="translated")
