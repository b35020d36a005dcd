"""A message as what is translated and what stays: lines, spacing, bullets, emoji at the edges.

``"- Hello!  Where is AB-12? 😊\\n"`` is one line with two sentences to translate; the bullet, the
double space, the emoji and the line break are kept as they are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from translate_proxy.model import Language
from translate_proxy.text import entities, tags
from translate_proxy.text.entities import Entity
from translate_proxy.translation.guard import laughter, markdown, other_scripts
from translate_proxy.translation.guard.markdown import Mark
from translate_proxy.translation.words import spelling, weekdays
from translate_proxy.translation.words.spelling_files import NOTHING, SpellingFile
from translate_proxy.translation.work import sentences

_LINE_BREAK = re.compile(r"(\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])")
_BULLET = re.compile(
    r"\A\s*+(?:(?:[-–—*+•·▪◦>»]++|#{1,6}+|\[[ xX]\]|\(?\d{1,3}[.)]|\(?[a-z]\))\s++)++(?=\S)"
)
"""What stands before the text of an item, a quotation, a heading: one or more of them."""
_CELL_END = re.compile(r"(?<!\S)\|(?!\S)")
_ROW_CELL_END = re.compile(r"(?<!\\)\|")
_NO_SPACES = frozenset({"zh-Hans", "zh-Hant", "ja", "th", "lo", "km", "my"})
"""Languages written without a space between sentences."""


class Sentence(NamedTuple):
    """A sentence to translate; the offsets of ``found`` and ``marks`` are those of ``text``."""

    text: str
    found: tuple[Entity, ...]
    marks: tuple[Mark, ...] = ()


Part = str | Sentence
GlossaryTerms = tuple[tuple[str, str], ...]
"""Terms of the source language and what stands for each in the target language."""


def split(
    text: str,
    terms: tuple[str, ...] = (),
    glossary: GlossaryTerms = (),
    languages: tuple[Language, Language] | None = None,
    files: tuple[SpellingFile, SpellingFile] = (NOTHING, NOTHING),
) -> list[Part]:
    """The message in order. Joined, the parts are the message: a ``str`` part is kept as it is.

    ``glossary``: terms that become others, by the guard where they stand in a sentence, here where
    nothing else is to be translated. So does the laughter of ``languages``, from one to the other,
    and so do clothing sizes and days of the week. ``files``: how they are written.
    """
    if len(text) < sentences.MAX_CHARS and text.splitlines() == [text]:
        return _split_line(text, terms, glossary, languages, files)
    parts: list[Part] = []
    lines = _LINE_BREAK.split(text)
    code = {2 * number for number in markdown.fenced(lines[::2])}
    for number, line in enumerate(lines):
        kept = number % 2 or number in code
        parts += [line] if kept else _split_line(line, terms, glossary, languages, files)
    return parts


def _split_line(
    line: str,
    terms: tuple[str, ...],
    glossary: GlossaryTerms,
    languages: tuple[Language, Language] | None,
    files: tuple[SpellingFile, SpellingFile],
) -> list[Part]:
    marks = markdown.find(line) if markdown.MAYBE.search(line) else []
    bare = markdown.filled(line, marks, " ", " ") if marks else line
    found = spelling.protected(bare, _find(bare, terms, glossary), files[0])
    found = weekdays.beside(bare, found, *(one.weekdays for one in files))
    laughs = deque(laughter.find(bare, *languages) if languages else ())
    if laughs:
        found = entities.merged(found, laughs)
        laughs = deque(entity for entity in found if entity.kind == "laughter")
    others = other_scripts.find(bare, languages[0]) if languages else ()
    if others:
        found = entities.merged(found, others)
    masked = markdown.filled(line, marks, "“", "”") if marks else line
    hiding = [one for one in found if one.text != ">"]  # one that quotes begins the line
    masked = _masked(masked, hiding) if hiding else masked
    edges = markdown.Edges(marks) if marks else None
    parts: list[Part] = []
    at = next_found = 0
    inside: tuple[Mark, ...] = ()
    for span in _spans(masked):
        start, end = _comma_before(masked, span[0]), span[1]
        if edges is not None:
            start, end, inside = edges.within(start, end)
        while next_found < len(found) and found[next_found].start < start:
            next_found += 1
        inner: tuple[Entity, ...] = ()
        if next_found < len(found):
            first_found = next_found
            while next_found < len(found) and found[next_found].end <= end:
                next_found += 1
            inner = tuple([entity.moved(-start) for entity in found[first_found:next_found]])
        if _has_words_beside(bare[start:end], inner):
            sentence = Sentence(line[start:end], inner, inside)
            parts += [_laughing(line, at, start, laughs), sentence]
        elif any(entity.becomes is not None for entity in inner):
            parts += [_laughing(line, at, start, laughs), _replaced(line[start:end], inner)]
        else:
            continue
        at = end
    parts.append(_laughing(line, at, len(line), laughs))
    return parts


def _spans(masked: str) -> Iterator[tuple[int, int]]:
    """The sentences of a line, behind its bullet; the cells of a table are lines of their own."""
    bullet = _BULLET.match(masked)
    first = bullet.end() if bullet else 0
    if "|" not in masked:
        yield from sentences.split(masked, first)
        return
    ends = _ROW_CELL_END if masked.startswith("|", first) else _CELL_END
    for cell_end in (*(match.start() for match in ends.finditer(masked, first)), len(masked)):
        for start, end in sentences.split(masked[first:cell_end]):
            yield first + start, first + end
        first = cell_end + 1


def _comma_before(masked: str, start: int) -> int:
    """Where a sentence begins that stands behind laughter or an emoji: not with a comma."""
    if masked[start] == "," and masked[max(0, start - 2) : start].rstrip(" ").endswith(
        sentences.EMOJI
    ):
        return start + len(masked[start:]) - len(masked[start:].lstrip(", "))
    return start


def _laughing(line: str, start: int, end: int, laughs: deque[Entity]) -> str:
    """What stays of a line between its sentences, with its laughter as the reader laughs. Takes
    from ``laughs`` what stands before ``end``."""
    inner: list[Entity] = []
    while laughs and laughs[0].start < end:
        laugh = laughs.popleft()
        if laugh.start >= start:
            inner.append(laugh.moved(-start))
    return _replaced(line[start:end], inner)


def _find(line: str, terms: tuple[str, ...], glossary: GlossaryTerms) -> list[Entity]:
    if not glossary:
        return entities.find(line, terms)
    becomes = {source.strip().casefold(): target for source, target in glossary}
    found = entities.find(line, terms + tuple(source for source, _ in glossary))
    return [
        entity._replace(becomes=becomes.get(entity.text.casefold()))
        if entity.kind == "term"
        else entity
        for entity in found
    ]


def _replaced(text: str, found: Sequence[Entity]) -> str:
    """The text with what its entities become."""
    parts: list[str] = []
    at = 0
    for entity in found:
        parts += [text[at : entity.start], entity.output]
        at = entity.end
    return "".join((*parts, text[at:]))


def has_words(text: str) -> bool:
    """Whether there is a letter, that is, anything to translate."""
    return any(map(str.isalpha, text))


def _has_words_beside(text: str, found: Sequence[Entity]) -> bool:
    at = 0
    for entity in found:
        if has_words(text[at : entity.start]):
            return True
        at = entity.end
    return has_words(text[at:])


def _masked(line: str, found: Sequence[Entity]) -> str:
    """The line with its entities filled over, every offset kept. Emoji and laughter become white
    space, so that those at the edge of a sentence fall outside of it."""
    parts: list[str] = []
    at = 0
    for entity in found:
        if entity.kind in {"emoji", "control", "laughter"}:
            fill = sentences.EMOJI
        else:  # what follows an abbreviation: a number goes on, a capital may not
            fill = "X" if entity.text[0].isalpha() else "0"
        parts += [line[at : entity.start], fill * (entity.end - entity.start)]
        at = entity.end
    return "".join((*parts, line[at:]))


def join(parts: Sequence[Part], translated: Sequence[str], target: Language) -> str:
    """The message again, with ``translated`` in place of its sentences."""
    return "".join(joined(parts, translated, target))


def joined(parts: Sequence[Part], translated: Sequence[str], target: Language) -> list[str]:
    """What ``join`` makes of each part; the space between two sentences follows the habit of the
    target's script."""
    usual, other = ("", " ") if tags.base(target) in _NO_SPACES else (" ", "")
    done = iter(translated)
    pieces = [part if isinstance(part, str) else next(done) for part in parts]
    if len(translated) > 1:
        for n in range(1, len(parts) - 1):
            between = isinstance(parts[n - 1], Sentence) and isinstance(parts[n + 1], Sentence)
            if between and parts[n] == other:
                pieces[n] = usual
    return pieces
