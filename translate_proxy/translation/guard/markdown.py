"""Markdown's marks in a line: emphasis, links and images; code fences around lines.

Only what cannot well be something else: a mark opens where no word or path stands before it and
closes where none follows, so that "5 * 3 * 2", "2 ** 3" and "snake_case_name" are what they look
like. The rules are those of CommonMark but for that.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from translate_proxy.text.entities import Entity
from translate_proxy.translation.guard.alignment import Node

MAYBE = re.compile(r"[*_~]\S|\]\(")
"""What a line with a mark has somewhere."""

_TOKEN = re.compile(
    r"(?P<other>\\.|`[^`\n]{1,500}`|://[^\s\])]*[^\s\])*_~]|<[^<>\n]{1,200}>|\{[^{}\n]{1,100}\})"
    r"|(?P<run>\*++|_++|~++)|(?P<link>!?\[)"
    r"|\](?P<address>\([^\s()]{1,2000}+(?:\([^\s()]{0,200}+\)[^\s()]{0,200}+)?"
    r"(?:[ ]\"[^\"\n]{0,200}\")?\))?"
)
_ALNUM = re.compile(r"[^\W_]")
_LONGEST_RUN = {"*": 3, "_": 3, "~": 2}
_NOT_BEFORE = frozenset("@#/\\=&.-")
_QUOTED = re.compile(
    "“[^“”\n]{1,300}”|„[^„“”\n]{1,300}[“”]|«[^«»\n]{1,300}»"
    r'|(?<!\w)"(?=\S)[^"\n]{1,300}(?<=\S)"(?!\w)'
)
_SINGLE = re.compile(r"(?<!\w)['‘](?=[^\s'’])[^'‘’\"“”„«»\n]{1,300}+['’](?!\w)")
_QUOTES = re.compile('["“”„«»]')
_PADDED = re.compile(r"[“„«]\s|\s[”»](?!\w)")
_BRACKETED = re.compile(
    r"(?<!\w)(?:\([^()\n]{1,300}+\)|\[[^\[\]\n]{1,300}+\]|\{[^{}\n]{1,300}+\})(?!\w)"
)
_FENCE = re.compile(r"\A {0,3}+(`{3,}|~{3,})[^`\n]*\Z")


class Mark(NamedTuple):
    """A pair of marks: the opening one stands from ``start`` to ``inner``, the closing one from
    ``closing`` to ``end``. One without its partner in this text has an empty one at the edge."""

    start: int
    inner: int
    closing: int
    end: int

    def moved(self, by: int) -> Mark:
        """The same where the text begins elsewhere."""
        return Mark(*(at + by for at in self))


class _Open(NamedTuple):
    kind: str
    start: int
    end: int


def find(line: str) -> list[Mark]:
    """The marks of a line in the order in which they open; they lie one in the other or beside one
    another. Linear."""
    found: list[Mark] = []
    stack: list[_Open] = []
    waiting: Counter[str] = Counter()
    at = words_end = 0
    for token in _TOKEN.finditer(line):
        start, end = token.span()
        if token["other"]:
            at = words_end = end
            continue
        if _ALNUM.search(line, at, start) is not None:
            words_end = start
        at = end
        kind, opens, closes = _does(line, token)
        if closes and waiting[kind]:
            while (opened := stack.pop()).kind != kind:
                waiting[opened.kind] -= 1
            waiting[kind] -= 1
            if words_end > opened.end and (token["run"] or token["address"]):
                found.append(Mark(opened.start, opened.end, start, end))
        elif opens:
            stack.append(_Open(kind, start, end))
            waiting[kind] += 1
    return sorted(found)


def _does(line: str, token: re.Match[str]) -> tuple[str, bool, bool]:
    """Which mark a token may be, and whether it may open and close."""
    run = token["run"]
    if run is None:
        return "[", token["link"] is not None, token["link"] is None
    if len(run) > _LONGEST_RUN[run[0]] or run == "~":
        return run, False, False
    start, end = token.span()
    before, after = line[start - 1 : start], line[end : end + 1]
    opens = after.strip() != "" and not before.isalnum() and before not in _NOT_BEFORE
    return run, opens, before.strip() != "" and not after.isalnum()


def filled(line: str, marks: Sequence[Mark], opening: str, closing: str) -> str:
    """The line with every mark filled over, each offset kept."""
    parts: list[str] = []
    at = 0
    for start, end, fill in sorted(
        [(one.start, one.inner, opening) for one in marks]
        + [(one.closing, one.end, closing) for one in marks]
    ):
        parts += [line[at:start], fill * (end - start)]
        at = end
    return "".join((*parts, line[at:]))


class _Edge(NamedTuple):
    start: int
    end: int
    mark: int


class Edges:
    """The marks of a line, handed out to its sentences in their order."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self._marks = marks
        edges = [_Edge(one.start, one.inner, n) for n, one in enumerate(marks)]
        edges += [_Edge(one.closing, one.end, n) for n, one in enumerate(marks)]
        self._edges = sorted(edges)
        self._next = 0

    def within(self, start: int, end: int) -> tuple[int, int, tuple[Mark, ...]]:
        """A sentence without the marks around the whole of it, and those that stand in it; their
        offsets are those of what is left of it."""
        edges = self._edges
        while self._next < len(edges) and edges[self._next].start < start:
            self._next += 1
        first = self._next
        while self._next < len(edges) and edges[self._next].end <= end:
            self._next += 1
        here = edges[first : self._next]
        both = Counter(edge.mark for edge in here)
        low, high = 0, len(here)
        while low < high:
            begins, ends = here[low].start == start, here[high - 1].end == end
            alone = both[here[low].mark] == 1, both[here[high - 1].mark] == 1
            if begins and alone[0]:
                start, low = here[low].end, low + 1
            elif ends and alone[1]:
                end, high = here[high - 1].start, high - 1
            elif begins and ends and here[low].mark == here[high - 1].mark:
                start, end = here[low].end, here[high - 1].start
                low, high = low + 1, high - 1
            else:
                break
        inside = dict.fromkeys(edge.mark for edge in here[low:high])
        clipped = [_clipped(self._marks[mark], start, end) for mark in inside]
        return start, end, tuple(sorted(one.moved(-start) for one in clipped))


def _clipped(mark: Mark, start: int, end: int) -> Mark:
    opens = (mark.start, mark.inner) if mark.start >= start else (start, start)
    closes = (mark.closing, mark.end) if mark.end <= end else (end, end)
    return Mark(*opens, *closes)


def taken_off(
    text: str, found: Sequence[Entity], marks: Sequence[Mark]
) -> tuple[str, tuple[Entity, ...], Node]:
    """The text without the marks, its entities there, and the marks as a tree for
    ``alignment``."""
    edges = sorted(
        {(one.start, one.inner) for one in marks} | {(one.closing, one.end) for one in marks}
    )
    starts = [start for start, _ in edges]
    removed, parts, at = [0], [], 0
    for start, end in edges:
        removed.append(removed[-1] + end - start)
        parts.append(text[at:start])
        at = end
    plain = "".join((*parts, text[at:]))

    def moved(to: int) -> int:
        return to - removed[bisect_left(starts, to)]

    root = Node(end=len(plain))
    above = [root]
    for one in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        node = Node(
            before=text[one.start : one.inner],
            after=text[one.closing : one.end],
            start=moved(one.inner),
            end=moved(one.closing),
        )
        while len(above) > 1 and node.start >= above[-1].end:
            above.pop()
        above[-1].children.append(node)
        above.append(node)
    return plain, tuple(one.moved(moved(one.start) - one.start) for one in found), root


def as_entities(text: str, found: Sequence[Entity], marks: Sequence[Mark]) -> tuple[Entity, ...]:
    """The entities of a text, with its marks as such."""
    edges = {(one.start, one.inner) for one in marks} | {(one.closing, one.end) for one in marks}
    own = [Entity("mark", *edge, text[slice(*edge)]) for edge in edges]
    return tuple(sorted([*found, *own], key=lambda one: one.start))


def quotes(text: str, found: Sequence[Entity]) -> list[Mark]:
    """The quotation marks of a sentence, if all stand in pairs, none within another and none in
    an entity (inches, code)."""
    if any(_QUOTES.search(one.text) for one in found):
        return []
    pairs = [match.span() for match in _QUOTED.finditer(text)]
    if 2 * len(pairs) != len(_QUOTES.findall(text)):
        return []
    if single := [match.span() for match in _SINGLE.finditer(text)]:
        others = [*pairs, *((one.start, one.end) for one in found)]
        taken = {at for start, end in others for at in range(start, end)}
        pairs += [one for one in single if taken.isdisjoint((one[0], one[1] - 1))]
    return [_padded(text, start, end) for start, end in sorted(pairs)]


def _padded(text: str, start: int, end: int) -> Mark:
    """A pair of marks with the white space inside of it, "« so »"."""
    inside = text[start + 1 : end - 1]
    before = len(inside) - len(inside.lstrip())
    return Mark(start, start + 1 + before, start + 1 + len(inside.rstrip()), end)


def brackets(text: str, found: Sequence[Entity], beside: Sequence[Mark]) -> list[Mark]:
    """The pairs of brackets of a sentence that touch no entity and lie across no other mark."""
    pairs = [match.span() for match in _BRACKETED.finditer(text)]
    if not pairs:
        return []
    taken = {at for one in found for at in range(one.start, one.end)}
    return [
        Mark(start, start + 1, end - 1, end)
        for start, end in pairs
        if taken.isdisjoint((start, end - 1)) and not any(_cross(one, start, end) for one in beside)
    ]


def _cross(mark: Mark, start: int, end: int) -> bool:
    return start < mark.start < end < mark.end or mark.start < start < mark.end < end


def lost(pairs: Sequence[Mark], text: str, output: str) -> bool:
    """Whether one of these brackets is not in the output."""
    return any(output.count(text[one.start]) < text.count(text[one.start]) for one in pairs)


def requoted(text: str, output: str) -> str | None:
    """The output with quotation marks of the text's kind; None when it has another number."""
    own = _QUOTES.findall(text)
    if len(own) != len(_QUOTES.findall(output)):
        return None
    if len(_SINGLE.findall(output)) < len(_SINGLE.findall(text)):
        return None
    if _PADDED.findall(output) != _PADDED.findall(text):
        return None
    marks = iter(own)
    return _QUOTES.sub(lambda _: next(marks), output)


def left_alone(text: str, marks: Sequence[Mark], output: str) -> bool:
    """Whether an ordinary word in these marks stands in the output as in the text."""
    words = [text[one.inner : one.closing] for one in marks]
    return any(
        word.isalpha() and word.islower() and text[one.start : one.end] in output
        for one, word in zip(marks, words, strict=True)
    )


def fenced(lines: Sequence[str]) -> set[int]:
    """Which of these lines are code between two fences, the fences included."""
    inside: set[int] = set()
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line) if line.lstrip(" ")[:1] in {"`", "~"} else None
        if fence is None:
            continue
        if opened is None:
            opened = (number, fence[1])
        elif line.strip() == fence[1] and fence[1].startswith(opened[1]):
            inside.update(range(opened[0], number + 1))
            opened = None
    return inside
