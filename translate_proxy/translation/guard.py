"""Keeps what must survive out of the engine's hands, and checks what comes back.

A protected span is replaced by a placeholder that the models are known to copy (docs/translation.md
has the table), the engine translates the rest, and the spans are put back only if every placeholder
came back exactly once and nothing that looks like one, or like an entity, was invented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from translate_proxy.translation import entities
from translate_proxy.translation.entities import Entity


@dataclass(frozen=True, slots=True)
class Scheme:
    """How placeholders look: ``form`` with a number in it, and what finds them again."""

    form: str
    pattern: re.Pattern[str]


_DIGITS = re.compile(r"\d+")
_SEPARATED = re.compile(r"\d.*\d")
_THOUSANDS = re.compile(r"(?<=\d)(?:[.,\u00a0\u202f ]000)+(?!\d)")
"""What "24 mil" becomes: "24,000"."""
_NEVER_INVENTED = frozenset(
    {"code", "markup", "link", "email", "mention", "file", "iban", "phone", "emoji", "control"}
)
"""What an output must not hold beyond its source. Other kinds are told by their digits."""

_SUSPICIOUS = re.compile(
    # One set in front: ``re`` skips ahead to it. Most of it is enough by itself, the rest is not.
    r"[@#`<&^/+\x00-\x08\x0b-\x1f\x7f\u00a9\u00ae\u2028\u2029\u203c-\u3299\ue000-\uffff"
    r"\U0001f000-\U000e007f:;=.0(A-Zx8]"
    r"(?:(?<![:;=.0(A-Zx8])|(?<=[:;=])\S|(?<=[\w)-]\.)\w|(?<=0)0|(?<=\()\d|(?<=[A-Z])[A-Z]\d"
    r"|(?<=[xX])D|(?<=8)['’-]{0,2}[()\[\]DPpOo3/\\|*])"
)
"""What every one of these kinds has somewhere."""
_SPELLED = 12
"""Numbers up to this may come back as a word."""

_OUTSIDE = r"[\w@#/_-]"
SCHEMES: tuple[Scheme, ...] = (
    Scheme("({})", re.compile(rf"(?<!{_OUTSIDE})\((\d+)\)(?!{_OUTSIDE})")),
    Scheme("[{}]", re.compile(rf"(?<!{_OUTSIDE})\[(\d+)\](?!{_OUTSIDE})")),
    Scheme("X{}", re.compile(rf"(?<!{_OUTSIDE})X(\d+)(?!{_OUTSIDE})")),
)
"""Tried in order; a text that holds one of its own gets other numbers."""


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


def protect(text: str, found: Sequence[Entity], scheme: Scheme) -> Template:
    """Replace the given entities of a sentence; their offsets are those of ``text``."""
    spans: dict[str, str] = {}
    if not found:
        return Template(text, spans, scheme, _DIGITS.findall(text))
    parts: list[str] = []
    at, number = 0, 0
    for entity in found:
        number += 1
        while scheme.form.format(number).lower() in text.lower():
            number += 1
        name = scheme.form.format(number)
        spans[name] = entity.output
        parts += [text[at : entity.start], name]
        at = entity.end
    parts.append(text[at:])
    outside = "".join(part for n, part in enumerate(parts) if n % 2 == 0)
    return Template("".join(parts), spans, scheme, _DIGITS.findall(outside))


def intact(template: Template, output: str) -> bool:
    """Whether the engine's output has each placeholder once and invented nothing."""
    outside = output
    if template.spans or template.scheme.form[0] in output:
        names = [match[0] for match in template.scheme.pattern.finditer(output)]
        if sorted(names) != sorted(template.spans):
            return False
        outside = template.scheme.pattern.sub("\n", output)
        if any(name.lower() in outside.lower() for name in template.spans):
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
    return came <= wanted and all(int(number) <= _SPELLED for number in wanted - came)


def restore(template: Template, output: str) -> str:
    """Put the spans back into an intact output."""
    if not template.spans:
        return output
    return template.scheme.pattern.sub(lambda match: template.spans[match[0]], output)


def repair(source: Sequence[Entity], output: str) -> str:
    """Numbers that the engine wrote in the habit of its language as the source has them: "6.500"
    for "6,500", "14h30" for "14:30". The digits must be the same, and theirs alone."""
    for entity in source:
        groups = _DIGITS.findall(entity.text)
        if entity.kind not in SOFT or len(groups) < 2 or entity.text in output:
            continue
        written = re.compile(r"(?<!\d)" + r"[.,:/'’\u00a0\u202f hH-]{1,2}".join(groups) + r"(?!\d)")
        number = _SEPARATED.search(entity.text)
        if number is not None and len(written.findall(output)) == 1:
            output = written.sub(lambda _, own=number[0]: own, output)  # type: ignore[misc]
    return output


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
    plain = {entity.text for entity in source if entity.text.isdecimal()}
    return all(
        _times(output, text) >= count
        if text in plain
        else (output.count(text) if text in loose else again[text]) >= count
        for text, count in wanted.items()
    )


def _times(output: str, number: str) -> int:
    """How often a plain number stands there, also in "the 1960s"."""
    return len(re.findall(rf"(?<!\d){number}(?!\d)", output))
