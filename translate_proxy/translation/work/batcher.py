"""Sentences that wait at the same moment share a batch, whichever conversation they are from.

Nothing waits on purpose: a free worker takes what there is (after the event loop's current
round, so that what becomes ready together goes together), and while all are busy the next batch
collects itself. A worker that is done takes its next batch itself and does not wait for the event
loop, which is busy just then with the texts that came back. ``waiting`` says what goes together.

Queue and runs are guarded by one lock, held for microseconds; futures, leases and the watch over
stuck engines belong to the event loop.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from translate_proxy.interfaces import Priority
from translate_proxy.translation.engines.models import LoadedModel, Models
from translate_proxy.translation.engines.record import JOB, NoRecord, Record
from translate_proxy.translation.work.waiting import Item, Waiting

_log = structlog.get_logger(__name__)


class EngineFailed(Exception):  # noqa: N818  (it says what happened)
    """The engine raised, answered nonsense or did not answer; says so in one sentence."""


_STOPPING = "the server is stopping"


@dataclass(slots=True, eq=False)
class _Run:
    """One call of a model. ``rest`` are sentences of a failed batch that this worker asks for one
    by one afterwards; ``lost``: it took too long and nobody waits for it any more."""

    items: list[Item]
    rest: list[Item]
    thread: threading.Thread
    since: float = field(default_factory=time.monotonic)
    lost: bool = False


class Batcher:
    """Runs sentences on models: at most ``threads`` batches at a time, of at most ``batch_size``
    sentences. A batch that takes longer than ``stuck_s`` seconds is given up: its thread is lost
    until the call returns, and until then it keeps the model; another thread takes its place.
    ``record`` is told what runs."""

    def __init__(
        self,
        models: Models,
        threads: int,
        batch_size: int,
        stuck_s: float,
        record: Record | None = None,
    ) -> None:
        self._models = models
        self._record = record or NoRecord()
        self._slots = threads
        self._batch_size = batch_size
        self._stuck_s = stuck_s
        self._lock = threading.Lock()  # guards the next four
        self._changed = threading.Condition(self._lock)
        self._waiting = Waiting()
        self._runs: set[_Run] = set()
        self._sleeping = 0
        self._closing = False
        self._threads: set[threading.Thread] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake_scheduled = False
        self._watch: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Sentences that wait for a worker."""
        with self._lock:
            return len(self._waiting)

    async def translate(
        self, model: LoadedModel, text: str, lane: str, priority: Priority, *, careful: bool = False
    ) -> str:
        """One sentence. EngineFailed when the engine does. Cancelling takes the sentence out of
        the queue (a running batch goes on without it, and keeps the model while it runs)."""
        loop = self._loop or self._start()
        item = Item(model, text, lane, priority, careful, loop.create_future(), JOB.get())
        with self._lock:
            if self._closing:
                raise EngineFailed(_STOPPING)
            self._waiting.add(item)
        self._models.retain(model)
        if not self._wake_scheduled:
            self._wake_scheduled = True
            loop.call_soon(self._wake, loop)
        try:
            return await item.future
        except asyncio.CancelledError:
            with self._lock:
                waited = self._waiting.take(item)
            if waited:
                self._models.release(model)
            raise

    # -- on the event loop --------------------------------------------------------------

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = self._loop = asyncio.get_running_loop()
        for _ in range(self._slots):
            self._hire(loop, [])
        return loop

    def _hire(self, loop: asyncio.AbstractEventLoop, rest: list[Item]) -> None:
        thread = threading.Thread(
            target=self._work, args=(loop, rest), name="translator", daemon=True
        )
        self._threads.add(thread)
        thread.start()

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wake_scheduled = False
        with self._lock:
            self._changed.notify(min(len(self._waiting), self._sleeping))
        if self._watch is None:
            self._watch = loop.call_later(self._stuck_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what has run too long; look again when the next could have."""
        self._watch = None
        now = time.monotonic()
        with self._lock:
            stuck = [run for run in self._runs if now - run.since >= self._stuck_s]
            for run in stuck:
                run.lost = True
                self._runs.discard(run)
            oldest = min((run.since for run in self._runs), default=now)
            busy = bool(self._runs or self._waiting or stuck)
        for run in stuck:
            self._give_up(loop, run)
        if busy:
            self._watch = loop.call_later(oldest + self._stuck_s - now, self._look, loop)

    def _give_up(self, loop: asyncio.AbstractEventLoop, run: _Run) -> None:
        _log.error("engine_stuck", pair=run.items[0].model.pair.key, seconds=self._stuck_s)
        self._threads.discard(run.thread)
        failure = EngineFailed(f"no answer in {self._stuck_s:g} seconds")
        again = run.items if len(run.items) > 1 and not self._closing else []
        for item in run.items:
            if again:  # one bad sentence must not take the others with it
                self._models.retain(item.model)
            else:
                _answer(item, failure)
        if self._closing:
            self._finish(run.rest, EngineFailed(_STOPPING))
        else:
            self._hire(loop, [*again, *run.rest])

    def _finish(self, items: Sequence[Item], outcome: list[str] | EngineFailed | None) -> None:
        """The items' work is over; None: nobody waits for what came of it."""
        for number, item in enumerate(items):
            if outcome is not None:
                _answer(item, outcome if isinstance(outcome, EngineFailed) else outcome[number])
            self._models.release(item.model)

    async def close(self) -> None:
        """Drop what waits, let running batches end."""
        with self._lock:
            self._closing = True
            dropped = self._waiting.clear()
            self._changed.notify_all()
        self._finish(dropped, EngineFailed(_STOPPING))
        # Threads have no event to wait for that would not itself need a thread.
        while any(thread.is_alive() for thread in self._threads):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        if self._watch is not None:
            self._watch.cancel()

    # -- on the workers -----------------------------------------------------------------

    def _work(self, loop: asyncio.AbstractEventLoop, rest: list[Item] | None) -> None:
        while rest is not None:
            rest = self._once(loop, rest)

    def _once(self, loop: asyncio.AbstractEventLoop, rest: list[Item]) -> list[Item] | None:
        """One run; what is left for this worker to do before anything else, None when it ends."""
        run = self._next(rest)
        if run is None:
            return None
        with self._record.batch([item.job for item in run.items]):
            outcome = _ask(run.items)
        with self._lock:
            self._runs.discard(run)
        # From here on nobody gives this run up: ``lost`` does not change any more.
        if isinstance(outcome, EngineFailed) and len(run.items) > 1 and not run.lost:
            return run.items  # one bad sentence must not take the others with it
        try:
            loop.call_soon_threadsafe(self._finish, run.items, None if run.lost else outcome)
        except RuntimeError:
            return None  # the loop is closed: nobody waits for anything any more
        return None if run.lost else run.rest

    def _next(self, rest: list[Item]) -> _Run | None:
        """What this worker does next; None when it should end."""
        with self._lock:
            while not rest and not self._waiting:
                if self._closing:
                    return None
                self._sleeping += 1
                self._changed.wait()
                self._sleeping -= 1
            thread = threading.current_thread()
            if rest:
                run = _Run(rest[:1], rest[1:], thread)
            else:
                free = max(1, self._slots - len(self._runs))
                batch = self._waiting.next_batch(self._batch_size, free, self._slots)
                run = _Run(batch, [], thread)
            self._runs.add(run)
            return run


def _ask(items: Sequence[Item]) -> list[str] | EngineFailed:
    """Call the model; whatever it does is an outcome."""
    model = items[0].model
    if all(item.future.done() for item in items):
        return EngineFailed("nobody waits for it any more")
    try:
        texts = model.model.translate([item.text for item in items], items[0].careful)
    except BaseException as error:  # noqa: BLE001  (an engine may raise anything, SystemExit too)
        _log.warning("engine_failed", pair=model.pair.key, reason=repr(error)[:200])
        failure = EngineFailed(str(error))
        failure.__cause__ = error
        return failure
    if not isinstance(texts, list) or [type(text) for text in texts] != [str] * len(items):
        _log.warning("engine_failed", pair=model.pair.key, reason="not one text per sentence")
        return EngineFailed("the engine did not give one text for each sentence")
    return texts


def _answer(item: Item, outcome: str | EngineFailed) -> None:
    if item.future.done():
        return
    if isinstance(outcome, str):
        item.future.set_result(outcome)
    else:
        item.future.set_exception(outcome)
