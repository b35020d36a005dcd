"""The first conversation, from a plain client that follows docs/protocol.md."""

from __future__ import annotations

import uuid
from typing import Any

from tests.product import Product
from tests.sockets.client import operator, visitor


def new_id() -> str:
    return str(uuid.uuid4())


async def test_each_side_reads_its_own_language(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url, locale="pt-BR") as guest:
        sent = await guest.say("Olá, onde está a minha encomenda AB-12345?")
        conversation = sent["conversation_id"]

        original = await desk.event("message", conversation_id=conversation)
        assert original["message"]["text"] == "Olá, onde está a minha encomenda AB-12345?"
        read = await desk.event("translation", message_id=sent["message_id"])
        assert read["language"] == "en"
        assert read["status"] == "translated"
        assert read["route"] == ["pt", "en"]
        assert "order" in read["text"]
        assert "AB-12345" in read["text"]
        assert original["cursor"] < read["cursor"]

        claimed = await desk.call("claim", {"id": new_id(), "conversation_id": conversation})
        assert claimed["ok"]
        said = await desk.say("Your order AB-12345 was sent today.", conversation_id=conversation)
        answer = await guest.event("translation", message_id=said["message_id"])
        assert answer["language"] == "pt"
        assert answer["route"] == ["en", "pt"]
        assert "AB-12345" in answer["text"]
        assert "order" not in answer["text"]

        closed = await desk.call("close", {"id": new_id(), "conversation_id": conversation})
        assert closed["ok"]
        assert (await guest.event("closed"))["by"]["from"] == "operator"
        again = await guest.say("Obrigado pela ajuda!")
        assert again["conversation_id"] != conversation


async def test_a_repeat_gets_the_first_answer(demo: Product) -> None:
    async with visitor(demo.url) as guest:
        message = {"id": new_id(), "text": "Where is my parcel?"}
        first = await guest.call("message", message)
        second = await guest.call("message", {**message, "text": "changed"})
        assert second == first
        page = await guest.call("history", {})
        texts = [e["message"]["text"] for e in page["events"] if e["type"] == "message"]
        assert texts == ["Where is my parcel?"]


async def test_a_client_resumes_after_its_cursor(demo: Product) -> None:
    async with visitor(demo.url) as guest:
        welcome = await guest.hear("welcome")
        await guest.say("One.")
        await guest.event("language")
        cursor = guest.events[-1]["cursor"]
    async with visitor(demo.url, token=welcome["token"]) as elsewhere:
        assert (await elsewhere.hear("welcome"))["visitor_id"] == welcome["visitor_id"]
        said = await elsewhere.say("Two.")
        await elsewhere.event("language", message_id=said["message_id"])
    known = {"token": welcome["token"], "log": welcome["log"], "cursor": cursor}
    async with visitor(demo.url, **known) as resumed:
        second = await resumed.event("message")
        assert second["message"]["text"] == "Two."
        assert "reset" not in await resumed.hear("welcome")
        assert all(event["cursor"] > cursor for event in resumed.events)
        synced = await resumed.call("sync", {"cursor": cursor})
        streamed = [event["cursor"] for event in resumed.events]
        streamed = [one for one in streamed if one <= synced["cursor"]]  # younger ones may come
        assert [event["cursor"] for event in synced["events"]][: len(streamed)] == streamed
        assert synced["cursor"] >= synced["events"][-1]["cursor"]


async def test_a_foreign_log_or_a_future_cursor_starts_anew(demo: Product) -> None:
    async with visitor(demo.url) as guest:
        welcome = await guest.hear("welcome")
        await guest.say("Only this.")
    for known in (
        {"log": new_id(), "cursor": 1},
        {"log": welcome["log"], "cursor": 2**53 - 1},
    ):
        async with visitor(demo.url, token=welcome["token"], **known) as again:
            assert (await again.hear("welcome"))["reset"] is True
            assert (await again.event("message"))["message"]["text"] == "Only this."


async def test_typing_availability_and_queue_are_told(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url) as guest:
        sent = await guest.say("Hello, do you have this in blue?")
        conversation = sent["conversation_id"]
        assert (await guest.hear("queue"))["position"] >= 1
        token_of_guest = (await guest.hear("welcome"))["token"]
        async with visitor(demo.url, token=token_of_guest) as tab:  # it has not been told before
            assert (await tab.hear("queue"))["position"] >= 1
        opened = await desk.call("open", {"conversation_id": conversation})
        assert opened["conversation"]["status"] == "waiting"
        assert any(event["type"] == "message" for event in opened["events"])
        assert (await guest.call("typing", {}))["ok"]
        assert await desk.hear("typing") == {"conversation_id": conversation, "from": "visitor"}
        await desk.call("claim", {"id": new_id(), "conversation_id": conversation})
        assert (await desk.call("typing", {"conversation_id": conversation}))["ok"]
        assert (await guest.hear("typing"))["from"] == "operator"
        assert (await desk.call("availability", {"status": "away"}))["ok"]
        await guest.until(lambda: ("availability", {"status": "away"}) in guest.heard)
        assert (await desk.call("availability", {"status": "online"}))["ok"]


async def test_a_pin_of_the_visitor_takes_effect_on_what_was_said(
    demo: Product, token: str
) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url, locale="en") as guest:
        sent = await guest.say("Where is my order?")
        conversation = sent["conversation_id"]
        await desk.call("claim", {"id": new_id(), "conversation_id": conversation})
        said = await desk.say("It will arrive tomorrow morning.", conversation_id=conversation)
        read = await guest.event("translation", message_id=said["message_id"], language="en")
        assert read["status"] == "same_language"
        assert (await guest.call("set_language", {"language": "pt"}))["ok"]
        pinned = await desk.event("language", source="pinned")
        assert pinned["language"] == "pt"
        later = await guest.event("translation", message_id=said["message_id"], language="pt")
        assert later["status"] == "translated"
        back = await guest.call("set_language", {"language": None})
        assert (back["conversation_id"], back["language"]) == (conversation, "en")
        told = await desk.event("language", cursor=back["cursor"])
        assert (told["language"], told["source"], told["changed"]) == ("en", "detected", True)
        by = {"id": new_id(), "conversation_id": conversation}
        assert (await desk.call("set_language", {**by, "language": "pt"}))["ok"]
        by["id"] = new_id()
        freed = await desk.call("set_language", {**by, "language": None})
        assert (await guest.event("language", cursor=freed["cursor"]))["language"] == "en"
        missing = await guest.call("set_language", {})
        assert missing["error"]["code"] == "bad_request"


async def test_the_page_says_its_language_while_it_is_open(demo: Product) -> None:
    async with visitor(demo.url, locale="en") as guest:
        assert (await guest.hear("welcome"))["language"] == "en"
        page = {"url": "https://shop.example/"}
        assert "language" not in await guest.call("page", page)
        changed = await guest.call("page", {**page, "locale": "pt-BR"})
        assert changed["language"] == "pt"
        chosen = await guest.call("set_language", {"language": "en"})
        assert (chosen["conversation_id"], chosen["language"]) == (None, "en")
        back = await guest.call("set_language", {"language": None})
        assert (back["conversation_id"], back["language"]) == (None, "pt")


async def test_notes_are_for_operators_and_corrections_for_good(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url, locale="pt") as guest:
        sent = await guest.say("Quero devolver os sapatos que comprei.")
        conversation = sent["conversation_id"]
        await desk.event("translation", message_id=sent["message_id"])
        noted = await desk.call(
            "note", {"id": new_id(), "conversation_id": conversation, "text": "Be kind."}
        )
        assert noted["ok"]
        corrected = await desk.call(
            "correct",
            {
                "id": new_id(),
                "message_id": sent["message_id"],
                "language": "en",
                "text": "I want to return the shoes I bought.",
            },
        )
        assert corrected["revision"] == 2
        shown = await guest.event("translation", revision=2)
        assert shown["status"] == "corrected"
        again = await desk.call("translate", {"id": new_id(), "message_id": sent["message_id"]})
        assert again["ok"]
        await desk.event("note")
        assert not any(event["type"] == "note" for event in guest.events)
        page = await guest.call("history", {"limit": 200})
        kinds: set[Any] = {event["type"] for event in page["events"]}
        assert "note" not in kinds
        newest = [e for e in page["events"] if e["type"] == "translation"][-1]
        assert newest["status"] == "corrected"


async def test_an_operator_takes_back_an_own_message(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url, locale="pt") as guest:
        sent = await guest.say("Quero devolver os sapatos que comprei.")
        conversation = sent["conversation_id"]
        said = await desk.say("The code of the till is 4711.", conversation_id=conversation)
        await guest.event("translation", message_id=said["message_id"], language="pt")
        redaction = {"id": new_id(), "message_id": said["message_id"]}
        done = await desk.call("redact", redaction)
        assert done["ok"]
        assert await desk.call("redact", redaction) == done
        for side in (desk, guest):
            told = await side.event("redacted")
            assert (told["message_id"], told["cursor"]) == (said["message_id"], done["cursor"])
        page = await guest.call("history", {"limit": 200})
        opened = await desk.call("open", {"conversation_id": conversation})
        assert "4711" not in str(page) + str(opened)
        again = await desk.call("translate", {"id": new_id(), "message_id": said["message_id"]})
        assert again["error"]["code"] == "not_found"
        theirs = {"id": new_id(), "message_id": sent["message_id"]}
        assert (await desk.call("redact", {"id": new_id()}))["error"]["code"] == "bad_request"
        assert "error" not in (await desk.call("redact", theirs))  # the demo's operator is an admin
