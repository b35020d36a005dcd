"""A chat's spelling unfolded for the engine: "vc", "nao", "wHERE", "thx", the size "P".

Only what the engine gets changes; the message stays as it was typed, and so do the keys of the
memory and of corrections. Protected spans are left alone and moved with the text around them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from translate_proxy.text import entities
from translate_proxy.text.entities import Entity
from translate_proxy.translation.words.spelling_files import (
    END,
    NUMBER,
    Sizes,
    SpellingFile,
    plain,
)

_WORD = re.compile(r"\w+(?:/o(?!\w)|/(?=\s))?")
_MIXED = re.compile(
    r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я](?:(?<=[a-zß-öø-ÿα-ωа-я].)|(?<=[A-ZÀ-ÖØ-ÞΑ-ΩА-Я].)[A-ZÀ-ÖØ-ÞΑ-ΩА-Яa-zß-öø-ÿα-ωа-я])"
)
_INVERTED = re.compile(r"[^\W\d_][A-ZÀ-ÖØ-ÞΑ-ΩА-Я]++")
_LATE = re.compile(r"(?<![A-ZÀ-ÖØ-ÞΑ-ΩА-Я])[A-ZÀ-ÖØ-ÞΑ-ΩА-Я]{2,}+[a-zß-öø-ÿα-ωа-я]++")
_HUMPS = re.compile(r"[a-zß-öø-ÿα-ωа-я]{0,2}(?:[A-ZÀ-ÖØ-ÞΑ-ΩА-Я][a-zß-öø-ÿα-ωа-я]+)+")
"""How names are written: "iPhone", "WhatsApp", "McDonald"."""
_FREE_BEFORE = ' \t\u00a0(["“„«‘*,;:!?…¿¡—–-'
_FREE_BEHIND = ' \t\u00a0)]"”»’*.,;:!?…—–-'
"""What may stand beside a word that is one by itself; beside anything else it is part of a code, an
address, a template. Beside a hyphen ("nao-tecido") only accents are restored."""
_STOPS = ".!?…;:"
_SIZE_ENDS = r"(?![\w'’&-]|\.\w|\.? +[A-ZÀ-Þ]\w)"
_LAST_WORD = re.compile(r"(?<!\w)(\w++)[.:]? *+$")
_ALONE = " .!?"


def protected(line: str, found: list[Entity], file: SpellingFile) -> list[Entity]:
    """The entities of a line of a language: without what looks like a reference and is a word
    ("gr8"), with its clothing sizes, which become those of other languages."""
    if found and file.words:
        found = [one for one in found if not (one.kind == "reference" and one.text in file.words)]
    known = file.sizes
    if not known.becomes or known.becomes.keys().isdisjoint(_WORD.findall(line.upper())):
        return found
    matches = list(_size_pattern(known).finditer(line))
    own = [
        Entity("size", match.start(), match.end(), match[0], known.becomes[match[0].upper()])
        for row in _rows(line, matches, known)
        if row and _are_sizes(line, row, known)
        for match in row
    ]
    return entities.merged(own, found) if own else found


@functools.lru_cache(maxsize=64)
def _pattern_of(words: tuple[str, ...]) -> re.Pattern[str]:
    every = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w'’.&-])(?i:{every}){_SIZE_ENDS}")


def _size_pattern(known: Sizes) -> re.Pattern[str]:
    return _pattern_of(tuple(known.becomes))


def _rows(line: str, matches: Sequence[re.Match[str]], known: Sizes) -> list[list[re.Match[str]]]:
    """Letters that stand in one row: "P, M ou G"."""
    rows = [list(matches[:1])]
    for last, match in pairwise(matches):
        between = line[last.end() : match.start()].strip()
        if between in {"", ",", "/"} or plain(between.lstrip(", ")) in known.joins:
            rows[-1].append(match)
        else:
            rows.append([match])
    return rows


def _are_sizes(line: str, row: Sequence[re.Match[str]], known: Sizes) -> bool:
    start, end = row[0].start(), row[-1].end()
    if "/" in {line[start - 1 : start], line[end : end + 1]}:
        return False
    behind = _LAST_WORD.search(line, max(0, start - 20), start)
    word = plain(behind[1]) if behind is not None else ""
    if word in known.named:
        return True
    if not all(match[0].isupper() for match in row):
        return False
    if word in known.behind or len({match[0] for match in row}) > 1:
        return True
    return start < 9 and len(line) < 99 and line.strip(_ALONE) == line[start:end]


def respelled(
    text: str, found: Sequence[Entity], file: SpellingFile
) -> tuple[str, tuple[Entity, ...]]:
    """The text as an editor would have written it, and its entities where they stand then."""
    known, tails = file.known, file.tails
    worth = [
        number
        for number, word in enumerate(_WORD.findall(text.lower()))
        if word in known or word[-3:] in tails or word[-2:] in tails
    ]
    is_mixed = _MIXED.search(text) is not None and text.upper() != text
    if not worth and not is_mixed:
        return text, tuple(found)
    words = list(_WORD.finditer(text))
    written = [match[0] for match in words]
    if is_mixed:
        worth = list(_beside(words, range(len(words)), found))
        for number, word in _unmixed({number: written[number] for number in worth}, file):
            written[number] = word
    shouted = text.upper() == text
    for number in _beside(words, worth, found):
        written[number] = _meant(text, words, number, written[number], file, shouted=shouted)
    changes = [
        (match.start(), match.end(), word)
        for match, word in zip(words, written, strict=True)
        if word != match[0]
    ]
    return _changed(text, found, changes) if changes else (text, tuple(found))


def _beside(
    words: Sequence[re.Match[str]], numbers: Iterable[int], found: Sequence[Entity]
) -> Iterator[int]:
    """Those of the words that are no part of an entity; both in order."""
    at = 0
    for number in numbers:
        start, end = words[number].span()
        while at < len(found) and found[at].end <= start:
            at += 1
        if at == len(found) or end <= found[at].start:
            yield number


def _unmixed(words: Mapping[int, str], file: SpellingFile) -> list[tuple[int, str]]:
    """Those words of a text whose case was mixed by accident, with it mended: everyday words, in
    capitals too, and all such if they are half of the text. "iPhone", "WhatsApp" and, beside
    others, "eSIM" are names."""
    odd: list[int] = []
    everyday: list[int] = []
    for number, word in words.items():
        if word.islower() or word.istitle() or not word.isalpha():
            continue
        if word.isupper():
            beside = (words.get(number - 1, ""), words.get(number + 1, ""))
            is_name = any(_is_name(other, file) for other in beside)  # "NEW BALANCE"
            if len(word) > 2 and plain(word) in file.everyday and not is_name:
                everyday.append(number)
        elif not _HUMPS.fullmatch(word):
            odd.append(number)
            if plain(word) in file.everyday:
                everyday.append(number)
    several = len(odd) > 1 and 2 * len(odd) >= sum(len(word) > 1 for word in words.values())
    if several and (
        not set(odd).isdisjoint(everyday)
        or sum(_is_long_and_odd(words[number]) for number in odd) > 1
    ):
        others = [number for number in odd if number not in everyday]
    else:
        others = []
    begins = min(words, default=0)
    mended = [
        (number, words[number].lower() if number > begins else words[number].capitalize())
        for number in everyday
    ]
    mended += [
        (
            number,
            words[number].capitalize() if words[number][0].isupper() else words[number].lower(),
        )
        for number in others
    ]
    return mended


def _is_name(word: str, file: SpellingFile) -> bool:
    return len(word) > 1 and word.isupper() and plain(word) not in file.everyday


def _is_long_and_odd(word: str) -> bool:
    """Longer than "eSIM" and "uPVC", and not "DVDs"."""
    if _INVERTED.fullmatch(word):
        return len(word) > 4
    return _LATE.fullmatch(word) is None or sum(map(str.islower, word)) > 1


def _meant(
    text: str,
    words: Sequence[re.Match[str]],
    number: int,
    word: str,
    file: SpellingFile,
    *,
    shouted: bool,
) -> str:
    """What is meant by a word, in the case that it is written in."""
    low = word.lower()
    if word != low and word in file.words:
        return word if _is_part(text, words[number], low, file) else file.words[word]
    if word != low and not shouted and not (word.istitle() and number == 0):
        return word
    meant = _looked_up(text, words, number, low, file)
    if meant is None or _is_part(text, words[number], low, file):
        return word
    if word == low:
        return meant
    return meant.upper() if shouted and len(word) > 1 else meant[0].upper() + meant[1:]


def _looked_up(
    text: str, words: Sequence[re.Match[str]], number: int, low: str, file: SpellingFile
) -> str | None:
    rules = file.rules.get(low)
    if rules is not None:
        last = _neighbour(text, words, number - 1, words[number].start())
        following = _neighbour(text, words, number + 1, words[number].end())
        for rule in rules:
            if rule.holds(last, following):
                return rule.becomes
    meant = file.words.get(low) or file.accents.get(low)
    if meant is None and file.endings and low.isascii() and low not in file.keep:
        for length in range(min(file.longest, len(low) - 1), 1, -1):
            ending = file.endings.get(low[-length:])
            if ending is not None:
                return low[:-length] + ending
    return meant


def _neighbour(text: str, words: Sequence[re.Match[str]], number: int, edge: int) -> str:
    """The word beside another one whose edge is given, ``END`` where the sentence ends, empty
    where something else is between."""
    before = number < 0 or (number < len(words) and words[number].end() <= edge)
    if before:
        between = text[words[number].end() if number >= 0 else 0 : edge]
    else:
        between = text[edge : words[number].start() if number < len(words) else len(text)]
    if not between.strip() and 0 <= number < len(words):
        word = words[number][0]
        return NUMBER if word.isdigit() else plain(word)
    return END if not before and between.lstrip()[:1] in _STOPS else ""


def _is_part(text: str, match: re.Match[str], low: str, file: SpellingFile) -> bool:
    """Whether it is part of something else: a code, an address, "U-bahn", "n. 12", "2 tb"."""
    start, end = match.span()
    before, behind = text[start - 1 : start], text[end : end + 1]
    if (before and before not in _FREE_BEFORE) or (behind and behind not in _FREE_BEHIND):
        return True
    if behind == "." and text[end + 1 : end + 2].isalnum():
        return True
    if low in file.accents:
        return False
    if before == "-" or behind == "-" or (len(low) == 1 and behind == ")"):
        return True
    if len(low) > 2:
        return False
    last, following = text[max(0, start - 3) : start].rstrip(), text[end : end + 3].lstrip(". ")
    return last[-1:].isdigit() or following[:1].isdigit()


def _changed(
    text: str, found: Sequence[Entity], changes: Sequence[tuple[int, int, str]]
) -> tuple[str, tuple[Entity, ...]]:
    parts: list[str] = []
    moved: list[Entity] = []
    at = by = 0
    rest = list(reversed(found))
    for start, end, word in changes:
        while rest and rest[-1].start < start:
            moved.append(rest.pop().moved(by))
        parts += [text[at:start], word]
        at, by = end, by + len(word) - (end - start)
    moved += [entity.moved(by) for entity in reversed(rest)]
    return "".join((*parts, text[at:])), tuple(moved)
