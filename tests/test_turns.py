"""Turns, given out fairly."""

from __future__ import annotations

import asyncio

import pytest

from translate_proxy.model import Refused
from translate_proxy.web.turns import Turns


class Work:
    """Askers that hold a turn until they are told to end."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    def start(self, name: str) -> asyncio.Task[None]:
        """Named "who number"."""
        self.ends[name] = asyncio.Event()
        return asyncio.create_task(self._do(name))

    async def _do(self, name: str) -> None:
        async with self.turns.turn(name.split(maxsplit=1)[0]):
            self.began.append(name)
            await self.ends[name].wait()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_asker_never_holds_all_turns() -> None:
    work = Work(Turns(4, 10))
    tasks = [work.start(f"a {n}") for n in range(6)]
    await settle()
    assert work.began == ["a 0", "a 1", "a 2"]
    tasks.append(work.start("b 0"))
    await settle()
    assert work.began[-1] == "b 0"
    for end in work.ends.values():
        end.set()
    await asyncio.gather(*tasks)
    assert len(work.began) == 7


async def test_those_who_wait_take_turns_by_asker() -> None:
    work = Work(Turns(2, 10))
    tasks = [work.start(name) for name in ("x 0", "y 0", "a 0", "a 1", "a 2", "b 0", "b 1")]
    await settle()
    for end in work.ends.values():
        end.set()
    await asyncio.gather(*tasks)
    assert work.began[:2] == ["x 0", "y 0"]
    assert work.began[2:6] == ["a 0", "b 0", "a 1", "b 1"]


async def test_too_many_of_one_asker_are_refused_and_others_wait() -> None:
    work = Work(Turns(1, 1))
    tasks = [work.start("a 0"), work.start("a 1"), work.start("b 0")]
    await settle()
    with pytest.raises(Refused, match="waiting"):
        async with work.turns.turn("a"):
            pass
    for end in work.ends.values():
        end.set()
    await asyncio.gather(*tasks)
    assert len(work.began) == 3


async def test_who_gives_up_leaves_the_turn_to_others() -> None:
    work = Work(Turns(1, 5))
    first, second, third = (work.start(name) for name in ("a 0", "b 0", "c 0"))
    await settle()
    second.cancel()
    work.ends["a 0"].set()
    await settle()
    third_began = "c 0" in work.began
    work.ends["c 0"].set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert third_began
    async with work.turns.turn("d"):
        pass
