"""A vocabulary map for a package that has none, made from the model itself.

Most of a small model's time goes into scoring every piece of the vocabulary for every piece of the
output. CTranslate2 scores only some when the model has a map: per source piece its candidates, and
those of the empty source for every sentence. Here the model is asked (``candidates``): what it says
of each of its own source pieces, of the language's frequent words, alone and in sentences, and of
sample text (``sample_text``). The map is tried on text that was kept aside and refused when the
outputs change.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import ctranslate2

from translate_proxy.translation.engines.argos_model import Tokenizer
from translate_proxy.translation.packages import packages
from translate_proxy.translation.packages.candidates import ENDS, Candidates, Told
from translate_proxy.translation.packages.outcome import Outcome
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError
from translate_proxy.translation.packages.sample_text import (
    Opposite,
    mixed,
    phrase_texts,
    returned,
    sample,
    words_of,
)

__all__ = ["MAP", "Opposite", "Outcome", "Told", "chrf", "make", "phrase_texts", "sample"]

MAP = "vmap.txt"
MIN_AGREEMENT, MIN_SAME = 97.0, 0.85
"""What the outputs with the map must reach against those without: chrF, share of the same. Each
text is translated by itself, where a map does worst; 98 is about 0.4 chrF less on news sentences in
batches (docs/translation.md)."""
MIN_HELD_BACK = 50
"""Texts to check with; fewer say nothing."""
MOST_HELD_BACK = 1000
_RETURNED_HELD_BACK = 60
"""Every so many of the texts that the opposite direction made is kept to check with: they are of
words that the phrase book does not have."""
_FREE = 3
"""Every so many of them the model translates as it likes, the others as they came about."""
_HELD_BACK = (96, 48, 24, 12, 8)
"""Every so many of the rarer source pieces is kept from learning, with every text it is in: the
check is about words that the map knows by themselves alone. The first that leaves enough texts."""
_RARE = 0.02
"""Pieces in more than this share of the texts are not rare."""


def make(
    package: InstalledPackage,
    texts: Sequence[str],
    threads: int,
    told: Told,
    pieces: int | None = None,
    *,
    back: Opposite | None = None,
) -> Outcome:
    """Give an installed package a map, in place of the one it has, if it has one.

    ``texts`` are in its source language; some are kept aside to check with. ``pieces``: only the
    first so many of the vocabulary, which begins with the frequent ones, are looked up (None: all).
    ``back``: learn too from what the opposite direction gives, which is closed then.
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
    pairs: list[tuple[str, str]] = []
    if back:
        told("text of the other language", 0, 1)
        pairs = returned(package, back)
        back.close()  # the longest part is yet to come
        held_back += [text for text, _ in pairs[::_RETURNED_HELD_BACK]]
        del pairs[::_RETURNED_HELD_BACK]
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=package.path.parent))
    try:
        new = staging / "new"
        shutil.copytree(package.path, new, copy_function=_link)
        asked = Candidates(package.path / "model", package.target_prefix, threads)
        try:
            _learn(asked, package, learnt, pairs, told=told, pieces=pieces)
            _write(new / "model" / MAP, list(asked.lines()))
        finally:
            asked.close()
        told("check", 0, len(held_back))
        outcome = _compare(new, package.target_prefix, tokenizer, held_back, threads)
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
    rare = {
        piece: zlib.crc32(piece.encode())
        for piece, count in counts.items()
        if count < _RARE * len(texts)
    }
    learnt, held_back = list(tokens), list[str]()
    for every in _HELD_BACK:
        kept = {piece for piece, number in rare.items() if number % every == 0}
        learnt = [sentence for sentence in tokens if kept.isdisjoint(sentence)]
        held_back = [
            text
            for text, sentence in zip(texts, tokens, strict=True)
            if not kept.isdisjoint(sentence)
        ]
        if len(held_back) >= MOST_HELD_BACK / 2:
            break
    return learnt, held_back[:: 1 + len(held_back) // MOST_HELD_BACK]


def _learn(
    asked: Candidates,
    package: InstalledPackage,
    learnt: Sequence[list[str]],
    pairs: Sequence[tuple[str, str]],
    *,
    told: Told,
    pieces: int | None,
) -> None:
    """Ask the model all that there is to ask. ``pairs``: what ``returned`` gave."""
    tokenizer = Tokenizer(package.path)
    alone = [piece for piece in asked.source[:pieces] if piece not in ENDS]
    words = words_of(package.source, package.target, asked.source)[:pieces]
    both = list(dict.fromkeys(words + [word.capitalize() for word in words]))
    made = mixed(words, tokenizer.decode(learnt), seed=2)
    asked.ask_alone(alone, partial(told, "vocabulary"))
    asked.replace_words(alone, learnt, partial(told, "pieces in sentences"))
    asked.read(tokenizer.encode(both), partial(told, "words"))
    asked.read(tokenizer.encode(made), partial(told, "words in sentences"))
    if pairs:
        sources = tokenizer.encode([text for text, _ in pairs])
        given = tokenizer.encode([text for _, text in pairs])
        asked.read(sources[::_FREE], partial(told, "sentences of words"))
        del sources[::_FREE], given[::_FREE]
        asked.read(sources, partial(told, "words of the other language"), given=given)
    asked.read(learnt, partial(told, "sample text"), natural=True)


def _link(source: str, place: str) -> None:
    """The same file once more, without its bytes where the file system can."""
    try:
        os.link(source, place)
    except OSError:
        shutil.copy2(source, place)


def _write(place: Path, lines: Sequence[str]) -> None:
    place.unlink(missing_ok=True)  # a link to the package's own: it is not to be written into
    place.write_text("".join(lines), encoding="utf-8")


def _compare(
    folder: Path, prefix: str, tokenizer: Tokenizer, texts: Sequence[str], threads: int
) -> Outcome:
    """The same texts with the map and without."""
    model = ctranslate2.Translator(
        str(folder / "model"), device="cpu", inter_threads=threads, intra_threads=1
    )
    tokens = tokenizer.encode(texts)
    outputs = []
    for mapped in (False, True):
        results = model.translate_batch(
            tokens,
            target_prefix=[[prefix]] * len(tokens) if prefix else None,
            beam_size=1,
            max_batch_size=1,  # in a batch the map of one text helps the others
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
