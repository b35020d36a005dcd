"""Acknowledged once, stored once, and a refusal leaves nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.people import (
    EVA,
    OTHER,
    PAT,
    TIM,
    OpenStore,
    Person,
    answer,
    claim,
    texts,
    types,
)
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, MessageId, OperatorId, Refused, VisitorId, new_id
from translate_proxy.storage.store import Store

NOWHERE = ConversationId(new_id())


async def test_a_first_message_opens_a_conversation(store: Store, person: Person) -> None:
    sent = await person.says("Olá")
    assert types(sent.events) == ["queued", "message"]
    assert sent.answer["cursor"] == sent.events[-1].cursor
    conversation = await store.open_conversation(person.id)
    assert conversation is not None
    assert conversation.id == sent.answer["conversation_id"]
    assert (conversation.status, conversation.operator_id) == ("waiting", None)
    assert conversation.last_cursor == sent.answer["cursor"]
    message = sent.events[-1].body["message"]
    assert message["id"] == sent.answer["message_id"]
    assert (message["from"], message["text"]) == ("visitor", "Olá")
    assert message["author"]["id"] == person.id


async def test_a_second_message_goes_into_the_open_conversation(person: Person) -> None:
    first, second = await person.says("um"), await person.says("dois")
    assert types(second.events) == ["message"]
    assert first.answer["conversation_id"] == second.answer["conversation_id"]
    assert texts(await person.sees()) == ["um", "dois"]


async def test_a_repeat_gets_the_first_answer(store: Store, person: Person) -> None:
    client_id = new_id()
    first = await person.says("Olá", client_id)
    again = await person.says("something else", client_id)
    assert again.repeated
    assert again.events == ()
    assert again.answer == first.answer
    assert texts(await person.sees()) == ["Olá"]


async def test_repeats_at_the_same_time_are_stored_once(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other_node = await open_store()
    client_id = new_id()
    receipts = await asyncio.gather(
        *(person.says("Olá", client_id, node) for node in (store, other_node) * 10)
    )
    assert all(receipt.answer == receipts[0].answer for receipt in receipts)
    assert sum(not receipt.repeated for receipt in receipts) == 1
    assert texts(await person.sees()) == ["Olá"]


async def test_client_ids_are_each_authors_own(store: Store, person: Person) -> None:
    client_id, neighbour = new_id(), await Person.arrives(store)
    mine = await person.says("mine", client_id)
    theirs = await neighbour.says("theirs", client_id)
    operators = await store.append(
        c.SendOperatorMessage(
            client_id, EVA, ConversationId(mine.answer["conversation_id"]), "Eva's"
        )
    )
    assert [mine.repeated, theirs.repeated, operators.repeated] == [False] * 3


async def test_an_operators_repeat_gets_the_first_answer(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    command = c.SendOperatorMessage(new_id(), EVA, conversation_id, "Hi")
    first = await store.append(command)
    await store.append(c.CloseByOperator(new_id(), EVA, conversation_id))
    again = await store.append(command)  # would be refused as closed
    assert (again.answer, again.repeated) == (first.answer, True)


async def test_a_refused_command_may_be_tried_again(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    await claim(store, conversation_id, TIM)
    command = c.SendOperatorMessage(new_id(), EVA, conversation_id, "Hi")
    with pytest.raises(Refused):
        await store.append(command)
    await store.append(c.Transfer(new_id(), TIM, conversation_id, EVA.id))
    assert not (await store.append(command)).repeated


async def test_refusals_leave_nothing(store: Store, person: Person) -> None:
    taken = await person.begins()
    await claim(store, taken)
    closed = await (await Person.arrives(store)).begins()
    await store.append(c.CloseByOperator(new_id(), EVA, closed))
    elsewhere = await (await Person.arrives(store, OTHER)).begins()
    quiet = await Person.arrives(store)
    nobody = VisitorId(new_id())
    refused: list[tuple[str, c.ClientCommand]] = [
        ("bad_token", c.SendVisitorMessage(new_id(), person.site.key, nobody, "x")),
        ("bad_token", c.PinByVisitor(new_id(), nobody, "fi")),
        ("not_found", c.CloseByVisitor(new_id(), quiet.id)),
        ("not_found", c.Rate(new_id(), quiet.id, 5)),
        ("not_found", c.SendOperatorMessage(new_id(), EVA, NOWHERE, "x")),
        ("not_found", c.SendOperatorMessage(new_id(), EVA, elsewhere, "x")),
        ("not_found", c.AddNote(new_id(), EVA, elsewhere, "x")),
        ("not_found", c.Claim(new_id(), EVA, elsewhere)),
        ("not_found", c.PinByOperator(new_id(), EVA, elsewhere, "en")),
        ("not_found", c.CloseByOperator(new_id(), EVA, elsewhere)),
        ("not_found", c.Correct(new_id(), EVA, MessageId(new_id()), "en", "x")),
        ("not_found", c.Transfer(new_id(), EVA, taken, OperatorId(new_id()))),
        ("forbidden", c.SendOperatorMessage(new_id(), PAT, taken, "x")),
        ("forbidden", c.Transfer(new_id(), PAT, taken, TIM.id)),
        ("forbidden", c.CloseByOperator(new_id(), PAT, taken)),
        ("already_claimed", c.Claim(new_id(), PAT, taken)),
        ("closed", c.SendOperatorMessage(new_id(), EVA, closed, "x")),
        ("closed", c.Claim(new_id(), EVA, closed)),
        ("closed", c.Transfer(new_id(), EVA, closed, TIM.id)),
        ("closed", c.CloseByOperator(new_id(), EVA, closed)),
    ]
    _, before = await store.head()

    async def attempt(command: c.ClientCommand) -> str:
        with pytest.raises(Refused) as caught:
            await store.append(command)
        return caught.value.code

    codes = await asyncio.gather(*(attempt(command) for _, command in refused))
    assert codes == [code for code, _ in refused]
    assert (await store.head())[1] == before


async def test_one_bad_append_of_a_batch_is_refused_alone(store: Store, person: Person) -> None:
    unstorable: Any = {object()}  # what no database can keep

    async def bad() -> str:
        with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever the driver says)
            await store.append(
                c.SendVisitorMessage(new_id(), person.site.key, person.id, unstorable)
            )
        return type(caught.value).__name__

    good = [person.says(f"{number}") for number in range(40)]
    outcomes = await asyncio.gather(*good[:20], bad(), *good[20:])
    assert outcomes[20] != "Refused"
    assert texts(await person.sees()) == [f"{number}" for number in range(40)]


async def test_nodes_write_the_open_conversation_once(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    other_node = await open_store()
    receipts = await asyncio.gather(
        *(person.says("Olá", store=node) for node in (store, other_node) * 20)
    )
    assert len({receipt.answer["conversation_id"] for receipt in receipts}) == 1
    assert types(await person.sees()).count("queued") == 1


async def test_an_answer_without_a_claim_claims(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    sent = await answer(store, conversation_id)
    assert types(sent.events) == ["assigned", "message"]
    assert sent.events[-1].owner == EVA.id


async def test_a_contact_is_kept_and_is_a_message(store: Store, person: Person) -> None:
    left = await store.append(
        c.LeaveContact(new_id(), person.site.key, person.id, "Call me", "Ana", phone="+351 1")
    )
    assert types(left.events) == ["queued", "contact", "message"]
    assert left.events[1].body["phone"] == "+351 1"
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert (visitor.name, visitor.email) == ("Ana", None)


async def test_text_of_every_script_comes_back_as_it_was(person: Person) -> None:
    said = [
        "שלום עולם",
        "ça va? 👩‍👩‍👧",
        "a\u2028b\tc\r\nd",
        "'); DROP TABLE events;--",
        "\U0010ffff",
    ]
    for text in said:
        await person.says(text)
    assert texts(await person.sees()) == said


async def test_what_postgresql_cannot_keep_is_refused(
    store: Store, person: Person, database_url: str
) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite keeps it")
    for text in ("a\x00b", "a\ud800b"):
        with pytest.raises(Refused) as caught:
            await person.says(text)
        assert caught.value.code == "bad_request"
    await person.says("still here")
    assert texts(await person.sees()) == ["still here"]
