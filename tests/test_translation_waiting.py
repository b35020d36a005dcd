"""Which of the sentences that wait go together, and which lanes have room."""

from __future__ import annotations

import asyncio

import pytest

from tests.translation_support import FakeModel, echo
from translate_proxy.interfaces import Priority
from translate_proxy.translation.engines.engine import EnginePair
from translate_proxy.translation.engines.models import LoadedModel
from translate_proxy.translation.work.lanes import Lanes
from translate_proxy.translation.work.waiting import LEAST, Item, Waiting

MODELS = {
    name: LoadedModel(EnginePair("fake", "en", name, "1"), FakeModel(echo)) for name in ("pt", "fi")
}


def item(
    text: str, lane: str | None = None, priority: Priority = Priority.LIVE, model: str = "pt"
) -> Item:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    return Item(MODELS[model], text, lane or text, priority, False, future)


def waiting(*items: Item) -> Waiting:
    made = Waiting()
    for one in items:
        made.add(one)
    return made


def texts(batch: list[Item]) -> list[str]:
    return [one.text for one in batch]


@pytest.mark.parametrize(
    ("count", "free", "expected"),
    [
        (1, 2, 1),  # alone: nothing to share
        (4, 2, 2),  # two free workers share
        (LEAST, 1, LEAST),  # a little is not shared with a worker that is busy
        (20, 1, 10),  # more is: it comes for its half soon
        (20, 2, 10),
        (100, 1, 16),
    ],
)
async def test_how_much_a_worker_takes(count: int, free: int, expected: int) -> None:
    queue = waiting(*(item(f"text {n:03}") for n in range(count)))
    assert len(queue.next_batch(16, free, 2)) == expected
    assert len(queue) == count - expected


async def test_one_worker_leaves_nothing_for_others_that_do_not_exist() -> None:
    queue = waiting(*(item(f"text {n:03}") for n in range(12)))
    assert len(queue.next_batch(16, 1, 1)) == 12
    assert not queue


async def test_every_urgent_sentence_goes_before_others_of_a_better_length() -> None:
    queue = waiting(
        *(item(f"old {n}", priority=Priority.HISTORY) for n in range(4)),
        item("now", "a"),
        item("a much longer sentence that is live as well", "b"),
    )
    batch = texts(queue.next_batch(3, 1, 1))
    assert batch == ["now", "a much longer sentence that is live as well", "old 0"]


async def test_whoever_waits_longest_is_in_the_next_batch() -> None:
    queue = waiting(item("x" * 200, "first"), *(item(f"short {n}") for n in range(20)))
    assert texts(queue.next_batch(4, 1, 1))[0] == "x" * 200
    assert len(queue) == 17


async def test_models_take_turns() -> None:
    queue = waiting(
        *(item(f"pt {n}", model="pt") for n in range(4)),
        *(item(f"fi {n}", model="fi") for n in range(4)),
    )
    order = [texts(queue.next_batch(2, 1, 1))[0][:2] for _ in range(4)]
    assert order == ["pt", "fi", "pt", "fi"]


async def test_what_is_taken_out_is_gone() -> None:
    one, other = item("one"), item("other")
    queue = waiting(one, other)
    assert queue.take(one)
    assert not queue.take(one)
    assert queue.next_batch(4, 1, 1) == [other]
    assert not queue.take(other)
    assert not queue


async def test_a_lane_has_room_for_a_few_and_the_others_come_in_turn() -> None:
    lanes = Lanes(2)
    inside: list[int] = []

    async def visit(number: int) -> None:
        await lanes.enter("a")
        inside.append(number)

    visits = [asyncio.ensure_future(visit(n)) for n in range(5)]
    await asyncio.sleep(0)
    assert inside == [0, 1]
    await lanes.enter("b")
    visits[2].cancel()
    lanes.leave("a")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inside == [0, 1, 3]
    for _ in range(3):
        lanes.leave("a")
        await asyncio.sleep(0)
    assert inside == [0, 1, 3, 4]
    lanes.leave("b")
    assert len(lanes) == 0


async def test_who_is_cancelled_in_the_moment_of_its_turn_passes_it_on() -> None:
    lanes = Lanes(1)
    await lanes.enter("a")
    first = asyncio.ensure_future(lanes.enter("a"))
    second = asyncio.ensure_future(lanes.enter("a"))
    await asyncio.sleep(0)
    lanes.leave("a")
    first.cancel()
    await second
    assert first.cancelled()
    lanes.leave("a")
    assert len(lanes) == 0
