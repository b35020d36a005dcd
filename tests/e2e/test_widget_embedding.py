"""The widget on somebody else's page: policies, storage, and the shop's own calls."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.desk import QUESTION, answer, do
from tests.e2e.shop import SITE, foreign_shop
from tests.e2e.waiting import becomes_true, until
from tests.e2e.widget import Shopper
from tests.product import Product
from tests.servers import free_port
from tests.sockets.client import operator

LOOKS = "one => [getComputedStyle(one).backgroundColor, one.getBoundingClientRect().left]"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_another_origin_under_a_strict_policy(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    async with operator(server.url, server.token()) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(QUESTION)
        await answer(desk, QUESTION)
        await expect(
            widget.log.locator(".row.theirs[data-rendering='translated']")
        ).to_contain_text("AB-12345")
        # The styles are there although the policy allows none.
        await widget.stands_still()
        box = await widget.panel.bounding_box()
        assert box is not None
        assert 380 < box["width"] < 400
        assert shopper.problems == []


async def test_nothing_is_stored_or_connected_before_the_chat_is_opened(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    async with Shopper(browser) as shopper:
        sockets: list[str] = []
        shopper.context.on(
            "page", lambda page: page.on("websocket", lambda s: sockets.append(s.url))
        )
        asked: list[str] = []
        shopper.context.on("request", lambda request: asked.append(request.url))
        widget = await shopper.visit(shop)
        await expect(widget.launcher).to_be_visible()
        await widget.page.wait_for_load_state("networkidle")
        (script, facts) = [url for url in asked if url.startswith(server.url)]
        assert script == f"{server.url}/widget.js"
        assert facts == f"{server.url}/widget/site/{SITE}.json?lang=pt"
        # In the shop's colour and on its side before anything is opened, and never moved.
        assert await widget.launcher.evaluate(LOOKS) == ["rgb(122, 31, 61)", 20]
        assert await widget.launcher.get_attribute("aria-label") == "Abrir conversa"
        assert await widget.stored() == {}
        assert await shopper.context.cookies() == []
        assert sockets == []
        await widget.open()
        await until(widget.stored)
        assert len(sockets) == 1


async def test_a_page_that_is_not_let_in_has_no_button(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, _ = own_shop
    with foreign_shop(free_port(), server.url) as stranger:
        async with Shopper(browser) as shopper:
            widget = await shopper.visit(stranger)
            (warning,) = await shopper.hears("translate_proxy:")
            assert stranger in warning
            assert "origins" in warning
            await widget.page.evaluate("translateProxy.open()")
            await expect(widget.host).to_have_count(0)
            assert await widget.stored() == {}


async def test_a_button_comes_when_the_server_does(browser: Browser, demo: Product) -> None:
    async with Shopper(browser) as shopper:
        away = True

        async def answer(route: Route) -> None:
            await (route.abort() if away else route.continue_())

        await shopper.context.route("**/widget/site/*", answer)
        widget = await shopper.visit(f"{demo.url}/demo/")
        await shopper.hears("translate_proxy: no answer")
        await expect(widget.host).to_have_count(0)
        away = False
        await widget.open()


async def test_a_chat_that_cannot_load_says_so_and_is_tried_again(
    browser: Browser, demo: Product
) -> None:
    async with Shopper(browser) as shopper:
        failed: list[str] = []
        away = True

        async def chunk(route: Route) -> None:
            if away:
                failed.append(route.request.url)
            await (route.abort() if away else route.continue_())

        await shopper.context.route(re.compile(r"/widget/[0-9a-f]{16}\.js"), chunk)
        widget = await shopper.visit(f"{demo.url}/demo/?lang=pt")
        await widget.launcher.click()
        note = widget.host.get_by_role("alert")
        await expect(note).to_have_text("Não é possível carregar a conversa. Tente de novo.")
        await expect(widget.launcher).to_be_visible()
        await widget.launcher.click()  # at once

        async def again() -> bool:  # and then by itself
            return len(failed) >= 3

        await until(again)
        assert len(set(failed)) == len(failed)  # a browser may remember a failed address
        away = False
        await expect(widget.panel).to_be_visible()
        await expect(note).to_be_hidden()


async def test_texts_that_cannot_load_are_tried_again(browser: Browser, demo: Product) -> None:
    async with Shopper(browser) as shopper:
        first: set[str] = set()
        away, failed = True, 0

        async def chunk(route: Route) -> None:
            nonlocal failed
            if not first:
                first.add(route.request.url)
            refused = away and route.request.url not in first  # the chat itself is there
            failed += refused
            await (route.abort() if refused else route.continue_())

        await shopper.context.route(re.compile(r"/widget/[0-9a-f]{16}\.js"), chunk)
        widget = await shopper.visit(f"{demo.url}/demo/?lang=pt")
        await widget.open()
        await expect(widget.input).to_have_attribute("placeholder", "Write a message")

        async def again() -> bool:
            return failed >= 2

        await until(again)
        away = False
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")


async def test_calls_made_before_the_script_is_loaded(
    browser: Browser, demo: Product, token: str
) -> None:
    early = """
        window.heard = [];
        window.translateProxy = [
          ["on", "open", () => heard.push("open")],
          ["on", "unread", ({ count }) => heard.push(`unread ${count}`)],
          ["setUser", { name: "Ana" }],
          ["setPage", { title: "Basket", cart: { total: 125 } }],
          ["setLocale", "pt"],
          ["open"],
          ["nonsense"],
        ];
    """
    text = f"Hello {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        await shopper.context.add_init_script(early)
        widget = await shopper.visit(f"{demo.url}/demo/?lang=en")
        await expect(widget.panel).to_be_visible()
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")
        await widget.say(text)
        conversation = await answer(desk, text)
        queued = await desk.event("queued", conversation_id=conversation)
        assert queued["visitor"]["name"] == "Ana"
        assert queued["visitor"]["page"]["cart"] == {
            "currency": "EUR",
            "total": 125,
            "items": [
                {"sku": "LU-HALO-01", "quantity": 1},
                {"sku": "LU-KIVI-03", "quantity": 2},
            ],
        }
        await widget.page.evaluate("translateProxy.close()")
        await expect(widget.panel).to_be_hidden()
        await do(desk, "message", conversation_id=conversation, text="One more thing")
        await becomes_true(widget.page, "heard.includes('unread 1')")
        assert (await widget.page.evaluate("heard"))[0] == "open"
        assert await shopper.hears("nonsense")
