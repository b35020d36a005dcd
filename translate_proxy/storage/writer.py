"""The one writer: a thread that commits what has queued up since its last commit, together.

A durable commit costs milliseconds however much is in it, so under load many appends share one
(group commit). When a batch fails, its functions are run again one by one and only the bad one is
refused. Refused and results reach the event loop only after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

from translate_proxy.commands import Command
from translate_proxy.interfaces import Clock
from translate_proxy.model import Refused
from translate_proxy.storage.database import cut
from translate_proxy.storage.prefetch import prefetch
from translate_proxy.storage.transaction import Transaction

T = TypeVar("T")
BATCH = 128
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Job:
    run: Callable[[Transaction], Any]
    command: Command | None
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    told: Callable[[Any], None] | None = None
    counted: bool = False
    outcome: Any = None
    error: Exception | None = None


class Writer:
    """Runs write functions in order, each whole or not at all.

    ``capacity``: how many client appends may wait for their commit, whether or not their senders
    still wait for the answer; one more is refused ``overloaded``. The relay's own appends are not
    counted, nor do they keep clients out: they are bounded by what clients could append.
    """

    def __init__(self, engine: Engine, clock: Clock, capacity: int) -> None:
        self._engine = engine
        self._clock = clock
        self._capacity = capacity
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._taken = 0  # places: also of those who have stopped waiting
        self._closed = False
        self._given_up = False
        self.failing = False
        """Whether the newest commit could not be made: the database is locked, full or gone."""
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many functions wait for their commit."""
        return self._jobs.qsize()

    async def run(
        self,
        function: Callable[[Transaction], T],
        *,
        command: Command | None = None,
        counted: bool = True,
        told: Callable[[T], None] | None = None,
    ) -> T:
        """The function's result, after its commit; ``command`` is what it runs, so that a batch
        can read ahead. ``told`` is given the result too, in commit order and also when the caller
        has stopped waiting; it must not raise. Refused ``overloaded``, ``unavailable``, or
        whatever the function refuses; any other exception of the function as it is."""
        if self._closed:
            raise Refused("unavailable", "The server is stopping; try again.", 1.0)
        if counted and self._taken >= self._capacity:
            raise Refused("overloaded", "The server is busy; try again.", 1.0)
        loop = asyncio.get_running_loop()
        job = _Job(function, command, loop.create_future(), loop, told, counted)
        self._jobs.put(job)
        self._taken += counted
        result: T = await job.future
        return result

    async def close(self, within_s: float = 2.0) -> None:
        """Commit what waits, then end the thread. What a database that does not answer leaves
        undone after so many seconds is refused ``unavailable``: it was not acknowledged."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, within_s)
        if self._thread.is_alive():
            log.warning("store.given_up", appends=self._jobs.qsize())
            self._given_up = True
            cut(self._engine)
            await asyncio.to_thread(self._thread.join, within_s)

    def _work(self) -> None:
        ending = False
        while not ending:
            first = self._jobs.get()
            batch = [] if first is None else [first]
            ending = first is None
            while len(batch) < BATCH and not ending:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    ending = True
                else:
                    batch.append(job)
            if batch:
                self._commit(batch)
                self._deliver(batch)

    def _deliver(self, batch: Sequence[_Job]) -> None:
        """Hand the outcomes over, one wake-up a loop however many there are."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        for job in batch:
            by_loop.setdefault(job.loop, []).append(job)
        for loop, jobs in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(self._settle, jobs)

    def _settle(self, jobs: Sequence[_Job]) -> None:
        for job in jobs:
            self._taken -= job.counted
            if job.told is not None and job.error is None:
                job.told(job.outcome)
            if job.future.done():  # the caller gave up waiting; the append stands
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.outcome)

    def _commit(self, batch: Sequence[_Job]) -> None:
        try:
            self._run_together(batch)
            self.failing = False
        except Exception as error:  # noqa: BLE001  (it reaches the caller)
            if self._given_up or _out_of_reach(error):
                self.failing = True
                log.warning("store.unavailable", error=type(error).__name__, appends=len(batch))
                for job in batch:
                    job.outcome, job.error = None, _unavailable()
            elif len(batch) == 1:
                unfit = Refused("bad_request", "It contains something that cannot be stored.")
                batch[0].outcome = None
                batch[0].error = unfit if _cannot_be_stored(error) else error
            else:
                for job in batch:
                    job.outcome = job.error = None
                    self._commit([job])

    def _run_together(self, batch: Sequence[_Job]) -> None:
        if self._given_up:
            raise _unavailable()
        with self._engine.begin() as connection:
            transaction = Transaction(connection, self._clock())
            prefetch(transaction, [job.command for job in batch if job.command is not None])
            for job in batch:
                changes = transaction.changes
                try:
                    job.outcome = job.run(transaction)
                except Refused as refusal:
                    job.error = refusal
                    if transaction.changes != changes:  # half done: undone with the batch
                        raise
            transaction.finish()


def _cannot_be_stored(error: Exception) -> bool:
    """Whether it is the data: refused by the database, or no text that could be written."""
    return isinstance(error, DataError | UnicodeError)


def _out_of_reach(error: Exception) -> bool:
    """Whether the database, not the function, is at fault: locked, full, gone."""
    return isinstance(error, (OperationalError, InterfaceError)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _unavailable() -> Refused:
    return Refused("unavailable", "The message store cannot be reached; try again.", 2.0)
