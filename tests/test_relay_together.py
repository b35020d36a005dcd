"""What was found of a message and what was made of it: appended together where they come together,
and neither waits for the other where somebody else needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.fakes import QuickTranslator
from tests.relay_rig import ANA, Rig, Start, starter, warm_judge
from translate_proxy import commands as c
from translate_proxy.conversation import relay
from translate_proxy.language.judge import Judge
from translate_proxy.model import ConversationId, Event, new_id

TEXT = "Bom dia, a minha encomenda ainda não chegou."


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    yield from warm_judge()


@pytest.fixture
def start(tmp_path: Path, judge: Judge) -> Start:
    return starter(tmp_path, judge)


def appends(rig: Rig) -> list[list[str]]:
    """The types of the events of each append from now on, as they are told."""
    seen: list[list[str]] = []

    def follow(events: Sequence[Event]) -> None:
        seen.append([event.type for event in events])

    rig.log.follow(follow)
    return seen


async def until_language(rig: Rig, where: ConversationId, count: int = 1) -> None:
    async with asyncio.timeout(60):
        while len(await rig.events(where, "language")) < count:
            await asyncio.sleep(0.01)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is held up appends nothing by itself."""
    monkeypatch.setattr(relay, "TOGETHER_S", 120.0)


@pytest.mark.usefixtures("patient")
async def test_a_language_and_its_translation_are_one_append(start: Start) -> None:
    async with start() as rig:
        rig.desk.arrive("socket", ANA)
        visitor = await rig.visitor("pt")
        seen = appends(rig)
        await rig.visitor_says(visitor, TEXT)
        await rig.settled()
        assert seen == [["queued", "message"], ["language", "translation"]]
        assert await rig.store.pending() == []


async def test_a_slow_translation_does_not_keep_the_language(start: Start) -> None:
    quick = QuickTranslator()
    quick.open.clear()
    async with start(quick) as rig:
        rig.desk.arrive("socket", ANA)
        seen = appends(rig)
        said = await rig.visitor_says(await rig.visitor("pt"), TEXT)
        await until_language(rig, said["conversation_id"])
        assert len(await rig.store.pending()) == 1
        quick.open.set()
        await rig.settled()
        assert seen[1:] == [["language"], ["translation"]]
        assert await rig.store.pending() == []


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("what", ["message", "pin", "claim"])
async def test_what_needs_the_language_does_not_wait_for_a_translation(
    start: Start, what: str
) -> None:
    quick = QuickTranslator()
    quick.open.clear()
    async with start(quick) as rig:
        rig.desk.arrive("socket", ANA)
        visitor = await rig.visitor("pt")
        said = await rig.visitor_says(visitor, TEXT)
        where = said["conversation_id"]
        await quick.asked.wait()
        assert await rig.events(where, "language") == []
        match what:
            case "message":
                await rig.visitor_says(visitor, TEXT)
            case "pin":
                await rig.log.append(c.PinByVisitor(new_id(), visitor, "fi"))
            case "claim":
                await rig.log.append(c.Claim(new_id(), ANA, where))
        await until_language(rig, where, 2 if what == "pin" else 1)
        quick.open.set()
        await rig.settled()
        said_of = {one["message_id"] for one in await rig.events(where, "translation")}
        assert len(said_of) == (2 if what == "message" else 1)
        assert await rig.store.pending() == []


@pytest.mark.usefixtures("patient")
async def test_a_stop_before_the_append_leaves_the_message_for_the_next_start(
    start: Start,
) -> None:
    quick = QuickTranslator()
    quick.open.clear()
    async with start(quick) as rig:
        rig.desk.arrive("socket", ANA)
        said = await rig.visitor_says(await rig.visitor("pt"), TEXT)
        await quick.asked.wait()
    async with start() as rig:
        await rig.settled()
        where = said["conversation_id"]
        assert len(await rig.events(where, "language")) == 1
        assert {one["language"] for one in await rig.events(where, "translation")} >= {"en"}
        assert await rig.store.pending() == []
