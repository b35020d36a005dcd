"""Translations that were made before: bounded, least recently used first, with single-flight.

Kept per process and in memory only, so that an erasure can empty it whole.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")

_TICK_S = 0.01
"""Deadlines that end within the same of these seconds share a timer, and end with it."""


class _Flight(Generic[Value]):
    """Work under way, who waits for it, and whether any of them lets it be kept."""

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self.keep = False
        self.waiting: set[asyncio.Future[Value]] = set()


class Memory(Generic[Value]):
    """Answers by key. ``keep`` says whether an answer may be kept."""

    def __init__(self, entries: int, keep: Callable[[Value], bool]) -> None:
        self._entries = entries
        self._keep = keep
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._flights: dict[Hashable, _Flight[Value]] = {}
        self._due: dict[int, set[asyncio.Future[Value]]] = {}
        self._generation = 0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Hashable) -> Value | None:
        """What is known, now the most recently used."""
        value = self._known.get(key)
        if value is not None:
            self._known.move_to_end(key)
        return value

    async def fetch(
        self,
        key: Hashable,
        urgency: int,
        make: Callable[[], Awaitable[Value]],
        within_s: float | None = None,
    ) -> Value:
        """The known answer, or else as ``join``."""
        known = self.get(key)
        if known is not None:
            return known
        return await self.join(key, urgency, make, within_s)

    async def join(
        self,
        key: Hashable,
        urgency: int,
        make: Callable[[], Awaitable[Value]],
        within_s: float | None = None,
        *,
        keep: bool = True,
    ) -> Value:
        """For what ``get`` did not know: the answer of a call of the same key and urgency under
        way, or of ``make()``.

        Each caller waits for ``within_s`` seconds of its own (and at most 0.01 more) and then gets
        TimeoutError; the work goes on for the others. When nobody waits any more, it is cancelled.
        Nothing is kept for callers who all say ``keep=False``.
        """
        loop = asyncio.get_running_loop()
        place = (key, urgency)
        flight = self._flights.get(place)
        if flight is None:
            flight = self._flights[place] = _Flight()
            flight.task = loop.create_task(self._fly(place, flight, make))
        flight.keep = flight.keep or keep
        answer: asyncio.Future[Value] = loop.create_future()
        flight.waiting.add(answer)
        due = self._due_in(loop, within_s) if within_s is not None else set()
        due.add(answer)
        try:
            return await answer
        finally:
            due.discard(answer)
            flight.waiting.discard(answer)
            if not flight.waiting:
                self._land(place, flight)
                flight.task.cancel()

    def _due_in(
        self, loop: asyncio.AbstractEventLoop, within_s: float
    ) -> set[asyncio.Future[Value]]:
        """Those who have waited enough then. Nearly all of them have their answer earlier, and a
        timer for each would cost more than the rest of their bookkeeping."""
        tick = math.ceil((loop.time() + within_s) / _TICK_S)
        due = self._due.get(tick)
        if due is None:
            due = self._due[tick] = set()
            loop.call_at(tick * _TICK_S, self._expire, tick)
        return due

    def _expire(self, tick: int) -> None:
        for answer in self._due.pop(tick):
            if not answer.done():
                answer.set_exception(TimeoutError())

    def _land(self, place: tuple[Hashable, int], flight: _Flight[Value]) -> None:
        if self._flights.get(place) is flight:
            del self._flights[place]

    async def _fly(
        self,
        place: tuple[Hashable, int],
        flight: _Flight[Value],
        make: Callable[[], Awaitable[Value]],
    ) -> None:
        generation = self._generation
        try:
            value = await make()
        except BaseException as error:
            self._land(place, flight)
            for answer in flight.waiting:
                if not answer.done():
                    answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        self._land(place, flight)
        kept = flight.keep and generation == self._generation and self._keep(value)
        if self._entries and kept:
            self._keep_it(place[0], value)
        for answer in flight.waiting:
            if not answer.done():
                answer.set_result(value)

    def _keep_it(self, key: Hashable, value: Value) -> None:
        self._known[key] = value
        self._known.move_to_end(key)
        while len(self._known) > self._entries:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Empty it, and keep nothing of what is under way."""
        self._generation += 1
        self._known.clear()
