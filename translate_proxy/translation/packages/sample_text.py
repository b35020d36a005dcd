"""Text to ask a model about, for a language of which there is none: the phrase book's, and the
language's words put together, which the opposite direction turns into something like sentences."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

from translate_proxy.model import Language
from translate_proxy.settings import Translation
from translate_proxy.text import tags
from translate_proxy.translation.engines.argos_model import ArgosModel
from translate_proxy.translation.packages import candidates
from translate_proxy.translation.packages.packages import InstalledPackage
from translate_proxy.translation.words import phrases

_BATCH = 64
_IN_ROW = 8
"""Words of a text that is nothing but words."""
_PLACES = 3
"""Words of a phrase that are taken for others."""
_SEEDS = (1, 3, 5, 7, 9, 11)
"""Of the texts in the other language: their words meet others with each."""
_NUMBERS = 1500
"""How many numbers are among the words."""
_TIMES = ((1000, 6), (4000, 3))
"""How often a word is used: so many of the most frequent, so often; the others twice."""
_WORD = re.compile(r"[^\W\d_]{2,}")


class Opposite:
    """The opposite direction of a package, if it is among ``others`` and usable: loaded when it is
    first asked, once, and until ``close``."""

    def __init__(
        self,
        package: InstalledPackage,
        others: Sequence[InstalledPackage],
        settings: Translation,
    ) -> None:
        ends = (package.target, package.source)
        found = next((one for one in others if (one.source, one.target) == ends), None)
        self._package = None if found is None or found.problem else found
        self._settings = settings
        self._model: ArgosModel | None = None

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self._package is not None

    def translated(self, texts: Sequence[str]) -> list[str]:
        """Each text's translation. LookupError when there is none to ask."""
        if self._package is None:
            raise LookupError("the opposite direction is not installed")
        if self._model is None:
            self._model = ArgosModel(self._package, self._settings, "cpu")
        return _translated(self._model, texts, self._settings.threads)

    def close(self) -> None:
        """Give the memory back."""
        if self._model is not None:
            self._model.close()
            self._model = None


def sample(package: InstalledPackage, back: Opposite, settings: Translation) -> list[str]:
    """Text in the package's source language: the phrase book's, and where there is an opposite
    direction what that makes of the target language's phrases and of the package's own
    translations."""
    own = phrase_texts(package.source)
    if not back:
        return own
    told = back.translated(phrase_texts(package.target))
    there = ArgosModel(package, settings, "cpu")
    try:
        forth = _translated(there, own + told, settings.threads)
    finally:
        there.close()
    return own + told + back.translated(forth)


def returned(package: InstalledPackage, back: Opposite) -> list[tuple[str, str]]:
    """What the opposite direction, where there is one, makes of the target language's words put
    together, and what it made it of: forms that no list of the source language's words calls for.
    In the order of the alphabet."""
    if not back:
        return []
    pieces = candidates.vocabulary(package.path / "model", "target")
    words = words_of(package.target, package.source, pieces)
    texts = phrase_texts(package.target)
    made = sorted({text for seed in _SEEDS for text in mixed(words, texts, seed)})
    pairs = zip(back.translated(made), made, strict=True)
    return sorted(pair for pair in pairs if pair[0].strip())


def phrase_texts(language: Language) -> list[str]:
    """Every phrase of the book in a language, in all its ways; none without such a file."""
    folder = next((one for one in phrases.FOLDERS if one.is_dir()), None)
    if folder is None:
        return []
    keys = phrases.read_keys(folder)
    for tag in tags.lookups(language):
        if (folder / f"{tag}.toml").is_file():
            texts = phrases.read_language(folder, tag, keys).texts
            return [text for variants in texts.values() for text in variants]
    return []


def frequent_words(language: Language) -> list[str]:
    """Some ten thousand words of a language in small letters, frequent ones first: the lists of the
    package ``langidentify`` (counted over Wikipedia). None for a language that it does not know."""
    for tag in tags.lookups(language):
        file = files("langidentify").joinpath("models", "lite", f"topwords-{tag}.txt.gz")
        if file.is_file():
            lines = gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()[1:]
            return [word for word in (line.rpartition(" ")[0] for line in lines) if word]
    return []


def words_of(language: Language, other: Language, pieces: Sequence[str]) -> list[str]:
    """The frequent words of a language, then what else of a vocabulary looks like a word and is not
    known to be of the ``other`` language that may share the vocabulary, then numbers."""
    frequent = frequent_words(language)
    known = {*frequent, *frequent_words(other)}
    own = (piece[1:] for piece in pieces if piece.startswith("\u2581"))
    words = [word for word in own if _WORD.fullmatch(word) and word.lower() not in known]
    return frequent + words + list(_numbers())


def _numbers() -> Iterator[str]:
    """Such as stand in a chat: counts, amounts, years, times, shares. Models cut them into pieces
    of more than one digit, of which most stand in no phrase."""
    chance = random.Random(1)  # noqa: S311  (the same map every time)
    forms = (
        *("{0}", "{0}", "{0}.{1}", "{0},{1}", "{0}.{2:03}", "{0},{2:03}", "{0}.000", "{0},000"),
        *("{3}:{4:02}", "{3}.{4:02}", "20{1:02}", "19{1:02}", "{0}%", "€{0}", "${0}.{1:02}"),
    )
    for _ in range(_NUMBERS):
        size = 10 ** chance.randint(1, 4)
        numbers = (chance.randrange(limit) for limit in (size, 100, 1000, 24, 60))
        yield chance.choice(forms).format(*numbers)


def mixed(words: Sequence[str], texts: Sequence[str], seed: int) -> list[str]:
    """Every word some times, frequent ones (those in front) more often: in the place of words of
    ``texts``, and in rows of nothing but such words. The same for the same ``seed``."""
    chance = random.Random(seed)  # noqa: S311  (the same map every time)
    frames = [text for text in texts if _PLACES < len(_WORD.findall(text)) <= 12]
    made: list[str] = []
    for turn in range(max(times for _, times in _TIMES)):
        used = [word for rank, word in enumerate(words) if turn < _times(rank)]
        chance.shuffle(used)
        made += _replaced(used, frames, chance) if turn % 2 and frames else _rows(used)
    return made


def _times(rank: int) -> int:
    return next((times for below, times in _TIMES if rank < below), 2)


def _rows(words: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(words), _IN_ROW):
        yield " ".join(words[start : start + _IN_ROW])


def _replaced(words: Sequence[str], frames: Sequence[str], chance: random.Random) -> Iterator[str]:
    for start in range(0, len(words), _PLACES):
        text = chance.choice(frames)
        places = chance.sample(list(_WORD.finditer(text)), _PLACES)
        places.sort(key=lambda place: -place.start())
        for word, place in zip(words[start : start + _PLACES], places, strict=False):
            new = word.capitalize() if place.group()[0].isupper() else word
            text = text[: place.start()] + new + text[place.end() :]
        yield text


def _translated(model: ArgosModel, texts: Sequence[str], threads: int) -> list[str]:
    """Each text's translation; those of like length share a batch."""
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    with ThreadPoolExecutor(threads) as pool:
        outputs = pool.map(lambda batch: model.translate([texts[n] for n in batch]), batches)
        found = dict(zip(order, (text for batch in outputs for text in batch), strict=True))
    return [found[number] for number in range(len(texts))]
