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
_END = re.compile(
    # One set in front: ``re`` skips ahead to it; then what it has to be the beginning of.
    rf"[{_MARKS};\u037e{EMOJI}]"
    rf"(?:(?<=[{_MARKS}])[{_MARKS}]*[\"'”’»)\]]*(?=\s|$|(?<=[。！？｡।॥]))"
    r"|(?<=[^\W\d_][!?…])[!?…]*(?=[^\W\d_])"
    r"|(?<=[\u0370-\u03ff\u1f00-\u1fff][;\u037e])(?=\s|$)"
    rf"|(?<={EMOJI}){EMOJI}*)"
)
_LAST_WORD = re.compile(r"([^\s(\[\"“„«]+)$")


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
    """Where sentences end that others follow."""
    for match in _END.finditer(line, start):
        mark = match[0]
        follows = line[match.end() :].lstrip()[:12]
        if not follows:
            return
        if mark[0] == EMOJI:
            goes_on = not follows[:1].isupper()
        elif mark.startswith(("..", "…")):
            goes_on = follows[:1].islower()
        elif mark[0] == ".":
            word = _LAST_WORD.search(line, start, match.start())
            goes_on = word is None or _is_abbreviation(
                word[1], follows, first=not line[start : word.start()].strip()
            )
        else:
            goes_on = mark == "!" and _is_a_name(line, start, match)
        if not goes_on:
            start = match.end()
            yield start


def _is_a_name(line: str, start: int, match: re.Match[str]) -> bool:
    """ "Yahoo! and others": a capital in the middle of a sentence that goes on in lower case."""
    word = _LAST_WORD.search(line, start, match.start())
    follows = line[match.end() :].lstrip()
    return (
        word is not None
        and word[1][0].isupper()
        and follows[:1].islower()
        and line[start : word.start()].strip() != ""
    )


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
