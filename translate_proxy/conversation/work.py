"""What the relay does beside everything else: tasks that can be waited for and stopped, and the
patience that they need with a store that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from itertools import chain, repeat
from typing import Any, TypeVar

import structlog

from translate_proxy.model import Refused

RETRY_S = (0.1, 0.5, 2.0, 5.0)

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Work:
    """Tasks under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin; a failure is told."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if self._closed:  # appended while we stop: still marked, so the next start takes it up
            task.cancel()
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            tell(error)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is under way, at most so long; the rest is taken up at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def close(self) -> None:
        """Stop at once, and begin nothing more; nothing is lost, see ``drain``."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the store answers: what it refuses for good is not asked for again."""
    pauses = chain(RETRY_S, repeat(RETRY_S[-1]))
    while True:
        try:
            return await attempt()
        except Refused as refusal:
            if refusal.code not in {"unavailable", "overloaded"}:
                raise
            await asyncio.sleep(next(pauses))


async def succeeded(task: asyncio.Task[None] | None) -> bool:
    """Wait for its end; how it failed has been told."""
    if task is None:
        return True
    await asyncio.wait([task])
    return not task.cancelled() and task.exception() is None


def tell(error: BaseException, **about: str) -> None:
    """A conversation that was erased meanwhile needs nothing more; anything else is a fault, and
    the next start takes the message up again."""
    if isinstance(error, Refused) and error.code == "not_found":
        log.info("relay.gone", **about)
    else:
        log.error("relay.failed", exc_info=error, **about)
