"""The errand that tries a package, in a throw-away process: it loads the package, translates a few
sentences greedily and carefully, with its vocabulary map and without."""

from __future__ import annotations

import resource
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from translate_proxy.settings import Translation
from translate_proxy.text.plain import printable
from translate_proxy.translation.engines.argos_model import ArgosModel, Tokenizer
from translate_proxy.translation.packages import candidates, sample_text
from translate_proxy.translation.packages.contents import problem_in
from translate_proxy.translation.packages.optimise import chrf
from translate_proxy.translation.packages.packages import InstalledPackage

MEMORY, MEMORY_TIMES = 3 * 2**30, 8
"""Bytes of address space beside so many times the package's own: libraries and threads reserve
far more than they use."""
_TEXTS = 12
_FEWEST = 4
"""Texts that must not all be answered alike."""
_MOST_UNKNOWN = 0.5
"""Share of the pieces of such texts; of an honest package next to none."""
_LEAST_LIKENESS = 40.0
"""chrF of what is said with the map against what is said without: an honest map has above 90."""


def try_package(given: Mapping[str, Any]) -> dict[str, Any]:
    """``{"problem"}``: one sentence, or None. ``given``: ``path`` of the unpacked package,
    ``source``, ``target``, ``prefix``, and ``cpu_s``, the most seconds of processor time."""
    folder = Path(given["path"])
    _limit(folder, given["cpu_s"])
    source, target = given["source"], given["target"]
    try:
        problem = _tried(
            InstalledPackage(
                folder, source, target, "", source, target, given["prefix"], digest=None
            )
        )
    except Exception as error:  # noqa: BLE001  (whatever a damaged file makes the libraries say)
        said = printable(" ".join(str(error).split()))[:200]
        problem = f"it cannot be loaded: {said or type(error).__name__}"
    return {"problem": problem}


def _limit(folder: Path, cpu_s: int) -> None:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    memory = MEMORY + MEMORY_TIMES * size
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu_s)):
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def _texts(language: str) -> list[str]:
    known = sample_text.phrase_texts(language)
    words = [] if known else sample_text.frequent_words(language)[:600]
    known = known or [" ".join(words[n : n + 4]) for n in range(0, len(words), 4)]
    return [*known[:: 1 + len(known) // _TEXTS], "1", "AB-12?"]


def _unknown(folder: Path, texts: Sequence[str]) -> float:
    """The share of the texts' pieces that the source vocabulary does not have."""
    known = set(candidates.vocabulary(folder / "model", "source"))
    pieces = [piece for tokens in Tokenizer(folder).encode(texts) for piece in tokens]
    return sum(piece not in known for piece in pieces) / max(1, len(pieces))


def _tried(package: InstalledPackage) -> str | None:
    if (problem := problem_in(package.path / "model")) is not None:
        return problem
    texts = _texts(package.source)
    if len(texts) >= _FEWEST and _unknown(package.path, texts) > _MOST_UNKNOWN:
        return "its tokenizer makes pieces that its vocabulary does not have"
    model = ArgosModel(package, Translation(), "cpu")
    model.translate(texts, careful=True)
    outputs = model.translate(texts)
    if len(texts) >= _FEWEST and len(set(outputs)) < 2:
        return "it says the same whatever it is given"
    if model.mapped:
        model.mapped = False
        if chrf(outputs, model.translate(texts)) < _LEAST_LIKENESS:
            return "its vocabulary map makes it say other things than without"
    return None
