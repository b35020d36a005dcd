"""Keeps what must survive out of the engine's hands, and checks what comes back.

A protected span is replaced by a placeholder that the models are known to copy (docs/translation.md
has the table), the engine translates the rest, and the spans are put back only if every placeholder
came back exactly once and nothing that looks like one, or like an entity, was invented.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from translate_proxy.text import entities
from translate_proxy.text.entities import Entity


@dataclass(frozen=True, slots=True)
class Scheme:
    """How placeholders look: ``form`` with a number in it, and what finds them again. ``loose``
    finds what could be taken for one."""

    form: str
    pattern: re.Pattern[str]
    loose: re.Pattern[str]


_DIGITS = re.compile(r"\d+")
_SEPARATED = re.compile(r"\d.*\d")
_GROUPED = re.compile(r"(?<!\d)\d++(?:[.,:/'’\u00a0\u202f hH-]{1,2}\d++)++")
_MOST_GROUPS = 12
_WORD_RANGE = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:–[^\W\d_]++)++")
_TIGHT = re.compile(r"(?<=[^\W\d_])[-–—](?=[^\W\d_])")
_WORDS = re.compile(r"\w+")
_THOUSANDS = re.compile(r"(?<=\d)(?:[.,\u00a0\u202f ]000)+(?!\d)")
"""What "24 mil" becomes: "24,000"."""
_NEVER_INVENTED = frozenset(
    {
        "code",
        "program",
        "markup",
        "link",
        "email",
        "mention",
        "file",
        "iban",
        "phone",
        "emoji",
        "control",
    }
)
"""What an output must not hold beyond its source. Other kinds are told by their digits."""

_SUSPICIOUS = re.compile(
    # One set in front: ``re`` skips ahead to it. Most of it is enough by itself, the rest is not.
    r"[@#`<&^/+{%\x00-\x08\x0b-\x1f\x7f\u00a9\u00ae\u2028\u2029\u203c-\u3299\ue000-\uffff"
    r"\U0001f000-\U000e007f:;=.0(A-Zx8]"
    r"(?:(?<![:;=.0(A-Zx8])|(?<=[:;=])\S|(?<=[\w)-]\.)\w|(?<=0)0|(?<=\()\d|(?<=[A-Z])[A-Z]\d"
    r"|(?<=[xX])D|(?<=8)['’-]{0,2}[()\[\]DPpOo3/\\|*])"
)
"""What every one of these kinds has somewhere."""
_SPELLED = 12
"""Numbers up to this may come back as a word."""

_OUTSIDE = r"[\w@#/_-]"
SCHEMES: tuple[Scheme, ...] = (
    Scheme(
        "({})",
        re.compile(rf"(?<!{_OUTSIDE})\((\d+)\)(?!{_OUTSIDE})"),
        re.compile(r"\(\d++\)|\(\Z"),
    ),
    Scheme(
        "[{}]",
        re.compile(rf"(?<!{_OUTSIDE})\[(\d+)\](?!{_OUTSIDE})"),
        re.compile(r"\[\d++\]|\[\Z"),
    ),
    Scheme(
        "X{}",
        re.compile(rf"(?<!{_OUTSIDE})X(\d+)(?!{_OUTSIDE})"),
        re.compile(r"[xX]\d"),
    ),
)
"""Tried in order; one that stands in the text is not used for it (``schemes``)."""


class Template(NamedTuple):
    """A sentence for the engine: ``text`` with placeholders, ``spans`` what each stands for,
    ``digits`` the numbers beside them, which the engine may keep or spell but not add to."""

    text: str
    spans: dict[str, str]
    scheme: Scheme
    digits: list[str]


SOFT = frozenset({"number", "measure", "size"})
"""Kinds that most models copy, and need for the grammar around them: "the 2009 season". They are
left in the text at the first attempt, and looked for afterwards like all others. "6:30 pm" is not
among them: three of four came back as "18:30"."""


def schemes(text: str, found: Sequence[Entity]) -> list[Scheme]:
    """Those whose placeholders can be told from what else stands in the sentence, in the order in
    which they are tried. None when every kind stands there already."""
    outside = _outside(text, found)
    return [one for one in SCHEMES if not any(map(one.loose.search, outside))]


def _outside(text: str, found: Sequence[Entity]) -> list[str]:
    """The text before, between and after the entities."""
    ends = [0, *(entity.end for entity in found)]
    starts = [*(entity.start for entity in found), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


def protect(text: str, found: Sequence[Entity], scheme: Scheme) -> Template:
    """Replace the given entities of a sentence; their offsets are those of ``text``. The scheme is
    one of ``schemes``."""
    outside = _outside(text, found)
    parts, spans = [outside[0]], {}
    for number, entity in enumerate(found, 1):
        name = scheme.form.format(number)
        spans[name] = entity.output
        parts += [name, outside[number]]
    return Template("".join(parts), spans, scheme, _DIGITS.findall("\n".join(outside)))


def intact(template: Template, output: str) -> bool:
    """Whether the engine's output has each placeholder once and invented nothing."""
    outside = output
    if template.spans:
        names = [match[0] for match in template.scheme.pattern.finditer(output)]
        if sorted(names) != sorted(template.spans):
            return False
        outside = template.scheme.pattern.sub("\n", output)
        if template.scheme.loose.search(outside):
            return False  # a damaged copy beside the good one
    if _SUSPICIOUS.search(outside) and any(
        entity.kind in _NEVER_INVENTED for entity in entities.find(outside)
    ):
        return False
    digits = _DIGITS.findall(outside)
    if digits == template.digits:
        return True
    if "000" in digits and not any("000" in number for number in template.digits):
        digits = _DIGITS.findall(_THOUSANDS.sub("", outside))
    wanted, came = Counter(template.digits), Counter(digits)
    return came <= wanted and all(map(_may_be_spelled, wanted - came))


def _may_be_spelled(number: str) -> bool:
    return len(number) <= 2 and int(number) <= _SPELLED


def restore(template: Template, output: str) -> str:
    """Put the spans back into an intact output."""
    if not template.spans:
        return output
    return template.scheme.pattern.sub(lambda match: template.spans[match[0]], output)


def repair(source: Sequence[Entity], output: str) -> str:
    """Numbers that the engine wrote in the habit of its language as the source has them: "6.500"
    for "6,500", "14h30" for "14:30". The digits must be the same, and theirs alone."""
    wanted: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for entity in source:
        number = _SEPARATED.search(entity.text) if entity.kind in SOFT else None
        groups = tuple(_DIGITS.findall(entity.text))
        if number is not None and 2 <= len(groups) <= _MOST_GROUPS:
            wanted[groups].append(number[0])
    if not wanted:
        return output
    came = _grouped(output, {len(groups) for groups in wanted})
    places = {
        came[groups][0]: numbers[0]
        for groups, numbers in wanted.items()
        if len(came[groups]) == 1 == len(set(numbers))
    }
    parts: list[str] = []
    at = 0
    for (start, end), own in sorted(places.items()):
        if start >= at:
            parts += [output[at:start], own]
            at = end
    return "".join((*parts, output[at:]))


def word_ranges(text: str, found: Sequence[Entity]) -> list[Entity]:
    """Words with a dash between them, "June–August", that are none of the entities of the text."""
    own = [Entity("range", *one.span(), one[0]) for one in _WORD_RANGE.finditer(text)]
    return [one for one in entities.merged(list(found), own) if one.kind == "range"]


def with_dashes(text: str, output: str) -> str | None:
    """The output with the source's dashes between words, which may have become hyphens; None when
    it has not as many."""
    wanted = text.count("–")
    if output.count("–") >= wanted:
        return output
    tight = _TIGHT.findall(text)
    if len(set(tight)) == 1 and len(_TIGHT.findall(output)) == len(tight):
        return _TIGHT.sub(tight[0], output)
    return None


def _grouped(text: str, sizes: set[int]) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """Where so many groups of digits stand in a row, with a separator between them."""
    found: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for run in _GROUPED.finditer(text):
        groups = [(match[0], match.span()) for match in _DIGITS.finditer(text, *run.span())]
        for size in sizes:
            for first in range(len(groups) - size + 1):
                row = groups[first : first + size]
                found[tuple(one for one, _ in row)].append((row[0][1][0], row[-1][1][1]))
    return found


def legible(source: Sequence[Entity], output: str, terms: tuple[str, ...]) -> bool:
    """Whether a reader finds every protected span again, not glued to its neighbours. Words that
    are protected for what stands around them are only looked for as text."""
    found = [entity.text for entity in entities.find(output, terms)]
    written = [entity.output for entity in source]
    if found == written:
        return True
    again, wanted = Counter(found), Counter(written)
    loose = {
        entity.output
        for entity in source
        if entity.becomes is not None or entity.kind in {"coupon", "size"}
    }
    odd = {one.output for one in source if one.becomes is not None or not one.text.isalnum()}
    if any(again[text] < count for text, count in wanted.items() if text not in loose):
        numbers = Counter(_DIGITS.findall(output))  # also those of "the 1960s"
        again |= {text: numbers[text] for text in wanted if text.isdecimal()}
    words = Counter(_WORDS.findall(output))
    return all(
        (max(words[text], text in odd and output.count(text)) if text in loose else again[text])
        >= count
        for text, count in wanted.items()
    )
