"""One conversation at the console in Chromium; the visitor is a plain Socket.IO client."""

from __future__ import annotations

import re
import uuid
from functools import partial

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.console import Console, answering, ask, waiting
from tests.e2e.desk import QUESTION, do_in_time
from tests.e2e.waiting import seen_while
from tests.product import Product
from tests.sockets.client import operator, visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_each_side_reads_its_own_language(
    browser: Browser, demo: Product, token: str
) -> None:
    async with visitor(demo.url, locale="pt-PT") as client, Console(browser, demo.url) as console:
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
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, _client, _conversation):
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
    browser: Browser, demo: Product, token: str
) -> None:
    markup = "<img src=x onerror=\"document.title='hit'\"> <b>AB-12345</b>"
    async with waiting(browser, demo, token, markup) as (console, _client, conversation):
        await console.open(conversation)
        await expect(console.messages().first).to_contain_text("onerror=")
        await expect(console.page.locator("img, .message b, .row b")).to_have_count(0)
        await expect(console.row(conversation)).to_contain_text("<b>")
        assert "hit" not in await console.page.title()


async def test_earlier_messages_are_loaded_on_request(
    browser: Browser, demo: Product, token: str
) -> None:
    async with (
        visitor(demo.url, locale="pt") as client,
        operator(demo.url, token) as writer,
        Console(browser, demo.url) as console,
    ):
        conversation = await ask(client)
        await client.event("translation")  # nothing else comes between the notes
        for number in range(105):  # a page has 100 events
            note = {"id": str(uuid.uuid4()), "text": f"note {number}"}
            await do_in_time(writer, "note", **note, conversation_id=conversation)
        await console.ready(token)
        await console.open(conversation)
        await expect(console.page.locator(".note").last).to_be_in_viewport()
        await expect(console.messages()).to_have_count(0)
        await console.page.get_by_role("button", name="Load earlier messages").click()
        await expect(console.message("AB-12345")).to_have_count(1)
        await expect(console.page.get_by_text("The conversation began")).to_have_count(1)
        await expect(console.page.get_by_role("button", name="Load earlier")).to_have_count(0)
        notes = console.page.locator(".note .message__text")
        await expect(notes).to_have_text([f"note {number}" for number in range(105)])


async def test_a_note_is_for_operators_only(browser: Browser, demo: Product, token: str) -> None:
    async with answering(browser, demo, token) as (console, client, _conversation):
        await console.page.get_by_role("button", name="Note", exact=True).click()
        note = console.page.get_by_label("Your note")
        await note.fill("Refund the shipping if asked.")
        await note.press("Enter")
        await expect(console.page.locator(".note")).to_have_count(1)
        await expect(console.page.locator(".note")).to_contain_text("only operators see it")
        # One note is one note: what is written next goes to the visitor again.
        await console.write("A word to the visitor.")
        await client.event("translation", language="pt", status="translated")
        assert "Refund" not in repr(client.events)
        assert "note" not in {event["type"] for event in client.events}


async def test_the_first_answer_claims(browser: Browser, demo: Product, token: str) -> None:
    async with waiting(browser, demo, token) as (console, client, conversation):
        await console.open(conversation)
        await console.write("Good morning! I am looking for it.")
        assert (await client.event("assigned"))["operator"]["name"]
        await client.event("translation", language="pt", status="translated")
        await expect(console.tab("Mine")).to_have_attribute("aria-selected", "true")
        await expect(console.page.get_by_text("You took the conversation")).to_be_visible()
        await expect(console.reply).to_be_focused()
        await console.write("It leaves today.")
        await expect(console.message("It leaves today.")).to_have_count(1)


async def test_a_note_about_somebody_who_waits_claims_nothing(
    browser: Browser, demo: Product, token: str
) -> None:
    async with waiting(browser, demo, token) as (console, client, conversation):
        await console.open(conversation)
        await console.page.get_by_role("button", name="Note", exact=True).click()
        note = console.page.get_by_label("Your note")
        await note.fill("A regular customer.")
        await note.press("Enter")
        await expect(console.page.locator(".note")).to_have_count(1)
        await expect(console.page.get_by_role("button", name="Claim conversation")).to_be_visible()
        await expect(console.reply).to_be_focused()
        await console.write("Good morning!")
        await client.event("assigned")
        await expect(console.page.locator(".note")).to_have_count(1)


async def test_a_note_that_was_begun_before_the_claim_stays_one(
    browser: Browser, demo: Product, token: str
) -> None:
    async with waiting(browser, demo, token) as (console, _client, conversation):
        await console.open(conversation)
        await console.page.get_by_role("button", name="Note", exact=True).click()
        note = console.page.get_by_label("Your note")
        await note.fill("Not for the visitor's eyes")
        await console.page.get_by_role("button", name="Claim conversation").click()
        await expect(note).to_be_focused()
        await expect(note).to_have_value("Not for the visitor's eyes")


async def test_a_closed_conversation_is_found_under_closed(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, conversation):
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


async def test_both_sides_see_each_other_writing(
    browser: Browser, demo: Product, token: str
) -> None:
    async with answering(browser, demo, token) as (console, client, _conversation):
        writes = partial(client.call, "typing", {})
        await seen_while(writes, console.page.locator(".writing"), "is writing")
        await console.reply.press_sequentially("One")
        assert (await client.hear("typing"))["from"] == "operator"
