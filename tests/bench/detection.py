"""How well and how fast the language of short texts is found: the detectors, and the belief.

``python -m tests.bench.detection [--fragments 60] [--only detectors|belief|cost]``

Texts: ``../shared/eval/sentences``, 60 sentences in each of 24 languages, cut into fragments of 1,
2, 3, 5 and 8 words, and whole. Nothing was tuned on them (docs/language.md says on what). Fragments
with digits are left out. Figures go to ``bench-results/detection.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.bench import _detection_others as others
from tests.bench import _translation_data as data
from translate_proxy.interfaces import Detector, LanguageContext, Seen
from translate_proxy.language.detection.detection import observe
from translate_proxy.language.detection.detectors import make_detector
from translate_proxy.language.detection.ngram_detector import NgramDetector
from translate_proxy.language.judge import Judge, conclude
from translate_proxy.settings import LanguageSettings
from translate_proxy.text.folding import fold, has_latin_spelling, latin_spellings

SIZES = (1, 2, 3, 5, 8)
WHOLE = 0
SETS = {
    "the shop's eight": ("en", "de", "fr", "es", "pt", "fi", "et", "pl"),
    "eight close ones": ("cs", "sk", "pl", "da", "nb", "sv", "fi", "et"),
}
BROWSERS = ("right", "missing", "wrong")
CONVERSATIONS = 100
LAG_SECONDS = 5

Fragment = tuple[str, str]
"""Language and text."""


def sentences() -> dict[str, list[str]]:
    """The evaluation sentences of each language."""
    files = sorted((data.EVAL / "sentences").glob("*.txt"))
    return {file.stem: file.read_text(encoding="utf-8").splitlines() for file in files}


def fragments(texts: dict[str, list[str]], size: int, count: int) -> list[Fragment]:
    """Up to ``count`` fragments of ``size`` words in each language, ``WHOLE`` for sentences."""
    found: list[Fragment] = []
    for language, lines in texts.items():
        mine: list[str] = []
        for line in lines:
            words = line.split()
            step = size or len(words)
            parts = (
                " ".join(words[at : at + step]) for at in range(0, len(words) - step + 1, step)
            )
            mine.extend(part for part in parts if size == WHOLE or usable(part))
        random.Random(size).shuffle(mine)
        found.extend((language, part) for part in mine[:count])
    return found


def usable(part: str) -> bool:
    """Letters enough to be of a language, and no digit."""
    letters = sum(map(str.isalpha, part))
    return letters >= 2 * len(part.split()) - 1 and not any(map(str.isdigit, part))


def unmarked(items: Iterable[Fragment]) -> list[Fragment]:
    """Those with diacritics, typed without them."""
    return [(tag, fold(text.lower())) for tag, text in items if fold(text.lower()) != text.lower()]


def marked(items: Iterable[Fragment]) -> list[Fragment]:
    """Those with diacritics, as they are."""
    return [(tag, text) for tag, text in items if fold(text.lower()) != text.lower()]


def capitals(items: Iterable[Fragment]) -> list[Fragment]:
    """Everything in capitals."""
    return [(tag, text.upper()) for tag, text in items]


def latinised(items: Iterable[Fragment]) -> list[Fragment]:
    """Greek and Cyrillic texts in Latin letters, both schemes in turn."""
    typed: list[Fragment] = []
    for number, (tag, text) in enumerate(items):
        if has_latin_spelling(tag):
            words = (latin_spellings(word, tag)[number % 2] for word in text.lower().split())
            typed.append((tag, " ".join(words)))
    return typed


def typos(items: Iterable[Fragment]) -> list[Fragment]:
    """One slip in every longer word: a letter dropped, doubled, or two swapped."""
    rng = random.Random(1)

    def slip(word: str) -> str:
        if len(word) < 4:
            return word
        at = rng.randrange(1, len(word) - 1)
        kind = rng.randrange(3)
        if kind == 0:
            return word[:at] + word[at + 1 :]
        if kind == 1:
            return word[: at + 1] + word[at:]
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return [(tag, " ".join(map(slip, text.split()))) for tag, text in items]


CLASSES: dict[str, Callable[[Iterable[Fragment]], list[Fragment]]] = {
    "as written": list,
    "with diacritics": marked,
    "the same without": unmarked,
    "in capitals": capitals,
    "in Latin letters": latinised,
    "with typos": typos,
}


def accuracy(best: others.Best, items: Sequence[Fragment]) -> tuple[float, float]:
    """Per cent right, and microseconds of CPU a call."""
    begin = time.process_time()
    right = sum(best(text) == tag for tag, text in items)
    spent = time.process_time() - begin
    return 100 * right / max(len(items), 1), 1e6 * spent / max(len(items), 1)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def heads() -> list[str]:
    """The columns: fragment sizes."""
    return [*(f"{size} word{'s' if size > 1 else ''}" for size in SIZES), "sentence"]


def bench_detectors(texts: dict[str, list[str]], count: int) -> dict[str, Any]:
    """Accuracy and time of each detector, all 24 and eight candidates."""
    pieces = {size: fragments(texts, size, count) for size in (*SIZES, WHOLE)}
    result: dict[str, Any] = {}
    for set_name, candidates in {"all 24": tuple(texts), **SETS}.items():
        rows: list[list[str]] = []
        for name, build in others.ALL.items():
            try:
                best = build(candidates)
            except (ModuleNotFoundError, ValueError):
                rows.append([name, *["not installed"] * 6])
                continue
            best("one two three")
            cells = [name]
            for size, items in pieces.items():
                right, spent = accuracy(best, [one for one in items if one[0] in candidates])
                cells.append(f"{right:.1f} % {spent:.0f} us")
                result.setdefault(set_name, {}).setdefault(name, {})[size] = [right, spent]
            rows.append(cells)
        table(f"Detectors, {set_name} candidates", ["detector", *heads()], rows)
    return result


def bench_classes(texts: dict[str, list[str]], count: int) -> dict[str, Any]:
    """The default detector on how people type."""
    result: dict[str, Any] = {}
    for set_name, candidates in {"all 24": tuple(texts), **SETS}.items():
        best = others.ours("ngram")(candidates)
        rows = []
        for name, change in CLASSES.items():
            cells = []
            for size in (*SIZES, WHOLE):
                items = [one for one in fragments(texts, size, count) if one[0] in candidates]
                changed = change(items)
                right, spent = accuracy(best, changed)
                cells.append(f"{right:.1f} %" if changed else "-")
                result.setdefault(set_name, {}).setdefault(name, {})[size] = [right, spent]
            rows.append([name, *cells])
        table(f"How it is typed: the default, {set_name} candidates", ["text", *heads()], rows)
    return result


def bench_belief(texts: dict[str, list[str]]) -> dict[str, Any]:
    """The belief after 1, 2 and 3 messages; in brackets the language of the message itself."""
    detector = make_detector("default")
    result: dict[str, Any] = {}
    for set_name, candidates in {"all 24": tuple(texts), **SETS}.items():
        detector.warm(candidates)
        rows = []
        for size in SIZES:
            talks = conversations(texts, size, candidates)
            for browser in BROWSERS:
                figures = believe(detector, talks, candidates, browser)
                result.setdefault(set_name, {}).setdefault(f"{size} words", {})[browser] = figures
                cells = [f"{belief:.1f} % ({message:.1f} %)" for belief, message in figures]
                rows.append([str(size), browser, *cells])
        head = ["words", "browser language", "after 1 message", "after 2", "after 3"]
        table(f"Belief (and message language), {set_name} candidates", head, rows)
    return result


def bench_chat() -> dict[str, Any]:
    """1,000 chat messages in English and as many in Portuguese, each by itself: no browser, and a
    site whose default is another language."""
    detector = make_detector("default")
    rows = []
    result: dict[str, Any] = {}
    for set_name, candidates in {"all 24": tuple(sentences()), **SETS}.items():
        context = LanguageContext("visitor", candidates, "fi")
        for language in sorted({"en", "pt"} & set(candidates)):
            messages = data.lines(f"chat.{language}")
            said = (conclude(context, None, None, observe(detector, m, context)) for m in messages)
            right = sum(one.language == language for one in said)
            result.setdefault(set_name, {})[language] = 100 * right / len(messages)
            rows.append([set_name, language, f"{100 * right / len(messages):.1f} %"])
    table("Whole chat messages, alone", ["candidates", "language", "right"], rows)
    return result


Talk = tuple[str, list[str], str]
"""The visitor's language, three messages, and a wrong browser language."""


def conversations(texts: dict[str, list[str]], size: int, candidates: Sequence[str]) -> list[Talk]:
    """Conversations of three fragments each."""
    rng = random.Random(size)
    pool: dict[str, list[str]] = {}
    for language, text in fragments(texts, size, 10_000):
        pool.setdefault(language, []).append(text)
    return [
        (
            language,
            rng.sample(pool[language], 3),
            rng.choice([tag for tag in candidates if tag != language]),
        )
        for language in candidates
        for _ in range(CONVERSATIONS)
    ]


def believe(
    detector: Detector, talks: Sequence[Talk], candidates: tuple[str, ...], browser: str
) -> list[tuple[float, float]]:
    """Per cent right after each message: the belief, the message."""
    seen: dict[str, list[Seen]] = {}
    right = [[0, 0] for _ in range(3)]
    for language, messages, wrong in talks:
        told = {"right": (language,), "missing": (), "wrong": (wrong,)}[browser]
        default = "en" if "en" in candidates else candidates[0]
        context = LanguageContext("visitor", candidates, default, browser=told)
        state = None
        for number, text in enumerate(messages):
            if text not in seen:
                seen[text] = observe(detector, text, context)
            said = conclude(context, state, None, seen[text])
            state = said.state
            right[number][0] += said.language == language
            right[number][1] += said.message_language == language
    return [(100 * a / len(talks), 100 * b / len(talks)) for a, b in right]


def targets(belief: dict[str, Any]) -> dict[str, Any]:
    """The issue's three targets, for each set of eight and for all 24."""
    rows = []
    result: dict[str, Any] = {}
    for set_name, figures in belief.items():
        reached = {
            "right browser, one 2-word message (99 %)": figures["2 words"]["right"][0][0],
            "no browser, two 3-word messages (95 %)": figures["3 words"]["missing"][1][0],
            "wrong browser, three 3-word messages (97 %)": figures["3 words"]["wrong"][2][0],
        }
        result[set_name] = reached
        rows.append([set_name, *(f"{value:.1f} %" for value in reached.values())])
    table("Targets", ["candidates", *next(iter(result.values()))], rows)
    return result


def bench_cost() -> dict[str, Any]:
    """CPU of a whole judgement, the loop's lag meanwhile, memory."""
    messages = data.lines("chat.en")[:500] + data.lines("chat.pt")[:500]
    candidates = SETS["the shop's eight"]
    context = LanguageContext("visitor", candidates, "en", browser=("pt",))
    rows = []
    result: dict[str, Any] = {}
    for name in ("ngram", "langdetect", "lingua"):
        try:
            detector = make_detector(name)
        except ValueError:
            continue
        detector.warm(candidates)
        observe(detector, "one two three", context)
        spent = []
        for text in messages:
            begin = time.process_time()
            conclude(context, None, None, observe(detector, text, context))
            spent.append(1e6 * (time.process_time() - begin))
        lag = asyncio.run(lag_while_judging(name, messages, context))
        memory = {count: memory_of(name, count) for count in (8, 24)}
        figures = {
            "median_us": statistics.median(spent),
            "p99_us": data.percentile(spent, 0.99),
            "lag_p99_ms": data.percentile(lag, 0.99),
            "lag_max_ms": max(lag),
            "memory_mib": memory,
        }
        result[name] = figures
        rows.append(
            [
                name,
                f"{figures['median_us']:.0f} us",
                f"{figures['p99_us']:.0f} us",
                f"{figures['lag_p99_ms']:.1f} ms",
                f"{figures['lag_max_ms']:.1f} ms",
                f"{memory[8]:.0f} MiB",
                f"{memory[24]:.0f} MiB ({memory[24] / 24:.1f} a language)",
            ]
        )
    head = ["detector", "CPU, median", "p99", "loop lag p99", "worst", "memory of 8", "of 24"]
    table("Cost of judging a chat message, eight candidates", head, rows)
    tables = NgramDetector()
    tables.warm(tuple(sentences()))
    print(f"\nTables of the default for 24 languages: {tables.nbytes / 2**20:.1f} MiB")
    result["tables_mib"] = tables.nbytes / 2**20
    return result


async def lag_while_judging(
    name: str, messages: Sequence[str], context: LanguageContext
) -> list[float]:
    """How late the event loop wakes up while the detection thread never rests, milliseconds."""
    judge = Judge(LanguageSettings(detector=name, time_box_seconds=5), time.monotonic)
    await judge.start(context.candidates)
    end = time.monotonic() + LAG_SECONDS
    lags: list[float] = []

    async def keep_busy(number: int) -> None:
        while time.monotonic() < end:
            await judge.judge(messages[number % len(messages)], context, None)
            number += 1

    async def watch() -> None:
        while time.monotonic() < end:
            begin = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(1000 * (time.perf_counter() - begin) - 5)

    await asyncio.gather(watch(), *(keep_busy(100 * number) for number in range(4)))
    await judge.close()
    return lags


def memory_of(name: str, count: int) -> float:
    """Resident memory that a detector adds to a fresh process, MiB."""
    command = [sys.executable, "-m", "tests.bench.detection", "--memory", name, str(count)]
    done = subprocess.run(command, cwd=data.ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def print_memory(name: str, count: int) -> None:
    """Warm a detector and print what it added."""
    candidates = list(sentences())[:count]
    detector = make_detector(name)
    before = resident()
    detector.warm(candidates)
    detector.probabilities("one two three", candidates)
    print(resident() - before)


def resident() -> float:
    """Resident memory of this process, MiB."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:  # not Linux: the peak has to do
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fragments", type=int, default=60, help="of each size and language")
    parser.add_argument("--only", choices=("detectors", "belief", "cost"))
    parser.add_argument("--memory", nargs=2, metavar=("DETECTOR", "LANGUAGES"))
    asked = parser.parse_args()
    if asked.memory:
        print_memory(asked.memory[0], int(asked.memory[1]))
        return
    texts = sentences()
    result: dict[str, Any] = {"fragments": asked.fragments, "languages": list(texts)}
    if asked.only in {None, "detectors"}:
        result["detectors"] = bench_detectors(texts, asked.fragments)
        result["classes"] = bench_classes(texts, asked.fragments)
    if asked.only in {None, "belief"}:
        result["belief"] = bench_belief(texts)
        result["targets"] = targets(result["belief"])
        result["chat"] = bench_chat()
    if asked.only in {None, "cost"}:
        result["cost"] = bench_cost()
    print(f"\n{data.write('detection', result)}")


if __name__ == "__main__":
    main()
