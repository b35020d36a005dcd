"""At most a few at a time in each lane, first come first served."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable


class Lanes:
    """Lanes come into being with their first user and go with their last."""

    def __init__(self, at_a_time: int) -> None:
        self._most = at_a_time
        self._inside: dict[Hashable, int] = {}
        self._queues: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        return len(self._inside)

    async def enter(self, lane: Hashable) -> None:
        """Returns when there is room. Whoever has entered calls ``leave``, once."""
        inside = self._inside.get(lane, 0)
        if inside < self._most:
            self._inside[lane] = inside + 1
            return
        turn = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(lane, deque())
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # cancelled in the moment it was let in
                self.leave(lane)
            raise

    def leave(self, lane: Hashable) -> None:
        """Makes room: for the next who waits, if anyone does."""
        queue = self._queues.get(lane)
        while queue:
            turn = queue.popleft()
            if not queue:
                del self._queues[lane]
            if not turn.done():
                turn.set_result(None)
                return
        self._inside[lane] -= 1
        if not self._inside[lane]:
            del self._inside[lane]
