"""The widget in Chromium on the real server; the operator is a plain python-socketio client."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.widget import Shopper, Widget, foreign_shop
from tests.product import Product, running
from tests.servers import free_port
from tests.sockets.client import Client, operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECRET = "a secret of this test only"
QUESTION = "Olá, onde está a minha encomenda AB-12345?"
ANSWER = "Hello! Your order AB-12345 left our warehouse yesterday."


@pytest.fixture(scope="module")
def token(demo_server: Product) -> str:
    return demo_server.token()


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, str]]:
    """A server that may be killed, and a shop of another origin that it lets in."""
    folder: Path = tmp_path_factory.mktemp("shop")
    port, shop_port = free_port(), free_port()
    config = folder / "shop.toml"
    config.write_text(
        f"""
        [[sites]]
        key = "loja"
        name = "Loja"
        origins = ["http://127.0.0.1:{shop_port}"]
        languages = ["pt", "en", "fi"]
        default_language = "pt"
        identity_secret = "{SECRET}"
        """,
        encoding="utf-8",
    )
    product = Product(folder / "data", "--demo", "--config", str(config), "--port", str(port))
    with running(product), foreign_shop(shop_port, product.url, "loja") as address:
        yield product, address


def at_desk(server: Product, token: str) -> AbstractAsyncContextManager[Client]:
    """The demo's operator, connected."""
    made: AbstractAsyncContextManager[Client] = operator(server.url, token)
    return made


async def do(client: Client, event: str, **data: Any) -> dict[str, Any]:
    """A call of the operator's that must succeed."""
    answer = await client.call(event, {"id": str(uuid.uuid4()), **data})
    assert answer["ok"], answer
    return answer


async def asked(desk: Client, text: str) -> dict[str, Any]:
    """The message event with this text, as the operator gets it."""

    def find() -> dict[str, Any] | None:
        for event in desk.events:
            if event["type"] == "message" and event["message"]["text"] == text:
                return event
        return None

    found: dict[str, Any] = await desk.until(find)
    return found


async def answer(desk: Client, question: str, text: str = ANSWER) -> str:
    """Claim the conversation of this question and answer it; the conversation's id."""
    conversation: str = (await asked(desk, question))["conversation_id"]
    await do(desk, "claim", conversation_id=conversation)
    await do(desk, "message", conversation_id=conversation, text=text)
    return conversation


# -- the conversation -----------------------------------------------------------------------


async def test_each_side_reads_its_own_language(
    browser: Browser, demo_server: Product, token: str
) -> None:
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        await do(desk, "availability", status="online")
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=pt")
        await widget.open()
        await widget.say(QUESTION)

        question = await asked(desk, QUESTION)
        read = await desk.event("translation", message_id=question["message"]["id"], language="en")
        assert "AB-12345" in read["text"]
        assert "order" in read["text"]
        await answer(desk, QUESTION)

        reply = widget.log.locator(".row.theirs[data-rendering='translated']")
        await expect(reply).to_contain_text("AB-12345")
        shown = reply.locator(".text")
        await expect(shown).to_have_attribute("lang", "pt")
        assert await shown.inner_text() != ANSWER
        await expect(reply).not_to_contain_text(ANSWER)

        await reply.get_by_role("button", name="Ver original").click()
        await expect(reply.locator(".other")).to_have_text(ANSWER)
        await expect(reply.locator(".other")).to_have_attribute("lang", "en")
        own = widget.mine(QUESTION)
        await own.get_by_role("button", name="Ver tradução").click()
        await expect(own.locator(".other")).to_have_text(read["text"])

        before = await widget.texts()
        await widget.page.reload()
        await expect(widget.panel).to_be_visible()  # it was open, on a desktop it stays so
        await expect(widget.log.locator(".bubble .text")).to_have_text(before)


async def test_markup_is_text(browser: Browser, demo_server: Product, token: str) -> None:
    bomb = "<img src=x onerror=\"document.title='broken'\"><b>bold</b> &amp; <script>1</script>"
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        title = await widget.page.title()
        await widget.open()
        await widget.say(bomb)
        await answer(desk, bomb, bomb)
        await expect(widget.log.locator(".bubble .text")).to_have_text([bomb, bomb])
        assert await widget.log.locator("img, b, script").count() == 0
        assert await widget.page.title() == title


async def test_two_tabs_are_one_visitor(browser: Browser, demo_server: Product, token: str) -> None:
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        first = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        second = await shopper.visit(f"{demo_server.url}/demo/checkout.html?lang=en")
        await asyncio.gather(first.open(), second.open())
        visit = json.loads((await first.stored())["translate_proxy.demo.visit"])

        texts = [f"From two tabs, {number} {uuid.uuid4()}" for number in range(4)]
        for number, text in enumerate(texts):
            await (first, second)[number % 2].write(text)
        for widget in (first, second):
            for text in texts:
                await expect(widget.mine(text)).to_have_count(1)
                await expect(widget.mine(text)).to_have_attribute("data-delivery", "sent")
            stored = await widget.stored()
            assert not any("outbox" in key for key in stored)
            assert json.loads(stored["translate_proxy.demo.visit"])["token"] == visit["token"]

        conversation = (await asked(desk, texts[0]))["conversation_id"]
        opened = await desk.call("open", {"conversation_id": conversation})
        received = [e["message"]["text"] for e in opened["events"] if e["type"] == "message"]
        assert sorted(received) == sorted(texts)


async def test_an_answer_is_announced_on_the_next_page(
    browser: Browser, demo_server: Product, token: str
) -> None:
    text = f"Are you there? {uuid.uuid4()}"
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        await widget.say(text)
        await widget.page.keyboard.press("Escape")
        await expect(widget.panel).to_be_hidden()
        await expect(widget.launcher).to_be_focused()
        await widget.page.goto(f"{demo_server.url}/demo/product.html?lang=en")
        await answer(desk, text)
        await expect(widget.launcher.locator("b")).to_have_text("1")
        await widget.open()
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await expect(widget.launcher.locator("b")).to_have_text("")
        await widget.page.reload()
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await expect(widget.launcher.locator("b")).to_have_text("")


async def test_a_closed_conversation_is_followed_by_a_new_one(
    browser: Browser, demo_server: Product, token: str
) -> None:
    text, again = f"First {uuid.uuid4()}", f"Again {uuid.uuid4()}"
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        await widget.say(text)
        conversation = await answer(desk, text)
        await do(desk, "close", conversation_id=conversation)
        await expect(widget.log.locator(".notice").last).to_contain_text("has ended")
        await widget.panel.get_by_role("button", name="4 / 5").click()
        remark = widget.panel.get_by_label("Anything you would like to add?")
        await remark.fill("Quick and kind")
        await remark.press("Enter")
        await desk.event("rated", conversation_id=conversation, stars=4, comment="Quick and kind")
        await expect(widget.panel.get_by_role("group")).to_contain_text("Thank you")
        await widget.say(again)
        assert (await asked(desk, again))["conversation_id"] != conversation

        # The earlier one is a click away after the next page.
        await widget.page.reload()
        await expect(widget.mine(again)).to_be_visible()
        await widget.panel.get_by_role("button", name="Show earlier messages").click()
        await expect(widget.mine(text)).to_be_visible()


async def test_each_side_sees_the_other_write(
    browser: Browser, demo_server: Product, token: str
) -> None:
    text = f"Hello {uuid.uuid4()}"
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        await widget.say(text)
        conversation = await answer(desk, text)
        await expect(widget.theirs(ANSWER)).to_be_visible()
        await widget.input.press_sequentially("I am")
        heard = await desk.hear("typing")
        assert (heard["conversation_id"], heard["from"]) == (conversation, "visitor")
        await do(desk, "typing", conversation_id=conversation)
        await expect(widget.log.locator(".dots")).to_contain_text("Demo is writing")
        await do(desk, "message", conversation_id=conversation, text="Yes?")
        await expect(widget.theirs("Yes?")).to_be_visible()
        await expect(widget.log.locator(".dots")).to_have_count(0)


async def test_a_token_that_is_not_good_is_dropped(
    browser: Browser, demo_server: Product, token: str
) -> None:
    text = f"Hello {uuid.uuid4()}"
    visit = {"token": "forged", "visitor_id": "x", "log": "x", "seen": 0, "conversation": True}
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        await shopper.context.add_init_script(
            f"localStorage['translate_proxy.demo.visit'] ??= '{json.dumps(visit)}'"
        )
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        await widget.say(text)
        await asked(desk, text)
        kept = json.loads((await widget.stored())["translate_proxy.demo.visit"])
        assert kept["token"] != "forged"
        assert kept["conversation"] is True


# -- the visitor's language -------------------------------------------------------------------


async def test_not_my_language(browser: Browser, demo_server: Product, token: str) -> None:
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        await widget.panel.get_by_role("button", name="Not your language?").click()
        await widget.panel.get_by_role("radio", name="Português").click()
        text = f"AB-12345 {uuid.uuid4()}"
        await widget.say(text)
        await expect(widget.panel.locator(".chip")).to_have_text("PT")
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")
        await answer(desk, text)
        await expect(
            widget.log.locator(".row.theirs[data-rendering='translated'] .text")
        ).to_have_attribute("lang", "pt")


async def test_a_language_without_a_route_is_marked(
    browser: Browser, demo_server: Product, token: str
) -> None:
    text = f"Missä tilaukseni on? Odotan sitä jo kolmatta viikkoa. {uuid.uuid4()}"
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=fi")
        await widget.open()
        await widget.say(text)
        await answer(desk, text)
        reply = widget.theirs(ANSWER)
        await expect(reply).to_have_attribute("data-rendering", "no_route")
        await expect(reply).to_contain_text("tätä kieltä ei voi kääntää")


async def test_right_to_left_on_a_phone(browser: Browser, demo_server: Product) -> None:
    size = {"width": 390, "height": 844}
    async with Shopper(browser, viewport=size, has_touch=True, is_mobile=True) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=ar")
        await widget.open()
        await expect(widget.panel).to_have_attribute("dir", "rtl")
        await expect(widget.panel).to_have_attribute("aria-modal", "true")
        await expect(widget.input).to_have_attribute("placeholder", "اكتبوا رسالة")
        assert await widget.panel.bounding_box() == {"x": 0, "y": 0, **size}
        assert await widget.input.evaluate("e => getComputedStyle(e).fontSize") == "16px"


# -- on somebody else's page ------------------------------------------------------------------


async def test_another_origin_under_a_strict_policy(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    async with at_desk(server, server.token()) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(QUESTION)
        await answer(desk, QUESTION)
        await expect(
            widget.log.locator(".row.theirs[data-rendering='translated']")
        ).to_contain_text("AB-12345")
        # The styles are there although the policy allows none.
        box = await widget.panel.bounding_box()
        assert box is not None
        assert 380 < box["width"] < 400
        assert shopper.problems == []


async def test_nothing_is_stored_or_connected_before_the_chat_is_opened(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    _, shop = own_shop
    async with Shopper(browser) as shopper:
        sockets: list[str] = []
        shopper.context.on(
            "page", lambda page: page.on("websocket", lambda s: sockets.append(s.url))
        )
        widget = await shopper.visit(shop)
        await expect(widget.launcher).to_be_visible()
        await widget.page.wait_for_load_state("networkidle")
        assert await widget.stored() == {}
        assert await shopper.context.cookies() == []
        assert sockets == []
        await widget.open()
        assert list(await widget.stored()) != []
        assert len(sockets) == 1


async def test_the_outbox_survives_a_reload_while_the_server_is_down(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    before, during = f"Antes {uuid.uuid4()}", f"Durante {uuid.uuid4()}"
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        await asyncio.to_thread(server.kill)
        await expect(widget.panel.get_by_role("status")).to_contain_text("Sem ligação")
        await widget.write(during)
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "waiting")
        await widget.input.fill("meio escrito")

        await widget.page.reload()
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "waiting")
        await expect(widget.input).to_have_value("meio escrito")

        await asyncio.to_thread(server.start)
        await expect(widget.mine(during)).to_have_attribute("data-delivery", "sent")
        await expect(widget.log.locator(".bubble .text")).to_have_text([before, during])
        async with at_desk(server, server.token()) as desk:
            found = [
                one
                for one in (await desk.hear("welcome"))["conversations"]
                if one["last_message"]["text"] == during
            ]
            assert len(found) == 1
            opened = await desk.call("open", {"conversation_id": found[0]["conversation_id"]})
        sent = [e["message"]["text"] for e in opened["events"] if e["type"] == "message"]
        assert sent == [before, during]


async def test_a_restart_of_the_server_is_survived_in_place(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, shop = own_shop
    before, after = f"Antes {uuid.uuid4()}", f"Depois {uuid.uuid4()}"
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        assert await asyncio.to_thread(server.stop) == 0
        await asyncio.to_thread(server.start)
        await widget.say(after)
        await expect(widget.log.locator(".bubble .text")).to_have_text([before, after])
        await expect(widget.panel.get_by_role("status")).to_be_empty()


async def test_a_page_that_is_not_let_in_is_told_so_politely(
    browser: Browser, own_shop: tuple[Product, str]
) -> None:
    server, _ = own_shop
    with foreign_shop(free_port(), server.url, "loja") as stranger:
        async with Shopper(browser) as shopper:
            widget = await shopper.visit(stranger)
            await widget.launcher.click()
            await expect(widget.panel.get_by_role("status")).to_contain_text("não está disponível")
            await expect(widget.input).to_be_disabled()
            warnings = [said for said in shopper.said if said.startswith("translate_proxy:")]
            assert len(warnings) == 1
            assert "origin_not_allowed" in warnings[0]


# -- the shop's own calls ---------------------------------------------------------------------


async def test_calls_made_before_the_script_is_loaded(
    browser: Browser, demo_server: Product, token: str
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
    async with at_desk(demo_server, token) as desk, Shopper(browser) as shopper:
        await shopper.context.add_init_script(early)
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
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
        await widget.page.wait_for_function("heard.includes('unread 1')")
        assert (await widget.page.evaluate("heard"))[0] == "open"
        assert any("nonsense" in said for said in shopper.said)


def documented(repo_root: Path) -> dict[str, Any]:
    """What the Python example of docs/embedding.md defines."""
    text = (repo_root / "docs" / "embedding.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(text.partition("```python")[2].partition("```")[0], example)  # our own document
    return example


async def test_a_signed_in_customer_is_verified_and_keeps_what_they_wrote_before(
    browser: Browser, own_shop: tuple[Product, str], repo_root: Path
) -> None:
    server, shop = own_shop
    user = documented(repo_root)["chat_user"](
        "loja", SECRET, "customer-7", name="Ana", email="ana@example.com", locale="pt"
    )
    before, after = f"Antes {uuid.uuid4()}", f"Depois {uuid.uuid4()}"
    async with at_desk(server, server.token()) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        await widget.page.evaluate("user => translateProxy.setUser(user)", user)
        await widget.say(after)
        await expect(widget.log.locator(".bubble .text")).to_have_text([before, after])
        conversation = (await asked(desk, after))["conversation_id"]
        opened = await desk.call("open", {"conversation_id": conversation})
        visitor = opened["conversation"]["visitor"]
        assert (visitor["name"], visitor["email"]) == ("Ana", "ana@example.com")
        assert visitor["verified"] is True

        forged = {**user, "email": "somebody@else.example"}
        await widget.page.evaluate("user => translateProxy.setUser(user)", forged)
        await widget.say(f"Ainda aqui {uuid.uuid4()}")
        assert any("setUser was refused" in said for said in shopper.said)


async def test_text_that_is_too_long_is_kept_and_not_sent(
    browser: Browser, demo_server: Product
) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        long = "x" * 4001
        await widget.input.fill(long)
        await widget.input.press("Enter")
        await expect(widget.panel.get_by_role("alert")).to_contain_text("4000")
        await expect(widget.input).to_have_value(long)
        await expect(widget.log.locator(".bubble")).to_have_count(0)


async def test_what_the_server_refuses_for_now_is_sent_later(
    browser: Browser, demo_server: Product
) -> None:
    texts = [f"{number} {uuid.uuid4()}" for number in range(25)]
    async with Shopper(browser) as shopper:
        widget: Widget = await shopper.visit(f"{demo_server.url}/demo/?lang=en")
        await widget.open()
        for text in texts:
            await widget.write(text)
        for text in texts:
            await expect(widget.mine(text)).to_have_attribute("data-delivery", "sent")
        assert await widget.texts() == texts
