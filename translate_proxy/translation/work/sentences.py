"""Sentences of a chat line, by rule: no model, no download, microseconds.

The line comes with its protected spans, and a cut never falls into one. Measured against sentencex,
pysbd and minisbd in docs/translation.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_CHARS = 350
"""Longer sentences are cut at a comma or a space: models are trained on sentences and lose the end
of anything much longer."""

EMOJI = "\x1f"
"""Stands for what was an emoji when a line comes here: white space that may end a sentence."""

_ABBREVIATIONS = frozenset(  # one text is easier to read and to add to than 200 quoted words
    """
    a.m p.m e.g i.e vs etc approx apt dept est fig no nos nr num vol pp ca cf inc ltd co corp jr
    sr mr mrs ms dr prof st ave blvd tel ref art ord qty max min jan feb mar apr jun jul aug sep
    sept oct nov dec mon tue wed thu fri sat sun z.b d.h u.a o.ä bzw usw ggf inkl exkl zzgl evtl
    str hr fr abs sra srta dra exmo exma av núm pág tlf ud uds cód ex p.ex m mme mlle env n° réf
    bd sig sig.ra dott ing c.a bijv m.b.v t.a.v o.a dhr mevr np tj itd itp m.in ul mgr szt zł
    např tzv č mj apod pan pl kb stb ún ill d-le d-na esim ym jne mm n puh os klo kpl alv nt jms
    u.s lk piem u.c u.tml t.i pvz t.y t.t ir kt t.ex bl.a m.m osv kl dvs fr.o.m f.eks o.l т.е
    т.д т.п напр руб коп ул г тел стр им др грн вул буд вкл бул π.χ κ.λπ δηλ τηλ örn vb dk mwst
    ust zzt zgl sis alk tzw tzn ok op cit aprox incl excl impt pza ver v rev mod kod cd sv ggfs
    mind
    """.split()  # noqa: SIM905
)
"""Lower-case, without the last dot: a small letter or a number goes on with the sentence."""

_TITLES = frozenset(  # the same
    """
    mr mrs ms dr prof st sr sra srta dra exmo exma av bd mme mlle sig sig.ra dott ing dhr mevr hr fr
    mgr ul ул inkl exkl zzgl bzw ca z.b d.h e.g i.e t.ex f.eks m.a np tzw nt vs approx aprox
    """.split()  # noqa: SIM905
)
"""Those that a capital may follow: a name, a German noun. The others end a sentence before one."""

_GERMAN_MONTHS = tuple("Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez".split())  # noqa: SIM905
"""German alone writes both a dot after the day and a capital month."""

_MARKS = ".!?…‼⁇⁈⁉。！？｡؟۔।॥"
_FULL_WIDTH = "。！？｡।॥"
"""Marks that end a sentence without white space behind them."""
_MARK = re.compile(
    # One set in front: ``re`` skips ahead to it. A whole run of marks is taken at once, so that
    # none is looked at twice.
    rf"[{_MARKS};\u037e{EMOJI}]"
    rf"(?:(?<=[{_MARKS}])[{_MARKS}]*+(?P<closing>[\"'”’»)\]]*+)|(?<={EMOJI}){EMOJI}*+|)"
)
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
_STUCK = re.compile(r"[!?…]++")
"""Marks that end a sentence although a letter follows: "yes!and"."""
_SPACE = re.compile(r"\s*+")
_BACKWARDS = re.compile(r"[^\s(\[\"“„«]*+")
_LONGEST_WORD = 40
"""Letters that are looked at before a dot: no abbreviation is longer."""


def split(line: str, start: int = 0) -> list[tuple[int, int]]:
    """Spans of the sentences of one line from ``start`` on, each without the white space around
    it, in order. Protected spans must have been filled over with as many letters."""
    spans: list[tuple[int, int]] = []
    for end in _ends(line, start):
        spans.extend(_pieces(line, start, end))
        start = end
    spans.extend(_pieces(line, start, len(line)))
    return spans


def _ends(line: str, start: int) -> Iterator[int]:
    """Where sentences end that others follow. Linear: white space is passed once, and of what
    stands before a mark one word is looked at."""
    begins = next_word = _after_space(line, start)
    for match in _MARK.finditer(line, start):
        end = _end(line, match)
        if end is None:
            continue
        if end > next_word:
            next_word = _after_space(line, end)
        follows = line[next_word : next_word + 12]
        if not follows:
            return
        mark = line[match.start() : end]
        if mark[0] == EMOJI:
            goes_on = not follows[0].isupper()
        elif mark.startswith(("..", "…")):
            goes_on = follows[0].islower()
        elif mark[0] == ".":
            word = _word_before(line, start, match.start())
            first = begins >= match.start() - len(word)
            goes_on = not word or _is_abbreviation(word, follows, first=first)
        elif mark == "!":  # "Yahoo! and others": a capital within a sentence that goes on
            word = _word_before(line, start, match.start())
            first = begins >= match.start() - len(word)
            goes_on = word[:1].isupper() and follows[0].islower() and not first
        else:
            goes_on = False
        if not goes_on:
            start, begins = end, next_word
            yield start


def _end(line: str, match: re.Match[str]) -> int | None:
    """Where the sentence ends that these marks may end; None when they are within one."""
    start, end = match.span()
    mark, after = line[start], line[end : end + 1]
    if mark == EMOJI:
        return end
    if mark in ";\u037e":  # a question mark in Greek
        asks = _GREEK.match(line[start - 1 : start]) and (not after or after.isspace())
        return end if asks else None
    if not after or after.isspace():
        return end
    marks = line[start : match.start("closing")]
    full_width = max(map(marks.rfind, _FULL_WIDTH))
    if full_width >= 0:
        return start + full_width + 1
    stuck = after.isalpha() and line[start - 1 : start].isalpha() and _STUCK.fullmatch(marks)
    return end if stuck and match["closing"] == "" else None


def _after_space(line: str, at: int) -> int:
    space = _SPACE.match(line, at)
    return at if space is None else space.end()


def _word_before(line: str, start: int, end: int) -> str:
    """The last letters of the word that ends at ``end``; nothing when there is none."""
    word = _BACKWARDS.match(line[max(start, end - _LONGEST_WORD) : end][::-1])
    return "" if word is None else word[0][::-1]


def _is_abbreviation(word: str, follows: str, *, first: bool) -> bool:
    """Whether the dot after ``word`` does not end a sentence; ``first``: it began with it."""
    numbered = first and (len(word) == 1 or (word.isdigit() and len(word) == 2))  # "1. Open it"
    initial = len(word) == 1 and word.isalpha() and (word.isupper() or follows[1:2] == ".")
    if numbered or initial or word.lower() in _TITLES:
        return True
    if word.isdigit() and len(word) <= 2:  # an ordinal: "14. maaliskuuta", "14. März"
        return not follows[0].isupper() or follows.startswith(_GERMAN_MONTHS)
    if follows[0].isupper():
        return False
    return word.lower() in _ABBREVIATIONS or (follows[0].islower() and "." in word)


def _pieces(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One sentence without the white space around it, cut where it is far too long."""
    while start < end and line[start].isspace():
        start += 1
    while end > start and line[end - 1].isspace():
        end -= 1
    while end - start > MAX_CHARS:
        cut = _cut(line, start, start + MAX_CHARS)
        yield from _pieces(line, start, cut)
        start = cut
        while start < end and line[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _cut(line: str, start: int, limit: int) -> int:
    """After a comma in the second half, else after a space, else at the limit."""
    half = start + MAX_CHARS // 2
    for marks in (";:—", ",،、，", " \t\u00a0"):
        places = [line.rfind(mark, half, limit) for mark in marks]
        if max(places) > 0:
            return max(places) + 1
    return limit
