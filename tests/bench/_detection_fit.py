"""How the weights of the default detector were found.

``python -m tests.bench._detection_fit FOLDER``; the folder holds ``<language>.txt``, a text a line.
The weights of the default detector come from the interface texts of Django 5.2, Wagtail 8.0,
django-oscar 4.2 and django-allauth 65 in 24 languages (their ``.po`` files, without placeholders),
about 800 to 5,000 lines a language.

Maximum conditional likelihood by gradient descent (Adam), the weights shared by all languages:
fragments of 1 to 8 words, one in five without diacritics, one in three with a name dropped in.
Prints the weights and the accuracy on other fragments of the same texts.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.bench.detection import SIZES, fragments
from translate_proxy.language.detection import ngram_detector as model
from translate_proxy.language.detection.content import words
from translate_proxy.text.folding import fold

Floats = npt.NDArray[np.float64]

NAMES = (
    *("Anna", "Kowalska", "Müller", "João", "Virtanen", "Johansson", "Nielsen", "Novák", "Nagy"),
    *("Popescu", "Ivanov", "Shevchenko", "Tamm", "Ozols", "Yılmaz", "Papadopoulos", "Rossi"),
    *("García", "Dubois", "Jansen", "Smith", "London", "Tallinn", "Warszawa", "Madrid", "Oslo"),
    *("Nike", "Zara", "Bosch", "Lego", "Philips", "Fjällräven", "Dyson", "Xiaomi", "Lenovo"),
)
STEPS = 120
PER_SIZE = 120


@dataclass
class Texts:
    """Many texts: ``sums`` (words, kinds, languages) of ln f, ``stray`` of each word, the text that
    each word is of, and the language of each text."""

    sums: Floats
    stray: Floats
    text: npt.NDArray[np.int64]
    language: npt.NDArray[np.int64]


def read(folder: Path) -> dict[str, list[str]]:
    """The lines of each language."""
    return {
        file.stem: file.read_text(encoding="utf-8").splitlines()
        for file in sorted(folder.glob("*.txt"))
    }


def prepare(lines: dict[str, list[str]], count: int, seed: int) -> Texts:
    """Look everything up once."""
    rng = random.Random(seed)
    languages = list(lines)
    detector = model.NgramDetector()
    sums: list[Floats] = []
    stray: list[float] = []
    text: list[int] = []
    language: list[int] = []
    shuffled = {tag: rng.sample(mine, len(mine)) for tag, mine in lines.items()}
    for tag, piece in (one for size in SIZES for one in fragments(shuffled, size, count)):
        found = words(typed(piece, rng))
        if not found:
            continue
        values, kinds, starts = detector.look_up(found, languages)
        ends = [*starts[1:], len(kinds)]
        for word, start, end in zip(found, starts, ends, strict=True):
            cell = np.zeros((model.KINDS, len(languages)))
            np.add.at(cell, kinds[start:end], values[start:end, :-1])
            sums.append(cell)
            stray.append(model.NAMED if word.named else model.BORROWED)
            text.append(len(language))
        language.append(languages.index(tag))
    return Texts(np.stack(sums), np.array(stray)[:, None], np.array(text), np.array(language))


def typed(piece: str, rng: random.Random) -> str:
    """As people type: without diacritics, with a name."""
    if rng.random() < 0.2:
        piece = fold(piece.lower())
    if rng.random() < 0.3 and " " in piece:
        parts = piece.split()
        parts.insert(rng.randrange(1, len(parts) + 1), rng.choice(NAMES))
        piece = " ".join(parts)
    return piece


def loss(weights: Floats, texts: Texts) -> tuple[float, Floats, float]:
    """Negative log likelihood a text, its gradient, and per cent right."""
    scores = np.einsum("wkl,k->wl", texts.sums, weights)
    relative = np.exp(scores - scores.max(axis=1, keepdims=True))
    stray = texts.stray
    mixed = (1 - stray) * relative + stray * relative.mean(axis=1, keepdims=True)
    total = np.zeros((len(texts.language), scores.shape[1]))
    np.add.at(total, texts.text, np.log(mixed))
    share = np.exp(total - total.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    place = np.arange(len(texts.language))
    likelihood = -np.log(share[place, texts.language] + 1e-300).mean()
    right = 100 * (share.argmax(axis=1) == texts.language).mean()
    share[place, texts.language] -= 1
    slope = share[texts.text]
    pull = (slope / mixed).sum(axis=1, keepdims=True) * stray / scores.shape[1]
    by_score = relative * ((1 - stray) * slope / mixed + pull)
    gradient = np.einsum("wl,wkl->k", by_score, texts.sums) / len(texts.language)
    return float(likelihood), gradient, float(right)


def fit(texts: Texts) -> Floats:
    """Adam from the weights in use."""
    weights = model.WEIGHTS.copy()
    mean = np.zeros_like(weights)
    spread = np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        _, gradient, _ = loss(weights, texts)
        mean = 0.9 * mean + 0.1 * gradient
        spread = 0.99 * spread + 0.01 * gradient**2
        rate = 0.02 * 0.97 ** (step / 4)
        corrected = np.sqrt(spread / (1 - 0.99**step)) + 1e-9
        weights = weights - rate * mean / (1 - 0.9**step) / corrected
    return weights


def main(arguments: Sequence[str]) -> None:
    """Fit and print."""
    lines = read(Path(arguments[0]))
    held_back = {tag: mine[::5] for tag, mine in lines.items()}
    learnt = {tag: [line for at, line in enumerate(mine) if at % 5] for tag, mine in lines.items()}
    training = prepare(learnt, PER_SIZE, 1)
    check = prepare(held_back, PER_SIZE // 2, 2)
    before, _, right_before = loss(model.WEIGHTS, check)
    weights = fit(training)
    after, _, right_after = loss(weights, check)
    print("weights", np.round(weights, 2).tolist())
    print(
        f"held back: {before:.4f} ({right_before:.1f} %) before, {after:.4f} ({right_after:.1f} %)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
