"""Several operators at their consoles."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.contract.people import Person
from tests.e2e.console import Console, ask
from tests.hosted import hosted
from tests.product import Product
from tests.sockets.client import connected, visitor
from tests.webapp import EVA, PASSWORD, SHOP

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


async def test_a_long_queue_shows_its_front_and_grows_as_one_scrolls(
    browser: Browser, tmp_path: Path
) -> None:
    async with hosted(tmp_path) as server:
        store = server.app.store
        await store.add_operator(EVA, await server.app.passwords.hash(PASSWORD))
        token, _, _ = await server.app.sessions.sign_in(EVA.email, PASSWORD)
        people = [await Person.arrives(store, SHOP) for _ in range(120)]
        homes = [await person.begins(f"Pergunta {place}") for place, person in enumerate(people)]
        await people[0].says("Ainda aqui")  # the newest activity of all
        async with Console(browser, server.http) as console:
            rows = console.page.locator(".row")
            more = console.page.locator(".list__more")
            await console.ready(token)
            await expect(rows).to_have_count(50)
            await expect(rows.first).to_have_attribute("data-conversation", homes[0])
            await expect(rows.last).to_have_attribute("data-conversation", homes[49])
            await expect(more).to_have_text("and 70 more")
            auth = {"protocol": 1, "site": SHOP.key}
            async with connected(server.http, "/visitor", auth, {"Origin": SHOP.origins[0]}) as one:
                late = await ask(one)
            await expect(more).to_have_text("and 71 more")
            await expect(console.row(late)).to_have_count(0)
            await more.scroll_into_view_if_needed()
            await expect(rows).to_have_count(100)
            await expect(more).to_have_text("and 21 more")
            await more.focus()
            await console.page.keyboard.press("Enter")
            await expect(rows.last).to_have_attribute("data-conversation", late)
            await expect(rows).to_have_count(121)
            await expect(more).to_have_count(0)
