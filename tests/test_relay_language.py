"""The relay on the real store and judge: what its sides speak, and what a pin does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.relay_rig import ANA, Start, starter, warm_judge
from translate_proxy import commands as c
from translate_proxy.conversation.audience import Audience
from translate_proxy.language.judge import Judge
from translate_proxy.model import new_id


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    yield from warm_judge()


@pytest.fixture
def start(tmp_path: Path, judge: Judge) -> Start:
    return starter(tmp_path, judge)


async def test_a_pin_translates_again_what_was_said(start: Start) -> None:
    async with start() as rig:
        visitor = await rig.visitor("en")
        said = await rig.visitor_says(visitor, "ok")
        where = said["conversation_id"]
        answer = await rig.operator_says(ANA, where, "Your parcel arrives tomorrow morning.")
        await rig.settled()
        await rig.log.append(c.PinByOperator(new_id(), ANA, where, "pt"))
        await rig.settled()
        translations = await rig.events(where, "translation")
        portuguese = [
            one
            for one in translations
            if one["language"] == "pt" and one["message_id"] == answer["message_id"]
        ]
        assert [one["status"] for one in portuguese] == ["translated"]
        assert portuguese[0]["route"] == ["en", "pt"]


async def test_a_pin_made_while_an_answer_is_judged_holds_for_it(
    start: Start, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as rig:
        visitor = await rig.visitor("en")
        where = (await rig.visitor_says(visitor, "ok"))["conversation_id"]
        await rig.settled()
        judged = judge.judge

        async def pinned_meanwhile(*given: Any) -> Any:
            found = await judged(*given)
            monkeypatch.undo()
            await rig.log.append(c.PinByVisitor(new_id(), visitor, "pt"))
            return found

        monkeypatch.setattr(judge, "judge", pinned_meanwhile)
        answer = await rig.operator_says(ANA, where, "Your parcel arrives tomorrow morning.")
        await rig.settled()
        portuguese = [
            one["status"]
            for one in await rig.events(where, "translation")
            if one["language"] == "pt" and one["message_id"] == answer["message_id"]
        ]
        assert "translated" in portuguese


async def test_a_changed_belief_translates_again_what_was_said(start: Start) -> None:
    async with start() as rig:
        visitor = await rig.visitor("fi")  # a wrong guess: the browser is Finnish, the person not
        said = await rig.visitor_says(visitor, "ok")
        where = said["conversation_id"]
        answer = await rig.operator_says(ANA, where, "Your parcel arrives tomorrow morning.")
        await rig.settled()
        before = {t["language"] for t in await rig.events(where, "translation")}
        assert "pt" not in before
        clear = "Muito obrigado, mas eu queria saber quando chega a minha encomenda."
        await rig.visitor_says(visitor, clear)
        await rig.visitor_says(visitor, "Podem dizer-me a hora, por favor?")
        await rig.settled()
        beliefs = [e for e in await rig.events(where, "language") if e["of"] == "visitor"]
        assert (beliefs[-1]["language"], any(e["changed"] for e in beliefs)) == ("pt", True)
        later = [
            one["language"]
            for one in await rig.events(where, "translation")
            if one["message_id"] == answer["message_id"]
        ]
        assert later == ["fi", "pt"]


async def test_what_is_found_of_an_old_message_changes_only_that_message(
    start: Start, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as rig:
        visitor = await rig.visitor("fi")
        said = await rig.visitor_says(visitor, "ok")
        where = said["conversation_id"]
        await rig.settled()
        judged, looked_at_again, english_is_known = judge.judge, asyncio.Event(), asyncio.Event()

        async def later(text: str | None, *given: Any) -> Any:
            found = await judged(text, *given)
            if text == "ok" and not looked_at_again.is_set():  # because of the Portuguese
                looked_at_again.set()
                async with asyncio.timeout(120):
                    await english_is_known.wait()
            return found

        monkeypatch.setattr(judge, "judge", later)
        clear = "Muito obrigado, mas eu queria saber quando chega a minha encomenda."
        await rig.visitor_says(visitor, clear)
        async with asyncio.timeout(120):
            await looked_at_again.wait()
        english = "Sorry, I would rather write English with you, if that is all right."
        last = await rig.visitor_says(visitor, english)
        async with asyncio.timeout(120):
            while last["message_id"] not in {
                one["message_id"] for one in await rig.events(where, "language")
            }:
                await asyncio.sleep(0.01)
        known = await rig.store.language_facts(where, visitor)
        english_is_known.set()
        await rig.settled()
        languages = await rig.events(where, "language")
        again = [one for one in languages if one["message_id"] == said["message_id"]]
        assert (again[0]["message_language"], again[-1]["message_language"]) == ("fi", "en")
        # Clients go by the newest event: it says what the visitor speaks now, not what was read.
        assert (languages[-1]["message_id"], languages[-1]["language"]) == (
            said["message_id"],
            "en",
        )
        facts = await rig.store.language_facts(where, visitor)
        assert facts.state == known.state
        assert facts.conversation.language == "en"


async def test_a_pin_re_judges_nothing_that_the_visitor_wrote(start: Start) -> None:
    async with start() as rig:
        visitor = await rig.visitor("pt")
        where = (await rig.visitor_says(visitor, "ok"))["conversation_id"]
        await rig.visitor_says(visitor, "Onde está a minha encomenda?")
        await rig.settled()
        before = await rig.events(where, "language"), await rig.events(where, "translation")
        await rig.log.append(c.PinByVisitor(new_id(), visitor, "fi"))
        await rig.settled()
        pinned = (await rig.events(where, "language"))[len(before[0]) :]
        assert [("message_id" in one, one["language"]) for one in pinned] == [(False, "fi")]
        assert await rig.events(where, "translation") == before[1]


async def test_a_wrong_pick_that_is_taken_back_leaves_everything_as_it_was(
    start: Start, judge: Judge
) -> None:
    async with start() as rig:
        visitor = await rig.visitor("pt")
        where = (await rig.visitor_says(visitor, "ok"))["conversation_id"]
        await rig.visitor_says(visitor, "Onde está a minha encomenda?")
        await rig.settled()
        answer = await rig.operator_says(ANA, where, "Your parcel arrives tomorrow morning.")
        await rig.settled()
        known = await rig.store.language_facts(where, visitor)
        before = await rig.store.last_messages(where, 20)

        await rig.log.append(c.PinByVisitor(new_id(), visitor, "fi"))
        await rig.settled()
        pinned = await rig.store.conversation(where)
        assert pinned is not None
        assert (pinned.language, pinned.pinned) == ("fi", "fi")
        believed = await Audience(rig.store, rig.desk, judge, rig.translator).believed(pinned)
        await rig.log.append(c.PinByVisitor(new_id(), visitor, believed))
        await rig.settled()

        facts = await rig.store.language_facts(where, visitor)
        assert facts.state == known.state
        assert (facts.conversation.language, facts.conversation.pinned) == ("pt", None)
        told = (await rig.events(where, "language"))[-1]
        assert (told["language"], told["source"], told["changed"]) == ("pt", "detected", True)
        assert "message_id" not in told
        after = await rig.store.last_messages(where, 20)
        assert [one.source for one in after] == [one.source for one in before]
        for one, earlier in zip(after, before, strict=True):
            assert {**one.translated, **earlier.translated} == one.translated
        of_answer = next(one for one in after if one.message.id == answer["message_id"])
        assert set(of_answer.translated) == {"pt", "fi"}

        count = len(await rig.events(where, "language"))
        await rig.visitor_says(visitor, "Obrigado pela ajuda, até amanhã.")
        await rig.settled()
        later = (await rig.events(where, "language"))[count:]
        assert [(one["language"], one["changed"]) for one in later] == [("pt", False)]


@pytest.mark.parametrize("mended", ["another pin", "taken back"])
async def test_what_was_written_under_a_wrong_pin_is_mended_with_it(
    start: Start, judge: Judge, mended: str
) -> None:
    async with start() as rig:
        visitor = await rig.visitor("pt")
        where = (await rig.visitor_says(visitor, "Onde está a minha encomenda?"))["conversation_id"]
        await rig.settled()
        await rig.log.append(c.PinByOperator(new_id(), ANA, where, "fi"))
        wrong = await rig.visitor_says(visitor, "Obrigada pela ajuda, já chegou.")
        await rig.settled()
        stored = await rig.store.message(wrong["message_id"])
        assert stored is not None
        assert (stored.source, stored.pinned) == ("fi", True)
        count = len(await rig.events(where, "language"))
        audience = Audience(rig.store, rig.desk, judge, rig.translator)
        back = await audience.believed(stored.conversation)
        right = "pt" if mended == "another pin" else back
        await rig.log.append(c.PinByOperator(new_id(), ANA, where, right))
        await rig.settled()
        told = [
            (one.get("message_id"), one["language"], one.get("message_language"))
            for one in (await rig.events(where, "language"))[count:]
        ]
        assert told == [(None, "pt", None), (wrong["message_id"], "pt", "pt")]
        english = [
            one["route"]
            for one in await rig.events(where, "translation")
            if (one["message_id"], one["language"]) == (wrong["message_id"], "en")
        ]
        assert english == [["fi", "en"], ["pt", "en"]]
