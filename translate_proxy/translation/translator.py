"""Everything between a message and its translation.

A job passes, in this order: the length limit, same language, what people have translated beforehand
(corrections, phrases), text without words, the route, memory,
the bounded queue, its lane's turn; then its sentences go through the guard and the batcher, and the
whole is checked once more. Whatever goes wrong becomes ``untranslated`` with a reason and the
original text; nothing raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from translate_proxy.interfaces import Clock, PairStatus, Priority, Translated, TranslationJob
from translate_proxy.model import Language, UntranslatedReason
from translate_proxy.settings import PairSettings
from translate_proxy.settings import Translation as TranslationSettings
from translate_proxy.text import tags
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.engines.engine import (
    Engine,
    EngineError,
    EnginePair,
    Uninstalled,
)
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.engines.models import LoadedModel, Models
from translate_proxy.translation.engines.record import Record
from translate_proxy.translation.engines.routes import Route
from translate_proxy.translation.engines.threads import Threads
from translate_proxy.translation.words.spelling_files import SpellingBook
from translate_proxy.translation.words.words import Words
from translate_proxy.translation.work import segments
from translate_proxy.translation.work.batcher import Batcher, EngineFailed
from translate_proxy.translation.work.lanes import Lanes
from translate_proxy.translation.work.memory import Memory
from translate_proxy.translation.work.segments import Part, Sentence
from translate_proxy.translation.work.sentence_work import SentenceWork, Unsafe
from translate_proxy.watchdog import ABOUT, doing

_log = structlog.get_logger(__name__)

_LONG_CHARS = 1500
"""Longer texts are taken apart on a thread: a hostile one costs tens of milliseconds."""
_CACHED_CHARS = 1000
"""Longer texts are not kept: they do not come twice, and the memory stays small."""


class Translator:
    """The ``interfaces.Translator`` of this product. ``engines`` are those beside Argos;
    ``words`` what is asked before any of them. ``record`` is told what is in hand;
    ``aside`` holds the keys of models that must not be used, each with the reason."""

    def __init__(
        self,
        settings: TranslationSettings,
        pairs: Sequence[PairSettings],
        packages_dir: Path,
        clock: Clock,
        engines: Sequence[Engine] = (),
        *,
        words: Words | None = None,
        record: Record | None = None,
        aside: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._words = words
        self._spelling = SpellingBook()
        self._aside = aside or {}
        self._clock = clock
        every: list[Engine] = [ArgosEngine(packages_dir, settings), *engines]
        self._engines = {engine.name: engine for engine in every}
        self._models = Models(self._engines, settings.model_memory_mb * 2**20, record)
        self._batcher = Batcher(
            self._models, settings.threads, settings.batch_size, settings.stuck_seconds, record
        )
        self._memory: Memory[Translated] = Memory(
            settings.cache_entries,
            lambda result: result.status == "translated" and len(result.text) <= _CACHED_CHARS,
        )
        self._helper = Threads(1, "translation-helper")
        self._inventory = Inventory(tuple(pairs))
        self._lanes = Lanes(settings.lane_concurrency)
        self._jobs = 0
        self._closed = False

    # -- life ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Read the installed packages and warm the configured pairs, or all when none is
        configured. A model that fails to load is reported by ``pairs``."""
        await self.refresh()
        await self.warm()

    async def warm(self) -> None:
        """Load what the first messages will need; see ``start``."""
        if self._words is not None:
            await self._helper.run(self._words.load)
        for pair in self._to_warm():
            if self._models.memory > self._settings.model_memory_mb * 2**20:
                break
            try:
                async with self._models.use(pair):
                    pass
            except EngineError:
                continue  # logged, and kept for ``pairs``

    async def refresh(self) -> None:
        """Read the installed packages again: new ones are used from the next message on."""
        offered: list[EnginePair] = []
        for engine in self._engines.values():
            offered += await self._helper.run(engine.pairs)
        self._inventory = Inventory(
            self._inventory.configured,
            tuple(
                replace(pair, problem=self._aside[pair.key]) if pair.key in self._aside else pair
                for pair in offered
            ),
            frozenset(self._engines),
        )
        self._models.retire({pair.key for pair in offered})

    def _to_warm(self) -> list[EnginePair]:
        if not self._inventory.configured:
            return [pair for pair in self._inventory.offered if pair.problem is None]
        legs: dict[str, EnginePair] = {}
        for rule in self._inventory.configured:
            route = self._inventory.routes.find(rule.source, rule.target)
            legs |= {leg.key: leg for leg in route.legs} if route else {}
        return list(legs.values())

    async def close(self) -> None:
        """Refuse new jobs, let running batches end, free the models."""
        self._closed = True
        await self._batcher.close()
        await self._models.close()
        await self._helper.close(within_s=1.0)
        self._memory.forget()

    async def forget(self) -> None:
        """Empty the memory, whole."""
        self._memory.forget()

    # -- what there is ------------------------------------------------------------------

    def inventory(self) -> Inventory:
        """What can be translated now."""
        failed = ((pair.key, self._models.failure(pair)) for pair in self._inventory.offered)
        return replace(
            self._inventory,
            loaded=frozenset(
                pair.key for pair in self._inventory.offered if self._models.is_loaded(pair)
            ),
            failures={key: reason for key, reason in failed if reason is not None},
        )

    def figures(self) -> Mapping[str, float]:
        """What waits, what is under way and what is kept, by name."""
        return {
            "sentences_waiting": float(self._batcher.waiting),
            "translations_under_way": float(self._jobs),
            "remembered": float(len(self._memory)),
            "model_bytes": float(self._models.memory),
        }

    def route(self, source: Language, target: Language) -> tuple[Language, ...] | None:
        """See ``Inventory.route``."""
        return self._inventory.route(source, target)

    def pairs(self) -> Sequence[PairStatus]:
        """See ``Inventory.pairs``."""
        return self.inventory().pairs()

    # -- one job ------------------------------------------------------------------------

    async def translate(self, job: TranslationJob) -> Translated:
        """The translation, or the original with the reason why not. Never raises for anything
        the text or the engine does; cancelling the call cancels the job."""
        started = self._clock()
        try:
            result = self._at_once(job)
            if result is None and self._words is not None:  # they need no route
                result = await self._words.answer(job)
            if result is None:
                result = await self._with_model(job)
        except Exception:  # noqa: BLE001  (a fault of ours must not lose a message: log it, go on)
            _log.exception("translation_failed", source=job.source, target=job.target)
            result = _untranslated(job, "failed")
        ms = max(0, round((self._clock() - started) * 1000))
        return Translated(
            result.text, result.status, result.reason, result.route, result.engine, ms
        )

    def _at_once(self, job: TranslationJob) -> Translated | None:
        """What needs no engine."""
        if len(job.text) > self._settings.max_chars:
            return _untranslated(job, "too_long")
        if tags.same(job.source, job.target):
            return Translated(job.text, "same_language")
        return None

    async def _with_model(self, job: TranslationJob) -> Translated:
        glossary = self._words.glossary(job) if self._words is not None else ()
        route = self._inventory.routes.find(job.source, job.target)
        legs = route.keys if route is not None else ()
        key = (job.site, legs, job.text, job.protected_terms, glossary)
        known = self._memory.get(key)
        if known is not None and route is not None:
            return _as_asked(known, route)
        languages = (job.source, job.target)
        files = (self._spelling.of(job.source), self._spelling.of(job.target))
        apart = (job.text, job.protected_terms, glossary, languages, files)
        split = partial(doing, "sentences", partial(segments.split, *apart), ABOUT.get())
        parts = split() if len(job.text) < _LONG_CHARS else await self._helper.run(split)
        sentences = [part for part in parts if isinstance(part, Sentence)]
        if not sentences:
            return _without_engine(job, parts, "glossary" if glossary else "phrases")
        if route is None:
            return _untranslated(job, "no_route")
        if self._closed or self._jobs >= self._room(job.priority):
            return _untranslated(job, "overloaded")

        self._jobs += 1
        try:
            made = await self._memory.join(
                key,
                job.priority,
                partial(self._make, job, route, parts, sentences),
                job.deadline_s,
                keep=job.keep,
            )
        except TimeoutError:
            return _untranslated(job, "timed_out", route)
        finally:
            self._jobs -= 1
        return _as_asked(made, route)

    def _room(self, priority: Priority) -> int:
        """Jobs that may be under way: half of the queue is kept for live messages."""
        return self._settings.queue if priority is Priority.LIVE else self._settings.queue // 2

    async def _make(
        self,
        job: TranslationJob,
        route: Route,
        parts: Sequence[Part],
        sentences: Sequence[Sentence],
    ) -> Translated:
        """In its lane's turn: a conversation's history does not hold up its live messages."""
        lane = (job.lane, job.priority)
        await self._lanes.enter(lane)
        try:
            route, done = await self._run(job, route, sentences)
        except _NoRoute:
            return _untranslated(job, "no_route")
        except Unsafe:
            return _untranslated(job, "unsafe_output", route)
        except (EngineFailed, EngineError):
            return _untranslated(job, "failed", route)
        finally:
            self._lanes.leave(lane)
        text = segments.join(parts, done, job.target)
        return Translated(text, "translated", route=route.languages, engine=route.engine)

    async def _run(
        self, job: TranslationJob, route: Route, sentences: Sequence[Sentence]
    ) -> tuple[Route, list[str]]:
        """Each sentence along the route, with its models leased. Where a package of it has gone
        since it was found, along the one that there is now."""
        while True:
            models: list[LoadedModel] = []
            try:
                for leg in route.legs:
                    models.append(await self._models.lease(leg))
                return route, await self._along(job, models, sentences)
            except EngineError as error:
                if len(models) == len(route.legs):
                    raise  # not one that could not be had
                if isinstance(error, Uninstalled):
                    await self.refresh()
                now = self._inventory.routes.find(job.source, job.target)
                if now is None:
                    raise _NoRoute from error
                if now.keys == route.keys:
                    raise
                route = now
            finally:
                for model in models:
                    self._models.release(model)

    async def _along(
        self, job: TranslationJob, models: Sequence[LoadedModel], sentences: Sequence[Sentence]
    ) -> list[str]:
        work = SentenceWork(
            self._batcher,
            models,
            job.lane,
            job.priority,
            job.protected_terms,
            self._spelling.of(job.source),
        )
        if len(sentences) == 1:
            return [await work.translate(sentences[0])]
        done = await _all(work, sentences)
        if all(text is None for text in done):
            raise Unsafe
        return [
            sentence.text if text is None else text
            for sentence, text in zip(sentences, done, strict=True)
        ]


class _NoRoute(Exception):  # noqa: N818  (it is an answer, not a fault)
    """Nothing leads from one language to the other any more."""


async def _all(work: SentenceWork, sentences: Sequence[Sentence]) -> list[str | None]:
    """Every sentence at the same time, None for one that cannot be saved: it takes no other with
    it. A failing engine cancels all."""

    async def saved(sentence: Sentence) -> str | None:
        try:
            return await work.translate(sentence)
        except Unsafe:
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(saved(sentence)) for sentence in sentences]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _as_asked(made: Translated, route: Route) -> Translated:
    """An answer that was made for others, with the languages as this caller writes them."""
    if not made.route or made.route == route.languages:
        return made
    first, *_, last = route.languages
    return replace(made, route=(first, *made.route[1:-1], last))


def _without_engine(job: TranslationJob, parts: Sequence[Part], engine: str) -> Translated:
    """A text without a sentence: as it is, or with the words that a glossary puts there and the
    laughter of the other language."""
    text = "".join(part for part in parts if isinstance(part, str))
    if text == job.text:
        return Translated(job.text, "same_language")
    return Translated(text, "phrase", route=(job.source, job.target), engine=engine)


def _untranslated(
    job: TranslationJob, reason: UntranslatedReason, route: Route | None = None
) -> Translated:
    return Translated(
        job.text,
        "untranslated",
        reason=reason,
        route=route.languages if route else (),
        engine=route.engine if route else None,
    )
