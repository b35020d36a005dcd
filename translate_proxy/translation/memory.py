"""Translations that were made before: bounded, least recently used first, with single-flight.

Kept per process and in memory only, so that an erasure can empty it whole.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class Memory(Generic[Value]):
    """Answers by key. ``keep`` says whether an answer may be kept."""

    def __init__(self, entries: int, keep: Callable[[Value], bool]) -> None:
        self._entries = entries
        self._keep = keep
        self._known: OrderedDict[Hashable, Value] = OrderedDict()
        self._flights: dict[Hashable, _Flight[Value]] = {}
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
        self, key: Hashable, urgency: int, make: Callable[[], Awaitable[Value]]
    ) -> Value:
        """The known answer, or that of a call of the same key and urgency under way, or of
        ``make()``. When every waiting caller is cancelled, so is the work."""
        known = self.get(key)
        if known is not None:
            return known
        flight = self._flights.get((key, urgency))
        if flight is None:
            flight = _Flight(asyncio.ensure_future(self._make(key, make)))
            self._flights[key, urgency] = flight
            flight.task.add_done_callback(
                lambda _, own=flight: self._land((key, urgency), own)  # type: ignore[misc]
            )
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                self._land((key, urgency), flight)
                flight.task.cancel()

    def _land(self, key: Hashable, flight: _Flight[Value]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _make(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        generation = self._generation
        value = await make()
        if self._entries and generation == self._generation and self._keep(value):
            self._known[key] = value
            self._known.move_to_end(key)
            while len(self._known) > self._entries:
                self._known.popitem(last=False)
        return value

    def forget(self) -> None:
        """Empty it, and keep nothing of what is under way."""
        self._generation += 1
        self._known.clear()
