"""Phrases and corrections in the running product, and the commands for them beside it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from tests.product import Product
from tests.sockets.client import operator, visitor
from tests.test_erasure_live import command

TEXT = "As calças encolheram na primeira lavagem."


async def test_a_phrase_goes_both_ways_without_a_model(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url, locale="fi") as guest:
        assert (await guest.call("set_language", {"language": "fi"}))["ok"]
        sent = await guest.say("Kiitti!!! 😊")  # no model for Finnish is installed
        read = await desk.event("translation", message_id=sent["message_id"])
        assert (read["text"], read["status"], read["engine"]) == (
            "Thank you! 😊",
            "phrase",
            "phrases",
        )
        assert read["route"] == ["fi", "en"]
        conversation = sent["conversation_id"]
        claim = {"id": str(uuid.uuid4()), "conversation_id": conversation}
        assert (await desk.call("claim", claim))["ok"]
        said = await desk.say("One moment, please.", conversation_id=conversation)
        answer = await guest.event("translation", message_id=said["message_id"])
        assert (answer["text"], answer["status"]) == ("Hetki, olkaa hyvä.", "phrase")


async def test_a_correction_answers_the_next_visitor_until_it_is_removed(
    demo: Product, token: str
) -> None:
    async with operator(demo.url, token) as desk:
        async with visitor(demo.url, locale="pt") as guest:
            sent = await guest.say(TEXT)
            await desk.event("translation", message_id=sent["message_id"])
            correction = {
                "id": str(uuid.uuid4()),
                "message_id": sent["message_id"],
                "language": "en",
                "text": "The trousers shrank in the first wash.",
            }
            assert (await desk.call("correct", correction))["ok"]
        async with visitor(demo.url, locale="pt") as guest:
            sent = await guest.say(TEXT.upper())
            read = await desk.event("translation", message_id=sent["message_id"])
            assert (read["status"], read["engine"]) == ("corrected", "operator")
            assert read["text"] == "The trousers shrank in the first wash."

        status, printed = await command(demo, "corrections", "export", "--site", "demo")
        assert status == 0, printed
        mine = [one for one in map(json.loads, printed.splitlines()) if one["original"] == TEXT]
        assert [one["text"] for one in mine] == ["The trousers shrank in the first wash."]
        id_ = mine[0]["id"]
        status, printed = await command(demo, "corrections", "change", id_, "They shrank.")
        assert status == 0, printed
        status, printed = await command(demo, "corrections", "list")
        assert status == 0
        assert id_ in printed
        assert "They shrank." in printed
        status, printed = await command(demo, "corrections", "remove", id_)
        assert status == 0, printed
        async with visitor(demo.url, locale="pt") as guest:
            sent = await guest.say(TEXT)
            read = await desk.event("translation", message_id=sent["message_id"])
            assert read["status"] == "translated"


async def test_what_is_not_there_is_said_in_one_line(demo: Product) -> None:
    for words in (("remove", "nothing"), ("change", "nothing", "text")):
        status, printed = await command(demo, "corrections", *words)
        assert status == 1
        assert printed.strip() == "translate-proxy: There is no such correction."


def test_the_commands_are_documented(repo_root: Path) -> None:
    text = (repo_root / "docs" / "phrases.md").read_text(encoding="utf-8")
    for word in ("list", "change", "remove", "export"):
        assert f"translate-proxy corrections {word}" in text
