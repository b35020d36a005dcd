"""How people type without their keyboard: diacritics left out, another script in Latin letters.

The tables of the detector hold such spellings beside the proper ones, as a noisy channel: a
speaker of Polish writes "dziekuje" now and then, a speaker of Greek "kalimera". The schemes are
the usual ones of chats, not a standard's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

_UNDECOMPOSED: Final = {
    "ł": "l",
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ß": "ss",
    "đ": "d",
    "ħ": "h",
    "ı": "i",
    "þ": "th",
    "ð": "d",
    "ё": "е",
    "ґ": "г",
}
_KEPT: Final = frozenset("йї")  # letters of their own, not letters with a mark


def _folding() -> dict[int, str]:
    table = {ord(char): plain for char, plain in _UNDECOMPOSED.items()}
    # Latin with its extensions, Greek, and the Greek and Vietnamese blocks of U+1E00.
    for code in (*range(0xC0, 0x250), *range(0x370, 0x460), *range(0x1E00, 0x2000)):
        char = chr(code)
        plain = unicodedata.normalize("NFD", char)
        if code not in table and len(plain) > 1 and char not in _KEPT:
            table[code] = "".join(part for part in plain if not unicodedata.combining(part))
    return table


_FOLD: Final = _folding()


def fold(text: str) -> str:
    """Lower-case ``text`` without diacritics: "dziękuję" becomes "dziekuje"."""
    return text if text.isascii() else text.translate(_FOLD)


def _scheme(letters: str, latin: str, **changed: str) -> dict[int, str]:
    table = dict(zip(letters, latin.split(), strict=True)) | changed
    return {ord(char): "" if plain == "-" else plain for char, plain in table.items()}


_RU: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
_RU_LATIN: Final = "a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sch - y - e yu ya"
_UK: Final = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
_UK_LATIN: Final = "a b v h g d e ye zh z y i yi y k l m n o p r s t u f kh ts ch sh shch - yu ya"
_BG: Final = "абвгдежзийклмнопрстуфхцчшщъьюя"
_BG_LATIN: Final = "a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sht a y yu ya"
_SR: Final = "абвгдђежзијклљмнњопрстћуфхцчџш"
_SR_LATIN: Final = "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š"
_SR_PLAIN: Final = "a b v g d dj e z z i j k l lj m n nj o p r s t c u f h c c dz s"
_EL: Final = "αβγδεζηθικλμνξοπρσςτυφχψω"
_EL_SOUND: Final = "a v g d e z i th i k l m n ks o p r s s t i f x ps o"
_EL_SHAPE: Final = "a b g d e z h th i k l m n x o p r s s t u f x ps w"

_SCHEMES: Final[Mapping[str, tuple[dict[int, str], ...]]] = {
    "ru": (_scheme(_RU, _RU_LATIN), _scheme(_RU, _RU_LATIN, й="j", х="kh", щ="shch", я="ja")),
    "uk": (_scheme(_UK, _UK_LATIN), _scheme(_UK, _UK_LATIN, и="i", х="h", ю="iu", я="ia", й="i")),
    "bg": (_scheme(_BG, _BG_LATIN), _scheme(_BG, _BG_LATIN, ж="j", ц="c", ъ="u", я="q", й="i")),
    "sr": (_scheme(_SR, _SR_LATIN), _scheme(_SR, _SR_PLAIN)),
    "el": (_scheme(_EL, _EL_SOUND), _scheme(_EL, _EL_SHAPE)),
}


def has_latin_spelling(language: str) -> bool:
    """Whether ``latin_spellings`` knows how this language (a primary subtag) is typed."""
    return language in _SCHEMES


def latin_spellings(word: str, language: str) -> list[str]:
    """How a speaker might type a word of a Greek or Cyrillic language in Latin letters.

    ``language`` is a primary subtag; empty for languages without a scheme.
    """
    plain = fold(word)
    if language == "el":
        plain = plain.replace("ου", "ou").replace("μπ", "b")
    return [plain.translate(scheme) for scheme in _SCHEMES.get(language, ())]
