"""What is kept of people: found, handed out, erased on request, dropped when its time is over."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.people import (
    EVA,
    OTHER,
    PAT,
    SHOP,
    Clock,
    OpenStore,
    Person,
    answer,
    arrival,
    claim,
    judged,
    texts,
    translated,
    types,
)
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, Cursor, Operator, Refused, VisitorId, new_id
from translate_proxy.records import OperatorView
from translate_proxy.storage import tables
from translate_proxy.storage.store import Store

CANARY = "kanarienvogel-9f2c"
DAY = 86_400.0


async def rows(store: Store) -> str:
    """Every row of every table, as text."""

    def read(connection: Any) -> str:
        found = {
            table.name: [list(map(str, row)) for row in connection.execute(table.select())]
            for table in tables.metadata.sorted_tables
        }
        return json.dumps(found, ensure_ascii=False)

    return await store._read(read)


async def talk(store: Store, person: Person) -> ConversationId:
    """A whole conversation with the canary in every place that holds text."""
    sent = await person.says(f"original {CANARY}")
    conversation_id = ConversationId(sent.answer["conversation_id"])
    await judged(store, sent, person.id, "pt", seen=[CANARY])
    await translated(store, sent, f"translated {CANARY}")
    await claim(store, conversation_id)
    await store.append(c.AddNote(new_id(), EVA, conversation_id, f"note {CANARY}"))
    await answer(store, conversation_id, f"answer {CANARY}")
    message_id = sent.answer["message_id"]
    await store.append(c.Correct(new_id(), EVA, message_id, "en", f"corrected {CANARY}"))
    await store.append(
        c.LeaveContact(
            new_id(), person.site.key, person.id, CANARY, CANARY, f"{CANARY}@example.com", CANARY
        )
    )
    await store.append(c.Rate(new_id(), person.id, 3, CANARY))
    await store.update_page(person.id, {"url": f"https://shop.example/{CANARY}"})
    return conversation_id


async def stream(store: Store, operator: Operator, after: int = 0) -> list[Any]:
    view = OperatorView(operator.id, store.shop().served_by(operator))
    return list((await store.read_operator(view, Cursor(after), 1000)).events)


async def test_an_erased_visitor_is_in_no_row(store: Store, person: Person) -> None:
    neighbour = await Person.arrives(store)
    await neighbour.says("still here")
    conversation_id = await talk(store, person)
    assert CANARY in await rows(store)
    erased = await store.erase(person.id)
    assert erased.conversation_ids == (conversation_id,)
    assert erased.visitors == 1
    assert CANARY not in await rows(store)
    assert await store.visitor(person.id) is None
    assert await store.conversation(conversation_id) is None
    assert [one.message.text for one in await store.pending()] == ["still here"]
    assert texts(await neighbour.sees()) == ["still here"]


async def test_the_visitor_and_the_sites_operators_are_told(store: Store, person: Person) -> None:
    conversation_id = await talk(store, person)
    _, before = await store.head()
    erased = await store.erase(person.id)
    [event] = erased.events
    assert (
        event.wire().items()
        >= {
            "type": "erased",
            "conversation_id": conversation_id,
            "conversation_ids": [conversation_id],
            "cursor": before + 1,
        }.items()
    )
    assert (await store.head())[1] == before + 1
    assert await person.sees() == [event]  # on sockets that are still open
    assert await stream(store, EVA, before) == [event]  # whose it was
    assert await stream(store, PAT, before) == [event]  # who may have had it open
    elsewhere = replace(EVA, sites=(OTHER.key,))
    assert await stream(store, elsewhere, before) == []


async def test_the_token_of_an_erased_visitor_is_refused(store: Store, person: Person) -> None:
    client_id = new_id()
    await person.says("Olá", client_id)
    await store.erase(person.id)
    for attempt in (
        store.arrive(arrival(visitor_id=person.id)),
        person.says("Olá", client_id),
        person.closes(),
        store.update_page(person.id, {"url": "https://shop.example/"}),
        store.append(c.PinByVisitor(new_id(), person.id, "fi")),
    ):
        with pytest.raises(Refused) as caught:
            await attempt
        assert caught.value.code == "bad_token"
    with pytest.raises(Refused) as caught:
        await store.erase(person.id)
    assert caught.value.code == "not_found"


async def test_who_was_merged_is_erased_together(store: Store, person: Person) -> None:
    known = await Person.arrives(store, identity_id="42")
    await known.says("older")
    await talk(store, person)
    await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    erased = await store.erase(person.id)  # by the id that was merged
    assert erased.visitors == 2
    assert {event.visitor_id for event in erased.events} == {known.id, person.id}
    assert len(erased.conversation_ids) == 2
    assert CANARY not in await rows(store)
    for who in (known, person):
        assert types(await who.sees()) == ["erased"]


async def test_a_visitor_who_said_nothing_can_be_erased(store: Store, person: Person) -> None:
    erased = await store.erase(person.id)
    assert erased.conversation_ids == ()
    [event] = erased.events
    assert event.body == {"conversation_ids": []}
    assert await person.sees() == [event]


async def test_what_is_under_way_for_an_erased_visitor_is_refused(
    store: Store, person: Person
) -> None:
    """A translation that comes back after the erasure, even in its very commit."""
    sent = await person.says(CANARY)
    results = await asyncio.gather(
        store.erase(person.id),
        translated(store, sent, CANARY),
        judged(store, sent, person.id),
        answer(store, ConversationId(sent.answer["conversation_id"]), CANARY),
        return_exceptions=True,
    )
    for late in results[1:]:
        assert not isinstance(late, Refused) or late.code == "not_found"
    with pytest.raises(Refused):
        await translated(store, sent, CANARY)
    assert CANARY not in await rows(store)
    assert await store.pending() == []


async def test_erasing_and_writing_at_once_on_two_nodes(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other_node = await open_store()
    await asyncio.gather(
        *(person.says(CANARY, store=node) for node in (store, other_node) * 10),
        other_node.erase(person.id),
        return_exceptions=True,
    )
    assert CANARY not in await rows(store)
    assert types(await person.sees()) == ["erased"]


async def test_visitors_are_found_by_id_address_and_identity(store: Store) -> None:
    ana = await Person.arrives(store, identity_id="42", email="Ana@Example.com")
    ben = await Person.arrives(store, identity_id="43", email="ben@example.com")
    elsewhere = await Person.arrives(store, OTHER, identity_id="42")

    async def found(text: str) -> set[VisitorId]:
        return {visitor.id for visitor in await store.find_visitors(text)}

    assert await found(ana.id) == {ana.id}
    assert await found("ana@example.COM") == {ana.id}
    assert await found("43") == {ben.id}
    assert await found("42") == {ana.id, elsewhere.id}
    assert await found("nobody") == set()
    anonymous = await Person.arrives(store)
    await store.arrive(arrival(visitor_id=anonymous.id, identity_id="43"))
    assert await found(anonymous.id) == {ben.id}


async def test_an_export_holds_everything_and_is_plain_json(store: Store) -> None:
    person = await Person.arrives(store, locale="pt", page={"url": "https://shop.example/"})
    conversation_id = await talk(store, person)
    await person.closes()
    await person.says("second")
    exported = json.loads(json.dumps(await store.export(person.id)))
    assert exported["visitor_id"] == person.id
    [visitor] = exported["visitors"]
    assert (visitor["email"], visitor["phone"]) == (f"{CANARY}@example.com", CANARY)
    assert visitor["created_at"].endswith("Z")
    first, second = exported["conversations"]
    assert first["id"] == conversation_id
    assert first["closed_at"] is not None
    assert [event["type"] for event in first["events"]] == [
        "queued",
        "message",
        "language",
        "translation",
        "assigned",
        "note",
        "message",
        "translation",
        "contact",
        "message",
        "rated",
        "closed",
    ]
    assert second["events"][-1]["message"]["text"] == "second"
    with pytest.raises(Refused) as caught:
        await store.export(VisitorId(new_id()))
    assert caught.value.code == "not_found"


async def test_only_closed_and_old_conversations_expire(store: Store, clock: Clock) -> None:
    old, recent, open_one, elsewhere = [
        await Person.arrives(store, OTHER if number == 3 else SHOP) for number in range(4)
    ]
    gone = await talk(store, old)
    await old.closes()
    await elsewhere.says("another shop's")
    await elsewhere.closes()
    await open_one.says("old but open")
    clock.now += 10 * DAY
    await recent.says("recent")
    await recent.closes()
    erased = await store.expire(SHOP.key, clock.now - 5 * DAY, 50)
    assert erased.conversation_ids == (gone,)
    assert erased.visitors == 1
    assert CANARY not in await rows(store)
    kept = await rows(store)
    for text in ("another shop's", "old but open", "recent"):
        assert text in kept


async def test_operators_are_told_what_expired(store: Store, clock: Clock) -> None:
    person = await Person.arrives(store)
    gone = await person.begins()
    await person.closes()
    clock.now += 10 * DAY
    _, before = await store.head()
    erased = await store.expire(SHOP.key, clock.now - 5 * DAY, 50)
    assert await stream(store, PAT, before) == list(erased.events)
    assert erased.events[0].body == {"conversation_ids": [gone]}


async def test_who_still_comes_keeps_token_and_newer_conversations(
    store: Store, clock: Clock
) -> None:
    person = await Person.arrives(store)
    await person.says("old")
    await person.closes()
    clock.now += 10 * DAY
    await person.says("new")
    erased = await store.expire(SHOP.key, clock.now - 5 * DAY, 50)
    assert (len(erased.conversation_ids), erased.visitors) == (1, 0)
    assert texts(await person.sees()) == ["new"]
    assert "erased" not in types(await person.sees())  # it would clear the client's token
    arrived = await store.arrive(arrival(visitor_id=person.id))
    assert arrived.visitor.id == person.id


async def test_visitors_who_never_wrote_expire_too(store: Store, clock: Clock) -> None:
    anonymous = await Person.arrives(store)
    known = await Person.arrives(store, identity_id="42")
    await store.arrive(arrival(visitor_id=anonymous.id, identity_id="42"))
    clock.now += 10 * DAY
    recent = await Person.arrives(store)
    erased = await store.expire(SHOP.key, clock.now - 5 * DAY, 50)
    assert erased.visitors == 2
    assert erased.events == ()
    assert await store.visitor(known.id) is None
    assert await store.visitor(recent.id) is not None
    with pytest.raises(Refused):
        await store.arrive(arrival(visitor_id=anonymous.id))


async def test_a_batch_is_bounded(store: Store, clock: Clock) -> None:
    for _ in range(5):
        person = await Person.arrives(store)
        await person.says()
        await person.closes()
    clock.now += 10 * DAY
    counts = [len((await store.expire(SHOP.key, clock.now, 2)).conversation_ids) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


async def test_the_time_to_keep_is_each_sites_own(store: Store) -> None:
    assert await store.retention() == {}
    await store.close()
    await store.open([replace(SHOP, retention_days=30), OTHER])
    assert await store.retention() == {SHOP.key: 30}
    await store.close()
    await store.open([OTHER])  # what was said on it is still to go
    assert await store.retention() == {SHOP.key: 30}


async def test_a_new_log_id_makes_clients_start_anew(store: Store, person: Person) -> None:
    await person.says()
    log_id, head = await store.head()
    renewed = await store.renew_log()
    assert renewed != log_id
    assert await store.head() == (renewed, head)
    await person.says("goes on")
    assert (await store.head())[0] == renewed


async def test_who_never_said_anything_is_forgotten(store: Store, clock: Clock) -> None:
    talks = await Person.arrives(store)
    await talks.says()
    silent = [await Person.arrives(store, name=f"Ana {number}") for number in range(5)]
    elsewhere = await Person.arrives(store, OTHER)
    merged = await Person.arrives(store)
    await store.arrive(arrival(visitor_id=merged.id, identity_id="c-1"))
    clock.now += DAY
    later = await Person.arrives(store)
    before = clock.now - 60
    removed, looks = 0, 0
    place, more = (0.0, ""), True
    while more:  # all of them were seen at the same moment
        found = await store.expire_silent(SHOP.key, before, place, 2)
        removed, looks = removed + found.removed, looks + 1
        place, more = found.place, found.more
    assert (removed, looks) == (6, 4)
    for person in silent:
        assert await store.visitor(person.id) is None
    assert "Ana" not in await rows(store)
    for person in (talks, elsewhere, later):
        assert await store.visitor(person.id) is not None
    again = await store.expire_silent(SHOP.key, before, place, 2)
    assert (again.removed, again.place, again.more) == (0, place, False)
    assert set(await store.known_sites()) == {SHOP.key, OTHER.key}
