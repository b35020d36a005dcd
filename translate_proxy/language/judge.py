"""The judge: the one detection thread, and the belief that it informs.

langdetect and others hold the GIL while they work, and two busy threads make the event loop wait,
so there is exactly one. It is time-boxed: a message whose detection takes too long is judged by
what is known besides, and so is every other until the thread is free again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from translate_proxy.interfaces import Clock, Detector, Judgement, LanguageContext
from translate_proxy.language import belief
from translate_proxy.language.content import (
    MIN_SEGMENT,
    amount,
    language_text,
    segments,
    words,
)
from translate_proxy.language.detectors import make_detector
from translate_proxy.model import Language, LanguageSource
from translate_proxy.settings import LanguageSettings
from translate_proxy.text.tags import match

_log = structlog.get_logger(__name__)
STATE_VERSION: Final = 1
CLEAR: Final = 0.9
"""How sure a sentence must be of its language to be named beside the message's own."""


class Judge:
    """``LanguageJudge`` over one detector on one thread."""

    def __init__(
        self, settings: LanguageSettings, clock: Clock, detector: Detector | None = None
    ) -> None:
        self._detector = make_detector(settings.detector) if detector is None else detector
        self._time_box = settings.time_box_seconds
        self._neighbours = settings.neighbours
        self._clock = clock
        self._late: Future[list[Observation]] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="detection")

    async def start(self, candidates: Sequence[Language]) -> None:
        """Load what the candidates need, before the first message."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._warm, tuple(dict.fromkeys(candidates)))

    def _warm(self, candidates: tuple[Language, ...]) -> None:
        self._detector.warm(candidates)
        if candidates:
            self._detector.probabilities("one two three", candidates)

    async def close(self) -> None:
        """Stop the detection thread; what it is busy with ends, what waits is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def judge(
        self,
        text: str | None,
        context: LanguageContext,
        state: Mapping[str, Any] | None,
        declared: Language | None = None,
    ) -> Judgement:
        """Weigh one message, or with None only what the context says. Never raises for any text:
        a failing or slow detector leaves what was known before."""
        if not context.candidates:
            context = replace(context, candidates=(context.default,))
        seen: list[Observation] = []
        if text and len(context.candidates) > 1:
            seen = await self._look(text, context)
        return conclude(
            context, state, declared, None if text is None else seen, neighbours=self._neighbours
        )

    async def _look(self, text: str, context: LanguageContext) -> list[Observation]:
        if self._late is not None and not self._late.done():
            return []
        begin = self._clock()
        job = self._thread.submit(observe, self._detector, text, context)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), self._time_box)
        except TimeoutError:
            self._late = job
            waited = round(self._clock() - begin, 3)
            _log.warning("detection timed out", detector=self._detector.name, seconds=waited)
        except Exception:  # noqa: BLE001  (whatever a detector does, the message must go on)
            _log.exception("detection failed", detector=self._detector.name)
        return []


@dataclass(frozen=True, slots=True)
class Observation:
    """What the detector makes of one sentence, and how many words of language it has."""

    found: Mapping[Language, float]
    words: float


def observe(detector: Detector, text: str, context: LanguageContext) -> list[Observation]:
    """Look at a message, sentence by sentence. Runs on the detection thread."""
    content = language_text(text, context.protected_terms)
    seen = [
        Observation(detector.probabilities(part, context.candidates), amount(words(part)))
        for part in segments(content)
    ]
    return [one for one in seen if one.found]


def conclude(
    context: LanguageContext,
    state: Mapping[str, Any] | None,
    declared: Language | None,
    seen: Sequence[Observation] | None,
    *,
    neighbours: bool = False,
) -> Judgement:
    """The judgement after a message that looks like this (None: without a message)."""
    candidates = context.candidates
    start = belief.prior(context, neighbours=neighbours)
    held, present, detected = _read_state(state, candidates)
    if present is None:
        present = belief.name(start, None)
    author = start if held is None else held
    message = author
    also: tuple[Language, ...] = ()
    said = match(declared, candidates)
    if seen is not None:
        if held is not None and (seen or said):
            author = belief.step(held, start)
        author, message, also = _read(author, seen, said, start, first=not detected)
    # Nothing has to be overcome as long as the present language is only what the context said.
    language = belief.name(author, present if detected else None)
    detected = detected or bool(seen) or (seen is not None and said is not None)
    confidence = author[language]
    source: LanguageSource = "detected" if detected else "prior"
    spoken = belief.name(message, language)
    pinned = match(context.pinned, candidates) or context.pinned
    if pinned is not None:
        language, spoken, confidence, source = pinned, pinned, 1.0, "pinned"
    return Judgement(
        language=language,
        confidence=round(confidence, 4),
        source=source,
        changed=language != present,
        message_language=spoken,
        also=tuple(tag for tag in also if tag != spoken),
        state={
            "v": STATE_VERSION,
            "language": language,
            "detected": detected,
            "belief": {tag: round(share, 6) for tag, share in author.items() if share >= 1e-6},
        },
    )


def _read(
    author: belief.Distribution,
    seen: Sequence[Observation],
    said: Language | None,
    start: belief.Distribution,
    *,
    first: bool,
) -> tuple[belief.Distribution, belief.Distribution, tuple[Language, ...]]:
    """The author's language and the message's after its sentences, and those clearly among them."""
    if not seen and said is not None:
        seen = [Observation({}, 1)]
    if not seen:
        return author, author, ()
    candidates = tuple(start)
    total = dict.fromkeys(candidates, 0.0)
    clear: list[Language] = []
    for number, one in enumerate(seen):
        if number:
            author = belief.step(author, start)
        evidence = belief.evidence(one.found, candidates)
        if said is not None:
            belief.hear(evidence, said, belief.DECLARED)
        author, sentence = belief.update(author, evidence, one.words, first=first)
        for tag, share in sentence.items():
            total[tag] += share * max(one.words, 0.5)
            if share > CLEAR and one.words >= MIN_SEGMENT:
                clear.append(tag)
    return author, belief.normalised(total), tuple(dict.fromkeys(clear))


def _read_state(
    state: Mapping[str, Any] | None, candidates: Sequence[Language]
) -> tuple[belief.Distribution | None, Language | None, bool]:
    """What an earlier call remembered; nothing when it is of another version or not ours."""
    if not state or state.get("v") != STATE_VERSION:
        return None, None, False
    held, present = state.get("belief"), state.get("language")
    if not isinstance(held, Mapping) or not isinstance(present, str):
        return None, None, False
    weights = {tag: held.get(tag, 0.0) for tag in candidates}
    if not all(isinstance(weight, int | float) and weight >= 0 for weight in weights.values()):
        return None, None, False
    if not sum(weights.values()):  # other candidates than then
        return None, present, False
    return belief.normalised(weights), present, bool(state.get("detected"))
