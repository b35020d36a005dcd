"""How good the translations are, and what each choice costs: the tables of docs/translation.md."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import sacrebleu

from tests.bench import _translation_data as data
from tests.bench import _translation_entities as slotted
from tests.bench import _translation_reference as reference
from tests.bench import _translation_sentences as sentences
from translate_proxy.interfaces import Translated, TranslationJob
from translate_proxy.model import SiteKey
from translate_proxy.settings import Translation
from translate_proxy.translation.guard import guard
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.work import segments

DIRECTIONS = (("en", "pt"), ("pt", "en"))


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF of a corpus."""
    return float(sacrebleu.corpus_chrf(list(outputs), [list(references)]).score)


def bleu(outputs: Sequence[str], references: Sequence[str]) -> float:
    """BLEU of a corpus."""
    return float(sacrebleu.corpus_bleu(list(outputs), [list(references)]).score)


async def translate_all(
    translator: Translator, texts: Sequence[str], source: str, target: str
) -> list[Translated]:
    """Every text, many at a time."""
    await translator.forget()
    jobs = [
        TranslationJob(
            lane=str(n),
            site=SiteKey("bench"),
            text=text,
            source=source,
            target=target,
            deadline_s=600,
        )
        for n, text in enumerate(texts)
    ]
    return list(await asyncio.gather(*map(translator.translate, jobs)))


async def ours(
    packages_dir: Path, texts: Sequence[str], source: str, target: str, **settings: Any
) -> tuple[list[str], float]:
    """Our translations with some settings, and how many texts a second."""
    translator = Translator(Translation(queue=5000, **settings), (), packages_dir, time.monotonic)
    await translator.start()
    try:
        await translate_all(translator, texts[:16], source, target)
        started = time.perf_counter()
        results = await translate_all(translator, texts, source, target)
        seconds = time.perf_counter() - started
    finally:
        await translator.close()
    return [result.text for result in results], len(texts) / seconds


async def choices(mapped: Path, plain: Path, argos: reference.Argos | None) -> dict[str, Any]:
    """FLORES with each beam size, arithmetic and map, beside argostranslate itself."""
    rows: dict[str, Any] = {}
    for source, target in DIRECTIONS:
        texts, wanted = data.lines(f"flores.{source}"), data.lines(f"flores.{target}")
        direction = f"{source}-{target}"
        if argos is not None:
            outputs, took = await asyncio.to_thread(argos.translate, texts, source, target)
            rows[f"{direction} argostranslate"] = _row(outputs, wanted, len(texts) / sum(took))
        for beam in (1, 2, 3, 4):
            outputs, rate = await ours(mapped, texts, source, target, beam_size=beam)
            rows[f"{direction} beam {beam}, map"] = _row(outputs, wanted, rate)
        for beam in (1, 4):
            outputs, rate = await ours(plain, texts, source, target, beam_size=beam)
            rows[f"{direction} beam {beam}, no map"] = _row(outputs, wanted, rate)
        outputs, rate = await ours(mapped, texts, source, target, compute_type="float32")
        rows[f"{direction} beam 1, map, float32"] = _row(outputs, wanted, rate)
        outputs, rate = await ours(mapped, texts, source, target, beam_size=4, length_penalty=0.2)
        rows[f"{direction} beam 4, map, length penalty 0.2"] = _row(outputs, wanted, rate)
    return rows


def _row(outputs: Sequence[str], wanted: Sequence[str], rate: float) -> dict[str, float]:
    return {"chrf": chrf(outputs, wanted), "bleu": bleu(outputs, wanted), "texts_per_s": rate}


async def entities(packages_dir: Path) -> dict[str, Any]:
    """Messages with an entity beside the same ones with a plain noun in its place. ``masked``
    compares only what stands around the entity: it is one letter in output and reference."""
    rows: dict[str, Any] = {}
    translator = Translator(Translation(queue=5000), (), packages_dir, time.monotonic)
    await translator.start()
    try:
        for source, target in DIRECTIONS:
            nouns = [
                (getattr(m, source).format(m.nouns[source == "pt"]), m.nouns[target == "pt"], m)
                for m in slotted.MESSAGES
            ]
            outputs = await translate_all(
                translator, [text for text, _, _ in nouns], source, target
            )
            wanted = [getattr(m, target).format(noun) for _, noun, m in nouns]
            pairs = list(slotted.with_entities())
            found = await translate_all(
                translator, [getattr(m, source).format(e) for m, e in pairs], source, target
            )
            masked = [
                result.text.replace(entity, "Y")
                for result, (_, entity) in zip(found, pairs, strict=True)
            ]
            rows[f"{source}-{target}"] = {
                "noun_chrf": chrf([one.text for one in outputs], wanted),
                "entity_chrf": chrf(
                    [one.text for one in found], [getattr(m, target).format(e) for m, e in pairs]
                ),
                "masked_chrf": chrf(masked, [getattr(m, target).format("Y") for m, _ in pairs]),
                "safe": sum(one.status == "translated" for one in found) / len(found),
            }
    finally:
        await translator.close()
    return rows


async def placeholders(packages_dir: Path) -> dict[str, Any]:
    """Each scheme as the first one: how often it came through, and the chrF around it."""
    rows: dict[str, Any] = {}
    kept = guard.SCHEMES
    try:
        for scheme in kept:
            guard.SCHEMES = (scheme,)
            rows[scheme.form] = await entities(packages_dir)
    finally:
        guard.SCHEMES = kept
    return rows


def _as_typed(text: str) -> str:
    """A sentence as people type it in a chat: no capital, no full stop."""
    text = text.strip().rstrip(".")
    return text[:1].lower() + text[1:]


async def dressing(packages_dir: Path, argos: reference.Argos | None) -> dict[str, Any]:
    """FLORES as typed in a chat (no capital, no full stop), compared without looking at either."""
    rows: dict[str, Any] = {}
    for source, target in DIRECTIONS:
        texts = [_as_typed(text) for text in data.lines(f"flores.{source}")]
        wanted = [_as_typed(text) for text in data.lines(f"flores.{target}")]
        outputs, _ = await ours(packages_dir, texts, source, target)
        rows[f"{source}-{target} ours"] = chrf([_as_typed(text) for text in outputs], wanted)
        if argos is not None:
            outputs, _ = await asyncio.to_thread(argos.translate, texts, source, target)
            rows[f"{source}-{target} argostranslate"] = chrf(
                [_as_typed(text) for text in outputs], wanted
            )
    return rows


def _our_sentences(text: str, _language: str) -> list[str]:
    """A line cut where our sentences begin, so that emoji stay with the sentence before."""
    begins: list[int] = []
    at = 0
    for part in segments.split(text):
        if isinstance(part, segments.Sentence):
            begins.append(at)
        at += len(part if isinstance(part, str) else part.text)
    edges = [0, *begins[1:], len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def splitters(*, references: bool) -> dict[str, Any]:
    """Our sentence splitting beside the libraries'."""
    found = {"our rules": sentences.measure(_our_sentences)}
    if references:
        found |= reference.splitters(reference.environment())
    for row in found.values():
        row["wrong"] = len(row["wrong"])
    return found


def measure(folder: Path, *, references: bool) -> dict[str, Any]:
    """Every table. ``folder`` is a new temporary one."""
    mapped = data.starter_packages(folder / "packages")
    plain = data.without_maps(mapped, folder / "packages-without-maps")
    argos = reference.Argos(reference.environment(), mapped, folder) if references else None
    try:
        result = {
            "splitters": splitters(references=references),
            "choices": asyncio.run(choices(mapped, plain, argos)),
            "entities": asyncio.run(entities(mapped)),
            "placeholders": asyncio.run(placeholders(mapped)),
            "dressing": asyncio.run(dressing(mapped, argos)),
        }
    finally:
        if argos is not None:
            argos.close()
    show(result)
    return result


def show(result: dict[str, Any], indent: int = 2) -> None:
    """Print nested figures."""
    for name, value in result.items():
        if isinstance(value, dict):
            print(" " * indent + name)
            show(value, indent + 2)
        else:
            print(f"{' ' * indent}{name:24} {value:.3f}")
