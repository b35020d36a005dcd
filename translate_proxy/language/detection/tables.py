"""What words and letter sequences are frequent in which language, in one compact table.

Keys are hashes of strings, a row holds one byte for each language: 0 when the string is not known
of it, else the quantised logarithm of its relative frequency. About 1 MiB a language in memory.

Sources: the frequency lists of the package ``langidentify`` (Apache-2.0; counted over Wikipedia;
its files are read, its code is not used), for languages it has none of the profiles of
``langdetect`` (Apache-2.0), and our own ``common_words.toml``.

Strings: ``" word"`` a whole word; ``"abc"`` 1 to 5 letters anywhere in a word; ``"^abc"`` the first
and ``"abc$"`` the last letters of a word.
"""

from __future__ import annotations

import gzip
import json
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from translate_proxy.text.folding import fold, latin_spellings

LOWEST: Final = -14.0
"""Logarithm of the least relative frequency that a byte can say."""
_STEP: Final = -LOWEST / 254
_KEPT: Final = math.exp(-13.7)
MAX_NGRAM: Final = 5
MAX_AFFIX: Final = 4
_UNMARKED: Final = 0.2
"""How often a word is typed without its diacritics."""
LATINISED: Final = "-latn"
"""Behind a language: its words as typed in Latin letters, a table of its own."""
_COMMON: Final = math.exp(-6.3)
"""Relative frequency in chats of a word of our own list."""

_NGRAM_FILES: Final = {"nb": "no", "bs": "hr"}
_WORD_FILES: Final = {"nb": "no"}
_COMMON_OF: Final = {"bs": "hr"}
_PROFILES: Final = {"zh": "zh-cn", "nb": "no"}

Frequencies = dict[str, float]


class Tables:
    """Immutable; ``extended`` makes a new one. ``languages`` are primary subtags, and those of
    ``has_latin_spelling`` with ``LATINISED`` behind them."""

    def __init__(
        self,
        languages: tuple[str, ...] = (),
        keys: npt.NDArray[np.int64] | None = None,
        values: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        self.languages = languages
        self._keys = np.zeros(0, np.int64) if keys is None else keys
        self._values = np.zeros((1, 0), np.uint8) if values is None else values

    @property
    def nbytes(self) -> int:
        """Memory of the table, in bytes."""
        return self._keys.nbytes + self._values.nbytes

    def extended(self, languages: Iterable[str]) -> Tables:
        """With these languages as well; reading one takes about a fifth of a second."""
        new = [name for name in dict.fromkeys(languages) if name not in self.languages]
        if not new:
            return self
        columns = [_column(language) for language in new]
        keys = np.unique(np.concatenate([self._keys, *(found for found, _ in columns)]))
        # One row more than keys: the last stays zero and stands for everything unknown.
        values = np.zeros((len(keys) + 1, len(self.languages) + len(new)), np.uint8)
        old = np.searchsorted(keys, self._keys)
        values[old, : len(self.languages)] = self._values[:-1]
        for number, (found, coded) in enumerate(columns, len(self.languages)):
            values[np.searchsorted(keys, found), number] = coded
        return Tables((*self.languages, *new), keys, values)

    def rows(self, strings: Sequence[str]) -> npt.NDArray[np.uint8]:
        """The bytes of each string, shape (strings, languages)."""
        if not len(self._keys):  # no language that there is data for
            return np.zeros((len(strings), len(self.languages)), np.uint8)
        wanted = np.fromiter(map(hash, strings), np.int64, len(strings))
        place = np.searchsorted(self._keys, wanted)
        place[place == len(self._keys)] = -1
        missing = self._keys[place] != wanted
        place[missing] = len(self._values) - 1
        return self._values[place]


def decoded(missing: float) -> npt.NDArray[np.float64]:
    """What a byte means, as a look-up array: log relative frequency, ``missing`` for 0."""
    return np.concatenate([[missing], LOWEST + _STEP * np.arange(255)])


@cache
def _lists() -> Mapping[str, Any]:
    found = files(__package__).joinpath("common_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(found)


@cache
def universal_words() -> frozenset[str]:
    """Words written alike in many languages, such as "ok" and "email"."""
    return frozenset(_lists()["universal"].split())


def common_words(language: str) -> list[str]:
    """Our own list of a language's short words, proper spelling; empty without one."""
    return list(_lists()["words"].get(_COMMON_OF.get(language, language), "").split())


def _column(language: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    frequencies = _frequencies(language)
    coded = {
        hash(string): 1 + min(254, round((math.log(frequency) - LOWEST) / _STEP))
        for string, frequency in frequencies.items()
        if frequency >= _KEPT
    }
    keys = np.fromiter(coded, np.int64, len(coded))
    return keys, np.fromiter(coded.values(), np.uint8, len(coded))


def _frequencies(name: str) -> Frequencies:
    language, latinised, _ = name.partition(LATINISED)
    sequences = _read_sequences(_NGRAM_FILES.get(language, language))
    if not sequences:
        sequences = _read_profile(_PROFILES.get(language, language))
    words = _read_words(_WORD_FILES.get(language, language))
    for word in common_words(language):
        words[word] = max(words.get(word, 0.0), _COMMON)
    if latinised:
        sequences, words = _latinised(sequences, words, language)
    else:
        _add(sequences, ((fold(part), share * _UNMARKED) for part, share in _marked(sequences)))
        _add(words, [(fold(word), share * _UNMARKED) for word, share in _marked(words)])
    _add(sequences, _affixes_of(words))
    sequences.update((f" {word}", share) for word, share in words.items())
    return sequences


def _marked(frequencies: Frequencies) -> list[tuple[str, float]]:
    """Those that look different without diacritics."""
    return [
        (string, share)
        for string, share in frequencies.items()
        if not string.isascii() and fold(string) != string
    ]


def _add(frequencies: Frequencies, more: Iterable[tuple[str, float]]) -> None:
    for string, share in more:
        frequencies[string] = frequencies.get(string, 0.0) + share


def _latinised(
    sequences: Frequencies, words: Frequencies, language: str
) -> tuple[Frequencies, Frequencies]:
    """The words in Latin letters, and their sequences: those of other letters are of no use."""
    found: Frequencies = {}
    for word, share in words.items():
        spellings = latin_spellings(word, language)
        _add(found, [(spelling, share / len(spellings)) for spelling in spellings])
    for word in _lists()["latin"].get(language, "").split():
        found[word] = max(found.get(word, 0.0), _COMMON)
    if len(words) > 1000:
        parts: Frequencies = {}
        for word, share in found.items():
            for size in range(1, MAX_NGRAM + 1):
                count = len(word) - size + 1
                _add(parts, ((word[at : at + size], share / count) for at in range(count)))
        return parts, found
    # Without a list of words the sequences themselves have to do.
    parts = {}
    for part, share in sequences.items():
        spellings = latin_spellings(part, language)
        _add(parts, [(text[:MAX_NGRAM], share / len(spellings)) for text in spellings])
    return parts, found


def _affixes_of(words: Frequencies) -> Iterable[tuple[str, float]]:
    for word, share in words.items():
        for size in range(1, min(MAX_AFFIX, len(word)) + 1):
            yield "^" + word[:size], share
            yield word[-size:] + "$", share


def _lines(name: str) -> list[str]:
    file = files("langidentify").joinpath("models", "lite", name)
    if not file.is_file():
        return []
    return gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()


def _read_sequences(name: str) -> Frequencies:
    """``# 1:kinds/total 2:kinds/total ... MinLogProb: x`` and then ``letters count``."""
    lines = _lines(f"ngrams-{name}.txt.gz")
    if not lines:
        return {}
    heads = (part.partition(":") for part in lines[0].split() if "/" in part)
    totals = {int(size): int(counts.partition("/")[2]) for size, _, counts in heads}
    pairs = (line.rpartition(" ") for line in lines[1:])
    return {letters: int(count) / totals[len(letters)] for letters, _, count in pairs if letters}


def _read_words(name: str) -> Frequencies:
    """``# Count: total MinLogProb: x`` and then ``word log-frequency``."""
    pairs = (line.rpartition(" ") for line in _lines(f"topwords-{name}.txt.gz")[1:])
    return {word: math.exp(float(value)) for word, _, value in pairs if word}


def _read_profile(name: str) -> Frequencies:
    """A profile of langdetect: counts of 1 to 3 letters, a space marking a word's edge."""
    file = files("langdetect").joinpath("profiles", name)
    if not file.is_file():
        return {}
    profile = json.loads(file.read_text(encoding="utf-8"))
    totals = profile["n_words"]
    return {
        part.lower(): count / totals[len(part) - 1]
        for part, count in profile["freq"].items()
        if " " not in part
    }
