"""The judge: the one detection thread, and the belief that it informs.

langdetect and others hold the GIL while they work, and two busy threads make the event loop wait,
so there is exactly one. It is time-boxed: a message whose detection takes too long is judged by
what is known besides, and after that the thread is left alone for a while.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from translate_proxy.interfaces import Clock, Detector, Judgement, LanguageContext
from translate_proxy.language import belief
from translate_proxy.language.content import language_text, words
from translate_proxy.language.detectors import make_detector
from translate_proxy.language.tags import match
from translate_proxy.model import Language, LanguageSource
from translate_proxy.settings import LanguageSettings

_log = structlog.get_logger(__name__)
STATE_VERSION: Final = 1
_REST_SECONDS: Final = 10.0


class Judge:
    """``LanguageJudge`` over one detector on one thread."""

    def __init__(self, settings: LanguageSettings, clock: Clock) -> None:
        self._detector: Detector = make_detector(settings.detector)
        self._time_box = settings.time_box_seconds
        self._clock = clock
        self._resting_until = -math.inf
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
        found: Mapping[Language, float] = {}
        content = "" if text is None else language_text(text, context.protected_terms)
        if content and len(context.candidates) > 1:
            found = await self._detect(content, context.candidates)
        return _conclude(context, state, declared, found, None if text is None else content)

    async def _detect(
        self, content: str, candidates: tuple[Language, ...]
    ) -> Mapping[Language, float]:
        if self._clock() < self._resting_until:
            return {}
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._detector.probabilities, content, candidates)
        try:
            return await asyncio.wait_for(work, self._time_box)
        except TimeoutError:
            self._resting_until = self._clock() + _REST_SECONDS
            _log.warning("detection timed out", detector=self._detector.name)
        except Exception:  # noqa: BLE001  (whatever a detector does, the message must go on)
            _log.exception("detection failed", detector=self._detector.name)
        return {}


def _conclude(
    context: LanguageContext,
    state: Mapping[str, Any] | None,
    declared: Language | None,
    found: Mapping[Language, float],
    content: str | None,
) -> Judgement:
    candidates = context.candidates
    start = belief.prior(context)
    held, present, detected = _read_state(state, candidates)
    before = start if held is None else belief.step(held, start)
    if present is None:
        present = belief.name(start, None)
    after, message = before, before
    said = match(declared, candidates)
    if content is not None and (found or said):
        letters = sum(map(str.isalpha, content))
        evidence = belief.evidence(found, candidates, letters / (letters + 12))
        if said is not None:
            belief.hear(evidence, said, belief.DECLARED)
        after, message = belief.update(before, evidence, len(words(content)))
        detected = True
    elif held is not None:
        after = held
    language = belief.name(after, present)
    confidence = after[language]
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
        state={
            "v": STATE_VERSION,
            "language": language,
            "detected": detected,
            "belief": {tag: round(weight, 6) for tag, weight in after.items()},
        },
    )


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
    return belief.normalised(weights), present, bool(state.get("detected"))
