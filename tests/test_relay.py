"""The relay on the real store and judge: what follows a message, and what a stop leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import QuickTranslator
from tests.relay_rig import ANA, KAI, Start, starter, warm_judge
from translate_proxy import commands as c
from translate_proxy.interfaces import Translated
from translate_proxy.language.judge import Judge
from translate_proxy.model import (
    Operator,
    OperatorId,
    Refused,
    new_id,
)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    yield from warm_judge()


@pytest.fixture
def start(tmp_path: Path, judge: Judge) -> Start:
    return starter(tmp_path, judge)


async def test_a_message_is_judged_then_translated_for_who_reads_it(start: Start) -> None:
    async with start() as rig:
        rig.desk.arrive("socket", ANA)
        visitor = await rig.visitor("pt-BR")
        said = await rig.visitor_says(visitor, "Bom dia, a minha encomenda ainda não chegou.")
        await rig.settled()
        where = said["conversation_id"]
        language = (await rig.events(where, "language"))[0]
        assert (language["of"], language["language"]) == ("visitor", "pt")
        translations = await rig.events(where, "translation")
        assert [(one["language"], one["revision"]) for one in translations] == [("en", 1)]
        assert await rig.store.pending() == []


async def test_with_nobody_online_it_is_ready_for_whoever_comes(start: Start) -> None:
    async with start() as rig:
        said = await rig.visitor_says(await rig.visitor("pt"), "Onde está a minha encomenda?")
        await rig.settled()
        translations = await rig.events(said["conversation_id"], "translation")
        by_language = {one["language"]: one["status"] for one in translations}
        # Kai reads Finnish and knows Portuguese: for Kai there is nothing to translate.
        assert by_language == {"en": "translated", "fi": "same_language"}


async def test_several_operators_each_read_their_own_language(start: Start) -> None:
    async with start() as rig:
        visitor = await rig.visitor("pt")
        said = await rig.visitor_says(visitor, "Preciso de ajuda com o pagamento, por favor.")
        where = said["conversation_id"]
        await rig.log.append(c.Claim(new_id(), ANA, where))
        rig.desk.arrive("kai", KAI)
        rig.desk.open("kai", where)
        answer = await rig.operator_says(ANA, where, "Which card did you use for the payment?")
        await rig.settled()
        translations = await rig.events(where, "translation")
        targets = {t["language"] for t in translations if t["message_id"] == answer["message_id"]}
        assert targets == {"pt", "fi"}


async def test_a_slow_engine_delays_nothing_but_the_translation(start: Start) -> None:
    async with start() as rig:
        rig.translator.open.clear()
        visitor = await rig.visitor("pt")
        first = await rig.visitor_says(visitor, "A primeira mensagem é esta aqui.")
        second = await rig.visitor_says(visitor, "E a segunda mensagem é esta aqui.")
        assert second["cursor"] > first["cursor"]
        assert len(await rig.events(first["conversation_id"], "message")) == 2
        so_far = await rig.events(first["conversation_id"], "translation")
        # For Kai, who knows Portuguese, there is nothing to wait for.
        assert {one["status"] for one in so_far} <= {"same_language"}
        rig.translator.open.set()
        await rig.settled()
        assert await rig.store.pending() == []


@pytest.mark.parametrize("reason", ["no_route", "failed", "timed_out", "overloaded", "too_long"])
async def test_what_cannot_be_translated_ends_marked(start: Start, reason: Any) -> None:
    async with start() as rig:
        rig.translator.answers["Esta"] = Translated("Esta não", "untranslated", reason)
        said = await rig.visitor_says(await rig.visitor("pt"), "Esta não vai ser traduzida hoje.")
        await rig.settled()
        english = [
            event
            for event in await rig.events(said["conversation_id"], "translation")
            if event["language"] == "en"
        ]
        assert [(one["status"], one["reason"]) for one in english] == [("untranslated", reason)]
        assert await rig.store.pending() == []


async def test_a_restart_finishes_what_a_stop_left(start: Start) -> None:
    stuck = QuickTranslator()
    stuck.open.clear()
    async with start(stuck) as rig:
        visitor = await rig.visitor("pt")
        said = await rig.visitor_says(visitor, "Quando é que a minha encomenda chega?")
        where = said["conversation_id"]
        async with asyncio.timeout(120):
            await stuck.asked.wait()
    async with start() as rig:
        await rig.settled()
        assert len(await rig.events(where, "language")) == 1
        translations = await rig.events(where, "translation")
        assert sorted(one["language"] for one in translations) == ["en", "fi"]
        assert {one["revision"] for one in translations} == {1}
        assert await rig.store.pending() == []


async def test_one_translation_that_raises_does_not_stop_the_others(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(QuickTranslator):
        async def translate(self, job: Any) -> Translated:
            if job.text.startswith("Rebenta"):
                raise RuntimeError("an engine must not do this")
            return await super().translate(job)

    async with start(Broken()) as rig:
        visitor = await rig.visitor("pt")
        await rig.visitor_says(visitor, "Rebenta tudo agora mesmo, por favor.")
        said = await rig.visitor_says(visitor, "Mas esta mensagem tem de passar.")
        await rig.settled()
        translations = await rig.events(said["conversation_id"], "translation")
        assert said["message_id"] in {event["message_id"] for event in translations}
    async with start() as rig:  # what raised is taken up again
        await rig.settled()
        assert await rig.store.pending() == []


async def test_conversations_are_judged_side_by_side_and_each_in_order(
    start: Start, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as rig:
        slow = asyncio.Event()
        judged = judge.judge
        order: list[str] = []

        async def looked(text: Any, *given: Any) -> Any:
            if text == "first":
                await slow.wait()
            order.append(text)
            return await judged(text, *given)

        monkeypatch.setattr(judge, "judge", looked)
        one, other = await rig.visitor("en"), await rig.visitor("en")
        await rig.visitor_says(one, "first")
        await rig.visitor_says(one, "second")
        said = await rig.visitor_says(other, "elsewhere")
        async with asyncio.timeout(60):
            while not await rig.events(said["conversation_id"], "language"):
                await asyncio.sleep(0.01)
        assert order == ["elsewhere"]
        slow.set()
        await rig.settled()
        assert order == ["elsewhere", "first", "second"]


async def test_a_claim_made_while_a_message_is_judged_is_translated_for(
    start: Start, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as rig:
        rig.desk.arrive("socket", ANA)
        visitor = await rig.visitor("en")
        where = (await rig.visitor_says(visitor, "ok"))["conversation_id"]
        await rig.settled()
        judged = judge.judge

        async def claimed_meanwhile(*given: Any) -> Any:
            monkeypatch.undo()
            await rig.log.append(c.Claim(new_id(), KAI, where))
            return await judged(*given)

        monkeypatch.setattr(judge, "judge", claimed_meanwhile)
        said = await rig.visitor_says(visitor, "Where is my parcel, please?")
        await rig.settled()
        targets = {
            one["language"]
            for one in await rig.events(where, "translation")
            if one["message_id"] == said["message_id"]
        }
        assert targets == {"fi"}


async def test_who_opens_a_conversation_can_read_what_was_said(start: Start) -> None:
    async with start() as rig:
        rig.desk.arrive("ana", ANA)
        said = await rig.visitor_says(await rig.visitor("pt"), "Isto foi dito antes de alguém vir.")
        where = said["conversation_id"]
        await rig.settled()
        english_only = {one["language"] for one in await rig.events(where, "translation")}
        assert english_only == {"en"}
        reader = Operator(OperatorId(new_id()), "f@x.example", "F", ("fi",))
        rig.relay.catch_up(where, reader)
        await rig.settled()
        languages = [one["language"] for one in await rig.events(where, "translation")]
        assert languages == ["en", "fi"]
        rig.relay.catch_up(where, reader)
        await rig.settled()
        assert len(await rig.events(where, "translation")) == 2


async def test_trying_again_is_a_new_revision_and_never_beats_a_correction(start: Start) -> None:
    async with start() as rig:
        rig.desk.arrive("ana", ANA)
        visitor = await rig.visitor("pt")
        said = await rig.visitor_says(visitor, "Gostava de devolver estes sapatos.")
        await rig.settled()
        stored = await rig.store.message(said["message_id"])
        assert stored is not None
        await rig.relay.again(stored)
        await rig.settled()
        where = said["conversation_id"]
        assert [t["revision"] for t in await rig.events(where, "translation")] == [1, 2]
        await rig.log.append(c.Correct(new_id(), ANA, said["message_id"], "en", "Shoes back!"))
        stored = await rig.store.message(said["message_id"])
        assert stored is not None
        await rig.relay.again(stored)
        await rig.settled()
        newest = (await rig.events(where, "translation"))[-1]
        assert (newest["revision"], newest["status"]) == (3, "corrected")
        assert newest["text"] == "Shoes back!"


async def test_an_unreachable_store_is_waited_for(start: Start, monkeypatch: Any) -> None:
    async with start() as rig:
        append = rig.store.append
        failures = iter([True, True])

        async def flaky(command: Any, told: Any = None) -> Any:
            if isinstance(command, c.RecordTranslation) and next(failures, False):
                raise Refused("unavailable", "away")
            return await append(command, told)

        monkeypatch.setattr(rig.store, "append", flaky)
        said = await rig.visitor_says(await rig.visitor("pt"), "Tenta outra vez, se faz favor.")
        await rig.settled()
        translations = await rig.events(said["conversation_id"], "translation")
        assert sorted(one["language"] for one in translations) == ["en", "fi"]


@pytest.mark.parametrize("how", ["claims", "opens"])
async def test_who_comes_while_the_language_is_being_stored_is_translated_for(
    start: Start, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with start() as rig:
        rig.desk.arrive("ana", ANA)
        visitor = await rig.visitor("en")
        where = (await rig.visitor_says(visitor, "ok"))["conversation_id"]
        await rig.settled()
        append, targets = rig.store.append, rig.relay._audience.targets
        looked = asyncio.Event()

        async def seen(*given: Any) -> Any:
            found = await targets(*given)
            looked.set()
            return found

        async def slow(command: Any, told: Any = None) -> Any:
            if isinstance(command, c.RecordLanguage):
                async with asyncio.timeout(120):
                    await looked.wait()
                if how == "claims":
                    await rig.log.append(c.Claim(new_id(), KAI, where))
                else:
                    rig.desk.arrive("kai", KAI)
                    rig.desk.open("kai", where)
                    rig.relay.catch_up(where, KAI)
            return await append(command, told)

        monkeypatch.setattr(rig.relay._audience, "targets", seen)
        monkeypatch.setattr(rig.store, "append", slow)
        said = await rig.visitor_says(visitor, "Where is my parcel, please?")
        await rig.settled()
        made = {  # at least one of each: which of two ways comes first is open
            one["language"]
            for one in await rig.events(where, "translation")
            if one["message_id"] == said["message_id"]
        }
        assert made == {"en", "fi"}
        assert await rig.store.pending() == []


async def test_who_is_given_a_conversation_can_read_it(start: Start) -> None:
    async with start() as rig:
        rig.desk.arrive("ana", ANA)
        said = await rig.visitor_says(await rig.visitor("pt"), "Onde está a minha encomenda?")
        where = said["conversation_id"]
        await rig.log.append(c.Claim(new_id(), ANA, where))
        await rig.settled()
        await rig.log.append(c.Transfer(new_id(), ANA, where, KAI.id))
        await rig.settled()
        made = [one["language"] for one in await rig.events(where, "translation")]
        assert made == ["en", "fi"]
