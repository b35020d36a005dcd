"""The room: detector and translator, and what they do with each frame.

It knows no database, no socket and no site table. Jobs run side by side; each is answered when it
is done, in whatever order.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from translate_proxy import watchdog
from translate_proxy.engine_room import frames
from translate_proxy.engine_room.ledger import Ledger, Work
from translate_proxy.engine_room.making import make_translator
from translate_proxy.language.detection.detection import Detection
from translate_proxy.model import Shop, Site, SiteKey
from translate_proxy.settings import Settings
from translate_proxy.translation.engines.record import JOB
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words

NEVER_S = 1e9
"""The server watches for stuck batches and ends the process: a thread is not given up here."""

log = structlog.get_logger(__name__)


class _Written:
    """``Record`` in the ledger. ``seconds``: what batches and loads have taken so far, threads side
    by side."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self.seconds = {"model": 0.0, "load": 0.0}

    @contextmanager
    def batch(self, jobs: Sequence[int]) -> Iterator[None]:
        """See ``Record``."""
        with self._timed("model"), self._ledger.jobs(Work.BATCH, jobs):
            yield

    @contextmanager
    def load(self, model: str) -> Iterator[None]:
        """See ``Record``."""
        with self._timed("load"), self._ledger.load(model):
            yield

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[stage] += time.monotonic() - began


class Room:
    """``send`` takes a frame for the server; it never blocks."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        send: Callable[[frames.Frame], None],
        *,
        aside: Mapping[str, str],
        forgotten: int,
    ) -> None:
        self._ledger = ledger
        self._written = _Written(ledger)
        self._send = send
        self._forgotten = forgotten
        self._sites: dict[SiteKey, tuple[int, Site]] = {}
        self._book = PhraseBook()
        self._detection = Detection(settings.language, time.monotonic)
        self._translator = make_translator(
            settings.model_copy(
                update={
                    "translation": settings.translation.model_copy(
                        update={"stuck_seconds": NEVER_S}
                    )
                }
            ),
            Words(self._book, self._words),
            record=self._written,
            aside=aside,
        )
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._counts = {"observed": 0.0, "translated": 0.0}

    async def start(self) -> None:
        """Read the packages and warm the models; tell what there is."""
        await self._translator.refresh()
        self.tell_stock()
        await self._translator.warm()
        self.tell_stock(warm=True)

    async def close(self) -> None:
        """Let running batches end, free the models."""
        for task in (*self._tasks.values(), *self._others):
            task.cancel()
        await self._translator.close()
        await self._detection.close()

    def tell_stock(self, number: int = 0, *, warm: bool = False) -> None:
        """Say what can be translated now."""
        now = self._translator.inventory()
        self._send(frames.Stock(number, warm, now.offered, now.engines, now.loaded, now.failures))

    def figures(self) -> Mapping[str, float]:
        """Counters since the start, and what is under way."""
        return {
            **self._counts,
            **self._translator.figures(),
            "jobs": float(len(self._tasks)),
            **{f"held {stage}": float(count) for stage, count in watchdog.counts().items()},
            **{f"in {stage}": spent for stage, spent in dict(watchdog.seconds).items()},
            **{f"in {stage}": spent for stage, spent in self._written.seconds.items()},
        }

    def take(self, frame: frames.ToRoom) -> None:
        """Begin what a frame asks for. FrameError for one that has no place here."""
        match frame:
            case frames.Translate():
                self._begin(frame.id, self._translate(frame))
            case frames.Observe():
                self._begin(frame.id, self._observe(frame))
            case frames.Cancel():
                for number in frame.ids:
                    if (task := self._tasks.get(number)) is not None:
                        task.cancel()
            case frames.Words():
                self._keep_words(frame)
            case frames.Forget():
                self._spawn(self._forget(frame.forgotten))
            case frames.Warm():
                self._spawn(self._warm(frame))
            case frames.Reload():
                self._spawn(self._reload(frame))
            case _:
                raise frames.FrameError(f"{type(frame).__name__} has no place here")

    # -- jobs --------------------------------------------------------------------------------

    def _begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        self._ledger.taken(number)
        task = asyncio.create_task(work)
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._tasks.pop(number, None))

    async def _translate(self, frame: frames.Translate) -> None:
        job = frame.job
        JOB.set(frame.id)
        watchdog.ABOUT.set(frame.about or f"job {frame.id}")
        if frame.forgotten > self._forgotten:
            await self._forget(frame.forgotten)
        if frame.words and self._sites.get(job.site, (0, None))[0] != frame.words:
            self._send(frames.NeedWords(frame.id, job.site))
            return
        self._ledger.taken(frame.id)
        result = await self._translator.translate(job)
        if frame.forgotten < self._forgotten:  # asked before an erasure: nothing of it is kept
            await self._translator.forget()
        self._counts["translated"] += 1
        self._send(frames.Done(frame.id, result))

    async def _observe(self, frame: frames.Observe) -> None:
        watchdog.ABOUT.set(frame.about or f"job {frame.id}")
        with self._ledger.jobs(Work.LOOK, (frame.id,)):
            seen = await self._detection.look(frame.text, frame.context)
        self._counts["observed"] += 1
        self._send(frames.Observed(frame.id, tuple(seen)))

    # -- control -----------------------------------------------------------------------------

    def _words(self) -> Shop:
        return Shop({key: site for key, (_, site) in self._sites.items()})

    def _keep_words(self, words: frames.Words) -> None:
        site = Site(
            key=words.site,
            name=words.site,
            origins=(),
            languages=(),
            default_language="en",
            phrases=words.phrases,
            glossary=words.glossary,
        )
        self._sites[words.site] = (words.revision, site)

    async def _forget(self, forgotten: int) -> None:
        self._forgotten = max(self._forgotten, forgotten)
        await self._translator.forget()
        self._send(frames.Forgotten(forgotten))

    async def _warm(self, frame: frames.Warm) -> None:
        await self._detection.start(frame.languages)
        await asyncio.to_thread(self._book.load, sorted(frame.languages))
        self.tell_stock(frame.number)

    async def _reload(self, frame: frames.Reload) -> None:
        await self._translator.refresh()
        self.tell_stock(frame.number)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._others.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("engine_room.failed", exc_info=error)
