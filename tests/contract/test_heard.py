"""What is known of a new message when it is judged: the same, read along with its append or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.contract.people import EVA, SHOP, OpenStore, Person, answer, arrival, judged, translated
from translate_proxy import commands as c
from translate_proxy.model import Cursor, Language, MessageId, new_id
from translate_proxy.records import LanguageFacts, StoredMessage
from translate_proxy.storage.store import Store

Made = Mapping[tuple[Language, Language], str]


def id_of(sent: c.Receipt) -> MessageId:
    return MessageId(sent.answer["message_id"])


Found = tuple[StoredMessage, LanguageFacts | None] | None


def apart_from_cursors(found: Found) -> Found:
    """Later messages move a conversation's newest cursor; nobody who judges looks at it."""
    if found is None:
        return None
    stored, facts = found
    home = replace(stored.conversation, last_cursor=Cursor(0))
    if facts is not None:
        facts = replace(facts, conversation=home, corrected=None)
    return replace(stored, conversation=home), facts


async def known(
    store: Store, other: Store, sent: c.Receipt
) -> tuple[StoredMessage, LanguageFacts | None, Made | None]:
    """What both say of a message, which must be the same: the store that appended it, and one that
    has to read it. And what was made of its text, which only the first one tells."""
    mine = await store.to_judge(id_of(sent))
    assert mine is not None
    assert apart_from_cursors(mine) == apart_from_cursors(await other.to_judge(id_of(sent)))
    stored, facts = mine
    return stored, facts, None if facts is None else facts.corrected


async def test_a_first_message_and_those_that_follow(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other = await open_store()
    first = await person.says()
    assert (await known(store, other, first))[2] == {}
    await judged(store, first, person.id, "pt", weight=2)
    stored, facts, _ = await known(store, other, await person.says())
    assert facts is not None
    assert facts.state == {"weight": 2}
    assert stored.conversation.language == "pt"
    reply = await answer(store, first.answer["conversation_id"], operator=EVA)
    stored, facts, _ = await known(store, other, reply)
    assert stored.conversation.operator_id == EVA.id
    assert facts is not None
    assert facts.state is None


async def test_messages_of_one_commit(store: Store, open_store: OpenStore, person: Person) -> None:
    other = await open_store()
    people = [person, *[await Person.arrives(store) for _ in range(3)]]
    for sent in await asyncio.gather(*(one.says(f"{n}") for n in range(3) for one in people)):
        await known(store, other, sent)


async def test_an_earlier_conversation_tells_the_language(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other = await open_store()
    await judged(store, await person.says(), person.id, "fi")
    await person.closes()
    _, facts, _ = await known(store, other, await person.says())
    assert facts is not None
    assert facts.earlier == "fi"


@pytest.mark.parametrize("what", ["pin", "page", "claim", "judged", "merge", "redacted", "erased"])
async def test_what_happens_before_it_is_judged_is_seen(
    store: Store, open_store: OpenStore, person: Person, what: str
) -> None:
    other = await open_store()
    sent = await person.says()
    home = sent.answer["conversation_id"]
    match what:
        case "pin":
            await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
        case "page":
            await store.update_page(person.id, {"url": "https://shop.example/fi"}, "fi")
        case "claim":
            await store.append(c.Claim(new_id(), EVA, home))
        case "judged":
            await judged(store, sent, person.id, "fi")
        case "merge":
            await Person.arrives(store, identity_id="c-1")
            arrived = await store.arrive(arrival(visitor_id=person.id, identity_id="c-1"))
            assert arrived.changed
        case "redacted":
            await store.append(c.Claim(new_id(), EVA, home))
            supervisor = replace(EVA, role="supervisor")
            await store.append(c.Redact(new_id(), supervisor, id_of(sent)))
        case "erased":
            await store.erase(person.id)
    assert await store.to_judge(id_of(sent)) == await other.to_judge(id_of(sent))


async def test_what_was_made_of_the_same_text_comes_along(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other = await open_store()
    sent = await person.says("Olá!")
    await judged(store, sent, person.id, "pt")
    await translated(store, sent, "Hello!", "en")
    await store.append(c.Correct(new_id(), EVA, id_of(sent), "en", "Hi there!"))
    stranger = await Person.arrives(store)
    *_, made = await known(store, other, await stranger.says("  olá  "))
    assert made == {("pt", "en"): "Hi there!"}
    assert await store.correction(SHOP.key, "pt", "en", "olá") == "Hi there!"
    *_, made = await known(store, other, await stranger.says("Adeus!"))
    assert made == {}


@pytest.mark.parametrize("author", ["visitor", "operator"])
async def test_who_waits_behind_a_message_is_judged_by_what_was_found_of_it(
    store: Store, open_store: OpenStore, person: Person, author: str
) -> None:
    other = await open_store()
    first = await person.says()
    if author == "visitor":
        behind = await person.says()
    else:
        behind = await answer(store, first.answer["conversation_id"], operator=EVA)
    await judged(store, first, person.id, "pt", weight=2)
    await translated(store, first, "Hello", "en")
    stored, facts, made = await known(store, other, behind)
    assert stored.conversation.language == "pt"
    assert facts is not None
    assert facts.state == ({"weight": 2} if author == "visitor" else None)
    assert made == {}
