"""What the script of a word says by itself: Greek letters are Greek, Hangul is Korean.

Works on the detector's scores: of the candidates only those that are written in the script of a
word keep their chance for that word.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from translate_proxy.model import Language
from translate_proxy.text.folding import has_latin_spelling
from translate_proxy.text.tags import is_traditional_chinese, primary

# First code point of each block of letters, and its script. Source: Unicode, Blocks.txt.
_BLOCKS: Final[tuple[tuple[int, str], ...]] = (
    (0x0000, "Latin"),
    (0x0370, "Greek"),
    (0x0400, "Cyrillic"),
    (0x0530, "Armenian"),
    (0x0590, "Hebrew"),
    (0x0600, "Arabic"),
    (0x0700, "other"),
    (0x0750, "Arabic"),
    (0x0780, "other"),
    (0x08A0, "Arabic"),
    (0x0900, "Devanagari"),
    (0x0980, "Bengali"),
    (0x0A00, "Gurmukhi"),
    (0x0A80, "Gujarati"),
    (0x0B00, "other"),
    (0x0B80, "Tamil"),
    (0x0C00, "Telugu"),
    (0x0C80, "Kannada"),
    (0x0D00, "Malayalam"),
    (0x0D80, "Sinhala"),
    (0x0E00, "Thai"),
    (0x0E80, "Lao"),
    (0x0F00, "other"),
    (0x1000, "Myanmar"),
    (0x10A0, "Georgian"),
    (0x1100, "Hangul"),
    (0x1200, "Ethiopic"),
    (0x13A0, "other"),
    (0x1780, "Khmer"),
    (0x1800, "other"),
    (0x1C80, "Cyrillic"),
    (0x1C90, "Georgian"),
    (0x1CC0, "other"),
    (0x1D00, "Latin"),
    (0x1F00, "Greek"),
    (0x2000, "other"),
    (0x2C60, "Latin"),
    (0x2C80, "other"),
    (0x2D00, "Georgian"),
    (0x2D30, "other"),
    (0x3005, "Han"),
    (0x3041, "Kana"),
    (0x3105, "other"),
    (0x3131, "Hangul"),
    (0x3190, "other"),
    (0x31F0, "Kana"),
    (0x3200, "other"),
    (0x3400, "Han"),
    (0xA000, "other"),
    (0xA640, "Cyrillic"),
    (0xA6A0, "other"),
    (0xA720, "Latin"),
    (0xA800, "other"),
    (0xAC00, "Hangul"),
    (0xD7B0, "other"),
    (0xF900, "Han"),
    (0xFB00, "Latin"),
    (0xFB13, "Armenian"),
    (0xFB1D, "Hebrew"),
    (0xFB50, "Arabic"),
    (0xFE00, "other"),
    (0xFE70, "Arabic"),
    (0xFEFF, "other"),
    (0xFF21, "Latin"),
    (0xFF66, "Kana"),
    (0xFFA0, "Hangul"),
    (0xFFE0, "other"),
    (0x20000, "Han"),
    (0x32000, "other"),
)
_STARTS: Final = [start for start, _ in _BLOCKS]

_WRITTEN_IN: Final = {
    "el": ("Greek",),
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "kk", "ky", "tg", "mn", "tt"), ("Cyrillic",)),
    "sr": ("Cyrillic", "Latin"),
    "hy": ("Armenian",),
    **dict.fromkeys(("he", "yi"), ("Hebrew",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb", "sd", "ug"), ("Arabic",)),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), ("Devanagari",)),
    **dict.fromkeys(("bn", "as"), ("Bengali",)),
    "pa": ("Gurmukhi", "Arabic"),
    "gu": ("Gujarati",),
    "ta": ("Tamil",),
    "te": ("Telugu",),
    "kn": ("Kannada",),
    "ml": ("Malayalam",),
    "si": ("Sinhala",),
    "th": ("Thai",),
    "lo": ("Lao",),
    "my": ("Myanmar",),
    "ka": ("Georgian",),
    "ko": ("Hangul",),
    **dict.fromkeys(("am", "ti"), ("Ethiopic",)),
    "km": ("Khmer",),
    "ja": ("Kana", "Han"),
    "zh": ("Han",),
}
_LATIN: Final = ("Latin",)
SPACELESS: Final = frozenset({"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar"})
"""Scripts without a space between words; two letters are about a word."""

_AGAINST: Final = -9.0
"""Logarithm of the chance that a word in this script is of a language written in another."""
_TYPED_LATIN: Final = -4.5
"""Logarithm of the chance that a speaker of a Greek or Cyrillic language types in Latin letters."""

# Frequent characters that only one of the two ways of writing Chinese has.
_SIMPLIFIED: Final = frozenset("这们个说时会么来对发没还过后买卖钱问题谢请让给货单订动开关应该从现")
_TRADITIONAL: Final = (
    frozenset("這們個說時會麼來對發沒還過後買賣錢問題謝請讓給貨單訂動開關應該從現") - _SIMPLIFIED
)
_BOTH: Final = _SIMPLIFIED & _TRADITIONAL


def script_of(word: str) -> str:
    """The script of the word's first letter, "other" for none we know; "Kana" for Japanese that
    mixes both its scripts."""
    for char in word:
        if char.isalpha():
            script = _script(char)
            mixed = script == "Han" and any(_script(other) == "Kana" for other in word)
            return "Kana" if mixed else script
    return "other"


def _script(char: str) -> str:
    return _BLOCKS[bisect.bisect_right(_STARTS, ord(char)) - 1][1]


def written_in(tag: Language) -> tuple[str, ...]:
    """The scripts of a language; Latin unless we know better. ``sr-Latn`` names its own."""
    if "-latn" in tag.lower():
        return _LATIN
    return _WRITTEN_IN.get(primary(tag), _LATIN)


@lru_cache(maxsize=64)
def latin_prior(candidates: tuple[Language, ...]) -> npt.NDArray[np.float64]:
    """For a text in Latin letters, the logarithm of the chance that each language is typed so."""
    written = ("Latin" in written_in(tag) for tag in candidates)
    return np.array([0.0 if latin else _TYPED_LATIN for latin in written])


@lru_cache(maxsize=256)
def _fitting(
    script: str, japanese: bool, candidates: tuple[Language, ...]
) -> npt.NDArray[np.bool_] | None:
    """Which candidates a word in this script may be of; None for all. Latin words are left to the
    tables as far as these know Latin spellings."""
    if script == "Latin":
        fits = ["Latin" in written_in(c) or has_latin_spelling(primary(c)) for c in candidates]
    elif script == "Han" and japanese:
        fits = [primary(tag) == "ja" for tag in candidates]
    else:
        fits = [script in written_in(tag) for tag in candidates]
    return None if all(fits) else np.array(fits)


def apply(
    scores: npt.NDArray[np.float64],
    words: Sequence[str],
    found: Sequence[str],
    candidates: tuple[Language, ...],
) -> None:
    """Weigh, in place, the scripts ``found`` of the words. ``scores`` is (words, candidates +
    "other")."""
    japanese = "Kana" in found
    for row, script, word in zip(scores, found, words, strict=True):
        fits = _fitting(script, japanese, candidates)
        if fits is not None:
            _weigh(row, fits)
        if script == "Han":
            _weigh_han(row, word, candidates, japanese=japanese)


def _weigh(row: npt.NDArray[np.float64], fits: npt.NDArray[np.bool_]) -> None:
    among = row[:-1]
    if not fits.any():
        among[:] = row[-1] + _AGAINST
        return
    best = among[fits].max()
    among[~fits] = best + _AGAINST
    row[-1] = min(row[-1], best + _AGAINST / 3)


def _weigh_han(
    row: npt.NDArray[np.float64], word: str, candidates: Sequence[Language], *, japanese: bool
) -> None:
    """Japanese hardly goes without kana for long; the characters tell which Chinese it is."""
    simplified = sum(char in _SIMPLIFIED - _BOTH for char in word)
    traditional = sum(char in _TRADITIONAL - _BOTH for char in word)
    for column, tag in enumerate(candidates):
        if primary(tag) == "zh":
            row[column] -= 2.0 * (simplified if is_traditional_chinese(tag) else traditional)
        elif not japanese and primary(tag) == "ja":
            row[column] -= min(0.7 * (len(word) - 1), 5.0)
