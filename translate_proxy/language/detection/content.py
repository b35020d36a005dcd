"""What of a message carries language: the text without links, numbers, codes, names and emoji.

The translation guard protects such spans; for detection they only have to go, so a few regular
expressions are enough here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from translate_proxy.language.detection.scripts import SPACELESS, script_of
from translate_proxy.language.detection.tables import universal_words

MAX_CHARS: Final = 600
"""What comes after changes no answer and only costs time."""
MAX_WORD: Final = 40
MIN_SEGMENT: Final = 3
"""Words that a sentence needs to be looked at by itself."""
MAX_SEGMENTS: Final = 4

_SPANS: Final = re.compile(
    r"""
      `[^`]*`                                          # code
    | (?:https?://|www\.)\S+                           # links
    | [\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*                # e-mail addresses
    | (?<!\w)[@\#][\w.-]+                              # mentions, tags
    | \b[\w-]{1,64}\.(?:com|net|org|eu|info|shop|io|pdf|jpe?g|png|docx?|xlsx?|zip)\b
    | (?<!\w)[:;=8][-o^']?[)(\]\[DdPp/\\|*3oO]+(?!\w)  # emoticons
    | [A-Za-z0-9_-]{0,40}\d[A-Za-z0-9.,:/_-]*          # numbers and whatever has a digit in it
    | (?<![\w-])[A-Z]{2,}-[A-Z]+(?![\w-])              # codes without a digit
    """,
    re.VERBOSE,
)
_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER: Final = re.compile(
    r"\b(?:(?:h[aeiou]){2,}h?|(?:ja){3,}|(?:ха){2,}|x+d+|lo+l|rofl)\b", re.IGNORECASE
)
_NOT_LETTERS: Final = re.compile(r"[^\w'’.!?\s\u0300-\u036f-]|[\d_]+")
_WORD: Final = re.compile(r"[^\W\d_]+['’]?")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|[\n。！？]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, lower case, and whether it looks like a name."""

    text: str
    named: bool


def language_text(text: str, names: Sequence[str] = ()) -> str:
    """The part of ``text`` that carries language, NFC, at most ``MAX_CHARS``: words, apostrophes,
    the marks that end a sentence, line breaks. Empty when no word is left.

    ``names`` are the shop's protected terms. Words written alike in many languages go too.
    """
    text = unicodedata.normalize("NFC", text[: MAX_CHARS * 4])
    for name in names:
        if name and name.lower() in text.lower():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    text = _LAUGHTER.sub(" ", _SPANS.sub(" ", text))
    text = _NOT_LETTERS.sub(" ", _REPEATED.sub(r"\1\1", text))
    universal = universal_words()
    lines = (
        " ".join(part for part in line.split() if part.strip("'’.!?-").lower() not in universal)
        for line in text.split("\n")
    )
    kept = "\n".join(line for line in lines if line)[:MAX_CHARS]
    return kept if _WORD.search(kept) else ""


def words(text: str) -> list[Word]:
    """The words of a ``language_text``. "l'homme" is "l'" and "homme". A word with a capital within
    a sentence looks like a name, and so do all of a text that is nothing but such words."""
    found: list[tuple[str, bool, bool]] = []
    first = True
    end = 0
    for match in _WORD.finditer(text):
        if not first:
            first = any(mark in ".!?\n" for mark in text[end : match.start()])
        end = match.end()
        raw = match[0].replace("’", "'")
        word = raw.lower().replace("i̇", "i")[:MAX_WORD]
        found.append((word, raw[0].isupper(), first))
        first = False
    capitals = sum(capital for _, capital, _ in found)
    title = len(found) > 1 and capitals == len(found)
    plain = text.isupper() or not capitals
    return [
        Word(word, not plain and capital and (title or not start)) for word, capital, start in found
    ]


def amount(found: Sequence[Word]) -> float:
    """How much language the words carry, in words of usual length: 5 letters, or 2 in a script
    without spaces. A name counts half."""
    total = 0.0
    for word in found:
        letters = len(word.text.rstrip("'"))
        usual = 2 if script_of(word.text) in SPACELESS else 5
        total += letters / usual / (2 if word.named else 1)
    return total


def segments(text: str) -> list[str]:
    """The sentences of a ``language_text``, short ones joined to the next, at most a few."""
    found: list[str] = []
    pending: list[str] = []
    words = 0
    for piece in _SENTENCE_END.split(text):
        sentence = piece.strip()
        if not sentence:
            continue
        pending.append(sentence)
        words += len(_WORD.findall(sentence))
        if words >= MIN_SEGMENT and len(found) < MAX_SEGMENTS - 1:
            found.append(" ".join(pending))
            pending, words = [], 0
    if pending:
        if found and words < MIN_SEGMENT:
            found[-1] = " ".join((found[-1], *pending))
        else:
            found.append(" ".join(pending))
    return found
