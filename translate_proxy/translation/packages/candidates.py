"""Which target pieces a source piece may call for, asked of the model itself.

The model reads texts; what it finds likely at each step of its output is credited to the source
pieces that it attends to at that step. CTranslate2 returns both the scores and the attention, also
while it is made to write a translation that is given: of words that it would not have chosen there.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt

from translate_proxy.translation.packages.packages import PackageError

Told = Callable[[str, int, int], None]
"""Progress: what is done, how many of how many."""
Progress = Callable[[int, int], None]
"""The same of one step."""

COMMON = 1 / 10
"""The share of the vocabulary that every sentence may use: it catches most of what depends on more
than one source piece. All of these numbers: docs/translation.md."""
_INSIDE = 3.0
"""How much more a piece counts there that does not begin a word: what it follows from is the output
before it rather than any source piece."""
PER_PIECE = 50
"""Candidates of one source piece, beside the common ones, that may never have come first."""
_SEEN_SHARE = 0.003
"""What the candidates of one source piece from each kind of text must have of all that the piece
was translated to there."""
ENDS = frozenset({"<unk>", "<s>", "</s>"})
BLANK = frozenset(" \t\n\r")
"""Part the map's columns: a piece with one of them cannot be written."""
_ALIGNED = 0.1
_MASS = 1e-6
_ALONE_STEPS = 5
_FRAME = (4, 10)
"""Pieces of a sentence that a piece is put into."""
_START = "\u2581"
_WORD = re.compile(rf"{_START}\w{{2,}}")
_DEEPEST, _FAR = 60, 12.0
"""Pieces of a step that count at most, and how far below the best, as a logarithm. What is unlikely
in one place is often what another sentence needs."""
_TOKENS, _AHEAD = 500, 3
"""Tokens of a batch, and batches that are under way while the results of another are read: every
step of every output comes with a score for each piece of the vocabulary, some 128 kB."""
_BUFFER = 8_000_000
_NOISE = 1e-4
"""Pairs whose weights stay below this are forgotten: most of all pairs, and nothing in the map."""

Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
_Text = tuple[list[str], list[str]]
"""Tokens, and those of the translation that is given; without such: none."""


def vocabulary(folder: Path, side: str) -> list[str]:
    """The pieces of one side (``source`` or ``target``) of the model in ``folder``, by number.
    PackageError when there is no such file."""
    for name in (f"{side}_vocabulary", "shared_vocabulary"):
        if (folder / f"{name}.json").is_file():
            pieces: list[str] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            return pieces
        if (folder / f"{name}.txt").is_file():
            text = (folder / f"{name}.txt").read_text(encoding="utf-8")
            return text.removesuffix("\n").split("\n")
    raise PackageError(f"{folder.parent.name} has no vocabulary file")


class _Counts:
    """Weights of pairs of a source and a target piece, as shares of what the source piece has."""

    def __init__(self, targets: int) -> None:
        self._targets = targets
        self._pairs: Numbers = np.zeros(0, np.int64)
        self._weights: Weights = np.zeros(0)
        self._new: list[tuple[Numbers, Weights]] = []
        self._waiting = 0

    def add(self, source: int, targets: Numbers, weights: Weights) -> None:
        self._new.append((source * self._targets + targets, weights))
        self._waiting += len(targets)
        if self._waiting > _BUFFER:
            self._merge()

    def _merge(self) -> None:
        pairs = np.concatenate([self._pairs, *(pairs for pairs, _ in self._new)])
        weights = np.concatenate([self._weights, *(weights for _, weights in self._new)])
        self._pairs, places = np.unique(pairs, return_inverse=True)
        self._weights = np.bincount(places, weights, len(self._pairs)).astype(np.float64)
        told = self._weights > _NOISE
        self._pairs, self._weights = self._pairs[told], self._weights[told]
        self._new, self._waiting = [], 0

    def shares(self, sources: int) -> tuple[Numbers, Weights]:
        """The pairs as ``source x targets + target``, and their weights: at most 1 a source."""
        self._merge()
        whose = self._pairs // self._targets
        whole = np.bincount(whose, self._weights, sources)
        return self._pairs, self._weights / np.maximum(whole, 1.0)[whose]


class Candidates:
    """Collects from one model. ``threads``: batches that run side by side."""

    def __init__(self, folder: Path, prefix: str, threads: int) -> None:
        self.source, self.target = vocabulary(folder, "source"), vocabulary(folder, "target")
        self._source_place = {piece: number for number, piece in enumerate(self.source)}
        self._place = {piece: number for number, piece in enumerate(self.target)}
        self._prefix = prefix
        self._model = ctranslate2.Translator(
            str(folder), device="cpu", inter_threads=threads, intra_threads=1
        )
        self._common = np.zeros(len(self.target))  # in what people would write
        self._made = np.zeros(len(self.target))  # in text that was made
        self._found: dict[str, dict[int, float]] = defaultdict(dict)
        self._seen: list[_Counts] = []

    def close(self) -> None:
        """Free the model."""
        self._model.unload_model()

    def ask_alone(self, pieces: Sequence[str], told: Progress) -> None:
        """What the model makes of each source piece by itself."""
        for tokens, result in self._results([[one] for one in pieces], told, _ALONE_STEPS):
            for likely, weights, _ in self._steps(result):
                self._common[likely] += 0.02 * weights
                self._add(tokens[0], likely, weights, more=False)

    def replace_words(
        self, pieces: Sequence[str], sentences: Sequence[list[str]], told: Progress
    ) -> None:
        """Each source piece in the place of a word of a short sentence: alone it begins a sentence
        and bends to nothing."""
        chance = random.Random(1)  # noqa: S311  (the same map every time)
        frames = [one for one in sentences if _FRAME[0] <= len(one) <= _FRAME[1]] or [[""]]
        places: dict[tuple[str, ...], int] = {}
        for piece in pieces:
            tokens = list(chance.choice(frames))
            words = [n for n, token in enumerate(tokens) if _WORD.fullmatch(token)]
            place = chance.choice(words or [0])
            tokens[place] = piece
            places[tuple(tokens)] = place
        for tokens, result in self._results([list(tokens) for tokens in places], told):
            place = places[tuple(tokens)]
            for likely, weights, attention in self._steps(result):
                if attention[place] > 2 * _ALIGNED:
                    self._common[likely] += 0.3 * weights * attention[place]
                    self._add(tokens[place], likely, weights * attention[place], more=False)

    def read(
        self,
        texts: Sequence[list[str]],
        told: Progress,
        *,
        natural: bool = False,
        given: Sequence[list[str]] = (),
    ) -> None:
        """What the model makes of texts, given as tokens. ``natural``: such as people would write.
        ``given``: a translation of each, which it must write: at each step what is likely after
        that much of it."""
        counts = _Counts(len(self.target))
        common = self._common if natural else self._made
        for tokens, result in self._results(texts, told, given=given):
            numbers = [self._source_place.get(token, -1) for token in tokens]
            for likely, weights, attention in self._steps(result):
                common[likely] += weights
                for place in np.flatnonzero(attention[: len(tokens)] > _ALIGNED).tolist():
                    if numbers[place] >= 0:
                        counts.add(numbers[place], likely, weights * attention[place])
                    if natural:
                        self._add(tokens[place], likely, weights * attention[place], more=True)
        self._seen.append(counts)

    def _add(self, piece: str, likely: Numbers, weights: Weights, *, more: bool) -> None:
        found = self._found[piece]
        for number, weight in zip(likely.tolist(), weights.tolist(), strict=True):
            if weight > _MASS:
                known = found.get(number, 0.0)
                found[number] = known + weight if more else max(known, weight)

    def _results(
        self,
        texts: Sequence[list[str]],
        told: Progress,
        steps: int = 0,
        given: Sequence[list[str]] = (),
    ) -> Iterator[tuple[list[str], Any]]:
        """Every text with its result; short ones first, so that a batch is of one length."""
        every: Iterator[_Text] = zip_longest(texts, given, fillvalue=[])
        known = (one for one in every if one[0] and self._place.keys() >= set(one[1]))
        ordered = sorted(known, key=lambda text: max(map(len, text)))
        begun = ((batch, self._begin(batch, steps)) for batch in _batches(ordered))
        waiting = list(islice(begun, _AHEAD))
        done = 0
        while waiting:
            told(done, len(ordered))
            batch, results = waiting.pop(0)
            waiting += islice(begun, 1)
            for (tokens, _), result in zip(batch, results, strict=True):
                yield tokens, result.result()
            done += len(batch)

    def _begin(self, batch: list[_Text], steps: int) -> list[Any]:
        first = [self._prefix] if self._prefix else []
        longest = max(len(given) for _, given in batch) or steps or 8 + 2 * len(batch[-1][0])
        begun: list[Any] = self._model.translate_batch(
            [tokens for tokens, _ in batch],
            target_prefix=[[*first, *given] for _, given in batch],
            beam_size=1,
            max_decoding_length=longest + len(first),
            return_logits_vocab=True,
            return_attention=True,
            asynchronous=True,
        )
        return begun

    def _steps(self, result: Any) -> Iterator[tuple[Numbers, Weights, Any]]:
        """Likely pieces, their probabilities and the attention of each step."""
        rows = np.asarray(result.attention[0]) if result.attention else np.zeros((0, 0))
        for row, logits in zip(rows, result.logits[0] if result.logits else (), strict=False):
            scores = np.asarray(logits)
            best = scores.max()
            likely = np.flatnonzero(scores > best - _FAR)
            if len(likely) > _DEEPEST:
                likely = likely[np.argpartition(scores[likely], -_DEEPEST)[-_DEEPEST:]]
            yield likely, np.exp((scores[likely] - best).astype(np.float64)), row

    def lines(self) -> Iterator[str]:
        """The map: ``source piece TAB candidates``; first those of every sentence."""
        most = round(COMMON * len(self.target))
        weights = sum(one / max(one.sum(), 1.0) for one in (self._common, self._made))
        weights *= [1.0 if piece.startswith(_START) else _INSIDE for piece in self.target]
        common = set(np.argsort(-weights)[:most].tolist())
        common |= {self._place[piece] for piece in ENDS if piece in self._place}
        yield self._line("", sorted(common))
        seen = [self._frequent(counts, np.array(sorted(common))) for counts in self._seen]
        for number, piece in enumerate(self.source):
            if piece in ENDS or BLANK & set(piece):
                continue
            found = self._found[piece]
            ranked = sorted(found, key=found.__getitem__, reverse=True)
            kept = [number for number in ranked if number not in common][:PER_PIECE]
            for frequent in seen:
                kept += frequent(number)
            kept += [self._place[form] for form in _copies(piece) if form in self._place]
            if kept:
                yield self._line(piece, list(dict.fromkeys(kept)))

    def _frequent(self, counts: _Counts, common: Numbers) -> Callable[[int], list[int]]:
        """What gives the frequent candidates of a source piece in one kind of text."""
        size = len(self.target)
        pairs, shares = counts.shares(len(self.source))
        pairs = pairs[(shares > _SEEN_SHARE) & ~np.isin(pairs % size, common)]
        starts = np.searchsorted(pairs // size, np.arange(len(self.source) + 1))

        def frequent(source: int) -> list[int]:
            found: list[int] = (pairs[starts[source] : starts[source + 1]] % size).tolist()
            return found

        return frequent

    def _line(self, piece: str, numbers: Sequence[int]) -> str:
        pieces = (self.target[number] for number in numbers)
        return piece + "\t" + " ".join(one for one in pieces if not BLANK & set(one)) + "\n"


def _batches(ordered: Sequence[_Text]) -> Iterator[list[_Text]]:
    """Texts that stand in the order of their lengths, cut by their tokens."""
    batch: list[_Text] = []
    for text in ordered:
        if batch and (len(batch) + 1) * (max(map(len, text)) + 4) > _TOKENS:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _copies(piece: str) -> Iterator[str]:
    """Forms in which a piece stands in the output unchanged: names, numbers, codes."""
    bare = piece.removeprefix("\u2581")
    for form in (bare, bare.lower(), bare.capitalize(), bare.upper()):
        if form:
            yield form
            yield f"\u2581{form}"
