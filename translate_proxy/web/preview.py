"""Preview: what the visitor would read, what that means, and what to be careful about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from translate_proxy.interfaces import (
    LanguageContext,
    LanguageJudge,
    Priority,
    Translated,
    TranslationJob,
    Translator,
)
from translate_proxy.model import Language, Operator, Site
from translate_proxy.text.plain import check_text
from translate_proxy.watchdog import ABOUT, held
from translate_proxy.web.schemas import PreviewAnswer

DEADLINE_S = 10.0
"""Seconds one direction may take: after that the operator has sent the message anyway."""

_SHORT_WORDS = 2

_MADE = {"translated", "phrase", "corrected"}
# Whatever holds a digit, an @ or a link; the guard protects most of it, this is the second look.
_ENTITY = re.compile(r"[\d@]|[^\s:/]://[^\s/]")
_CLOSE_LOOKS = 50
"""Entities that are looked for letter by letter, since they do not stand there as a word."""
_EDGES = ".,;:!?()[]{}<>\"'«»„“”‚‘’¿¡…"


def job_aside(
    site: Site, text: str, source: Language, target: Language, *, lane: str, priority: Priority
) -> TranslationJob:
    """What is asked of the translator for a text that is no message: somebody waits for it."""
    return TranslationJob(
        lane=lane,
        site=site.key,
        text=text,
        source=source,
        target=target,
        priority=priority,
        deadline_s=DEADLINE_S,
        protected_terms=site.protected_terms,
        keep=priority is not Priority.PREVIEW,
    )


async def preview(
    operator: Operator,
    site: Site,
    target: Language,
    text: str,
    *,
    translator: Translator,
    judge: LanguageJudge,
) -> PreviewAnswer:
    """Translate ``text`` for the visitor and back. Refused ``empty``, ``too_long`` or
    ``bad_request`` for what could not be sent as a message either."""
    ABOUT.set(f"preview of {operator.id}")
    check_text(text, site.max_message_length)
    source = await _language(operator, site, text, judge)

    async def translate(part: str, from_: Language, to: Language) -> Translated:
        lane = f"preview:{operator.id}"
        return await translator.translate(
            job_aside(site, part, from_, to, lane=lane, priority=Priority.PREVIEW)
        )

    there = await translate(text, source, target)
    back = await translate(there.text, target, source) if there.status in _MADE else None
    with held("preview"):
        warned = warnings(text, there, back, site.protected_terms)
    return PreviewAnswer(
        translation=there.text,
        back_translation=text if back is None else back.text,
        warnings=warned,
        source=source,
        language=target,
        status=there.status,
        reason=there.reason,
        route=list(there.route),
        engine=there.engine,
    )


def warnings(
    text: str, there: Translated, back: Translated | None, terms: Sequence[str]
) -> list[str]:
    """What the operator should know, as codes, the weightiest first."""
    if there.status == "untranslated":
        return ["no_route" if there.reason == "no_route" else "untranslated"]
    if there.status == "same_language":
        return ["same_language"]
    found = []
    if lost(text, there.text, terms) or (back is not None and lost(text, back.text, terms)):
        found.append("entity_at_risk")
    if len(there.route) > 2:
        found.append("pivoted")
    # An approved phrase is right however short it is.
    if there.status == "translated" and len(text.split()) <= _SHORT_WORDS:
        found.append("very_short")
    return found


def lost(text: str, translated: str, terms: Sequence[str]) -> list[str]:
    """Numbers, links, addresses and the shop's own words that are in ``text`` and not, or not as
    often, in ``translated``."""
    wanted = Counter(word.strip(_EDGES) for word in text.split() if _ENTITY.search(word))
    came = Counter(word.strip(_EDGES) for word in translated.split())
    missing = [entity for entity, count in wanted.items() if came[entity] < count]
    looked_for, not_looked_for = missing[:_CLOSE_LOOKS], missing[_CLOSE_LOOKS:]
    found = [entity for entity in looked_for if translated.count(entity) < wanted[entity]]
    own = [term for term in terms if translated.count(term) < text.count(term)]
    return [*found, *not_looked_for, *(term for term in own if term not in found)]


async def _language(operator: Operator, site: Site, text: str, judge: LanguageJudge) -> Language:
    if len(operator.languages) == 1:
        return operator.reads
    context = LanguageContext(
        of="operator",
        candidates=operator.languages,
        default=operator.reads,
        protected_terms=site.protected_terms,
    )
    return (await judge.judge(text, context, None)).message_language
