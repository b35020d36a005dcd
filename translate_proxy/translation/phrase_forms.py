"""What a short message says, apart from how it was typed.

"Obrigaaado!!! 😊", "OBRIGADO" and "obrigado" are one form. Case, diacritics, punctuation, spaces
and the emoji at both ends do not count; a question mark does, for it is often all that tells "is
it in stock?" from "it is in stock".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from translate_proxy.model import Language
from translate_proxy.translation import entities, laughter
from translate_proxy.translation.entities import Entity

MAX_CHARS = 240
"""Longer messages are not looked up; the longest system text of the book is shorter."""

_UNDECOMPOSED = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ґ": "г",
        "є": "е",
        "ى": "ي",
        "ة": "ه",
        "ـ": "",
    }
)
"""Letters that are typed as another one and that Unicode does not take apart."""
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_SPELLING_OUT = frozenset({"de", "da", "nb", "sv", "fi", "et"})
"""Where "schoen" and "koebe" are typed for "schön" and "købe"."""
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")
_HYPHENS = re.compile(r"[-‐‑](?<=\w.)(?=\w)")
_WORDS = re.compile(r"\w+")
_REPEATED = re.compile(r"(\w)\1+")
_THRICE = re.compile(r"(\w)\1\1")
_ASKING = re.compile(r"[?؟]")
_ASKING_GREEK = re.compile(r"[?;]")
_LETTER = re.compile(r"[^\W_]")
_STUCK_EMOTICON = re.compile(r"(?<=\w)([:;=][-']?[()DPp])+\s*$")
"""``thanks:)``: not an entity, since a link or a time may look like it elsewhere."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message as it is looked up. ``lead`` and ``tail`` are the emoji around it."""

    form: str
    asks: bool
    lead: str = ""
    tail: str = ""

    def dressed(self, text: str) -> str:
        """Another text with the emoji of this one around it."""
        return " ".join(part for part in (self.lead, text, self.tail) if part)


def holds_term(text: str, terms: tuple[str, ...]) -> bool:
    """Whether a word of the site's is in the text."""
    return any(entity.kind == "term" for entity in entities.find(text, terms)) if terms else False


def utterance(text: str, language: Language, target: Language | None = None) -> Utterance | None:
    """What the message says; None for what cannot be a phrase: too long, without words, or with
    anything in it that must survive (a number, a link, an address) but emoji at its ends. With a
    ``target``, laughter there is like emoji, and becomes that language's."""
    if len(text) > MAX_CHARS:
        return None
    found = entities.find(text)
    if any(entity.kind != "emoji" for entity in found):
        return None
    if target is not None:
        laughs = laughter.find(text, language, target)
        found = entities.merged(found, laughs) if laughs else found
    stuck = _STUCK_EMOTICON.search(text)
    lead, tail = "", ""
    if found or stuck:
        spans = list(found)
        if stuck:
            end = len(text.rstrip())
            spans.append(Entity("emoji", stuck.start(), end, text[stuck.start() : end]))
        start, end = _core(text, spans)
        lead = _between([span for span in spans if span.end <= start])
        tail = _between([span for span in spans if span.start >= end])
        if any(start < span.end and span.start < end for span in spans):
            return None  # an emoji amid the words
        text = text[start:end] + "".join(_ASKING.findall(text[end:]))
    form = fold(text)
    return Utterance(form, asks(text, language), lead, tail) if form else None


def _core(text: str, spans: Sequence[Entity]) -> tuple[int, int]:
    """From the first letter outside the spans to the last one."""
    masked = text
    for span in spans:
        masked = masked[: span.start] + " " * (span.end - span.start) + masked[span.end :]
    letters = [match.start() for match in _LETTER.finditer(masked)]
    return (letters[0], letters[-1] + 1) if letters else (0, 0)


def _between(spans: Sequence[Entity]) -> str:
    """The emoji of these spans, those that touched still together."""
    joined = ""
    last = None
    for span in sorted(spans, key=lambda span: span.start):
        joined += (" " if joined and span.start != last else "") + span.output
        last = span.end
    return joined


def asks(text: str, language: Language) -> bool:
    """Whether there is a question mark; in Greek that is a semicolon."""
    greek = language == "el" or language.startswith("el-")
    return (_ASKING_GREEK if greek else _ASKING).search(text.replace("\u037e", ";")) is not None


def fold(text: str, *, spelled_out: bool = False, hyphen: str = " ", apostrophe: str = "") -> str:
    """The words in lower case without diacritics, one space between them."""
    text = text.casefold()
    if not text.isascii():
        if spelled_out:
            text = unicodedata.normalize("NFC", text).translate(_SPELLED_OUT)
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join([char for char in text if not unicodedata.combining(char)])
        text = text.translate(_UNDECOMPOSED)
    text = _APOSTROPHES.sub(apostrophe, text)
    return " ".join(_WORDS.findall(_HYPHENS.sub(hyphen, text)))


def forms(text: str, language: Language) -> set[str]:
    """The folded spellings under which a text of the book is found: "e-mail" is also typed
    "email", "d'accord" also "d accord", "schön" also "schoen"."""
    is_spelled_out = not text.isascii() and language.partition("-")[0] in _SPELLING_OUT
    return {
        fold(text, spelled_out=spelled_out, hyphen=hyphen, apostrophe=apostrophe)
        for spelled_out in ((False, True) if is_spelled_out else (False,))
        for hyphen in ((" ", "") if _HYPHENS.search(text) else (" ",))
        for apostrophe in (("", " ") if _APOSTROPHES.search(text) else ("",))
    }


def squeezed(form: str) -> str:
    """Each letter once: "obrigaaado" and "helllo" become "obrigado" and "helo"."""
    return _REPEATED.sub(r"\1", form)


def is_drawled(form: str) -> bool:
    """Whether a letter stands three times or more in a row."""
    return _THRICE.search(form) is not None
