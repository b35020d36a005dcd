"""Who sees what, and how it is paged."""

from __future__ import annotations

import pytest

from tests.contract.people import (
    EVA,
    OTHER,
    PAT,
    SHOP,
    TIM,
    OpenStore,
    Person,
    answer,
    claim,
    judged,
    texts,
    translated,
    types,
)
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, Cursor, Event, Operator, new_id
from translate_proxy.records import OperatorView
from translate_proxy.storage import reads
from translate_proxy.storage.store import Store

START = Cursor(0)


async def seen_by(store: Store, operator: Operator, *opened: ConversationId) -> list[Event]:
    """Everything in the operator's stream."""
    view = OperatorView(operator.id, store.shop().served_by(operator), opened)
    page = await store.read_operator(view, START, 1000)
    assert not page.more
    return list(page.events)


async def test_visitors_see_their_own_conversations_and_no_notes(
    store: Store, person: Person
) -> None:
    neighbour = await Person.arrives(store)
    await neighbour.says("not yours")
    conversation_id = await person.begins("mine")
    await claim(store, conversation_id)
    await store.append(c.AddNote(new_id(), EVA, conversation_id, "a difficult one"))
    await answer(store, conversation_id, "Hi")
    assert types(await person.sees()) == ["queued", "message", "assigned", "message"]
    assert texts(await person.sees()) == ["mine", "Hi"]
    page = await store.history(person.id, "visitor", None, 50)
    assert types(page.events) == ["queued", "message", "assigned", "message"]
    assert types((await store.recent(person.id, 50)).events) == types(page.events)


async def test_operators_see_notes(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    note = await store.append(c.AddNote(new_id(), EVA, conversation_id, "call back"))
    assert note.events[0].body["note"]["text"] == "call back"
    assert types(await seen_by(store, PAT)) == ["queued", "message", "note"]
    page = await store.history(conversation_id, "operator", None, 50)
    assert types(page.events) == ["queued", "message", "note"]


async def test_unclaimed_conversations_are_everybodys_of_the_site(
    store: Store, person: Person
) -> None:
    await person.says("shop's")
    await (await Person.arrives(store, OTHER)).says("other's")
    assert texts(await seen_by(store, EVA)) == ["shop's"]
    assert texts(await seen_by(store, TIM)) == ["shop's", "other's"]


async def test_once_claimed_it_is_the_owners_alone(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    await claim(store, conversation_id)
    await person.says("for Eva")
    # That it is taken is the last that the others learn.
    assert types(await seen_by(store, PAT)) == ["queued", "message", "assigned"]
    assert texts(await seen_by(store, EVA)) == ["Olá", "for Eva"]


async def test_after_a_transfer_it_is_the_new_owners(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    await claim(store, conversation_id)
    await person.says("for Eva")
    moved = await store.append(c.Transfer(new_id(), EVA, conversation_id, TIM.id))
    await person.says("for Tim")
    assert moved.events[0].body == {
        "from": {"id": EVA.id, "name": "Eva"},
        "to": {"id": TIM.id, "name": "Tim"},
    }
    assert types(await seen_by(store, EVA))[-1] == "transferred"
    assert "for Tim" not in texts(await seen_by(store, EVA))
    assert texts(await seen_by(store, TIM)) == ["Olá", "for Tim"]


async def test_what_is_opened_is_seen(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    await claim(store, conversation_id)
    await person.says("for Eva")
    assert texts(await seen_by(store, PAT, conversation_id)) == ["Olá", "for Eva"]
    elsewhere = await (await Person.arrives(store, OTHER)).begins("other's")
    assert "other's" not in texts(await seen_by(store, PAT, elsewhere))


async def test_a_stream_is_read_in_pages(store: Store, person: Person) -> None:
    neighbour = await Person.arrives(store)
    for number in range(10):
        await person.says(f"{number}")
        await neighbour.says("noise")
    seen: list[str] = []
    position, more = START, True
    while more:
        page = await store.read_visitor(person.id, position, 3)
        assert len(page.events) <= 3
        seen += texts(page.events)
        if page.more:
            assert page.looked_to == page.events[-1].cursor
        position, more = page.looked_to, page.more
    assert seen == [f"{number}" for number in range(10)]
    assert position == (await store.head())[1]


async def test_looking_moves_past_what_is_others(store: Store, person: Person) -> None:
    neighbour = await Person.arrives(store)
    for number in range(5):
        await neighbour.says(f"{number}")
    _, head = await store.head()
    page = await store.read_visitor(person.id, START, 3)
    assert (page.events, page.looked_to, page.more) == ((), head, False)
    ahead = Cursor(head + 1000)
    assert (await store.read_visitor(person.id, ahead, 3)).looked_to == ahead


async def test_history_goes_backwards(store: Store, person: Person) -> None:
    for number in range(10):
        await person.says(f"{number}")
    newest = await store.history(person.id, "visitor", None, 4)
    assert texts(newest.events) == ["6", "7", "8", "9"]
    assert newest.more
    older = await store.history(person.id, "visitor", newest.events[0].cursor, 4)
    assert texts(older.events) == ["2", "3", "4", "5"]
    oldest = await store.history(person.id, "visitor", older.events[0].cursor, 4)
    assert (types(oldest.events)[0], texts(oldest.events), oldest.more) == (
        "queued",
        ["0", "1"],
        False,
    )


async def test_history_tells_of_more_only_where_something_was_written(
    store: Store, person: Person
) -> None:
    sent = await person.says("only")
    home = ConversationId(sent.answer["conversation_id"])
    await translated(store, sent)
    await claim(store, home)
    for who, side in ((person.id, "visitor"), (home, "operator")):
        whole = await store.history(who, side, None, 50)  # type: ignore[arg-type]
        first = types(whole.events).index("message")
        # Since the message: nothing that is shown was earlier, though its beginning was.
        rest = await store.history(who, side, None, len(whole.events) - first)  # type: ignore[arg-type]
        assert (types(rest.events)[0], rest.more) == ("message", False)
        later = await store.history(who, side, rest.events[1].cursor, 1)  # type: ignore[arg-type]
        assert (texts(later.events), later.more) == (["only"], False)
        page = await store.history(who, side, None, 1)  # type: ignore[arg-type]
        assert page.more

    await person.closes()
    newer = await (await Person.arrives(store)).says("of somebody else")
    other = ConversationId(newer.answer["conversation_id"])
    await store.append(c.AddNote(new_id(), EVA, other, "a note"))
    await claim(store, other)
    assert (await store.history(other, "operator", None, 1)).more
    newest = await store.history(person.id, "visitor", None, 1)
    assert (types(newest.events), newest.more) == (["closed"], True)


async def test_history_of_a_visitor_spans_conversations(store: Store, person: Person) -> None:
    await person.says("first")
    await person.closes()
    await person.says("second")
    assert texts((await store.history(person.id, "visitor", None, 50)).events) == [
        "first",
        "second",
    ]


async def test_recent_is_the_open_conversation_from_its_last_messages(
    store: Store, person: Person
) -> None:
    await person.says("of a closed one")
    await person.closes()
    for number in range(5):
        sent = await person.says(f"{number}")
        await translated(store, sent, f"translated {number}")
    everything = await store.recent(person.id, 50)
    assert texts(everything.events) == ["0", "1", "2", "3", "4"]
    assert not everything.more
    last = await store.recent(person.id, 2)
    assert texts(last.events) == ["3", "4"]
    assert last.more
    assert types(last.events) == ["message", "translation"] * 2
    assert last.looked_to == (await store.head())[1]


async def test_recent_without_an_open_conversation_is_empty(store: Store, person: Person) -> None:
    await person.says()
    await person.closes()
    page = await store.recent(person.id, 50)
    assert (page.events, page.more) == ((), False)
    assert page.looked_to == (await store.head())[1]


async def test_every_translation_goes_to_everybody(store: Store, person: Person) -> None:
    sent = await person.says()
    await judged(store, sent, person.id)
    await translated(store, sent, "Hello", "en")
    await translated(store, sent, "Hei", "fi")
    assert types(await person.sees())[2:] == ["language", "translation", "translation"]
    assert types(await seen_by(store, EVA))[2:] == ["language", "translation", "translation"]


async def test_an_operators_stream_is_searched_a_piece_at_a_time(
    store: Store, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(reads, "WINDOW", 5)
    elsewhere = await Person.arrives(store, OTHER)
    for _ in range(12):
        await elsewhere.says()
    await person.says("found")
    view = OperatorView(EVA.id, (SHOP.key,))
    position, more, seen = START, True, []
    while more:
        page = await store.read_operator(view, position, 100)
        assert page.looked_to <= position + 5
        seen += texts(page.events)
        position, more = page.looked_to, page.more
    assert seen == ["found"]
    assert position == (await store.head())[1]


async def test_a_stream_is_the_same_on_every_node(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    await person.says("here")
    other_node = await open_store()
    await person.says("there", store=other_node)
    assert await Person(other_node, person.id).sees() == await person.sees()
