"""The loaded models: loaded once at first use, kept warm, dropped by a memory budget.

All state belongs to the event loop; only the loading itself runs on a thread.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog

from translate_proxy.translation.engines.engine import (
    Engine,
    EngineError,
    EnginePair,
    Model,
    Uninstalled,
)
from translate_proxy.translation.engines.record import NoRecord, Record
from translate_proxy.translation.engines.threads import Threads

_log = structlog.get_logger(__name__)

_RETRY_S = 30.0
"""Seconds before a model that failed to load is tried again."""


class LoadedModel:
    """A model and how many use it now."""

    def __init__(self, pair: EnginePair, model: Model) -> None:
        self.pair = pair
        self.model = model
        self.uses = 0


class _Loading:
    """A load under way and how many wait for it: the model is theirs from its first moment, and
    goes when they are done if its package went meanwhile."""

    def __init__(self, load: Callable[[_Loading], Awaitable[LoadedModel]]) -> None:
        self.waiting = 0
        self.outdated = False
        self.task = asyncio.ensure_future(load(self))


class Models:
    """Leases models by pair. ``budget`` is in bytes; a model in use is never dropped, so that the
    budget is kept by the idle ones. ``record`` is told what is being loaded."""

    def __init__(
        self, engines: Mapping[str, Engine], budget: int, record: Record | None = None
    ) -> None:
        self._record = record or NoRecord()
        self._engines = engines
        self._budget = budget
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        self._loading: dict[str, _Loading] = {}
        self._loads: set[asyncio.Task[LoadedModel]] = set()
        self._offered: set[str] | None = None
        self._failed: dict[str, tuple[float, str]] = {}
        self._retired: set[LoadedModel] = set()
        self._threads = Threads(1, "model-loader")

    @property
    def memory(self) -> int:
        """Bytes of all loaded models, as their engines estimate them."""
        return sum(entry.model.memory for entry in (*self._loaded.values(), *self._retired))

    def is_loaded(self, pair: EnginePair) -> bool:
        """Whether a sentence would not have to wait for loading."""
        return pair.key in self._loaded

    def failure(self, pair: EnginePair) -> str | None:
        """Why the last try to load it failed, one sentence."""
        return self._failed[pair.key][1] if pair.key in self._failed else None

    async def lease(self, pair: EnginePair) -> LoadedModel:
        """The loaded model, kept at least until ``release``. EngineError when it cannot be loaded;
        every waiting caller of one load gets the same answer."""
        entry = self._loaded.get(pair.key)
        if entry is None:
            return await self._load_once(pair)  # which counts whoever waits for it
        self._loaded.move_to_end(pair.key)
        self.retain(entry)
        return entry

    @asynccontextmanager
    async def use(self, pair: EnginePair) -> AsyncIterator[LoadedModel]:
        """A lease for the length of a block."""
        entry = await self.lease(pair)
        try:
            yield entry
        finally:
            self.release(entry)

    def retain(self, entry: LoadedModel) -> None:
        """One more user: a batch keeps its model even when nobody waits for it any more."""
        entry.uses += 1

    def release(self, entry: LoadedModel) -> None:
        """One user less; may drop models."""
        entry.uses -= 1
        if entry.uses == 0:
            if entry in self._retired:
                self._retired.discard(entry)
                self._close(entry)
            self._trim()

    async def _load_once(self, pair: EnginePair) -> LoadedModel:
        at, reason = self._failed.get(pair.key, (0.0, ""))
        if reason and asyncio.get_running_loop().time() - at < _RETRY_S:
            raise EngineError(reason)
        loading = self._loading.get(pair.key)
        if loading is None:
            loading = self._loading[pair.key] = _Loading(partial(self._load, pair))
            self._loads.add(loading.task)
            loading.task.add_done_callback(self._loads.discard)
        loading.waiting += 1
        try:
            return await asyncio.shield(loading.task)
        except asyncio.CancelledError:
            if loading.task.done() and loading.task.exception() is None:
                self.release(loading.task.result())
            else:
                loading.waiting -= 1
            raise

    async def _load(self, pair: EnginePair, loading: _Loading) -> LoadedModel:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            model = await self._threads.run(self._read, pair)
        except EngineError as error:
            if not loading.outdated and not isinstance(error, Uninstalled):
                self._failed[pair.key] = (loop.time(), str(error))
            _log.error("model_not_loaded", pair=pair.key, reason=str(error))
            raise
        finally:
            if self._loading.get(pair.key) is loading:
                del self._loading[pair.key]
        _log.info("model_loaded", pair=pair.key, ms=round((loop.time() - started) * 1000))
        entry = LoadedModel(pair, model)
        entry.uses = loading.waiting + 1  # not the new one, whoever waits for it
        if loading.outdated or (self._offered is not None and pair.key not in self._offered):
            self._retired.add(entry)  # for those who found their route before the package went
        else:
            self._failed.pop(pair.key, None)
            self._loaded[pair.key] = entry
        self.release(entry)
        self._trim()
        return entry

    def _read(self, pair: EnginePair) -> Model:
        with self._record.load(pair.key):
            return self._engines[pair.engine].load(pair)

    def _trim(self) -> None:
        """Drop idle models, least recently used first, until the budget holds."""
        idle = [entry for entry in self._loaded.values() if entry.uses == 0]
        while idle and self.memory > self._budget:
            entry = idle.pop(0)
            del self._loaded[entry.pair.key]
            _log.info("model_dropped", pair=entry.pair.key)
            self._close(entry)

    def _close(self, entry: LoadedModel) -> None:
        call = self._threads.start(entry.model.close)
        call.future.add_done_callback(_report)

    def retire(self, keep: set[str]) -> None:
        """Drop the models whose key is not in ``keep`` (packages changed: these are offered now),
        in use or not; those in use go when their last user is done."""
        self._offered = keep
        for key in [key for key in self._loaded if key not in keep]:
            entry = self._loaded.pop(key)
            if entry.uses:
                self._retired.add(entry)
            else:
                self._close(entry)
        for key in [key for key in self._loading if key not in keep]:
            self._loading.pop(key).outdated = True
        for key in [key for key in self._failed if key not in keep]:
            del self._failed[key]

    async def close(self) -> None:
        """Free every model."""
        for task in [*self._loads]:
            await asyncio.wait([task])
        self.retire(set())
        await self._threads.close(within_s=5.0)


def _report(closing: asyncio.Future[None]) -> None:
    if not closing.cancelled() and closing.exception() is not None:
        _log.error("model_not_freed", reason=str(closing.exception()))
