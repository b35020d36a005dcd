"""One conversation's life: claimed once, handed over, closed, begun again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.contract.people import (
    EVA,
    PAT,
    SHOP,
    TIM,
    Clock,
    OpenStore,
    Person,
    answer,
    claim,
    judged,
    translated,
    types,
)
from translate_proxy import commands as c
from translate_proxy.model import (
    ConversationId,
    MessageId,
    Operator,
    OperatorId,
    Refused,
    new_id,
)
from translate_proxy.storage.store import Store


async def state(store: Store, conversation_id: ConversationId) -> tuple[str, str | None]:
    found = await store.conversation(conversation_id)
    assert found is not None
    return found.status, found.operator_id


async def test_exactly_one_of_many_claims_wins(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    nodes = [store, await open_store()]
    conversation_id = await person.begins()
    crowd = [
        Operator(OperatorId(new_id()), f"{number}@example.com", f"{number}", ("en",))
        for number in range(20)
    ]

    async def attempt(number: int, operator: Operator) -> str:
        try:
            await claim(nodes[number % 2], conversation_id, operator)
        except Refused as refused:
            return refused.code
        return operator.id

    outcomes = await asyncio.gather(*(attempt(*one) for one in enumerate(crowd)))
    winners = [outcome for outcome in outcomes if outcome != "already_claimed"]
    assert len(winners) == 1
    assert await state(store, conversation_id) == ("assigned", winners[0])


async def test_claiming_ones_own_again_changes_nothing(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    first = await claim(store, conversation_id)
    again = await claim(store, conversation_id)
    assert again.events == ()
    assert again.answer == first.answer


async def test_a_supervisor_may_act_for_the_owner(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    await claim(store, conversation_id)
    await answer(store, conversation_id, "Tim here", TIM)
    await store.append(c.Transfer(new_id(), TIM, conversation_id, TIM.id))
    assert await state(store, conversation_id) == ("assigned", TIM.id)
    await store.append(c.CloseByOperator(new_id(), TIM, conversation_id))
    assert await state(store, conversation_id) == ("closed", TIM.id)


async def test_a_waiting_conversation_can_be_handed_to_somebody(
    store: Store, person: Person
) -> None:
    conversation_id = await person.begins()
    await store.append(c.Transfer(new_id(), EVA, conversation_id, TIM.id))
    assert await state(store, conversation_id) == ("assigned", TIM.id)


async def test_a_conversation_goes_only_to_operators_of_its_site(
    store: Store, person: Person
) -> None:
    conversation_id = await person.begins()
    stranger = Operator(OperatorId(new_id()), "x@example.com", "X", ("en",), ())
    away = Operator(OperatorId(new_id()), "y@example.com", "Y", ("en",), (SHOP.key[::-1],))  # type: ignore[arg-type]
    await store.add_operator(away, "hash")
    for to in (stranger, away):
        with pytest.raises(Refused) as caught:
            await store.append(c.Transfer(new_id(), EVA, conversation_id, to.id))
        assert caught.value.code == "not_found"


async def test_anyone_of_the_site_may_close_what_waits(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    closed = await store.append(c.CloseByOperator(new_id(), PAT, conversation_id))
    assert closed.events[0].body == {"by": {"from": "operator", "id": PAT.id, "name": "Pat"}}
    assert await state(store, conversation_id) == ("closed", None)


async def test_a_message_after_closed_begins_a_new_conversation(
    store: Store, person: Person
) -> None:
    first = await person.begins()
    closed = await person.closes()
    assert closed.events[0].body == {"by": {"from": "visitor", "id": person.id}}
    second = await person.says("again")
    assert second.answer["conversation_id"] != first
    assert types(second.events) == ["queued", "message"]
    assert await state(store, first) == ("closed", None)


async def test_closing_and_writing_at_once_leaves_one_open_conversation(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    nodes = [store, await open_store()]

    async def close(node: Store) -> None:
        with suppress(Refused):  # nothing to close just then
            await node.append(c.CloseByVisitor(new_id(), person.id))

    await asyncio.gather(
        *(
            close(node) if turn % 3 == 2 else person.says(f"{turn}", store=node)
            for turn in range(12)
            for node in nodes
        )
    )
    await person.says("the last word")
    events = await person.sees()
    opened = [event.conversation_id for event in events if event.type == "queued"]
    ended = [event.conversation_id for event in events if event.type == "closed"]
    assert len(opened) == len(ended) + 1
    now = await store.open_conversation(person.id)
    assert now is not None
    assert now.id == opened[-1]


async def test_a_rating_goes_to_the_newest_conversation(store: Store, person: Person) -> None:
    await person.begins()
    await person.closes()
    second = await person.begins()
    await person.closes()
    rated = await store.append(c.Rate(new_id(), person.id, 4, "obrigada"))
    assert rated.answer["conversation_id"] == second
    assert rated.events[0].body == {"stars": 4, "comment": "obrigada"}


async def test_a_look_at_an_old_conversation_does_not_make_it_the_newest(
    store: Store, person: Person, clock: Clock
) -> None:
    old = await person.says()
    await judged(store, old, person.id, "fi")
    await person.closes()
    newest = await person.says()
    await judged(store, newest, person.id, "pt")
    await person.closes()
    clock.now -= 86_400  # it was ahead: the newest is what was said last
    await translated(store, old, "Hei", "fi")
    rated = await store.append(c.Rate(new_id(), person.id, 5))
    assert rated.answer["conversation_id"] == newest.answer["conversation_id"]
    await translated(store, old, "Hello", "en")
    third = await person.begins()
    facts = await store.language_facts(third, person.id)
    assert facts.earlier == "pt"


async def test_a_pin_wins_over_detection(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    pinned = await store.append(c.PinByOperator(new_id(), EVA, conversation_id, "fi"))
    assert pinned.events[0].body["source"] == "pinned"
    assert pinned.events[0].body["changed"]
    again = await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    assert not again.events[0].body["changed"]
    found = await store.conversation(conversation_id)
    assert found is not None
    assert (found.language, found.pinned) == ("fi", "fi")


async def test_a_pin_that_is_taken_back_leaves_what_is_believed(
    store: Store, person: Person
) -> None:
    conversation_id = await person.begins()
    await judged(store, await person.says("Olá"), person.id, "pt")
    await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    summary = await store.summary(EVA, conversation_id)
    assert summary is not None
    assert (summary["language"], summary["pinned"]) == ("fi", "fi")
    belief = c.Believed("pt", 0.75, "detected")
    (freed,) = (await store.append(c.PinByOperator(new_id(), EVA, conversation_id, belief))).events
    assert (freed.type, freed.body) == (
        "language",
        {
            "of": "visitor",
            "author_id": person.id,
            "language": "pt",
            "confidence": 0.75,
            "source": "detected",
            "changed": True,
        },
    )
    found = await store.conversation(conversation_id)
    assert found is not None
    assert (found.language, found.pinned) == ("pt", None)
    again = await store.append(c.PinByVisitor(new_id(), person.id, belief))
    assert (again.events, again.answer["cursor"]) == ((), freed.cursor)


async def test_what_was_found_under_a_pin_is_known_when_it_is_taken_back(
    store: Store, person: Person
) -> None:
    conversation_id = await person.begins()
    await judged(store, await person.says("Olá"), person.id, "pt")
    await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    old = c.Believed("pt", 0.75, "detected")  # asked for before the next message was judged
    await judged(store, await person.says("Hello"), person.id, "en")
    freed = await store.append(c.PinByVisitor(new_id(), person.id, old))
    assert freed.events[0].body["language"] == "en"
    found = await store.conversation(conversation_id)
    assert found is not None
    assert found.language == "en"


async def test_an_earlier_pin_is_the_earlier_language(store: Store, person: Person) -> None:
    await judged(store, await person.says("Olá"), person.id, "pt")
    await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    await person.closes()
    second = await person.begins()
    assert (await store.language_facts(second, person.id)).earlier == "fi"


ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")


async def test_what_the_visitor_reads_is_changed_by_those_who_answer(
    store: Store, person: Person
) -> None:
    await store.add_operator(PAT, "hash")
    await store.add_operator(ADA, "hash")
    conversation_id = await person.begins()
    sent = await answer(store, conversation_id)
    message_id = MessageId(sent.answer["message_id"])

    async def may(operator: Operator) -> bool:
        changes: list[c.ClientCommand] = [
            c.Correct(new_id(), operator, message_id, "pt", f"Olá de {operator.name}"),
            c.PinByOperator(new_id(), operator, conversation_id, "fi"),
        ]
        outcomes = [await _code(store, one) for one in changes]
        assert outcomes in ([None, None], ["forbidden", "forbidden"])
        return outcomes == [None, None]

    assert await may(EVA)  # answers it
    assert await may(TIM)  # supervises
    assert await may(ADA)
    _, head = await store.head()
    assert not await may(PAT)  # a colleague who looks on
    assert (await store.head())[1] == head
    await store.append(c.AddNote(new_id(), PAT, conversation_id, "I know this one"))
    assert not await may(PAT)
    await store.append(c.Transfer(new_id(), EVA, conversation_id, PAT.id))
    assert await may(PAT)
    assert await may(EVA)  # has answered it: her words are there
    await person.closes()
    assert await may(PAT)
    assert await may(EVA)


async def test_of_what_is_nobodys_anyone_of_the_site_may_mend_the_translation(
    store: Store, person: Person
) -> None:
    sent = await person.says()
    conversation_id = ConversationId(sent.answer["conversation_id"])
    message_id = MessageId(sent.answer["message_id"])
    for _ in range(2):  # waiting, and closed without an answer
        assert await _code(store, c.Correct(new_id(), PAT, message_id, "en", "Hello")) is None
        assert await _code(store, c.PinByOperator(new_id(), PAT, conversation_id, "fi")) is None
        if (await state(store, conversation_id))[0] == "waiting":
            await person.closes()


async def _code(store: Store, command: c.ClientCommand) -> str | None:
    try:
        await store.append(command)
    except Refused as refused:
        return refused.code
    return None


async def test_times_are_the_clocks(store: Store, person: Person, clock: Clock) -> None:
    conversation_id = await person.begins()
    began = clock.now
    clock.now += 60
    await answer(store, conversation_id)
    found = await store.conversation(conversation_id)
    assert found is not None
    assert (found.opened_at, found.updated_at) == (began, began + 60)
