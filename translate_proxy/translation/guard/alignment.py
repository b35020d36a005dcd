"""Where the elements of a sentence stand in its translation.

Engines say nothing of which word became which. So the text of each element, and what stands
between them, is translated by itself as well: its words are looked for in the sentence's
translation. Each element gets the run of words that is most like it, in the source's order or with
two neighbours exchanged; words that none is like go by their position.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

MAX_NODES = 40
"""Elements of a sentence; one with more is not aligned."""

_SINGLE = r"\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Letters of what is written without spaces: each is a token."""
_TOKEN = re.compile(rf"`[0-9]++`|[{_SINGLE}]|[^\W{_SINGLE}]+(?:&[^\W{_SINGLE}]+)*|\S")
_SWAPPED = 5
"""Elements of one level up to which neighbours are exchanged."""
_GAIN = 0.5
"""How much more alike the exchanged ones must be."""
_BY_POSITION = 0.15
_RAISED = frozenset({"sub", "sup"})


@dataclass(slots=True)
class Node:
    """An element or, where it has no text, a comment, an image, a tag without its partner, white
    space that must stay. Offsets are those of the line's text; the line itself is a node without
    tags. ``first`` and ``last`` are where it stands in the translation, once that is known."""

    name: str = ""
    before: str = ""
    after: str = ""
    start: int = 0
    end: int = 0
    children: list[Node] = field(default_factory=list)
    is_space: bool = False  # stands in the place of the one space at its offset
    hides: bool = False  # its text stands for what it is and is not shown
    first: int | None = None
    last: int | None = None

    @property
    def empty(self) -> bool:
        """Whether no text stands in it."""
        return self.start == self.end

    def put(self, first: int, last: int) -> None:
        """Say where it stands; what has no text takes along what has none in it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            node.first, node.last = first, last
            if node.empty:
                waiting += node.children


def hollow(root: Node, line: str, translated: str) -> bool:
    """Whether an element that holds words in ``line`` was put around none of ``translated``."""
    waiting = list(root.children)
    while waiting:
        node = waiting.pop()
        if node.hides or node.is_space:
            continue
        made = translated[node.first or 0 : node.last or 0]
        if not any(map(str.isalnum, made)) and any(map(str.isalnum, line[node.start : node.end])):
            return True
        waiting += node.children
    return False


class TooManyNodes(Exception):  # noqa: N818  (an answer about a text, not a fault of ours)
    """A sentence with more elements than are aligned."""


class _Token(NamedTuple):
    start: int
    end: int
    folded: str

    @property
    def is_word(self) -> bool:
        return self.folded[0].isalnum() or self.stands

    @property
    def stands(self) -> bool:
        """Whether it stands for content that is not translated."""
        return self.folded[0] == "`" and len(self.folded) > 2


@dataclass(slots=True)
class _Slot:
    """Text of one level: an element's, or (``node`` is None) what stands beside them."""

    node: Node | None
    start: int
    end: int
    inner: list[_Slot] = field(default_factory=list)

    def text(self, line: str) -> str:
        """What it holds, without the space at its ends."""
        return line[self.start : self.end].strip()


@dataclass(slots=True)
class Sentence:
    """A sentence of a line: ``text`` is that of the line from ``start`` to ``end``."""

    line: str
    start: int
    end: int
    _slots: list[_Slot] = field(default_factory=list)
    _in_words: list[Node] = field(default_factory=list)
    _spaces: list[Node] = field(default_factory=list)
    _count: int = 0

    @property
    def text(self) -> str:
        """The sentence."""
        return self.line[self.start : self.end]

    def look(self, root: Node) -> None:
        """Find what stands in it. Raises TooManyNodes."""
        self._slots = self._level(root, self.start, self.end)

    def pieces(self) -> list[str]:
        """The texts whose translations ``place`` needs beside the sentence's own."""
        return list(dict.fromkeys(self._pieces(self._slots)))

    def _pieces(self, slots: Sequence[_Slot]) -> Iterator[str]:
        for slot in slots:
            if len(slots) > 1 and slot.text(self.line):
                yield slot.text(self.line)
            yield from self._pieces(slot.inner)

    def _level(self, parent: Node, start: int, end: int) -> list[_Slot]:
        slots: list[_Slot] = []
        at, opened = start, False
        first = bisect_right(parent.children, start, key=lambda child: child.end)
        for n in range(first, len(parent.children)):
            child = parent.children[n]
            if child.start >= end:
                break
            if child.is_space:
                self._spaces.append(child)
            if child.is_space or child.hides:
                continue
            self._count += 1
            if self._count > MAX_NODES:
                raise TooManyNodes
            if self._cuts_a_word(child):
                self._in_words.append(child)
                continue
            from_, to = max(child.start, at), min(child.end, end)
            if from_ > at or not (opened or child.start < start):
                slots.append(_Slot(None, at, from_))
            inner = [] if child.empty else self._level(child, from_, to)
            slots.append(_Slot(child, from_, to, inner))
            at, opened = to, child.end > end
        if not opened:
            slots.append(_Slot(None, at, end))
        return slots

    def _cuts_a_word(self, node: Node) -> bool:
        return any(
            self.start < at < self.end
            and self.line[at - 1].isalnum()
            and self.line[at].isalnum()
            and _TOKEN.match(self.line, at - 1, at + 1).end() == at + 1  # type: ignore[union-attr]
            for at in (node.start, node.end)
        )

    def place(self, translated: str, start: int, pieces: dict[str, str]) -> None:
        """Put every node of the sentence where it stands in ``translated``, which begins at
        ``start`` of the line's translation. ``pieces``: their translations."""
        _Placing(self, translated, start, pieces).run()


def written(root: Node, translated: str, write: Callable[[str], str]) -> str:
    """The translation with everything where it was put; ``write`` is asked for how each text
    between two marks is written."""
    parts: list[str] = []
    root.first, root.last = 0, len(translated)
    _write(root, translated, 0, write, parts)
    return "".join(parts)


def _write(node: Node, text: str, at: int, write: Callable[[str], str], parts: list[str]) -> int:
    """The node from ``at`` on; where it ends."""
    last = max(at, min(len(text), at if node.last is None else node.last))
    parts.append(node.before)
    if node.hides:
        parts.append(node.after)
        return last
    if node.is_space and text[at : at + 1] == " ":
        return at + 1
    for child in sorted(node.children, key=lambda child: child.first or 0):  # a stable order
        start = min(last, max(at, child.first or 0))
        parts.append(write(text[at:start]))
        if child.last is not None:
            child.last = min(child.last, last)
        at = _write(child, text, start, write, parts)
    last = max(at, last)
    parts += [write(text[at:last]), node.after]
    return last


class _Placing:
    def __init__(
        self, sentence: Sentence, translated: str, start: int, pieces: dict[str, str]
    ) -> None:
        self._s = sentence
        self._text = translated
        self._start = start
        self._pieces = pieces
        self._tokens = _tokens(translated)
        self._source = _tokens(sentence.text)

    def run(self) -> None:
        self._region(self._s._slots, 0, len(self._tokens))
        for node in self._s._in_words:
            self._in_word(node)
        for node in self._s._spaces:
            at = self._start + self._space(node.start - self._s.start)
            node.put(at, at)

    def _region(self, slots: Sequence[_Slot], first: int, last: int) -> None:
        """Give the tokens from ``first`` to ``last`` to the slots."""
        if all(slot.node is None for slot in slots):
            return
        for slot, begins, ends in self._best(slots, first, last):
            if slot.node is None:
                continue
            from_, to = self._without_marks(slot, begins, ends, last)
            start, end = self._span(slot, from_, to)
            node, source = slot.node, self._s
            if node.empty:
                at = self._start + self._beside(slot, from_)
                node.put(at, at)
                continue
            if node.start >= source.start:
                node.first = self._start + start
            if node.end <= source.end:
                node.last = self._start + end
            self._region(slot.inner, from_, to)

    # -- which tokens ---------------------------------------------------------------------

    def _best(self, slots: Sequence[_Slot], first: int, last: int) -> list[tuple[_Slot, int, int]]:
        tokens = self._tokens[first:last]
        full = [slot for slot in slots if slot.text(self._s.line)]
        if len(full) == 1:  # all of it is one slot's
            at = slots.index(full[0])
            return [
                (slot, first if n <= at else last, last if n >= at else first)
                for n, slot in enumerate(slots)
            ]
        scores = self._scores(slots, tokens)
        own = [n for n, slot in enumerate(slots) if slot.node is None]
        for j in range(len(tokens)):  # what stands beside the elements is one text
            most = max((scores[n][j] for n in own), default=0.0) * 0.95
            for n in own:
                scores[n][j] = max(scores[n][j], most)
        needed = [slot.node is not None and slot in full for slot in slots]
        order = list(range(len(slots)))
        value, found = _assign(scores, needed, order)
        elements = [n for n, slot in enumerate(slots) if needed[n]]
        fixed = {
            n
            for n in elements
            if slots[n].node.start < self._s.start or slots[n].node.end > self._s.end  # type: ignore[union-attr]
        }
        if len(elements) <= _SWAPPED:
            for one, other in pairwise(elements):
                if one in fixed or other in fixed:
                    continue
                swapped = order.copy()
                swapped[one], swapped[other] = other, one
                other_value, other_found = _assign(scores, needed, swapped)
                if other_value > value + _GAIN:
                    value, found = other_value, other_found
        return [(slot, first + a, first + b) for slot, (a, b) in zip(slots, found, strict=True)]

    def _scores(self, slots: Sequence[_Slot], tokens: Sequence[_Token]) -> list[list[float]]:
        sizes = [len(self._piece(slot) or slot.text(self._s.line)) for slot in slots]
        whole = max(1, sum(sizes))
        width = max(1, tokens[-1].end - tokens[0].start) if tokens else 1
        at_end = 0
        scores: list[list[float]] = []
        for slot, size in zip(slots, sizes, strict=True):
            words, marks = self._words(slot)
            begins, ends = at_end / whole, (at_end + size) / whole
            at_end += size
            row: list[float] = []
            for token in tokens:
                at = ((token.start + token.end) / 2 - tokens[0].start) / width
                away = max(begins - at, at - ends, 0.0)
                near = _BY_POSITION - 0.5 * away
                row.append(_likeness(token, words, marks) + near)
            scores.append(row if slot.start < slot.end else [-1.0] * len(tokens))
        return scores

    def _piece(self, slot: _Slot) -> str:
        return self._pieces.get(slot.text(self._s.line), "")

    def _words(self, slot: _Slot) -> tuple[set[str], set[str]]:
        own = _tokens(slot.text(self._s.line))
        made = _tokens(self._piece(slot))
        words = {token.folded for token in made if token.is_word}
        words |= {
            token.folded
            for token in own
            if token.is_word and (len(token.folded) > 3 or not token.folded.isalpha())
        }
        return words, {token.folded for token in own if not token.is_word}

    # -- where exactly --------------------------------------------------------------------

    def _without_marks(self, slot: _Slot, first: int, last: int, limit: int) -> tuple[int, int]:
        """A mark at the edge belongs to the element only if one stands there in the source."""
        text = slot.text(self._s.line)
        tokens = self._tokens
        if not any(map(str.isalnum, text)):
            return first, last
        if not any(token.is_word for token in tokens[first:last]):
            return first, first  # nothing is left of it
        if text[-1].isalnum():
            while last - first > 1 and not tokens[last - 1].is_word:
                last -= 1
        elif last < limit and tokens[last - 1].is_word and tokens[last].folded == text[-1]:
            last += 1
        if text[0].isalnum():
            while last - first > 1 and not tokens[first].is_word:
                first += 1
        return first, last

    def _span(self, slot: _Slot, first: int, last: int) -> tuple[int, int]:
        """Offsets of these tokens, with a space that the source has within the tags."""
        if first >= last:
            at = self._tokens[first - 1].end if first else self._at(first)
            return at, at
        start, end = self._tokens[first].start, self._tokens[last - 1].end
        text = self._s.line[slot.start : slot.end]
        if text[:1] == " " and self._text[start - 1 : start] == " ":
            start -= 1
        if text[-1:] == " " and self._text[end : end + 1] == " ":
            end += 1
        if slot.end == self._s.end and last == len(self._tokens):
            end = len(self._text)
        return start, end

    def _at(self, token: int) -> int:
        return self._tokens[token].start if token < len(self._tokens) else len(self._text)

    def _beside(self, slot: _Slot, token: int) -> int:
        """What has no text stands before a word, or right behind the one before it."""
        at = slot.start
        behind = self._s.line[at - 1 : at].strip() and not self._s.line[at : at + 1].strip()
        return self._tokens[token - 1].end if behind and token else self._at(token)

    def _in_word(self, node: Node) -> None:
        """An element within a word: in the same word of the translation, else around the word
        (an index or exponent: behind it)."""
        source, low = self._s.text, self._s.start
        start, end = max(0, node.start - low), min(len(source), node.end - low)
        while start and source[start - 1].isalnum():
            start -= 1
        while end < len(source) and source[end].isalnum():
            end += 1
        word = source[start:end]
        at = _occurrence(self._text, word, source.count(word, 0, start))
        if at >= 0:
            shift = self._start + at - start - low
            _moved(node, shift)
            return
        tokens = [n for n, token in enumerate(self._source) if start <= token.start < end]
        first = self._across(tokens[0]) if tokens else 0
        last = min(len(self._tokens), first + max(1, len(tokens)))
        begins, ends = self._at(first), self._tokens[last - 1].end if last else 0
        if node.name in _RAISED or begins > ends:
            begins = ends
        node.put(self._start + begins, self._start + ends)
        for child in node.children:
            child.put(self._start + begins, self._start + ends)

    def _across(self, source: int) -> int:
        """The token of the translation that stands where this one of the source does."""
        return min(
            max(0, len(self._tokens) - 1),
            source * len(self._tokens) // max(1, len(self._source)),
        )

    def _space(self, at: int) -> int:
        """A fixed space: between the same neighbours, else beside one of them, else at the space
        that is nearest by position."""
        right = next((n for n, one in enumerate(self._source) if one.start > at), 0)
        pair = [token.folded for token in self._source[max(0, right - 1) : right + 1]]
        made = [token.folded for token in self._tokens]
        around = range(1, len(made))
        gaps = [n for n in around if self._tokens[n - 1].end < self._tokens[n].start]
        wish = right * len(made) / max(1, len(self._source))
        for fits in (
            [n for n in gaps if made[n - 1 : n + 1] == pair],
            [n for n in gaps if made[n] == pair[-1] or made[n - 1] == pair[0]],
            gaps,
        ):
            if fits:
                return self._tokens[min(fits, key=lambda n: abs(n - wish))].start - 1
        return len(self._text)


def _assign(
    scores: Sequence[Sequence[float]], needed: Sequence[bool], order: Sequence[int]
) -> tuple[float, list[tuple[int, int]]]:
    """Tokens to slots, in this order of the slots, each a run, with the highest sum; a needed slot
    has one token at least where there are enough. The runs in the slots' own order."""
    count = len(scores[0])
    impossible = float("-inf")
    ended = [0.0] + [impossible] * count  # best with the slots so far; index: tokens given
    starts: list[list[int]] = []  # where the slot's run begins when it ends here
    for slot in order:
        row, began = [impossible] * (count + 1), list(range(count + 1))
        inside, since = impossible, 0
        for j in range(count + 1):
            if j:
                if ended[j - 1] > inside:
                    inside, since = ended[j - 1], j - 1
                inside += scores[slot][j - 1]
                row[j], began[j] = inside, since
            if (not needed[slot] or count < sum(needed)) and ended[j] > row[j]:
                row[j], began[j] = ended[j], j
        starts.append(began)
        ended = row
    runs = [(0, 0)] * len(scores)
    at = count
    for slot, began in zip(reversed(order), reversed(starts), strict=True):
        runs[slot] = (began[at], at)
        at = began[at]
    return ended[count], runs


def _likeness(token: _Token, words: set[str], marks: set[str]) -> float:
    """0 to 1: whether it is one of these words, or another form of one."""
    if not token.is_word:
        return 0.3 if token.folded in marks else 0.0
    if token.stands:  # it has one place only
        return 3.0 if token.folded in words else -3.0
    length = len(token.folded)
    weight = 1.0 if length > 3 else 0.5
    if token.folded in words:
        return weight
    if length <= 3:
        return 0.0
    stem = token.folded[: max(3, length * 3 // 5)]
    return 0.7 if any(word.startswith(stem) and len(word) < 2 * length for word in words) else 0.0


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(found.start(), found.end(), _folded(found[0])) for found in _TOKEN.finditer(text)
    ]


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)) or word


def _occurrence(text: str, word: str, number: int) -> int:
    """Where the word stands for the time ``number`` (from 0), as a word; -1 where it does not."""
    at = last = -1
    while number >= 0 and (at := text.find(word, at + 1)) >= 0:
        end = at + len(word)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            last = at
            number -= 1
    return last


def _moved(node: Node, by: int) -> None:
    node.first, node.last = node.start + by, node.end + by
    for child in node.children:
        _moved(child, by)
