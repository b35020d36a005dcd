"""What a short message says, apart from how it was typed.

"Obrigaaado!!! 😊", "OBRIGADO" and "obrigado" are one form. Case, diacritics, punctuation, spaces
and the emoji at both ends do not count; a question mark does, for it is often all that tells "is
it in stock?" from "it is in stock".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from translate_proxy.model import Language
from translate_proxy.text import entities
from translate_proxy.text.entities import Entity
from translate_proxy.translation.guard import laughter

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
_EMOJI = "\x1f"
_BREAK = re.compile(rf"{_EMOJI}+|[\r\n]+|[.!?؟…,;:،。！？、\u037e]+|(?<=\s)[-–—](?=\s)")
_RULE = re.compile(r"(?m)^[ \t]*+([-*_=~#])(?:[ \t]*+\1){2,}+[ \t]*+$")
"""A line of nothing but one mark, which Markdown and people draw."""
_LETTER = re.compile(r"[^\W_]")
_STUCK_EMOTICON = re.compile(
    r"(?<=\w)(?<![:;=][DPp])(?<![:;=][-'][DPp])(?:[:;=][-']?[()DPp])++\s*+$"
)
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


def carried(text: str, language: Language, target: Language | None = None) -> list[Entity] | None:
    """The emoji of a text that may be a phrase; None for one that cannot: too long, or with
    anything in it that must survive (a number, a link, a drawn line) but emoji. With a ``target``,
    laughter is like emoji, and becomes that language's."""
    if len(text) > MAX_CHARS or _RULE.search(text) is not None:
        return None
    found = entities.find(text)
    if any(entity.kind != "emoji" for entity in found):
        return None
    if target is not None:
        laughs = laughter.find(text, language, target)
        found = entities.merged(found, laughs) if laughs else found
    stuck = _STUCK_EMOTICON.search(text)
    if stuck is not None:
        end = len(text.rstrip())
        found.append(Entity("emoji", stuck.start(), end, text[stuck.start() : end]))
    return found


def utterance(text: str, language: Language) -> Utterance | None:
    """What the message says; None for what cannot be a phrase as a whole."""
    spans = carried(text, language)
    return None if spans is None else uttered(text, language, spans)


def uttered(text: str, language: Language, spans: Sequence[Entity]) -> Utterance | None:
    """What a text with these ``carried`` spans says; None without words, or with emoji amid
    them."""
    lead, tail = "", ""
    if spans:
        start, end = _core(text, spans)
        lead = _between([span for span in spans if span.end <= start])
        tail = _between([span for span in spans if span.start >= end])
        if any(start < span.end and span.start < end for span in spans):
            return None
        text = text[start:end] + "".join(_ASKING.findall(text[end:]))
    form = fold(text)
    return Utterance(form, asks(text, language), lead, tail) if form else None


class Part(NamedTuple):
    """What stands between two breaks of a text. ``joined`` by a word to the one before, which is
    empty where punctuation is; ``between`` it and the next one: emoji and line breaks."""

    form: str
    asks: bool
    joined: str
    between: str


def has_breaks(text: str) -> bool:
    """Whether punctuation or a line break stands before the end of a text."""
    return _BREAK.search(text.rstrip(" .!?…")) is not None


def apart(
    text: str, language: Language, spans: Sequence[Entity], joins: frozenset[str]
) -> list[Part]:
    """A text cut at punctuation, emoji, line breaks and the words of ``joins``."""
    parts: list[Part] = []
    at = 0
    for start, end, between, marks in _breaks(text, spans):
        made = _cut(text[at:start], joins)
        at = end
        if made:
            parts += [Part(form, False, joined, "") for form, joined in made]
        last = parts.pop() if parts else Part("", False, "", "")
        asked = last.asks or (marks != "" and asks(marks, language))
        parts.append(Part(last.form, asked, last.joined, last.between + between))
    return parts


def _breaks(text: str, spans: Sequence[Entity]) -> Iterator[tuple[int, int, str, str]]:
    """Start and end of each break, what of it stays, and its marks; the last one is the end."""
    masked = text
    outputs = {span.start: span.output for span in spans}
    for span in spans:
        masked = masked[: span.start] + _EMOJI * (span.end - span.start) + masked[span.end :]
    for match in _BREAK.finditer(masked):
        kind = match[0][0]
        if kind == _EMOJI:
            places = range(match.start(), match.end())
            stays = "".join(f" {outputs[place]}" for place in places if place in outputs)
            yield match.start(), match.end(), stays, ""
        else:
            yield match.start(), match.end(), match[0] if kind in "\r\n" else "", match[0]
    yield len(text), len(text), "", ""


def _cut(text: str, joins: frozenset[str]) -> list[tuple[str, str]]:
    """The forms between the joining words of a text, each with the word before it."""
    words = fold(text).split()
    found: list[tuple[str, str]] = []
    at, joined = 0, ""
    for number, word in enumerate(words):
        if word in joins and at < number < len(words) - 1:
            found.append((" ".join(words[at:number]), joined))
            at, joined = number + 1, word
    return [*found, (" ".join(words[at:]), joined)] if words else []


def together(parts: Sequence[Part]) -> Utterance | None:
    """Some parts again as one message; None when something between them stays."""
    if any(part.between or part.asks for part in parts[:-1]) or not parts[0].form:
        return None
    first, *others = parts
    words = [first.form]
    for part in others:
        words += [part.joined, part.form]
    return Utterance(" ".join(word for word in words if word), parts[-1].asks)


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
