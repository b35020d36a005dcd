"""Sentences that wait at the same moment share a batch, whichever conversation they are from.

Nothing waits on purpose: while a worker is free a sentence starts at once (after the event loop's
current round, so that what becomes ready together goes together), and while all are busy the next
batch collects itself. The next batch belongs to the most urgent sentence that waits; it is filled,
for the same model, urgent ones first and round-robin between lanes, and from about twice as many
candidates those of like length are taken, since a batch costs its longest sentence.

All state belongs to the event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog

from translate_proxy.interfaces import Priority
from translate_proxy.translation.models import LoadedModel, Models
from translate_proxy.translation.threads import Call, Threads

_log = structlog.get_logger(__name__)

_CANDIDATES = 2
"""Batches' worth of waiting sentences among which those of like length are looked for."""
_BATCH_CHARS = 2400
"""Characters of one batch at most (one sentence always goes): what waits behind it waits long."""


class EngineFailed(Exception):  # noqa: N818  (it says what happened)
    """The engine raised, answered nonsense or did not answer; says so in one sentence."""


@dataclass(slots=True, eq=False)
class _Item:
    model: LoadedModel
    text: str
    lane: str
    priority: Priority
    careful: bool
    future: asyncio.Future[str]


@dataclass(slots=True)
class _Waiting:
    """What waits for one (model, careful): per priority, lanes in turn."""

    lanes: dict[Priority, OrderedDict[str, deque[_Item]]] = field(default_factory=dict)
    count: int = 0

    def add(self, item: _Item) -> None:
        self.lanes.setdefault(item.priority, OrderedDict()).setdefault(item.lane, deque()).append(
            item
        )
        self.count += 1

    def urgency(self) -> Priority | None:
        return min((priority for priority, lanes in self.lanes.items() if lanes), default=None)

    def in_turn(self) -> Iterator[_Item]:
        """Everything that waits in fair order; nothing is taken out."""
        for priority in sorted(self.lanes):
            rounds = deque(iter(queue) for queue in self.lanes[priority].values())
            while rounds:
                queue = rounds.popleft()
                item = next(queue, None)
                if item is not None:
                    yield item
                    rounds.append(queue)

    def holds(self, item: _Item) -> bool:
        """Whether it still waits."""
        lanes = self.lanes.get(item.priority)
        return lanes is not None and item in lanes.get(item.lane, ())

    def take(self, item: _Item) -> None:
        """Take one out; its lane goes to the end of the turn."""
        lanes = self.lanes[item.priority]
        queue = lanes[item.lane]
        queue.remove(item)
        self.count -= 1
        if queue:
            lanes.move_to_end(item.lane)
        else:
            del lanes[item.lane]


class Batcher:
    """Runs sentences on models: at most ``threads`` batches at a time, of at most ``batch_size``
    sentences. A batch that takes longer than ``stuck_s`` seconds is given up."""

    def __init__(self, models: Models, threads: int, batch_size: int, stuck_s: float) -> None:
        self._models = models
        self._slots = threads
        self._batch_size = batch_size
        self._stuck_s = stuck_s
        self._threads = Threads(threads, "translator")
        self._waiting: dict[tuple[str, bool], _Waiting] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._flush_scheduled = False

    @property
    def waiting(self) -> int:
        """Sentences that wait for a worker."""
        return sum(waiting.count for waiting in self._waiting.values())

    async def translate(
        self, model: LoadedModel, text: str, lane: str, priority: Priority, *, careful: bool = False
    ) -> str:
        """One sentence. EngineFailed when the engine does. The caller holds the model's lease;
        cancelling takes the sentence out of the queue (a running batch goes on without it)."""
        loop = asyncio.get_running_loop()
        item = _Item(model, text, lane, priority, careful, loop.create_future())
        waiting = self._waiting.setdefault((model.pair.key, careful), _Waiting())
        waiting.add(item)
        self._schedule(loop)
        try:
            return await item.future
        except asyncio.CancelledError:
            self._forget(item)
            raise

    def _forget(self, item: _Item) -> None:
        key = (item.model.pair.key, item.careful)
        waiting = self._waiting.get(key)
        if waiting and waiting.holds(item):
            waiting.take(item)
            if not waiting.count:
                del self._waiting[key]

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._flush_scheduled and len(self._running) < self._slots:
            self._flush_scheduled = True
            loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Start batches until the workers are busy or nothing waits."""
        self._flush_scheduled = False
        while self._waiting and len(self._running) < self._slots:
            batch = self._next_batch()
            task = asyncio.ensure_future(self._run(batch))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._schedule(task.get_loop())

    def _next_batch(self) -> list[_Item]:
        """The model of the most urgent sentence, the longest-waiting model first among equals."""
        key, waiting = min(self._waiting.items(), key=lambda entry: entry[1].urgency() or 0)
        free = self._slots - len(self._running)
        # Two free workers share what waits instead of one taking it all.
        size = min(self._batch_size, -(-waiting.count // free))
        candidates = list(islice(waiting.in_turn(), size * _CANDIDATES))
        first = candidates[0]
        alike = sorted(candidates, key=lambda item: abs(len(item.text) - len(first.text)))
        batch: list[_Item] = []
        chars = 0
        for item in alike[:size]:
            chars += len(item.text)
            if batch and chars > _BATCH_CHARS:
                break
            batch.append(item)
        for item in batch:
            waiting.take(item)
        del self._waiting[key]
        if waiting.count:
            self._waiting[key] = waiting  # to the end: models take turns
        return batch

    async def _run(self, batch: list[_Item]) -> None:
        model = batch[0].model
        self._models.retain(model)
        try:
            results = await self._call(model, [item.text for item in batch], batch[0].careful)
        except EngineFailed as failure:
            if len(batch) == 1:
                _settle(batch[0], failure)
            else:  # one bad sentence must not take the others with it
                for item in batch:
                    await self._run_alone(item)
        else:
            for item, result in zip(batch, results, strict=True):
                _settle(item, result)
        finally:
            self._models.release(model)

    async def _run_alone(self, item: _Item) -> None:
        if item.future.done():
            return
        try:
            result = await self._call(item.model, [item.text], item.careful)
        except EngineFailed as failure:
            _settle(item, failure)
        else:
            _settle(item, result[0])

    async def _call(self, model: LoadedModel, texts: Sequence[str], careful: bool) -> list[str]:
        call = self._threads.start(model.model.translate, texts, careful)
        await asyncio.wait([call.future], timeout=self._stuck_s)
        if not call.future.done():
            self._give_up(model, call)
            raise EngineFailed(f"no answer in {self._stuck_s:g} seconds")
        error = call.future.exception()
        if error is not None:
            _log.warning("engine_failed", pair=model.pair.key, reason=repr(error)[:200])
            raise EngineFailed(str(error)) from error
        results = call.future.result()
        if not isinstance(results, list) or [type(text) for text in results] != [str] * len(texts):
            _log.warning("engine_failed", pair=model.pair.key, reason="not one text per sentence")
            raise EngineFailed("the engine did not give one text for each sentence")
        return results

    def _give_up(self, model: LoadedModel, call: Call[list[str]]) -> None:
        """The thread is lost until the call returns; until then it keeps the model."""
        _log.error("engine_stuck", pair=model.pair.key, seconds=self._stuck_s)
        self._threads.abandon(call)
        self._models.retain(model)

        def returned(future: asyncio.Future[list[str]]) -> None:
            if not future.cancelled():
                future.exception()
            self._models.release(model)

        call.future.add_done_callback(returned)

    async def close(self) -> None:
        """Drop what waits, let running batches end."""
        for waiting in self._waiting.values():
            for item in waiting.in_turn():
                _settle(item, EngineFailed("the server is stopping"))
        self._waiting.clear()
        if self._running:
            await asyncio.wait([*self._running])
        await self._threads.close(within_s=1.0)


def _settle(item: _Item, outcome: str | EngineFailed) -> None:
    if item.future.done():
        return
    if isinstance(outcome, str):
        item.future.set_result(outcome)
    else:
        item.future.set_exception(outcome)
