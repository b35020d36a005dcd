"""A message is taken back: its text is nowhere any more, and that it was said stays."""

from __future__ import annotations

import asyncio
import json

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
    arrival,
    judged,
    translated,
    types,
)
from tests.contract.test_keeping import CANARY, rows
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, MessageId, Operator, Refused, new_id
from translate_proxy.storage.store import Store


def redact(sent: c.Receipt, operator: Operator = EVA, client_id: str | None = None) -> c.Redact:
    return c.Redact(client_id or new_id(), operator, MessageId(sent.answer["message_id"]))


async def refused(store: Store, command: c.ClientCommand) -> str:
    with pytest.raises(Refused) as caught:
        await store.append(command)
    return caught.value.code


async def test_what_was_taken_back_is_nowhere(store: Store, person: Person) -> None:
    home = await person.begins()
    sent = await answer(store, home, f"My password is {CANARY}")
    message_id = MessageId(sent.answer["message_id"])
    await judged(store, sent, EVA.id, "en")
    await translated(store, sent, f"A minha senha é {CANARY}", "pt", settles=False)
    await translated(store, sent, f"Salasanani on {CANARY}", "fi")
    await store.append(c.Correct(new_id(), EVA, message_id, "pt", f"A senha: {CANARY}"))
    assert CANARY in await rows(store)
    assert CANARY in json.dumps(await store.summaries(EVA))
    _, before = await store.head()

    receipt = await store.append(redact(sent))
    assert [one.body for one in receipt.events] == [{"message_id": message_id}]
    assert receipt.answer == {"conversation_id": home, "cursor": before + 1}
    assert CANARY not in await rows(store)
    assert await store.corrections() == []
    assert await store.correction(SHOP.key, "en", "pt", f"My password is {CANARY}") is None
    assert await store.message(message_id) is None
    assert [one.message.text for one in await store.last_messages(home, 20)] == ["Olá"]
    assert message_id not in [one.message.id for one in await store.pending()]
    summary = await store.summary(EVA, home)
    assert summary is not None
    assert (summary["last_message"], summary["last_translation"]) == (None, None)
    events = await person.sees()
    [said] = [one for one in events if one.body.get("message", {}).get("id") == message_id]
    assert (said.body["message"]["text"], said.body["message"]["redacted"]) == ("", True)
    assert said.body["message"]["author"]["name"] == "Eva"
    assert {one.body["text"] for one in events if one.type == "translation"} == {""}
    assert types(events)[-1] == "redacted"
    exported = json.dumps(await store.export(person.id))
    assert CANARY not in exported
    assert message_id in exported  # that it was said


async def test_nothing_is_made_of_it_afterwards(store: Store, person: Person) -> None:
    home = await person.begins()
    sent = await answer(store, home, f"one {CANARY}")
    message_id = MessageId(sent.answer["message_id"])
    await store.append(redact(sent))
    for settles in (False, True):
        late = await translated(store, sent, f"um {CANARY}", "pt", settles=settles)
        assert late.events == ()
    assert await refused(store, c.Correct(new_id(), EVA, message_id, "pt", CANARY)) == "not_found"
    assert await refused(store, redact(sent)) == "not_found"
    assert CANARY not in await rows(store)
    assert len(await store.pending()) == 1  # the visitor's own


async def test_it_is_taken_back_while_it_is_being_translated(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other = await open_store()
    home = await person.begins()
    for _ in range(5):
        sent = await answer(store, home, f"one {CANARY}")
        await asyncio.gather(
            translated(store, sent, f"um {CANARY}", "pt"),
            translated(other, sent, f"yksi {CANARY}", "fi"),
            store.append(redact(sent)),
            translated(store, sent, f"um, {CANARY}", "pt", settles=True),
            translated(other, sent, f"yksi, {CANARY}", "fi", settles=True),
        )
        assert CANARY not in await rows(store)


async def test_a_repeat_gets_the_first_answer(store: Store, person: Person) -> None:
    home = await person.begins()
    said = c.SendOperatorMessage(new_id(), EVA, home, f"one {CANARY}")
    sent = await store.append(said)
    command = redact(sent)
    first = await store.append(command)
    again = await store.append(command)
    assert (again.answer, again.repeated, again.events) == (first.answer, True, ())
    resent = await store.append(said)  # out of an outbox that had not heard of its ack
    assert (resent.answer, resent.repeated) == (sent.answer, True)
    assert CANARY not in await rows(store)


async def test_who_may_take_it_back(store: Store, person: Person) -> None:
    await store.add_operator(PAT, "hash")
    home = await person.begins(f"visitor {CANARY}")
    [visitors] = [one for one in await person.sees() if one.type == "message"]
    theirs = c.Receipt(answer={"message_id": visitors.body["message"]["id"]})
    sent = await answer(store, home, f"operator {CANARY}")
    assert await refused(store, redact(sent, PAT)) == "forbidden"
    assert await refused(store, redact(theirs, EVA)) == "forbidden"  # answers, but did not say it
    assert await refused(store, redact(c.Receipt(answer={"message_id": new_id()}))) == "not_found"
    elsewhere = await (await Person.arrives(store, OTHER)).says("not of this site")
    assert await refused(store, redact(elsewhere)) == "not_found"
    await store.append(c.Transfer(new_id(), EVA, home, PAT.id))
    await person.closes()
    await store.append(redact(sent))  # her own, although it is another's and closed by now
    await store.append(redact(theirs, TIM))
    assert CANARY not in await rows(store)


async def test_contact_details_lose_the_text_and_stay(store: Store, person: Person) -> None:
    left = await store.append(
        c.LeaveContact(new_id(), SHOP.key, person.id, f"call {CANARY}", "Ana", "ana@x.example")
    )
    await store.append(redact(left, TIM))
    assert CANARY not in await rows(store)
    [contact] = [one for one in await person.sees() if one.type == "contact"]
    assert (contact.body["email"], contact.body["text"]) == ("ana@x.example", "")


async def test_others_words_and_the_lists_order_stay(store: Store, person: Person) -> None:
    home = await person.begins()
    first, second = await answer(store, home, "the same"), await answer(store, home, "the same")
    for sent in (first, second):
        await judged(store, sent, EVA.id, "en")
        message_id = MessageId(sent.answer["message_id"])
        await store.append(c.Correct(new_id(), EVA, message_id, "pt", "o mesmo"))
    newer = await (await Person.arrives(store)).begins()
    await store.append(redact(first))
    assert await store.correction(SHOP.key, "en", "pt", "the same") == "o mesmo"
    kept = await store.message(MessageId(second.answer["message_id"]))
    assert kept is not None
    assert kept.message.text == "the same"
    assert [one["conversation_id"] for one in await store.summaries(EVA)] == [newer, home]


async def test_it_is_taken_back_after_a_merge_too(store: Store, person: Person) -> None:
    home = await person.begins(f"from before {CANARY}")
    sent = await answer(store, ConversationId(home), f"answer {CANARY}")
    arrived = await store.arrive(arrival(visitor_id=person.id, identity_id="c-1"))
    known = Person(store, arrived.visitor.id)
    await store.append(redact(sent))
    assert types(await known.sees())[-1] == "redacted"
