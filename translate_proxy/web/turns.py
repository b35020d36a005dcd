"""Turns at work that only a few may do at a time, given out fairly between those who ask."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from translate_proxy.model import Refused


class Turns:
    """``at_a_time`` turns; of one asker at most one fewer, so that a newcomer never waits for a
    long piece of work of somebody else's alone. Those who wait take turns by asker, and at most
    ``waiting`` of one asker wait."""

    def __init__(self, at_a_time: int, waiting: int) -> None:
        self._free = at_a_time
        self._share = max(1, at_a_time - 1)
        self._most_waiting = waiting
        self._held: Counter[Hashable] = Counter()
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, asker: Hashable) -> AsyncIterator[None]:
        """Waits for a turn, and gives it back. Refused ``overloaded`` when too many wait."""
        await self._take(asker)
        try:
            yield
        finally:
            self._give_back(asker)

    async def _take(self, asker: Hashable) -> None:
        if self._free and self._held[asker] < self._share:
            self._hold(asker)
            return
        queue = self._waiting.setdefault(asker, deque())
        if len(queue) >= self._most_waiting:
            raise Refused("overloaded", "Too many requests are waiting; try again.", 5.0)
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # cancelled in the moment it was let in
                self._give_back(asker)
            raise

    def _hold(self, asker: Hashable) -> None:
        self._free -= 1
        self._held[asker] += 1

    def _give_back(self, asker: Hashable) -> None:
        self._free += 1
        self._held[asker] -= 1
        if not self._held[asker]:
            del self._held[asker]
        for other in list(self._waiting):
            queue = self._waiting[other]
            while queue and queue[0].cancelled():
                queue.popleft()
            if not queue:
                del self._waiting[other]
            elif self._free and self._held[other] < self._share:
                self._hold(other)
                queue.popleft().set_result(None)
                self._waiting.move_to_end(other)
