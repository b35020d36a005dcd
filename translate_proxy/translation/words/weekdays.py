"""Days of the week as opening hours have them: "Mon–Fri 9–17h; Sat 10h–13h", "Monday–Friday".

An engine takes them for words: "sex" in Portuguese is Friday, "dom" a gift. Here they are spans
that become the other language's, where what stands beside them tells that they are days: another
one behind a dash, an hour, or a colon in a line that holds such.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import pairwise

from translate_proxy.text import entities
from translate_proxy.text.entities import Entity
from translate_proxy.translation.words.spelling_files import Weekdays

_SIGN = re.compile(r"[\d/–—-]")
"""What a line that tells of days has somewhere."""
_DASH = re.compile(r"\.?[ \u00a0]?[-–—/][ \u00a0]?")
_CLOCK = re.compile(
    r"\.?[:,]?[ \u00a0]?\d{1,2}(?:[:.]\d\d(?!\d)|[hH](?!\w{3})|[ \u00a0]?(?:[-–—]|[apAP]\.?[mM]\b))"
)
_COLON = re.compile(r"\.?[ \u00a0]?:")
_JOINED = re.compile(r"\.?(?:[ \u00a0]?[,&+]|[ \u00a0][^\W\d_]{1,3})[ \u00a0]")
_DOT = re.compile(r"\.(?=[:,]?[ \u00a0]?[\d–—-]|:)")
"""The dot of an abbreviation: behind the last word of a sentence it may be the sentence's."""
_BULLETS = " \u00a0-–—*•·>(|"
_PART_OF_MORE = ("-", "–", "—", "/", ".")
_NEXT_ENTRY = ",;|"

Row = list[re.Match[str]]


@functools.lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    every = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?:(?<![\w.@#&'’-])|(?<=\w[-–—/.]))(?i:{every})(?![\w@&'’]|\.\w)")


def find(line: str, own: Weekdays, other: Weekdays) -> list[Entity]:
    """The days of a line of one language, as entities that become the other's; several with
    dashes between them are one."""
    if not own.days or not other.shown or _SIGN.search(line) is None:
        return []
    rows = list(_rows(line, own))
    told = [_tells(line, row, own) for row in rows]
    for number, (row, following) in enumerate(pairwise(rows)):  # "Seg, qua e sex 9h–17h"
        is_joined = _JOINED.fullmatch(line, row[-1].end(), following[0].start()) is not None
        told[number + 1] |= is_joined and _CLOCK.match(line, following[-1].end()) is not None
    if not any(told):
        return []
    for number in range(len(rows) - 1, -1, -1):
        row = rows[number]
        told[number] |= own.is_short(row[0][0]) and _is_entry(line, row)
        if number + 1 < len(rows) and told[number + 1]:
            between = (row[-1].end(), rows[number + 1][0].start())
            told[number] |= _JOINED.fullmatch(line, *between) is not None
    found = zip(rows, told, strict=True)
    return [_entity(line, row, own, other) for row, is_told in found if is_told]


def beside(line: str, found: list[Entity], own: Weekdays, other: Weekdays) -> list[Entity]:
    """``found`` and the days of the line that touch none of them."""
    days = find(line, own, other)
    return entities.merged(found, days) if days else found


def _rows(line: str, own: Weekdays) -> Iterator[Row]:
    """Days with nothing but dashes between them."""
    row: Row = []
    for match in _pattern(tuple(own.days)).finditer(line):
        goes_on = row and _DASH.fullmatch(line, row[-1].end(), match.start()) is not None
        if row and not goes_on:
            yield row
            row = []
        if not goes_on and line[: match.start()].endswith(_PART_OF_MORE):
            continue
        row.append(match)
    if row:
        yield row


def _tells(line: str, row: Row, own: Weekdays) -> bool:
    """Whether it is one of days whatever else the line holds."""
    if len(row) > 1:
        return True
    begins = not line[: row[0].start()].strip(_BULLETS)
    return (
        own.is_short(row[0][0])
        and (begins or row[0][0][0].isupper())
        and _CLOCK.match(line, row[0].end()) is not None
    )


def _is_entry(line: str, row: Row) -> bool:
    """Whether it is one of days in a line that holds some: with an hour, a colon or a comma."""
    end = row[-1].end()
    before = line[: row[0].start()].rstrip()
    return (
        not before
        or before[-1] in _NEXT_ENTRY
        or _CLOCK.match(line, end) is not None
        or _COLON.match(line, end) is not None
    )


def _entity(line: str, row: Row, own: Weekdays, other: Weekdays) -> Entity:
    start, end = row[0].start(), row[-1].end()
    dot = _DOT.match(line, end)
    end = dot.end() if dot is not None else end
    parts: list[str] = []
    at = start
    for match in row:
        parts += [line[at : match.start()].lstrip("."), other.shown[own.days[match[0].lower()]]]
        at = match.end()
    becomes = "".join(parts)
    if not any(map(str.isalnum, line[:start])):
        becomes = becomes[0].upper() + becomes[1:]
    return Entity("weekday", start, end, line[start:end], becomes)
