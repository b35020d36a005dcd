"""One sentence along a route: protect, translate, check, put back; try otherwise when that fails.

With placeholders, first for those spans only that the models do not copy by themselves, then for
all, then others, carefully; then the text around the protected spans, piece by piece. A sentence
without protected spans is tried twice, the second time carefully. After that it is ``Unsafe``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translate_proxy.interfaces import Priority
from translate_proxy.text import entities
from translate_proxy.text.entities import Entity
from translate_proxy.translation.engines.models import LoadedModel
from translate_proxy.translation.guard import (
    alignment,
    checks,
    dressing,
    guard,
    markdown,
)
from translate_proxy.translation.words import lone_words, spelling
from translate_proxy.translation.words.spelling_files import NOTHING, SpellingFile
from translate_proxy.translation.work import segments
from translate_proxy.translation.work.batcher import Batcher
from translate_proxy.translation.work.segments import Sentence
from translate_proxy.watchdog import held

_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)
"""A piece without the punctuation at its ends, which keeps it apart from the entities."""


_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]++)[)\]][.!?…]*+")
_NO_ABBREVIATION = 4
"""Letters of a word that is not one."""


def _inside(sentence: Sentence) -> tuple[str, Sentence, str] | None:
    """What a sentence has within brackets, if it is all in one pair, with what stands before and
    after: engines lose these."""
    match = _IN_BRACKETS.fullmatch(sentence.text)
    if match is None or not segments.has_words(match[1]):
        return None
    start, end = match.span(1)
    if any(one.start < start or one.end > end for one in sentence.found):
        return None
    inside = Sentence(match[1], tuple(one.moved(-start) for one in sentence.found))
    return sentence.text[:start], inside, sentence.text[end:]


class Unsafe(Exception):  # noqa: N818  (an answer about an output, not a fault of ours)
    """No way of translating gave an output that may be shown."""


def _attempts(sentence: Sentence) -> Iterator[tuple[guard.Template, bool]]:
    """What to try in turn, and whether carefully."""
    if not sentence.found:
        template = guard.protect(sentence.text, (), guard.SCHEMES[0])
        yield template, False
        yield template, True
        return
    hard = [one for one in sentence.found if one.kind not in guard.SOFT or one.becomes is not None]
    if len(hard) < len(sentence.found):
        for scheme in guard.schemes(sentence.text, hard)[:1]:
            yield guard.protect(sentence.text, hard, scheme), False
    for number, scheme in enumerate(guard.schemes(sentence.text, sentence.found)):
        yield guard.protect(sentence.text, sentence.found, scheme), number > 0


@dataclass(slots=True, eq=False)
class SentenceWork:
    """What all sentences of one job share: models in the route's order, lane and priority, and how
    their language is misspelt."""

    batcher: Batcher
    models: Sequence[LoadedModel]
    lane: str
    priority: Priority
    terms: tuple[str, ...] = ()
    file: SpellingFile = NOTHING

    async def translate(self, sentence: Sentence) -> str:
        """The translation of one sentence. Unsafe or EngineFailed when there is none."""
        if sentence.marks:
            return await self._marked(sentence)
        if (bracketed := _inside(sentence)) is not None:
            before, inside, after = bracketed
            return before + await self.translate(inside) + after
        quotes = markdown.quotes(sentence.text, sentence.found)
        brackets = markdown.brackets(sentence.text, sentence.found, quotes)
        if not quotes and not brackets:
            return await self._plain(sentence)
        try:
            output = markdown.requoted(sentence.text, await self._plain(sentence))
        except Unsafe:
            output = None
        if (
            output is not None
            and not markdown.left_alone(sentence.text, quotes, output)
            and not markdown.lost(brackets, sentence.text, output)
        ):
            return output
        marks = tuple(sorted([*quotes, *brackets]))
        try:
            return await self._marked(Sentence(sentence.text, sentence.found, marks))
        except Unsafe:
            if output is None:
                raise
            return output

    async def _marked(self, sentence: Sentence) -> str:
        """Without its marks, which then are put around the words that they stood on."""
        text, found, root = markdown.taken_off(*sentence)
        whole = alignment.Sentence(text, 0, len(text))
        try:
            whole.look(root)
        except alignment.TooManyNodes:
            return await self._around(Sentence(sentence.text, markdown.as_entities(*sentence)))
        pieces = whole.pieces()
        output, *made = await asyncio.gather(
            self.translate(Sentence(text, found)),
            *(self._part(piece, text, found) for piece in pieces),
        )
        with held("marks"):
            whole.place(output, 0, dict(zip(pieces, made, strict=True)))
            if not alignment.hollow(root, text, output):
                return alignment.written(root, output, str)
        return await self._around(Sentence(sentence.text, markdown.as_entities(*sentence)))

    async def _part(self, piece: str, text: str, found: Sequence[Entity]) -> str:
        """A piece of a sentence by itself, to find its words in the sentence's translation."""
        start = text.find(piece)
        end = start + len(piece)
        inner = [one.moved(-start) for one in found if start <= one.start and one.end <= end]
        if not segments.has_words(piece):
            return piece
        try:
            return await self._plain(Sentence(piece, tuple(inner)))
        except Unsafe:
            return piece

    async def _plain(self, sentence: Sentence) -> str:
        """A sentence without marks, or with marks that the engine has to keep."""
        output = await self._guarded(sentence)
        ranges = guard.word_ranges(*sentence[:2]) if "–" in sentence.text else []
        dashed = guard.with_dashes(sentence.text, output) if ranges else output
        if dashed is not None:
            return dashed
        try:
            made = [one._replace(becomes=await self._range(one.text)) for one in ranges]
            return await self._guarded(
                Sentence(sentence.text, tuple(entities.merged(made, sentence.found)))
            )
        except Unsafe:
            return output

    async def _range(self, text: str) -> str:
        """ "June–August", word by word; "Mon–Fri" as it is: models know too little of either."""
        words = text.split("–")
        if min(map(len, words)) < _NO_ABBREVIATION:
            return text
        return "–".join(await asyncio.gather(*map(self._lone, words)))

    async def _guarded(self, sentence: Sentence) -> str:
        with held("spelling"):
            sentence = Sentence(*spelling.respelled(sentence.text, sentence.found, self.file))
        if not sentence.found and lone_words.is_lone(sentence.text):
            return await self._lone(sentence.text)
        for template, careful in _attempts(sentence):
            output = await self._along(template, careful=careful)
            if output is None:
                continue
            if not sentence.found:
                return output
            with held("guard"):
                restored = guard.repair(sentence.found, guard.restore(template, output))
                legible = guard.legible(sentence.found, restored, self.terms)
            if legible:
                return restored
        if sentence.found:
            pieced = await self._around(sentence)
            if guard.legible(sentence.found, pieced, self.terms):
                return pieced
        raise Unsafe

    async def _lone(self, word: str) -> str:
        """A word by itself, in several ways at the same time."""
        template = guard.protect(word, (), guard.SCHEMES[0])
        asked = (
            self._through(template, form, careful=False)
            for form in lone_words.forms(word, self.models[0].pair.source)
        )
        outputs = [output for output in await asyncio.gather(*asked) if output is not None]
        made = lone_words.chosen(word, outputs, self.models[-1].pair.target)
        if made is None:
            raise Unsafe
        return made

    async def _along(self, template: guard.Template, *, careful: bool) -> str | None:
        """Dressed and through every leg; None as soon as an output must not be used."""
        dressed = dressing.dress(
            template.text,
            self.models[0].pair.source,
            shouting_allowed="X" not in template.scheme.form,
        )
        text = await self._through(template, dressed.text, careful=careful)
        return None if text is None else dressed.undress(text)

    async def _through(self, template: guard.Template, text: str, *, careful: bool) -> str | None:
        for model in self.models:
            output = await self.batcher.translate(
                model, text, self.lane, self.priority, careful=careful
            )
            with held("checks"):
                problem = checks.problem(text, output, model.pair.target)
                if problem is not None or not guard.intact(template, output):
                    return None
            text = output
        return text

    async def _around(self, sentence: Sentence) -> str:
        """The pieces between the protected spans, each by itself."""
        done: list[str] = []
        at = 0
        for entity in sentence.found:
            done += [await self._piece(sentence.text[at : entity.start]), entity.output]
            at = entity.end
        done.append(await self._piece(sentence.text[at:]))
        return "".join(done)

    async def _piece(self, text: str) -> str:
        if not segments.has_words(text):
            return text
        found = _CORE.search(text)
        if found is None:
            return text
        core = found[0]
        before, after = text[: found.start()], text[found.end() :]
        template = guard.protect(core, (), guard.SCHEMES[0])
        for careful in (False, True):
            output = await self._along(template, careful=careful)
            if output is not None:
                if core[0].islower() and output[:1].isupper() and not output[1:2].isupper():
                    output = output[0].lower() + output[1:]  # a piece begins no sentence
                return before + output + after
        raise Unsafe
