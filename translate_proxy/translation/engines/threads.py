"""Daemon threads that run blocking calls for the event loop.

``ThreadPoolExecutor`` joins its threads when the interpreter exits, so that one call that never
returns keeps the process alive for ever. An engine may do that; these threads are let go.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Call(Generic[T]):
    """A call under way. Await ``future`` on the loop that started it."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[T]
    run: Callable[[], T]


class Threads:
    """``count`` threads, started at the first call."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._queue: queue.SimpleQueue[Call[Any] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """Queue a call; its result arrives on the running loop."""
        loop = asyncio.get_running_loop()
        call: Call[T] = Call(loop, loop.create_future(), lambda: run(*args, **kwargs))
        if not self._threads:
            self._add(self._count)
        self._queue.put(call)
        return call

    async def run(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call and wait. Cancelling stops the waiting, not the call."""
        return await self.start(run, *args, **kwargs).future

    def _add(self, count: int) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for _ in range(count):
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self) -> None:
        while (call := self._queue.get()) is not None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = call.run()
            except StopIteration as raised:  # a future cannot carry this one
                error = RuntimeError(repr(raised))
            except BaseException as raised:  # noqa: BLE001  (handed to whoever waits)
                error = raised
            try:
                call.loop.call_soon_threadsafe(_settle, call.future, result, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits for anything any more
            del call, result, error  # nothing is kept alive while the thread waits

    async def close(self, within_s: float) -> None:
        """End the threads after what is queued; those that take longer than ``within_s`` seconds
        are left behind."""
        for _ in self._threads:
            self._queue.put(None)
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        # Threads have no event to wait for that would not itself need a thread.
        while any(thread.is_alive() for thread in self._threads) and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        self._threads = []


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
