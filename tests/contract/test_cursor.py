"""One log, one cursor: commit order is cursor order, whoever writes."""

from __future__ import annotations

import asyncio

from tests.contract.people import EVA, SHOP, OpenStore, Person, answer, texts
from translate_proxy.model import Cursor, new_id
from translate_proxy.records import OperatorView
from translate_proxy.storage.store import Store


async def test_a_new_database_has_an_id_and_nothing_else(open_store: OpenStore) -> None:
    store, other_node = await open_store(), await open_store()
    log_id, head = await store.head()
    assert len(log_id) == 36
    assert head == 0
    assert await other_node.head() == (log_id, 0)


async def test_cursors_are_handed_out_in_order_without_repeats(
    store: Store, open_store: OpenStore
) -> None:
    nodes = [store, await open_store()]
    people = [await Person.arrives(store) for _ in range(4)]
    receipts = await asyncio.gather(
        *(
            person.says(f"{number}", store=nodes[number % 2])
            for number in range(30)
            for person in people
        )
    )
    cursors = sorted(event.cursor for receipt in receipts for event in receipt.events)
    assert cursors == list(range(1, len(cursors) + 1))
    assert (await store.head())[1] == cursors[-1]


async def test_a_reader_never_sees_an_event_before_the_ones_below_it(
    store: Store, open_store: OpenStore
) -> None:
    """Two nodes write while two readers follow: nothing turns up below where they have looked."""
    nodes = [store, await open_store()]
    people = [await Person.arrives(store) for _ in range(4)]
    writing = True
    view = OperatorView(EVA.id, (SHOP.key,))

    async def follow(node: Store) -> list[int]:
        seen: list[int] = []
        position = Cursor(0)
        while True:
            done = not writing
            page = await node.read_operator(view, position, 7)
            seen += [event.cursor for event in page.events]
            assert page.looked_to >= position
            position = page.looked_to
            if done and not page.more:
                return seen

    async def write(number: int, person: Person) -> None:
        for turn in range(15):
            await person.says(f"{turn}", store=nodes[(turn + number) % 2])

    following = [asyncio.create_task(follow(node)) for node in nodes]
    await asyncio.gather(*(write(number, person) for number, person in enumerate(people)))
    writing = False
    _, head = await store.head()
    for task in following:
        assert await task == list(range(1, head + 1))


async def test_one_authors_messages_keep_their_order(store: Store, person: Person) -> None:
    await asyncio.gather(*(person.says(f"{number}") for number in range(100)))
    assert texts(await person.sees()) == [f"{number}" for number in range(100)]


async def test_the_log_survives_closing(open_store: OpenStore) -> None:
    store = await open_store()
    await store.add_operator(EVA, "hash")
    person = await Person.arrives(store)
    conversation_id = await person.begins("before")
    before = await store.head()
    again = await open_store()
    assert await again.head() == before
    sent = await answer(again, conversation_id, "after")
    assert sent.events[0].cursor == before[1] + 1
    assert texts(await Person(again, person.id).sees()) == ["before", "after"]


async def test_the_store_says_whether_it_can_append(store: Store) -> None:
    _, before = await store.head()
    await store.check()
    assert (await store.head())[1] == before
    assert store.waiting == 0


async def test_unknown_things_are_none(store: Store) -> None:
    nobody = new_id()
    assert await store.visitor(nobody) is None  # type: ignore[arg-type]
    assert await store.conversation(nobody) is None  # type: ignore[arg-type]
    assert await store.open_conversation(nobody) is None  # type: ignore[arg-type]
    assert await store.message(nobody) is None  # type: ignore[arg-type]
    assert await store.operator(nobody) is None  # type: ignore[arg-type]
    assert await store.session(nobody) is None
