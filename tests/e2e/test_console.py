"""The console in Chromium against the real server; the visitor is a plain Socket.IO client."""

from __future__ import annotations

import asyncio
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests import servers
from tests.e2e.console import Console
from tests.product import COMMAND, Product, running
from tests.sockets.client import Client, operator, visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

QUESTION = "Olá, onde está a minha encomenda AB-12345?"
COLLEAGUE = {"email": "maria@example.com", "password": "a-colleague-of-the-demo"}


@pytest.fixture(scope="module")
def shop(demo_server: Product) -> Product:
    """The running demo with a second operator."""
    subprocess.run(
        [
            str(COMMAND),
            *("operators", "add", "--data-dir", str(demo_server.data_dir)),
            *("--email", COLLEAGUE["email"], "--name", "Maria", "--languages", "en"),
            "--password-stdin",
        ],
        input=COLLEAGUE["password"],
        text=True,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return demo_server


@pytest.fixture(scope="module")
def token(shop: Product) -> str:
    """The demo operator's session."""
    return shop.token()


@pytest.fixture(scope="module")
def colleague(shop: Product) -> str:
    """Maria's session."""
    return shop.token(COLLEAGUE)


async def ask(client: Client, text: str = QUESTION) -> str:
    """Write as the visitor; the conversation's id."""
    return str((await client.say(text))["conversation_id"])


# -- signing in -----------------------------------------------------------------------------


async def test_a_wrong_password_is_said_in_words_and_the_right_one_lets_in(
    browser: Browser, shop: Product
) -> None:
    async with Console(browser, shop.url) as console:
        await console.sign_in(password="not-the-password")
        await expect(console.page.get_by_role("alert")).to_contain_text("do not belong together")
        await console.page.get_by_label("Password").fill("demo-password")
        await console.page.get_by_label("Password").press("Enter")
        await expect(console.tab("Waiting")).to_be_visible()
        cookies = await console.page.context.cookies()
        assert [(one["httpOnly"], one["sameSite"]) for one in cookies] == [(True, "Strict")]

        await console.page.reload()
        await expect(console.tab("Waiting")).to_be_visible()
        await console.page.get_by_role("button", name="Account and settings").click()
        await console.page.get_by_role("button", name="Sign out").click()
        await expect(console.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await console.page.reload()
        await expect(console.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_session_that_ends_elsewhere_leads_back_to_the_door_with_the_draft_kept(
    browser: Browser, shop: Product
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.sign_in()
        await console.claim(conversation)
        await console.reply.fill("A draft that took a while")
        # Revoked by another page of the same browser: the next call is told so.
        await console.page.evaluate(
            "fetch('/api/logout', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: '{}'})"
        )
        await console.page.get_by_role("button", name=re.compile("^Your availability")).click()
        await console.page.get_by_role("button", name=re.compile("^Away")).click()
        await expect(console.page.get_by_text("You were signed out")).to_be_visible()
        await console.page.get_by_label("E-mail address").fill("demo@example.com")
        await console.page.get_by_label("Password").fill("demo-password")
        await console.page.get_by_role("button", name="Sign in").click()
        await expect(console.reply).to_have_value("A draft that took a while")


# -- a conversation -------------------------------------------------------------------------


async def test_each_side_reads_its_own_language(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt-PT") as client, Console(browser, shop.url) as console:
        await console.ready(token)
        conversation = await ask(client)
        row = console.row(conversation)
        await expect(row).to_contain_text("AB-12345")
        await expect(row).to_contain_text("1 unread message")
        await expect(row.locator(".tag")).to_have_text("pt")
        await expect(console.page).to_have_title(re.compile(r"^\(\d+\)"))

        await console.open(conversation)
        question = console.message("AB-12345").first
        text = question.locator(".message__text").first
        await expect(text).to_have_attribute("lang", "en")
        await expect(text).to_have_attribute("dir", "auto")
        await expect(text).to_contain_text("order")
        await expect(question.locator(".making")).to_have_text(
            re.compile(r"pt → en.*argos.*\d m?s")
        )
        await expect(row).not_to_contain_text("unread")

        await question.get_by_role("button", name="Original").click()
        original = question.locator(".message__other .message__text")
        await expect(original).to_have_text(QUESTION)
        await expect(original).to_have_attribute("lang", "pt")
        await console.page.keyboard.press("Alt+o")  # all of them
        await console.page.keyboard.press("Alt+o")
        await expect(original).to_have_count(0)

        await console.page.get_by_role("button", name="Claim conversation").click()
        await expect(console.tab("Mine")).to_have_attribute("aria-selected", "true")
        await console.write("Your order AB-12345 arrives on Friday.")
        answer = await client.event("translation", language="pt", status="translated")
        assert "AB-12345" in answer["text"]
        assert "Friday" not in answer["text"]
        mine = console.message("arrives on Friday")
        await expect(mine).to_have_count(1)
        await expect(mine.locator(".making")).to_contain_text("en → pt")
        await mine.get_by_role("button", name="Translation").click()
        await expect(mine.locator(".message__other")).to_contain_text(answer["text"])


async def test_a_reload_shows_the_same_conversation_and_keeps_the_draft(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
        await console.write("One moment, please.")
        await expect(console.messages()).to_have_count(2)
        await expect(console.messages().locator(".making")).to_have_count(2)
        before = await console.shown()
        await console.reply.fill("Not sent yet")
        await console.page.reload()
        await expect(console.messages()).to_have_count(2)
        await expect(console.messages().locator(".making")).to_have_count(2)
        assert await console.shown() == before
        await expect(console.reply).to_have_value("Not sent yet")


async def test_markup_in_a_message_is_shown_as_text(
    browser: Browser, shop: Product, token: str
) -> None:
    markup = "<img src=x onerror=\"document.title='hit'\"> <b>AB-12345</b>"
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client, markup)
        await console.ready(token)
        await console.open(conversation)
        await expect(console.messages().first).to_contain_text("onerror=")
        await expect(console.page.locator("img, .message b, .row b")).to_have_count(0)
        await expect(console.row(conversation)).to_contain_text("<b>")
        assert "hit" not in await console.page.title()


async def test_earlier_messages_are_loaded_on_request(
    browser: Browser, shop: Product, token: str
) -> None:
    async with (
        visitor(shop.url, locale="pt") as client,
        operator(shop.url, token) as writer,
        Console(browser, shop.url) as console,
    ):
        conversation = await ask(client)
        for number in range(110):  # a page has 100 events
            note = {"id": str(uuid.uuid4()), "text": f"note {number}"}
            answer = await writer.call("note", {**note, "conversation_id": conversation})
            assert answer["ok"] or answer["error"]["code"] == "rate_limited"
        await console.ready(token)
        await console.open(conversation)
        await expect(console.page.locator(".note").last).to_be_in_viewport()
        await expect(console.messages()).to_have_count(0)
        await console.page.get_by_role("button", name="Load earlier messages").click()
        await expect(console.message("AB-12345")).to_have_count(1)
        await expect(console.page.get_by_text("The conversation began")).to_have_count(1)
        await expect(console.page.get_by_role("button", name="Load earlier")).to_have_count(0)
        notes = await console.page.locator(".note .message__text").all_inner_texts()
        assert len(notes) == len(set(notes)) >= 100


async def test_a_note_is_for_operators_only(browser: Browser, shop: Product, token: str) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
        await console.page.get_by_role("button", name="Note", exact=True).click()
        note = console.page.get_by_label("Your note")
        await note.fill("Refund the shipping if asked.")
        await note.press("Enter")
        await expect(console.page.locator(".note")).to_have_count(1)
        await expect(console.page.locator(".note")).to_contain_text("only operators see it")
        await console.page.get_by_role("button", name="Reply", exact=True).click()
        await console.write("A word to the visitor.")
        await client.event("translation", language="pt", status="translated")
        assert "Refund" not in repr(client.events)
        assert "note" not in {event["type"] for event in client.events}


async def test_the_language_is_pinned_from_the_menu(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
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
        await expect(lost.get_by_role("button", name="Try again")).to_be_visible()
        await badge.click()
        await console.page.get_by_role("button", name=re.compile("^Portuguese")).click()
        await expect(console.messages().last.locator(".making")).to_contain_text("pt → en")
        await expect(console.page.get_by_text("No model is installed")).to_have_count(0)


async def test_a_closed_conversation_is_found_under_closed(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
        await console.page.get_by_role("button", name="Close", exact=True).click()
        await console.page.get_by_role("button", name="Keep it open").click()
        await expect(console.reply).to_be_visible()
        await console.page.get_by_role("button", name="Close", exact=True).click()
        await console.page.get_by_role("button", name="Close conversation").click()
        await client.event("closed")
        await expect(console.page.get_by_text("This conversation is closed")).to_be_visible()
        await expect(console.row(conversation)).to_have_count(0)
        await console.page.reload()
        await console.tab("Closed").click()
        await console.open(conversation)
        await expect(console.message("AB-12345")).to_have_count(1)
        await expect(console.page.get_by_text("You closed the conversation")).to_be_visible()


async def test_a_translation_is_corrected_for_everyone(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
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
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
        await console.reply.fill("Your order AB-12345 arrives on Friday.")
        await console.reply.press("Alt+p")
        panel = console.page.locator(".preview")
        await expect(panel.locator("[lang=pt]")).to_contain_text("AB-12345")
        await expect(panel.locator("[lang=en]")).to_contain_text("AB-12345")
        await console.reply.press("Escape")
        await expect(panel).to_have_count(0)
        assert "AB-12345" in await console.reply.input_value()


async def test_both_sides_see_each_other_writing(
    browser: Browser, shop: Product, token: str
) -> None:
    async with visitor(shop.url, locale="pt") as client, Console(browser, shop.url) as console:
        conversation = await ask(client)
        await console.ready(token)
        await console.claim(conversation)
        await client.call("typing", {})
        await expect(console.page.locator(".writing")).to_contain_text("is writing")
        await console.reply.press_sequentially("One")
        assert (await client.hear("typing"))["from"] == "operator"


# -- several operators ----------------------------------------------------------------------


async def test_the_slower_of_two_operators_is_told_that_it_is_taken(
    browser: Browser, shop: Product, token: str, colleague: str
) -> None:
    deaf = False

    def lose_what_comes(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        # The slower console has not heard yet that a colleague was faster.
        server.on_message(
            lambda said: None if deaf and '"type":"assigned"' in str(said) else route.send(said)
        )

    async with (
        visitor(shop.url, locale="pt") as client,
        Console(browser, shop.url) as fast,
        Console(browser, shop.url) as slow,
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


async def test_a_conversation_is_handed_to_a_colleague(
    browser: Browser, shop: Product, token: str, colleague: str
) -> None:
    async with (
        visitor(shop.url, locale="pt") as client,
        Console(browser, shop.url) as giver,
        Console(browser, shop.url) as taker,
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
        await expect(giver.page.get_by_text("Maria is answering this conversation")).to_be_visible()
        await expect(taker.page.get_by_text("handed you the conversation")).to_be_visible()
        await taker.open(conversation)
        await expect(taker.message("AB-12345")).to_have_count(1)
        await taker.write("Maria here, I take over.")
        await client.event("translation", language="pt", status="translated")


# -- how it is used -------------------------------------------------------------------------


async def test_conversations_are_switched_from_the_keyboard(
    browser: Browser, shop: Product, token: str
) -> None:
    async with (
        visitor(shop.url, locale="pt") as one,
        visitor(shop.url, locale="pt") as two,
        Console(browser, shop.url) as console,
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
    browser: Browser, shop: Product, token: str
) -> None:
    async with (
        visitor(shop.url, locale="pt") as client,
        Console(browser, shop.url, width=390, height=844) as console,
    ):
        conversation = await ask(client)
        await console.ready(token)
        await expect(console.page.get_by_role("main")).to_be_hidden()
        await console.open(conversation)
        await expect(console.tab("Waiting")).to_be_hidden()
        await console.page.get_by_role("button", name="Claim conversation").click()
        await console.write("On my way.")
        await client.event("translation", language="pt", status="translated")
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert await console.page.evaluate(wide)
        await console.page.get_by_role("button", name="Back to the list").click()
        await expect(console.row(conversation)).to_be_in_viewport()
        await expect(console.page.get_by_role("main")).to_be_hidden()
        await console.page.go_back()
        await expect(console.message("On my way.")).to_be_in_viewport()


async def test_a_restarted_server_finds_the_console_again_and_what_was_written_meanwhile(
    browser: Browser, tmp_path: Path
) -> None:
    port = str(servers.free_port())
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
            await expect(console.page.get_by_text("The server is restarting")).to_be_hidden()

            product.kill()
            await expect(console.page.get_by_text("The connection is lost")).to_be_visible()
            await console.write("Written while nobody listened.")
            await expect(console.page.get_by_text("Waiting to be sent")).to_be_visible()
            await asyncio.to_thread(product.start)
            await expect(console.page.get_by_text("The connection is lost")).to_be_hidden()
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
