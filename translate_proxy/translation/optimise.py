"""A vocabulary map for a package that has none, made from the model itself.

Most of a small model's time goes into scoring every piece of the vocabulary for every piece of the
output. CTranslate2 scores only some when the model has a map: per source piece its candidates, and
those of the empty source for every sentence. Here the model is asked: what it says of each of its
own source pieces, and of sample text, where the attention tells which source piece an output piece
comes from. The map is tried on text that was kept aside and refused when the outputs change.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np

from translate_proxy.model import Language
from translate_proxy.settings import Translation
from translate_proxy.translation import codes, packages, phrases
from translate_proxy.translation.argos import ArgosModel, Tokenizer
from translate_proxy.translation.packages import InstalledPackage, PackageError

Told = Callable[[str, int, int], None]
"""Progress: what is done, how many of how many."""

MAP = "vmap.txt"
COMMON = 1 / 9
"""The share of the vocabulary that every sentence may use: its cost is hardly felt, and it catches
most of what depends on more than one source piece (docs/translation.md)."""
PER_PIECE = 250
"""Candidates of one source piece, beside the common ones."""
MIN_AGREEMENT, MIN_SAME = 98.5, 0.85
"""What the outputs with the map must reach against those without: chrF, share of the same."""
MIN_HELD_BACK = 50
"""Texts to check with; fewer say nothing."""
_HELD_BACK = 8
"""Every so many of the rarer source pieces is kept from learning, with every text it is in: the
check is about words that the map knows from the vocabulary alone."""
_RARE = 0.02
"""Pieces in more than this share of the texts are not rare."""
_TOP, _MASS = 60, 1e-6
_BATCH = 64
_PIECE_STEPS = 5
_ALIGNED = 0.1
_FRAME = (4, 10)
_WORD = re.compile("\u2581\\w{2,}")
_ENDS = {"<unk>", "<s>", "</s>"}
_BLANK = set(" \t\n\r")
"""Part the map's columns: a piece with one of them cannot be written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``agreement``: chrF of the outputs with the map against those without, 0 to 100; ``same``:
    the share of equal ones; ``checked``: texts that were kept aside; ``pieces``: lines."""

    agreement: float
    same: float
    checked: int
    pieces: int

    def __str__(self) -> str:
        return (
            f"{100 * self.same:.1f} % of {self.checked} held-back texts come out the same, "
            f"chrF {self.agreement:.2f} between the two"
        )


def vocabulary(folder: Path, side: str) -> list[str]:
    """The pieces of one side (``source`` or ``target``) of the model in ``folder``, by number.
    PackageError when there is no such file."""
    for name in (f"{side}_vocabulary", "shared_vocabulary"):
        if (folder / f"{name}.json").is_file():
            pieces: list[str] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            return pieces
        if (folder / f"{name}.txt").is_file():
            return (folder / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]
    raise PackageError(f"{folder.parent.name} has no vocabulary file")


class _Mapper:
    """Collects candidates from one model."""

    def __init__(self, folder: Path, prefix: str, threads: int, pieces: int | None) -> None:
        self.source = vocabulary(folder, "source")
        self._asked = [piece for piece in self.source[:pieces] if piece not in _ENDS]
        self.target = vocabulary(folder, "target")
        self._place = {piece: number for number, piece in enumerate(self.target)}
        self._prefix = prefix
        self._model = ctranslate2.Translator(str(folder), device="cpu", inter_threads=threads)
        self._common = np.zeros(len(self.target))
        self._found: dict[str, dict[int, float]] = defaultdict(dict)

    def close(self) -> None:
        self._model.unload_model()

    def _run(self, batch: Sequence[list[str]], steps: int) -> Iterator[tuple[list[str], Any]]:
        results = self._model.translate_batch(
            list(batch),
            target_prefix=[[self._prefix]] * len(batch) if self._prefix else None,
            beam_size=1,
            max_decoding_length=steps + bool(self._prefix),
            return_logits_vocab=True,
            return_attention=True,
        )
        return zip(batch, results, strict=True)

    def _steps(self, result: Any) -> Iterator[tuple[Any, Any, Any]]:
        """Candidates, their probabilities and the attention of each step."""
        rows = result.attention[0] if result.attention else []
        for number, logits in enumerate(result.logits[0] if result.logits else ()):
            scores = np.asarray(logits, dtype=np.float32)
            top = np.argpartition(scores, -_TOP)[-_TOP:]
            weights = np.exp(scores[top] - scores.max())
            yield top, weights, np.asarray(rows[number]) if number < len(rows) else None

    def look_up(self, told: Told) -> None:
        """What the model makes of each source piece alone."""
        for start in range(0, len(self._asked), _BATCH):
            told("vocabulary", start, len(self._asked))
            batch = [[piece] for piece in self._asked[start : start + _BATCH]]
            for tokens, result in self._run(batch, _PIECE_STEPS):
                for top, weights, _ in self._steps(result):
                    self._common[top] += 0.02 * weights
                    self._add(tokens[0], top, weights, more=False)

    def replace_words(self, sentences: Sequence[list[str]], told: Told) -> None:
        """Each source piece in the place of a word of a short sample sentence: alone it begins a
        sentence and bends to nothing."""
        chance = random.Random(1)  # noqa: S311  (the same map every time)
        frames = [one for one in sentences if _FRAME[0] <= len(one) <= _FRAME[1]] or [[""]]
        made: list[tuple[list[str], int]] = []
        for piece in self._asked:
            tokens = list(chance.choice(frames))
            words = [n for n, token in enumerate(tokens) if _WORD.fullmatch(token)]
            place = chance.choice(words or [0])
            tokens[place] = piece
            made.append((tokens, place))
        made.sort(key=lambda one: len(one[0]))
        for start in range(0, len(made), _BATCH):
            told("pieces in sentences", start, len(made))
            batch = made[start : start + _BATCH]
            results = self._run([tokens for tokens, _ in batch], 8 + 2 * len(batch[-1][0]))
            for (tokens, place), (_, result) in zip(batch, results, strict=True):
                for top, weights, attention in self._steps(result):
                    if attention is not None and attention[place] > 2 * _ALIGNED:
                        self._common[top] += 0.3 * weights * attention[place]
                        self._add(tokens[place], top, weights * attention[place], more=False)

    def read(self, sentences: Sequence[list[str]], told: Told) -> None:
        """Sample text: which source piece each output piece was taken from."""
        ordered = sorted(filter(None, sentences), key=len)
        for start in range(0, len(ordered), _BATCH):
            told("sample text", start, len(ordered))
            batch = ordered[start : start + _BATCH]
            for tokens, result in self._run(batch, 16 + 2 * len(batch[-1])):
                for top, weights, attention in self._steps(result):
                    self._common[top] += weights
                    if attention is not None:
                        for place in np.flatnonzero(attention[: len(tokens)] > _ALIGNED):
                            self._add(tokens[place], top, weights * attention[place], more=True)

    def _add(self, piece: str, top: Any, weights: Any, *, more: bool) -> None:
        found = self._found[piece]
        for number, weight in zip(top.tolist(), weights.tolist(), strict=True):
            if weight > _MASS:
                known = found.get(number, 0.0)
                found[number] = known + weight if more else max(known, weight)

    def lines(self) -> Iterator[str]:
        """The map: ``source piece TAB candidates``; first those of every sentence."""
        most = round(COMMON * len(self.target))
        common = set(np.argsort(-self._common)[:most].tolist())
        common |= {self._place[piece] for piece in _ENDS if piece in self._place}
        yield self._line("", sorted(common))
        for piece in self.source:
            if piece in _ENDS or _BLANK & set(piece):
                continue
            found = self._found[piece]
            ranked = sorted(found, key=found.__getitem__, reverse=True)
            kept = [number for number in ranked if number not in common][:PER_PIECE]
            names = [self._place[form] for form in _copies(piece) if form in self._place]
            yield self._line(piece, list(dict.fromkeys(kept + names)))

    def _line(self, piece: str, numbers: Sequence[int]) -> str:
        pieces = (self.target[number] for number in numbers)
        return piece + "\t" + " ".join(one for one in pieces if not _BLANK & set(one)) + "\n"


def _copies(piece: str) -> Iterator[str]:
    """Forms in which a piece stands in the output unchanged: names, numbers, codes."""
    bare = piece.removeprefix("\u2581")
    for form in (bare, bare.lower(), bare.capitalize(), bare.upper()):
        if form:
            yield form
            yield f"\u2581{form}"


def make(
    package: InstalledPackage,
    texts: Sequence[str],
    threads: int,
    told: Told,
    pieces: int | None = None,
) -> Outcome:
    """Give an installed package a map, in place of the one it has, if it has one.

    ``texts`` are in its source language; some are kept aside to check with. ``pieces``: only the
    first so many of the vocabulary, which begins with the frequent ones, are looked up (None: all).
    PackageError when there is too little text, or the map would change what comes out; the package
    is untouched then.
    """
    tokenizer = Tokenizer(package.path)
    texts = sorted({text.strip() for text in texts if text.strip()})
    learnt, held_back = _split(texts, tokenizer.encode(texts) if texts else [])
    if len(held_back) < MIN_HELD_BACK:
        raise PackageError(
            f"{package.path.name}: {len(texts)} texts are too few to make a map and to check it: "
            "give some hundred sentences more (--sample FILE)"
        )
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=package.path.parent))
    try:
        new = staging / "new"
        shutil.copytree(package.path, new, copy_function=_link)
        _write(new / "model" / MAP, _lines(package, learnt, threads, told, pieces))
        told("check", 0, len(held_back))
        outcome = _compare(new, package.target_prefix, tokenizer, held_back)
        if outcome.agreement < MIN_AGREEMENT or outcome.same < MIN_SAME:
            raise PackageError(f"{package.path.name} keeps none: with a map only {outcome}")
        packages.record(new, f"model/{MAP}", asdict(outcome))
        packages.replace(new, package.path, staging / "replaced")
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return outcome


def _split(texts: Sequence[str], tokens: Sequence[list[str]]) -> tuple[list[list[str]], list[str]]:
    """What to learn from, as tokens, and the texts to check with."""
    counts = Counter(piece for sentence in tokens for piece in set(sentence))
    kept = {
        piece
        for piece, count in counts.items()
        if count < _RARE * len(texts) and zlib.crc32(piece.encode()) % _HELD_BACK == 0
    }
    learnt = [sentence for sentence in tokens if kept.isdisjoint(sentence)]
    held_back = [
        text for text, sentence in zip(texts, tokens, strict=True) if not kept.isdisjoint(sentence)
    ]
    return learnt, held_back


def _lines(
    package: InstalledPackage,
    sentences: Sequence[list[str]],
    threads: int,
    told: Told,
    pieces: int | None,
) -> list[str]:
    mapper = _Mapper(package.path / "model", package.target_prefix, threads, pieces)
    try:
        mapper.look_up(told)
        mapper.replace_words(sentences, told)
        mapper.read(sentences, told)
        return list(mapper.lines())
    finally:
        mapper.close()


def _link(source: str, place: str) -> None:
    """The same file once more, without its bytes where the file system can."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copy2(source, place)


def _write(place: Path, lines: Sequence[str]) -> None:
    place.unlink(missing_ok=True)  # a link to the package's own: it is not to be written into
    place.write_text("".join(lines), encoding="utf-8")


def _compare(folder: Path, prefix: str, tokenizer: Tokenizer, texts: Sequence[str]) -> Outcome:
    """The same texts with the map and without."""
    model = ctranslate2.Translator(str(folder / "model"), device="cpu")
    tokens = tokenizer.encode(texts)
    outputs = []
    for mapped in (False, True):
        results = model.translate_batch(
            tokens,
            target_prefix=[[prefix]] * len(tokens) if prefix else None,
            beam_size=1,
            max_batch_size=_BATCH,
            max_decoding_length=256,
            use_vmap=mapped,
        )
        outputs.append(tokenizer.decode([result.hypotheses[0] for result in results]))
    model.unload_model()
    plain, other = outputs
    same = sum(one == two for one, two in zip(plain, other, strict=True)) / len(texts)
    lines = (folder / "model" / MAP).read_text(encoding="utf-8").count("\n")
    return Outcome(round(chrf(other, plain), 2), round(same, 4), len(texts), lines)


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF of a corpus (character n-grams of 1 to 6, recall twice as important), 0 to 100."""
    scores = []
    for order in range(1, 7):
        hits = given = wanted = 0
        for output, reference in zip(outputs, references, strict=True):
            ours, theirs = _grams(output, order), _grams(reference, order)
            given += sum(ours.values())
            wanted += sum(theirs.values())
            hits += sum(min(count, theirs.get(gram, 0)) for gram, count in ours.items())
        if given and wanted:
            precision, recall = hits / given, hits / wanted
            whole = 4 * precision + recall
            scores.append(5 * precision * recall / whole if whole else 0.0)
    return 100 * sum(scores) / len(scores) if scores else 0.0


def _grams(text: str, order: int) -> dict[str, int]:
    bare = "".join(text.split())
    counts: dict[str, int] = {}
    for start in range(len(bare) - order + 1):
        gram = bare[start : start + order]
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def sample(
    package: InstalledPackage, others: Sequence[InstalledPackage], settings: Translation
) -> list[str]:
    """Text in the package's source language: the phrase book's, and where the opposite direction
    is among ``others`` what that makes of the target language's phrases and of the package's own
    translations."""
    own = phrase_texts(package.source)
    ends = (package.target, package.source)
    back = next((one for one in others if (one.source, one.target) == ends), None)
    if back is None or back.problem:
        return own
    there = ArgosModel(package, settings, "cpu")
    returning = ArgosModel(back, settings, "cpu")
    try:
        told = _in_batches(returning, phrase_texts(package.target))
        round_trip = _in_batches(returning, _in_batches(there, own + told))
    finally:
        there.close()
        returning.close()
    return own + told + round_trip


def phrase_texts(language: Language) -> list[str]:
    """Every phrase of the book in a language, in all its ways; none without such a file."""
    folder = next((one for one in phrases.FOLDERS if one.is_dir()), None)
    if folder is None:
        return []
    keys = phrases.read_keys(folder)
    for tag in codes.lookups(language):
        if (folder / f"{tag}.toml").is_file():
            texts = phrases.read_language(folder, tag, keys).texts
            return [text for variants in texts.values() for text in variants]
    return []


def _in_batches(model: ArgosModel, texts: Sequence[str]) -> list[str]:
    ordered = sorted(texts, key=len)
    return [
        output
        for start in range(0, len(ordered), _BATCH)
        for output in model.translate(ordered[start : start + _BATCH])
    ]
