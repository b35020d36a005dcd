"""What an operator reads of a visitor's text that is no message, such as a rating's comment: it is
translated when it is looked at, and stored nowhere."""

from __future__ import annotations

from translate_proxy.interfaces import (
    LanguageContext,
    LanguageJudge,
    Priority,
    Translator,
)
from translate_proxy.model import Language, Operator, Site
from translate_proxy.text.plain import check_text
from translate_proxy.web.preview import job_aside
from translate_proxy.web.schemas import ReadingAnswer


async def reading(
    operator: Operator,
    site: Site,
    spoken: Language,
    text: str,
    *,
    translator: Translator,
    judge: LanguageJudge,
) -> ReadingAnswer:
    """``text`` of a visitor who is taken to speak ``spoken``, in the operator's reading language.
    Refused ``empty`` or ``too_long`` for what could not be a message either."""
    check_text(text, site.max_message_length)
    context = LanguageContext(
        of="visitor",
        candidates=site.languages,
        default=spoken,
        earlier=spoken,
        protected_terms=site.protected_terms,
    )
    source = (await judge.judge(text, context, None)).message_language
    # As with messages: what is in another language that they know stays as it was written.
    target = source if source in operator.languages else operator.reads
    lane = f"reading:{operator.id}"
    made = await translator.translate(
        job_aside(site, text, source, target, lane=lane, priority=Priority.HISTORY)
    )
    return ReadingAnswer(
        text=made.text,
        source=source,
        language=target,
        status=made.status,
        reason=made.reason,
        route=list(made.route),
        engine=made.engine,
    )
