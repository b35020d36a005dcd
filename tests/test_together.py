"""Questions that are asked together: each gets its own answer, and a read that began after it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from translate_proxy.storage.together import AT_ONCE, Together


class Library:
    """Answers a key with its double, knows no odd thousands, and can be held up."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failure: Exception | None = None

    async def read(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.reads.append(list(keys))
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return {key: key * 2 for key in keys if key < 1000}


async def test_at_rest_each_question_is_read_at_once() -> None:
    library = Library()
    together = Together(library.read)
    assert await together.ask(1) == 2
    assert await together.ask(2) == 4
    assert library.reads == [[1], [2]]


async def test_what_comes_during_a_read_is_asked_next_and_once() -> None:
    library = Library()
    together = Together(library.read)
    library.open.clear()
    first = asyncio.create_task(together.ask(1))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(together.ask(key)) for key in (1, 2, 2, 5000)]
    await asyncio.sleep(0.01)
    library.open.set()
    assert await first == 2
    assert await asyncio.gather(*others) == [2, 4, 4, None]
    # The read under way may have looked before the second question of 1 was asked.
    assert library.reads == [[1], [1, 2, 5000]]


async def test_a_read_takes_only_so_many() -> None:
    library = Library()
    together = Together(library.read)
    found = await asyncio.gather(*(together.ask(key) for key in range(AT_ONCE + 1)))
    assert found == [key * 2 for key in range(AT_ONCE + 1)]
    assert [len(read) for read in library.reads] == [AT_ONCE, 1]


async def test_a_failure_reaches_its_askers_alone() -> None:
    library = Library()
    together = Together(library.read)
    library.failure = LookupError("away")
    library.open.clear()
    failing = [asyncio.create_task(together.ask(key)) for key in (1, 2)]
    given_up = asyncio.create_task(together.ask(3))
    await asyncio.sleep(0.01)
    given_up.cancel()
    library.open.set()
    for one in failing:
        with pytest.raises(LookupError):
            await one
    library.failure = None
    assert await together.ask(1) == 2
