"""The default detector: words and letter sequences, a log-linear model, scripts first.

For each word ``w`` and language ``l``

    s(w, l)  = sum over kinds k of  WEIGHTS[k] x sum over strings x of w of kind k  ln f(x | l)

where the kinds are the whole word, its 1- to 5-letter sequences, its first and its last 1 to 4
letters, and ``f`` are the relative frequencies of ``tables`` (MISSING for a string that is known of
other languages only; strings known of none are left out). A word may be a name or borrowed with
probability e, which bounds what one word can say:

    p(w | l) ~ (1 - e) exp s(w, l) + e x mean over l' of exp s(w, l')

The words of a text are taken as independent and the candidates as equally likely; the belief brings
the prior. "Other" is one more language, whose every string has the frequency OTHER.

The ten and a few weights were fitted by maximum conditional likelihood (multinomial logistic
regression, weights shared by all languages) on interface texts, none of them from the texts that
docs/language.md reports on. Source of the model class: A. Berger et al., "A maximum entropy
approach to natural language processing", Computational Linguistics 22(1), 1996; of words beside
n-grams for short texts: the package langidentify.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from translate_proxy.language.detection import scripts
from translate_proxy.language.detection.content import Word
from translate_proxy.language.detection.content import words as split_words
from translate_proxy.language.detection.tables import (
    LATINISED,
    MAX_AFFIX,
    MAX_NGRAM,
    Tables,
    decoded,
)
from translate_proxy.model import Language
from translate_proxy.text.folding import has_latin_spelling
from translate_proxy.text.tags import primary

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KINDS: Final = 1 + MAX_NGRAM + 2 * MAX_AFFIX
MISSING: Final = -13.5
OTHER: Final = -8.75
WEIGHTS: Final = np.array(
    [0.57, 0.03, 0.05, 0.05, 0.0, 0.22, 0.22, 0.09, 0.12, 0.19, 0.18, 0.15, 0.15, 0.15]
)
"""Word; sequences of 1 to 5 letters; first 1 to 4 letters; last 1 to 4 letters."""
BORROWED: Final = 0.02
NAMED: Final = 0.5
"""How often a word is not of its text's language: any; capitalised within a sentence."""

_DECODED: Final = decoded(MISSING)


def strings_of(word: str, strings: list[str], kinds: list[int]) -> None:
    """Append what is looked up for a word, and the kind of each."""
    strings.append(f" {word}")
    kinds.append(0)
    letters = word.rstrip("'")
    for size in range(1, min(MAX_NGRAM, len(letters)) + 1):
        count = len(letters) - size + 1
        strings.extend([letters[start : start + size] for start in range(count)])
        kinds.extend([size] * count)
    for size in range(1, min(MAX_AFFIX, len(letters)) + 1):
        strings.append("^" + letters[:size])
        strings.append(letters[-size:] + "$")
        kinds.append(MAX_NGRAM + size)
        kinds.append(MAX_NGRAM + MAX_AFFIX + size)


class NgramDetector:
    """Deterministic, offline, about a tenth of a millisecond a message, 1 MiB a language."""

    name = "ngram"

    # Shared by all detectors of the process: immutable, and the larger part of their memory.
    _tables = Tables()
    _lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory of the tables, in bytes."""
        return self._tables.nbytes

    def warm(self, candidates: Sequence[Language]) -> None:
        """Read the tables of the candidates; those already read stay."""
        names = [primary(tag) for tag in candidates]
        spelt = [name + LATINISED for name in names if has_latin_spelling(name)]
        self._read([*names, *spelt])

    def _read(self, names: Sequence[str]) -> None:
        with self._lock:
            NgramDetector._tables = self._tables.extended(names)

    def probabilities(self, text: str, candidates: Sequence[Language]) -> Mapping[Language, float]:
        """Probabilities over the candidates; empty when no word carries language."""
        words = split_words(text)
        if not words or not candidates:
            return {}
        found = [scripts.script_of(word.text) for word in words]
        names = [primary(tag) for tag in candidates]
        latin = 2 * found.count("Latin") >= len(found)
        if latin:
            names = [name + LATINISED if has_latin_spelling(name) else name for name in names]
        scores = self.word_scores(words, names)
        scripts.apply(scores, [word.text for word in words], found, tuple(candidates))
        total = robust(scores, words)
        if latin:
            total[:-1] += scripts.latin_prior(tuple(candidates))
        weights = np.exp(total - total.max())
        weights /= weights.sum()
        return dict(zip(candidates, weights[:-1].tolist(), strict=True))

    def word_scores(self, words: Sequence[Word], names: Sequence[str]) -> Floats:
        """``s(w, l)``, shape (words, languages + 1); the last column is "other"."""
        values, kinds, starts = self.look_up(words, names)
        return np.add.reduceat(values * WEIGHTS[kinds][:, None], starts)

    def look_up(self, words: Sequence[Word], names: Sequence[str]) -> tuple[Floats, Ints, Ints]:
        """``ln f(x | l)`` of every string of the words, shape (strings, languages + 1), zero for
        one that is known of no language; the kind of each string; where each word starts."""
        self._read(names)
        tables = self._tables
        strings: list[str] = []
        kinds: list[int] = []
        starts: list[int] = []
        for word in words:
            starts.append(len(strings))
            strings_of(word.text, strings, kinds)
        rows = tables.rows(strings)
        values = np.full((len(strings), len(names) + 1), OTHER)
        values[:, :-1] = _DECODED[rows[:, [tables.languages.index(name) for name in names]]]
        values[~rows.any(axis=1)] = 0.0
        return values, np.array(kinds), np.array(starts)


def robust(scores: Floats, words: Sequence[Word]) -> Floats:
    """The words' scores added up, each bounded by the chance that it is a name or borrowed."""
    share = np.array([NAMED if word.named else BORROWED for word in words])[:, None]
    relative = np.exp(scores - scores.max(axis=1, keepdims=True))
    mixed = (1 - share) * relative + share * relative.mean(axis=1, keepdims=True)
    return np.asarray(np.log(mixed).sum(axis=0))
