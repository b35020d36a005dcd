"""Questions that come while an earlier one is under way are asked together next.

What a read costs is mostly its way to a thread and back and its statements, not its rows. One at a
time, like the writer's commits: under load many share a read, at rest each has its own at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")

AT_ONCE = 64
"""Questions of one read, at most."""


class Together(Generic[Key, Answer]):
    """``read`` answers several questions; what it does not know it leaves out."""

    def __init__(self, read: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Answer]]]) -> None:
        self._read = read
        self._waiting: list[tuple[Key, asyncio.Future[Answer | None]]] = []
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, key: Key) -> Answer | None:
        """The answer of a read that begins after this call; whatever the read raises."""
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        return await answer

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                await self._answer(asked)
        finally:
            self._reading = None

    async def _answer(self, asked: Sequence[tuple[Key, asyncio.Future[Answer | None]]]) -> None:
        try:
            found = await self._read(list(dict.fromkeys(key for key, _ in asked)))
        except Exception as error:  # noqa: BLE001  (it reaches whoever asked)
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for key, answer in asked:
                if not answer.done():  # else whoever asked has gone
                    answer.set_result(found.get(key))
