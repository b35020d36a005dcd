"""Conversation lists, operators, sessions, sites and the demo's rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.people import (
    EVA,
    OTHER,
    PAT,
    SHOP,
    START,
    TIM,
    Clock,
    OpenStore,
    Person,
    answer,
    claim,
    judged,
    translated,
)
from translate_proxy import commands as c
from translate_proxy.model import (
    ConversationId,
    Cursor,
    Operator,
    OperatorId,
    Refused,
    Session,
    SiteKey,
    new_id,
    rfc3339,
)
from translate_proxy.storage.store import Store

DEMO = Operator(OperatorId(new_id()), "demo@example.com", "Demo", ("en",), demo=True)
DEMO_SITE = replace(OTHER, key=SiteKey("demo"), demo=True)


def ids(found: Any) -> list[str]:
    return [summary["conversation_id"] for summary in found]


async def test_a_summary_says_where_a_conversation_is(store: Store) -> None:
    person = await Person.arrives(store, name="Ana", page={"url": "https://shop.example/"})
    sent = await person.says("Olá")
    conversation_id = ConversationId(sent.answer["conversation_id"])
    await judged(store, sent, person.id, "pt")
    await translated(store, sent, "Hello", "en")
    await translated(store, sent, "Hei", "fi")
    await claim(store, conversation_id)
    summary = await store.summary(EVA, conversation_id)
    assert summary is not None
    assert summary["status"] == "assigned"
    assert summary["operator"] == {"id": EVA.id, "name": "Eva"}
    assert summary["visitor"] == {
        "id": person.id,
        "name": "Ana",
        "email": None,
        "locale": None,
        "page": {"url": "https://shop.example/"},
        "verified": False,
    }
    assert (summary["language"], summary["pinned"]) == ("pt", None)
    assert summary["cursor"] == (await store.head())[1]
    assert summary["last_message"]["text"] == "Olá"
    assert summary["last_translation"]["text"] == "Hello"
    for_tim = await store.summary(TIM, conversation_id)
    assert for_tim is not None
    assert for_tim["last_translation"]["text"] == "Hei"


async def test_the_newest_translation_is_shown(store: Store, person: Person) -> None:
    sent = await person.says("Olá")
    await translated(store, sent, "Allo", "en")
    await translated(store, sent, "Hello", "en")
    [summary] = await store.summaries(EVA)
    assert summary["last_translation"]["text"] == "Hello"


async def test_lists_hold_what_is_unclaimed_or_ones_own(store: Store) -> None:
    waiting = await (await Person.arrives(store)).begins()
    evas = await (await Person.arrives(store)).begins()
    tims = await (await Person.arrives(store)).begins()
    await (await Person.arrives(store, OTHER)).begins()
    await claim(store, evas, EVA)
    await claim(store, tims, TIM)
    assert set(ids(await store.summaries(EVA))) == {waiting, evas}
    assert ids(await store.summaries(EVA, "waiting")) == [waiting]
    assert ids(await store.summaries(EVA, "assigned")) == [evas]
    assert ids(await store.summaries(EVA, "closed")) == []
    assert ids(await store.summaries(PAT)) == [waiting]
    assert await store.waiting_count(EVA) == 1
    assert await store.waiting_count(TIM) == 2
    elsewhere = await store.summary(PAT, tims)
    assert elsewhere is not None  # it may be looked at


async def test_lists_are_paged_by_newest_activity(store: Store) -> None:
    conversations = [await (await Person.arrives(store)).begins() for _ in range(5)]
    await store.append(c.AddNote(new_id(), EVA, conversations[0], "moves it up"))
    first = await store.summaries(EVA, limit=3)
    assert ids(first) == [conversations[0], conversations[4], conversations[3]]
    second = await store.summaries(EVA, before=Cursor(first[-1]["cursor"]), limit=3)
    assert ids(second) == [conversations[2], conversations[1]]


async def test_the_longest_waiting_come_first(store: Store, clock: Clock) -> None:
    people, homes = [], []
    for place in range(7):
        clock.now += place // 3  # some come within the same moment
        people.append(await Person.arrives(store, OTHER if place == 4 else SHOP))
        homes.append(await people[-1].begins())
    await people[0].says("Still here")  # whatever they do, it is the same wait
    await store.append(c.AddNote(new_id(), EVA, homes[1], "a note"))
    opened = {one["conversation_id"]: one["opened_at"] for one in await store.summaries(TIM)}
    longest_first = sorted(homes, key=lambda home: (opened[home], home))
    assert ids(await store.summaries(TIM, order="waiting")) == longest_first
    for size in (1, 2, 3):
        pages: list[str] = []
        before = None
        while page := await store.summaries(TIM, "waiting", before, size, "waiting"):
            pages += ids(page)
            before = Cursor(page[-1]["cursor"])
        assert pages == longest_first
    first = await store.summaries(TIM, limit=3, order="waiting")
    taken = ConversationId(longest_first[2])
    await claim(store, taken)
    rest = await store.summaries(TIM, before=Cursor(first[-1]["cursor"]), order="waiting")
    assert ids(rest) == longest_first[3:]  # after one that waits no more
    assert taken not in ids(await store.summaries(EVA, order="waiting"))
    assert homes[4] not in ids(await store.summaries(EVA, order="waiting"))
    await store.erase(people[homes.index(taken)].id)
    again = await store.summaries(TIM, before=Cursor(first[-1]["cursor"]), order="waiting")
    assert ids(again) == [home for home in longest_first if home != taken]


async def test_paging_loses_neither_open_nor_closed_ones(store: Store) -> None:
    conversations = [await (await Person.arrives(store)).begins() for _ in range(4)]
    for closed in conversations[:2]:
        await store.append(c.CloseByOperator(new_id(), EVA, closed))
    newest_first = [conversations[index] for index in (1, 0, 3, 2)]
    assert ids(await store.summaries(EVA)) == newest_first
    first = await store.summaries(EVA, limit=2)
    second = await store.summaries(EVA, before=Cursor(first[-1]["cursor"]), limit=2)
    assert ids(first) + ids(second) == newest_first
    assert ids(await store.summaries(EVA, "closed")) == newest_first[:2]


async def test_a_look_at_an_old_conversation_does_not_bring_it_to_the_top(
    store: Store, clock: Clock
) -> None:
    sent = [await (await Person.arrives(store)).says() for _ in range(5)]
    homes = [ConversationId(one.answer["conversation_id"]) for one in sent]
    clock.now += 60
    newest_first = list(reversed(homes))
    await translated(store, sent[0], "Hei", "fi")
    await judged(store, sent[0], "whoever", "pt")
    await translated(store, sent[2], "Hei", "fi")
    await store.append(c.Correct(new_id(), TIM, sent[1].answer["message_id"], "en", "Hello!"))
    await store.append(c.PinByOperator(new_id(), TIM, homes[1], "fi"))
    assert ids(await store.summaries(TIM)) == newest_first
    assert {one["updated_at"] for one in await store.summaries(TIM)} == {rfc3339(START)}
    for size in (1, 2, 3, 4):
        pages: list[str] = []
        before = None
        while page := await store.summaries(TIM, before=before, limit=size):
            pages += ids(page)
            before = Cursor(page[-1]["cursor"])
            # What is looked at between two pages is neither lost nor shown twice.
            await translated(store, sent[0], "Hei", "fi")
        assert pages == newest_first
    await answer(store, homes[0])
    [first, *_] = await store.summaries(EVA)
    assert (first["conversation_id"], first["updated_at"]) == (homes[0], rfc3339(clock.now))


async def test_the_queue_is_in_order_of_waiting(store: Store, clock: Clock) -> None:
    people = []
    for _ in range(3):
        clock.now += 1
        people.append(await Person.arrives(store))
        await people[-1].begins()
    first = await store.open_conversation(people[0].id)
    assert first is not None
    await answer(store, first.id)
    assert await store.queue_of(SHOP.key) == [people[1].id, people[2].id]


async def test_previews_go_into_the_visitors_language(store: Store, person: Person) -> None:
    sent = await person.says()
    conversation_id = ConversationId(sent.answer["conversation_id"])
    assert await store.preview_target(EVA, conversation_id) == (SHOP, "pt")
    await judged(store, sent, person.id, "fi")
    assert await store.preview_target(EVA, conversation_id) == (SHOP, "fi")
    elsewhere = await (await Person.arrives(store, OTHER)).begins()
    for hidden in (elsewhere, ConversationId(new_id())):
        with pytest.raises(Refused) as caught:
            await store.preview_target(EVA, hidden)
        assert caught.value.code == "not_found"
        assert await store.summary(EVA, hidden) is None


async def test_an_address_is_one_operators(store: Store) -> None:
    found = await store.operator_by_email("EVA@Example.com")
    assert found == (EVA, "hash")
    with pytest.raises(Refused) as caught:
        await store.add_operator(
            replace(EVA, id=OperatorId(new_id()), email="Eva@example.com"), "hash"
        )
    assert caught.value.code == "conflict"
    assert await store.operators() == [EVA, TIM]
    await store.set_password_hash(EVA.id, "newer")
    found = await store.operator_by_email(EVA.email)
    assert found is not None
    assert found[1] == "newer"


async def test_sessions_live_until_they_are_ended(store: Store, clock: Clock) -> None:
    session = Session("h" * 64, EVA.id, clock.now, clock.now + 100)
    await store.add_session(session)
    assert await store.session(session.token_hash) == session
    clock.now += 200
    assert await store.session(session.token_hash) == session  # expired: the caller's to say
    newer = Session("i" * 64, EVA.id, clock.now, clock.now + 100)
    await store.add_session(newer)
    assert await store.session(session.token_hash) is None  # and swept by the next one
    await store.end_session(newer.token_hash)
    await store.end_session(newer.token_hash)
    assert await store.session(newer.token_hash) is None


async def test_demo_rows_exist_only_in_demo_mode(open_store: OpenStore) -> None:
    demo = await open_store(demo=True)
    await demo.add_operator(DEMO, "hash")
    assert await demo.operators() == [DEMO]
    plain = await open_store()
    assert await plain.operators() == []
    assert await plain.operator(DEMO.id) is None
    assert await plain.operator_by_email(DEMO.email) is None


async def test_only_configured_sites_are_active(open_store: OpenStore, clock: Clock) -> None:
    store = await open_store()
    assert store.shop().sites == (OTHER, SHOP)
    await store.close()
    await store.open([replace(SHOP, name="Renamed"), DEMO_SITE])
    assert [(site.key, site.name) for site in store.shop().sites] == [(SHOP.key, "Renamed")]
    assert store.shop().served_by(TIM) == (SHOP.key,)
