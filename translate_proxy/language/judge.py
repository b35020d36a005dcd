"""The judge: what a conversation's side speaks, out of what is known and what a detector sees.

Seeing is heavy, native and fed by strangers, so it may happen elsewhere (``Look``); the belief is
arithmetic and needs nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from translate_proxy.interfaces import (
    Clock,
    Detector,
    Judgement,
    LanguageContext,
    Look,
    Seen,
)
from translate_proxy.language import belief
from translate_proxy.language.detection.detection import Detection
from translate_proxy.model import Language, LanguageSource
from translate_proxy.settings import LanguageSettings
from translate_proxy.text.tags import match

STATE_VERSION: Final = 1


class Believer:
    """Judges by what ``look`` sees."""

    def __init__(self, settings: LanguageSettings, look: Look) -> None:
        self._look = look
        self._neighbours = settings.neighbours

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
        seen: Sequence[Seen] = ()
        if text and len(context.candidates) > 1:
            seen = await self._look(text, context)
        return conclude(
            context, state, declared, None if text is None else seen, neighbours=self._neighbours
        )


class Judge(Believer):
    """``LanguageJudge`` with a detection thread of its own."""

    def __init__(
        self, settings: LanguageSettings, clock: Clock, detector: Detector | None = None
    ) -> None:
        self._detection = Detection(settings, clock, detector)
        super().__init__(settings, self._detection.look)

    async def start(self, candidates: Sequence[Language]) -> None:
        """Load what the candidates need, before the first message."""
        await self._detection.start(candidates)

    async def close(self) -> None:
        """Stop the detection thread."""
        await self._detection.close()


def conclude(
    context: LanguageContext,
    state: Mapping[str, Any] | None,
    declared: Language | None,
    seen: Sequence[Seen] | None,
    *,
    neighbours: bool = False,
) -> Judgement:
    """The judgement after a message that looks like this (None: without a message)."""
    candidates = context.candidates
    start = belief.prior(context, neighbours=neighbours)
    held, told, present, detected = _read_state(state, candidates)
    if told is None or present is None:
        told = present = belief.name(start, None)
    author = start if held is None else held
    message = author
    said = match(declared, candidates)
    if seen is not None:
        if held is not None and (seen or said):
            author = belief.step(held, start)
        author, message = _read(author, seen, said, start, first=not detected)
    # Nothing has to be overcome as long as the present language is only what the context said.
    language = believed = belief.name(author, present if detected else None)
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
        changed=language != told,
        message_language=spoken,
        believed=believed,
        state={
            "v": STATE_VERSION,
            "language": language,
            "believed": believed,
            "detected": detected,
            "belief": {tag: round(share, 6) for tag, share in author.items() if share >= 1e-6},
        },
    )


def _read(
    author: belief.Distribution,
    seen: Sequence[Seen],
    said: Language | None,
    start: belief.Distribution,
    *,
    first: bool,
) -> tuple[belief.Distribution, belief.Distribution]:
    """The author's language and the message's after its sentences."""
    if not seen and said is not None:
        seen = [Seen({}, 1)]
    if not seen:
        return author, author
    candidates = tuple(start)
    total = dict.fromkeys(candidates, 0.0)
    for number, one in enumerate(seen):
        if number:
            author = belief.step(author, start)
        evidence = belief.evidence(one.found, candidates)
        if said is not None:
            belief.hear(evidence, said, belief.DECLARED)
        author, sentence = belief.update(author, evidence, one.words, first=first)
        for tag, share in sentence.items():
            total[tag] += share * max(one.words, 0.5)
    return author, belief.normalised(total)


def _read_state(
    state: Mapping[str, Any] | None, candidates: Sequence[Language]
) -> tuple[belief.Distribution | None, Language | None, Language | None, bool]:
    """What an earlier call remembered: the belief, the language that was told, the one that was
    believed (another under a pin), and whether anything was read. Nothing when it is of another
    version or not ours."""
    if not state or state.get("v") != STATE_VERSION:
        return None, None, None, False
    held, told = state.get("belief"), state.get("language")
    believed = state.get("believed", told)
    if not (isinstance(held, Mapping) and isinstance(told, str) and isinstance(believed, str)):
        return None, None, None, False
    weights = {tag: held.get(tag, 0.0) for tag in candidates}
    if not all(isinstance(weight, int | float) and weight >= 0 for weight in weights.values()):
        return None, None, None, False
    if not sum(weights.values()):  # other candidates than then
        return None, told, believed, False
    return belief.normalised(weights), told, believed, bool(state.get("detected"))
