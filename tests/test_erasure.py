"""Forgetting people for good: in no file, and on time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.contract.people import (
    EVA,
    OTHER,
    SHOP,
    Clock,
    Person,
    answer,
    judged,
    texts,
    translated,
)
from translate_proxy import commands as c
from translate_proxy.background import Background
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.model import Event, MessageId, Refused, new_id
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

DAY = 86_400.0


@dataclass
class World:
    """A store with what forgets in it."""

    folder: Path
    store: Store
    clock: Clock
    log: ConversationLog
    erasure: Erasure
    told: list[Event] = field(default_factory=list)
    caches_emptied: int = 0

    def files_with(self, text: str) -> list[str]:
        """Names of the files that hold a text."""
        return [one.name for one in self.folder.iterdir() if text.encode() in one.read_bytes()]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = Clock()
    store = Store(sqlite_url(tmp_path), clock)
    await store.open([replace(SHOP, retention_days=30), OTHER])
    await store.add_operator(EVA, "hash")
    log = ConversationLog(store)

    async def forget() -> None:
        made.caches_emptied += 1

    def follow(events: Sequence[Event]) -> None:
        made.told.extend(events)

    log.follow(follow)
    made = World(tmp_path, store, clock, log, Erasure(log, store, forget, clock))
    log.follow(made.erasure.follow)
    yield made
    await store.close()


async def test_what_an_erased_visitor_wrote_is_in_no_file(world: World) -> None:
    people = [await Person.arrives(world.store, name=f"name-{n:02}-bird") for n in range(30)]

    async def talk(number: int, turn: int) -> None:
        person = people[number]
        sent = await person.says(f"text-{number:02}-bird " + "x" * (number * 97 * (turn + 1)))
        await translated(world.store, sent, f"text-{number:02}-bird " + "y" * 500)
        await judged(world.store, sent, person.id, seen=f"text-{number:02}-bird")

    for turn in range(4):
        await asyncio.gather(*(talk(number, turn) for number in range(30)))
    erased, kept = range(0, 30, 3), range(1, 30, 3)
    for number in erased:
        assert world.files_with(f"text-{number:02}-bird")
        assert world.files_with(f"name-{number:02}-bird")
        await world.erasure.erase(people[number].id)
    for number in erased:
        assert world.files_with(f"text-{number:02}-bird") == []
        assert world.files_with(f"name-{number:02}-bird") == []
    for number in kept:
        assert world.files_with(f"text-{number:02}-bird")


async def test_an_erasure_tells_who_follows_and_empties_the_caches(world: World) -> None:
    person = await Person.arrives(world.store)
    conversation_id = await person.begins()
    erased, scrubbed = await world.erasure.erase(person.id)
    assert scrubbed
    assert world.told == list(erased.events)
    assert world.told[0].body == {"conversation_ids": [conversation_id]}
    assert world.caches_emptied == 1
    with pytest.raises(Refused) as caught:
        await world.erasure.erase(person.id)
    assert caught.value.code == "not_found"
    assert world.caches_emptied == 1


async def test_a_long_reader_only_delays_the_journal(world: World) -> None:
    person = await Person.arrives(world.store)
    await person.says("text-bird")
    reader = sqlite3.connect(world.folder / "translate_proxy.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    assert (await world.store.erase(person.id)).visitors == 1  # without waiting for the reader
    assert world.files_with("text-bird") != []
    reader.execute("ROLLBACK")
    reader.close()
    assert await world.store.scrub()
    assert world.files_with("text-bird") == []


async def test_the_sweep_removes_what_has_had_its_time(world: World) -> None:
    old = await Person.arrives(world.store)
    await old.says("text-old")
    await old.closes()
    elsewhere = await Person.arrives(world.store, OTHER)
    await elsewhere.says("text-elsewhere")
    await elsewhere.closes()
    waiting = await Person.arrives(world.store)
    await waiting.says("text-waiting")
    world.clock.now += 29 * DAY
    assert await world.erasure.sweep() == 0
    assert world.caches_emptied == 0
    world.clock.now += 2 * DAY
    assert await world.erasure.sweep() == 1
    assert world.files_with("text-old") == []
    assert world.files_with("text-elsewhere")  # that site keeps for ever
    assert texts(await waiting.sees()) == ["text-waiting"]  # still open
    assert [event.type for event in world.told] == ["erased"]
    assert world.caches_emptied == 1
    assert await world.erasure.sweep() == 0


async def test_who_never_said_anything_is_forgotten_after_a_week(world: World) -> None:
    store = world.store
    silent = [await Person.arrives(store, site, name="name-silent-bird") for site in (SHOP, OTHER)]
    talks = [await Person.arrives(store, site) for site in (SHOP, OTHER)]
    for person in talks:
        await person.says("text-kept-bird")
    world.clock.now += 6 * DAY
    await world.erasure.sweep()
    assert world.files_with("name-silent-bird")
    back = await Person.arrives(store, page={"url": "https://shop.example/"})
    world.clock.now += 2 * DAY
    await world.erasure.sweep()
    for person in silent:  # also where conversations are kept for ever
        assert await store.visitor(person.id) is None
    assert world.files_with("name-silent-bird") == []
    assert await store.visitor(back.id) is not None
    await store.update_page(back.id, {"url": "https://shop.example/cart"})
    world.clock.now += 6 * DAY
    await world.erasure.sweep()
    assert await store.visitor(back.id) is not None  # seen again meanwhile
    world.clock.now += 2 * DAY
    await world.erasure.sweep()
    assert await store.visitor(back.id) is None
    for person in talks:
        assert texts(await person.sees()) == ["text-kept-bird"]


async def test_a_flood_of_silent_visitors_is_looked_through_piece_by_piece(world: World) -> None:
    people = [await Person.arrives(world.store, OTHER) for _ in range(60)]
    for person in people[::3]:
        await person.says()
    later = world.clock.now + 8 * DAY
    place, removed, looks = (0.0, ""), 0, 0
    more = True
    while more:
        found = await world.store.expire_silent(OTHER.key, later, place, 7)
        place, more = found.place, found.more
        removed += found.removed
        looks += 1
    assert (removed, looks) == (40, 9)
    for number, person in enumerate(people):
        assert (await world.store.visitor(person.id) is not None) == (number % 3 == 0)


async def test_what_was_taken_back_is_in_no_file_and_no_cache(world: World) -> None:
    person = await Person.arrives(world.store)
    home = await person.begins("text-kept-bird")
    background = Background(CollectorRegistry(), world.clock)
    background.every(0, "taken_back", world.erasure.clear_up)
    for number in range(20):
        sent = await answer(world.store, home, f"text-{number:02}-bird " + "x" * number * 150)
        await translated(world.store, sent, f"text-{number:02}-bird " + "y" * number * 170)
        assert world.files_with(f"text-{number:02}-bird")
        if number % 2:
            message_id = MessageId(sent.answer["message_id"])
            await world.log.append(c.Redact(new_id(), EVA, message_id))
            while world.files_with(f"text-{number:02}-bird"):
                await asyncio.sleep(0.01)
    assert world.caches_emptied == 10
    assert all(world.files_with(f"text-{number:02}-bird") for number in range(0, 20, 2))
    await background.close()


async def test_a_long_absence_is_swept_in_batches(world: World) -> None:
    for _ in range(120):
        person = await Person.arrives(world.store)
        await person.says()
        await person.closes()
    for _ in range(60):
        await Person.arrives(world.store)  # and those who never wrote
    world.clock.now += 31 * DAY
    assert await world.erasure.sweep() == 120
    assert max(len(event.body["conversation_ids"]) for event in world.told) <= 50
    assert await world.store.find_visitors(person.id) == []
    assert (await world.store.expire(SHOP.key, world.clock.now, 50)).visitors == 0


async def test_a_sweep_that_the_disk_interrupts_is_finished_by_the_next(world: World) -> None:
    person = await Person.arrives(world.store)
    await person.says("text-old-bird")
    await person.closes()
    world.clock.now += 31 * DAY
    home = world.folder
    world.folder = home.rename(home.with_name("unmounted"))
    background = Background(CollectorRegistry(), world.clock, lambda _seconds: asyncio.sleep(0.01))
    failed = asyncio.Event()

    async def sweep() -> None:
        try:
            await world.erasure.sweep()
        except sqlite3.OperationalError:
            failed.set()
            raise

    background.every(DAY, "retention", sweep, at_once=True)
    await failed.wait()
    assert world.files_with("text-old-bird")
    world.folder = world.folder.rename(home)
    while world.files_with("text-old-bird"):
        await asyncio.sleep(0.01)
    await background.close()


async def test_sites_may_be_told_nothing_of_strangers(world: World) -> None:
    """An erased event names conversations, nobody and nothing that was said."""
    person = await Person.arrives(world.store, name="Ana")
    await person.says("secret", new_id())
    erased, _ = await world.erasure.erase(person.id)
    assert set(erased.events[0].wire()) == {
        "cursor",
        "conversation_id",
        "type",
        "at",
        "conversation_ids",
    }
