"""The room as the rest of the server knows it: a judge and a translator.

What needs no engine is answered here: what people have corrected, the reader's own language, texts
without words, what routes there are.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from translate_proxy.engine_room import frames
from translate_proxy.engine_room.account import facts
from translate_proxy.engine_room.process import ProcessRoom
from translate_proxy.interfaces import (
    LanguageContext,
    PairStatus,
    Seen,
    Translated,
    TranslationJob,
)
from translate_proxy.language.judge import Believer
from translate_proxy.model import Language, Shop, Site, SiteKey
from translate_proxy.settings import LanguageSettings
from translate_proxy.text import tags
from translate_proxy.translation.words.words import Corrected, correction_of
from translate_proxy.translation.work import segments

_SHORT_CHARS = 200
"""Only in texts up to this length is it looked for whether there is anything to translate."""


class SiteWords:
    """The words of each site as the room is sent them, with a revision that is new whenever the
    site is. ``shop`` is asked what the shop is now."""

    def __init__(self, shop: Callable[[], Shop]) -> None:
        self._shop = shop
        self._revisions = itertools.count(1)
        self._known: dict[SiteKey, tuple[Site, frames.Words | None]] = {}

    def of(self, key: SiteKey) -> frames.Words | None:
        """See ``process.WordsOf``."""
        site = self._shop().site(key)
        if site is None:
            return None
        known = self._known.get(key)
        if known is None or known[0] is not site:
            words = (
                frames.Words(site.key, next(self._revisions), site.phrases, site.glossary)
                if site.phrases or site.glossary
                else None
            )
            known = self._known[key] = (site, words)
        return known[1]


class RoomJudge(Believer):
    """``LanguageJudge``: the room looks, the belief is here."""

    def __init__(self, settings: LanguageSettings, room: ProcessRoom) -> None:
        super().__init__(settings, self._look_at)
        self._room = room

    async def _look_at(self, text: str, context: LanguageContext) -> Sequence[Seen]:
        if _is_wordless(text, context.protected_terms):
            return ()
        return await self._room.look(text, context)

    async def start(self, candidates: Sequence[Language]) -> None:
        """Have the room read what these languages need."""
        await self._room.warm(candidates)

    async def close(self) -> None:
        """Nothing of its own."""


class RoomTranslator:
    """``interfaces.Translator`` at the other end of a link."""

    def __init__(self, room: ProcessRoom, corrected: Corrected, max_chars: int) -> None:
        self._room = room
        self._corrected = corrected
        self._max_chars = max_chars

    async def start(self) -> None:
        """Start the room and wait until its models are warm."""
        await self._room.start()

    async def close(self) -> None:
        """End the room."""
        await self._room.close()

    async def refresh(self) -> None:
        """Packages have changed: new ones are used from the next message on."""
        await self._room.reload()

    async def forget(self) -> None:
        """See ``Translator.forget``."""
        await self._room.forget()

    def facts(self) -> Mapping[str, Any]:
        """See ``account.facts``."""
        return facts(self._room)

    def route(self, source: Language, target: Language) -> tuple[Language, ...] | None:
        """See ``Translator.route``; as the room has said last."""
        return self._room.inventory.route(source, target)

    def pairs(self) -> Sequence[PairStatus]:
        """See ``Translator.pairs``; as the room has said last."""
        return self._room.inventory.pairs()

    async def translate(self, job: TranslationJob) -> Translated:
        """See ``Translator.translate``."""
        if len(job.text) > self._max_chars:
            return Translated(job.text, "untranslated", "too_long")
        if tags.same(job.source, job.target):
            return Translated(job.text, "same_language")
        begun = time.monotonic()
        corrected = await correction_of(job, self._corrected)
        if corrected is not None:
            ms = round((time.monotonic() - begun) * 1000)
            return Translated(corrected, "corrected", engine="operator", ms=ms)
        if not self._room.has_words(job.site) and _is_wordless(job.text, job.protected_terms):
            return Translated(job.text, "same_language")
        return await self._room.translate(job)


def _is_wordless(text: str, protected_terms: tuple[str, ...]) -> bool:
    """An order number, a link, an emoji: nothing in it has a language. A site's own words may
    translate it nevertheless."""
    if len(text) > _SHORT_CHARS or any(word.isalpha() and len(word) > 1 for word in text.split()):
        return False  # nearly every message: it is looked at no further here
    parts = segments.split(text, protected_terms)
    return not any(isinstance(part, segments.Sentence) for part in parts)
