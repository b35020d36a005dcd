"""No statement that serves a client reads a table from one end to the other: what a message costs
does not grow with what has been said before. SQLite tells how it goes about each statement."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import Engine, event

from tests.contract.people import (
    EVA,
    OTHER,
    SHOP,
    TIM,
    Clock,
    Person,
    answer,
    arrival,
    claim,
    judged,
    translated,
)
from translate_proxy import commands as c
from translate_proxy.model import (
    ConversationId,
    ConversationStatus,
    Cursor,
    MessageId,
    SiteKey,
    new_id,
)
from translate_proxy.records import Editor, OperatorView
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

GROWING = ("audit", "beliefs", "commands", "conversations", "events", "visitors")


class Plans:
    """How SQLite goes about each statement, in its own words; the statements with their values, as
    its driver is given them."""

    def __init__(self, file: Path) -> None:
        self.texts: set[str] = set()
        self._file = file

    def trace(self, connection: Any, _record: Any) -> None:
        """Called with every new connection."""
        connection.set_trace_callback(self.look)

    def look(self, text: str) -> None:
        """Called with every statement."""
        if text.startswith(("SELECT", "UPDATE", "DELETE")):
            self.texts.add(text)

    @property
    def seen(self) -> dict[str, list[str]]:
        """The steps of each statement."""
        with closing(sqlite3.connect(self._file)) as raw:
            return {
                text: [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {text}")]
                for text in self.texts
            }

    @property
    def whole(self) -> dict[str, list[str]]:
        """Statements that read a growing table whole, or all that a site ever had of it; what waits
        now is an index of its own."""
        return {
            text: steps
            for text, steps in self.seen.items()
            if any(
                step.startswith(f"SCAN {table}")
                or (
                    step.startswith(f"SEARCH {table}")
                    and step.endswith("(site=?)")
                    and "ix_conversations_waiting" not in step
                )
                for step in steps
                for table in GROWING
            )
        }


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Plans]:
    """Of every statement from now on."""
    found = Plans(Path(sqlite_url(tmp_path).database or ""))
    event.listen(Engine, "connect", found.trace)
    yield found
    event.remove(Engine, "connect", found.trace)


@pytest.fixture
async def store(tmp_path: Path, plans: Plans) -> AsyncIterator[Store]:
    opened = Store(sqlite_url(tmp_path), Clock())
    await opened.open([SHOP, OTHER])
    plans.texts.clear()
    yield opened
    await opened.close()


async def test_what_clients_do_reads_no_table_whole(store: Store, plans: Plans) -> None:
    for operator in (EVA, TIM):
        await store.add_operator(operator, "hash")
    people = [await Person.arrives(store) for _ in range(5)]
    sent = await asyncio.gather(*(person.says() for person in people))
    homes = [ConversationId(one.answer["conversation_id"]) for one in sent]
    await asyncio.gather(*(judged(store, one, people[0].id, mood=1) for one in sent))
    await asyncio.gather(*(translated(store, one, settles=True) for one in sent))
    await asyncio.gather(*(claim(store, home) for home in homes[:3]))
    said = await answer(store, homes[0])
    await store.append(c.Correct(new_id(), EVA, said.answer["message_id"], "pt", "Olá"))
    await store.append(c.Transfer(new_id(), EVA, homes[0], TIM.id))
    await store.append(c.PinByOperator(new_id(), EVA, homes[0], "fi"))
    await store.append(c.PinByVisitor(new_id(), people[1].id, "fi"))
    await store.append(c.Redact(new_id(), EVA, said.answer["message_id"]))
    said = await answer(store, homes[0], operator=TIM)
    await translated(store, said, "Oi", "pt")
    await people[4].closes()
    await store.append(c.Rate(new_id(), people[4].id, 5))
    for person in people:
        await person.sees()
        await store.recent(person.id, 20)
        await store.history(person.id, "visitor", None, 20)
        assert (await store.history(person.id, "visitor", None, 1)).more
        await store.visitor(person.id)
        await store.open_conversation(person.id)
    await store.history(homes[0], "operator", Cursor(9), 20)
    assert (await store.history(homes[0], "operator", None, 2)).more
    await store.read_operator(OperatorView(EVA.id, (SHOP.key,), (homes[0],)), Cursor(0), 100)
    for status in (*get_args(ConversationStatus), None):
        assert len(await store.summaries(TIM, status, Cursor(99))) == (3 if status is None else 1)
    assert len(await store.summaries(TIM, None, None, 20, "waiting")) == 1
    await store.summaries(TIM, None, Cursor(1), 20, "waiting")
    await store.summary(TIM, homes[0])
    await store.waiting_count(TIM)
    assert len(await store.queue_of(SHOP.key)) == 1
    await store.last_messages(homes[0], 20)
    await store.to_judge(MessageId(said.answer["message_id"]))
    await store.correction(SHOP.key, "en", "pt", "Hello")
    await store.corrections()
    assert len(plans.seen) > 30
    assert plans.whole == {}


async def test_signing_in_and_forgetting_read_no_table_whole(store: Store, plans: Plans) -> None:
    stranger = await Person.arrives(store)
    await stranger.says()
    known = await Person.arrives(store, identity_id="c-1")
    await known.says()
    assert (await store.arrive(arrival(visitor_id=stranger.id, identity_id="c-1"))).changed
    assert (await store.expire(SHOP.key, before=9e9, limit=50)).conversation_ids
    await store.expire_silent(SHOP.key, 9e9, (0.0, ""), 50)
    await store.erase(known.id)
    assert len(plans.seen) > 20
    assert plans.whole == {}


async def test_changing_the_shop_reads_no_table_whole(store: Store, plans: Plans) -> None:
    by = Editor(TIM.id, TIM.name)
    await (await Person.arrives(store)).says()
    new = await store.add_site(replace(SHOP, key=SiteKey("new")), by)
    changed = await store.change_site(replace(new, name="Newer"), by)
    await store.refresh_shop()
    await store.site(new.key)
    assert len(await store.audit([new.key], None, 50)) == 2
    assert len(await store.audit([new.key, SHOP.key], 4, 50)) == 2
    assert len(await store.audit(None, 99, 50)) == 4
    await store.remove_site(new.key, changed.revision, by)
    await store.expire_audit(0.0)
    assert len(plans.seen) > 9
    assert plans.whole == {}
