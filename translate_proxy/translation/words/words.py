"""What people have said beforehand: corrections, phrases and glossaries, asked before any engine.

The order is from the particular to the general: an operator's correction of this very text on this
site, the site's own phrases, the phrase book. A glossary does not answer for a message; it says
which words the engine does not choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from translate_proxy.interfaces import Translated, TranslationJob
from translate_proxy.model import Language, Refused, Shop, Site, SiteKey
from translate_proxy.text import tags
from translate_proxy.translation.words.phrases import PhraseBook, SitePhrases
from translate_proxy.translation.work.segments import GlossaryTerms
from translate_proxy.watchdog import held

_log = structlog.get_logger(__name__)


class Corrected(Protocol):
    """Where operators' corrections are kept."""

    async def correction(
        self, site: SiteKey, source: Language, target: Language, text: str
    ) -> str | None:
        """What an operator made of this text; Refused ``unavailable`` when it cannot be asked."""
        ...


async def correction_of(job: TranslationJob, kept: Corrected | None) -> str | None:
    """What operators have made of a text: as the job says, if whoever made it has asked, or from
    where they are kept. One that cannot be read now is none: the machine still translates."""
    if job.asked or kept is None:
        return job.corrected
    try:
        return await kept.correction(job.site, job.source, job.target, job.text)
    except Refused as refusal:
        _log.warning("corrections.unread", reason=refusal.code)
        return None


class Words:
    """``shop`` is asked what the shop is now; ``corrected`` is asked before anything else."""

    def __init__(
        self,
        book: PhraseBook,
        shop: Callable[[], Shop] = Shop,
        corrected: Corrected | None = None,
    ) -> None:
        self._book = book
        self._shop = shop
        self._corrected = corrected
        self._plain = SitePhrases(book)
        self._ready: dict[SiteKey, tuple[Site, SitePhrases]] = {}

    def load(self) -> None:
        """Read the phrases of every language that the sites' visitors speak."""
        self._book.load(sorted({tag for site in self._shop().sites for tag in site.languages}))

    def problems(self) -> Sequence[str]:
        """What is wrong with the files of the phrase book, one sentence each."""
        return self._book.problems()

    async def answer(self, job: TranslationJob) -> Translated | None:
        """The whole message as people have translated it; None when nobody has."""
        corrected = await correction_of(job, self._corrected)
        if corrected is not None:
            return Translated(corrected, "corrected", engine="operator")
        terms = job.protected_terms + tuple(source for source, _ in self.glossary(job))
        with held("phrases"):
            phrase = self._phrases(job.site).find(job.text, job.source, job.target, terms)
        if phrase is None:
            return None
        return Translated(phrase, "phrase", route=(job.source, job.target), engine="phrases")

    def _phrases(self, key: SiteKey) -> SitePhrases:
        site = self._shop().site(key)
        if site is None or not site.phrases:
            return self._plain
        known = self._ready.get(key)
        if known is None or known[0] is not site:
            known = self._ready[key] = (site, SitePhrases(self._book, site.phrases))
        return known[1]

    def glossary(self, job: TranslationJob) -> GlossaryTerms:
        """The terms of the site's glossaries for this pair, longer ones first."""
        site = self._shop().site(job.site)
        terms: dict[str, str] = {}
        for glossary in site.glossary if site else ():
            if tags.same(glossary.source, job.source) and tags.same(glossary.target, job.target):
                terms.update(glossary.terms)
        return tuple(sorted(terms.items(), key=lambda term: (-len(term[0]), term[0])))
