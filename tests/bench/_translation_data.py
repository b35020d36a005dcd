"""What the translation benchmarks measure with: the starter packages and the evaluation texts."""

from __future__ import annotations

import json
import os
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from translate_proxy.translation.packages import packages

ROOT = Path(__file__).resolve().parents[2]
EVAL = ROOT.parent / "shared" / "eval"
RESULTS = ROOT / "bench-results"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "translate-proxy-bench"


def lines(name: str) -> list[str]:
    """The lines of one evaluation file."""
    return (EVAL / name).read_text(encoding="utf-8").split("\n")[:-1]


def starter_packages(folder: Path) -> Path:
    """The starter packages, installed into ``folder``."""
    for file in sorted((ROOT / "models").glob("*.argosmodel")):
        packages.install_file(file, folder)
    return folder


def without_maps(source: Path, folder: Path) -> Path:
    """A copy of installed packages whose vocabulary maps are taken away."""
    shutil.copytree(source, folder)
    for path in folder.glob("*/model/vmap.txt"):
        path.unlink()
    for path in folder.glob(f"*/{packages.RECORD}"):
        path.unlink()
    return folder


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def write(name: str, result: dict[str, Any], *, part: bool = False) -> Path:
    """Store a result as JSON in ``bench-results/``; a ``part`` of one beside the other parts that
    are there."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    if part and path.exists():
        result = json.loads(path.read_text(encoding="utf-8")) | result
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
