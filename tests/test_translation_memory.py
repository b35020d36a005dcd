"""What was translated before, who waits for whom, and what is dropped."""

from __future__ import annotations

import asyncio

import pytest

from translate_proxy.translation.work.memory import Memory


class Maker:
    """Counts calls; each waits until it is let go."""

    def __init__(self, answer: str = "answer") -> None:
        self.answer = answer
        self.calls = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def __call__(self) -> str:
        self.calls += 1
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.answer


def memory(entries: int = 10) -> Memory[str]:
    return Memory(entries, lambda value: value != "bad")


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_call_serves_all_who_ask_at_the_same_time() -> None:
    kept, make = memory(), Maker()
    asking = [asyncio.ensure_future(kept.fetch("k", 0, make)) for _ in range(5)]
    await settle()
    make.go.set()
    assert await asyncio.gather(*asking) == ["answer"] * 5
    assert await kept.fetch("k", 0, make) == "answer"
    assert make.calls == 1


async def test_nothing_is_kept_for_those_who_do_not_want_it_kept() -> None:
    kept, make = memory(), Maker()
    make.go.set()
    assert await kept.join("k", 0, make, keep=False) == "answer"
    assert kept.get("k") is None
    both = (kept.join("k", 0, make, keep=False), kept.join("k", 0, make))
    assert list(await asyncio.gather(*both)) == ["answer"] * 2
    assert (kept.get("k"), make.calls) == ("answer", 2)


async def test_who_has_asked_already_is_not_answered_from_memory_again() -> None:
    kept, make = memory(), Maker()
    make.go.set()
    assert await kept.fetch("k", 0, make) == "answer"
    assert await kept.join("k", 0, make) == "answer"
    assert make.calls == 2


async def test_an_urgent_caller_does_not_wait_for_a_patient_one() -> None:
    kept, slow, quick = memory(), Maker(), Maker("quick")
    quick.go.set()
    patient = asyncio.ensure_future(kept.fetch("k", 2, slow))
    await settle()
    assert await kept.fetch("k", 0, quick) == "quick"
    slow.go.set()
    assert await patient == "answer"


async def test_the_work_is_cancelled_with_its_last_caller() -> None:
    kept, make = memory(), Maker()
    first, second = (asyncio.ensure_future(kept.fetch("k", 0, make)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    assert make.cancelled == 0
    second.cancel()
    await settle()
    assert make.cancelled == 1
    make.go.set()
    assert await kept.fetch("k", 0, make) == "answer"
    assert make.calls == 2


async def test_a_failure_reaches_everyone_and_is_not_kept() -> None:
    kept = memory()

    async def fail() -> str:
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(
        *(kept.fetch("k", 0, fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError] * 3
    make = Maker()
    make.go.set()
    assert await kept.fetch("k", 0, make) == "answer"


async def test_the_least_recently_used_goes_first_and_bad_answers_are_not_kept() -> None:
    kept = memory(2)
    for key in ("a", "b"):
        make = Maker(key)
        make.go.set()
        await kept.fetch(key, 0, make)
    assert kept.get("a") == "a"
    third = Maker("c")
    third.go.set()
    await kept.fetch("c", 0, third)
    assert [kept.get(key) for key in "abc"] == ["a", None, "c"]
    bad = Maker("bad")
    bad.go.set()
    await kept.fetch("x", 0, bad)
    assert kept.get("x") is None
    assert len(kept) == 2


@pytest.mark.parametrize("entries", [0, 5])
async def test_nothing_from_before_an_erasure_is_kept(entries: int) -> None:
    kept, make = memory(entries), Maker()
    asking = asyncio.ensure_future(kept.fetch("k", 0, make))
    await settle()
    kept.forget()
    make.go.set()
    assert await asking == "answer"
    assert len(kept) == 0
    assert kept.get("k") is None


async def test_each_caller_waits_as_long_as_it_wants_to() -> None:
    kept, make = memory(), Maker()
    hasty = asyncio.ensure_future(kept.fetch("k", 0, make, 0.01))
    patient = asyncio.ensure_future(kept.fetch("k", 0, make, 60))
    with pytest.raises(TimeoutError):
        await hasty
    assert make.cancelled == 0
    hastier = asyncio.ensure_future(kept.fetch("k", 0, make, 0.0))
    with pytest.raises(TimeoutError):
        await hastier
    make.go.set()
    assert await patient == "answer"
    assert make.calls == 1


async def test_the_work_ends_when_the_last_caller_has_waited_enough() -> None:
    kept, make = memory(), Maker()
    asking = [asyncio.ensure_future(kept.fetch("k", 0, make, 0.01)) for _ in range(3)]
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [TimeoutError] * 3
    await settle()
    assert make.cancelled == 1
