"""The bound: raw CTranslate2, tokens made beforehand, results not decoded, nothing checked.

Once with every message known in advance, and once as a batcher meets them: a few conversations,
each of which sends its next message when the last one is back.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import ctranslate2
import sentencepiece

Tokens = list[str]

SIZES = (4, 8, 16, 32)
WINDOW_SIZES = (8, 12, 16)
ALONE = 100


class Bound:
    """One translator over a starter package, English to Portuguese unless named."""

    def __init__(self, packages_dir: Path, threads: int, name: str = "translate-en_pt") -> None:
        folder = packages_dir / name
        self._threads = threads
        self._pieces = sentencepiece.SentencePieceProcessor(
            model_file=str(folder / "sentencepiece.model")
        )
        self._translator = ctranslate2.Translator(
            str(folder / "model"), inter_threads=threads, intra_threads=1
        )

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """What the other methods take."""
        encoded: list[Tokens] = self._pieces.encode(list(texts), out_type=str)
        return encoded

    def alone(self, tokens: Sequence[Tokens], beam: int, *, mapped: bool) -> list[float]:
        """Seconds of each text by itself."""
        took = []
        for one in tokens:
            started = time.perf_counter()
            self._translator.translate_batch([one], beam_size=beam, use_vmap=mapped)
            took.append(time.perf_counter() - started)
        return took

    def everything(self, tokens: Sequence[Tokens], beam: int, size: int, *, mapped: bool) -> None:
        """All of them, sorted and cut into batches by CTranslate2."""
        self._translator.translate_batch(
            list(tokens), beam_size=beam, use_vmap=mapped, max_batch_size=size
        )

    def window(
        self, tokens: Sequence[Tokens], beam: int, size: int, known: int, *, mapped: bool
    ) -> None:
        """All of them, of which ``known`` are under way or waiting at any time: a worker that is
        free takes ``size`` of those that wait, as long as the one that has waited longest."""
        lock = threading.Lock()
        later = list(reversed(tokens))
        waiting = [later.pop() for _ in range(known)]

        def work() -> None:
            while True:
                with lock:
                    if not waiting:
                        return
                    length = len(waiting[0])
                    order = sorted(range(len(waiting)), key=lambda n: abs(len(waiting[n]) - length))
                    chosen = set(order[:size])
                    batch = [waiting[n] for n in chosen]
                    waiting[:] = [one for n, one in enumerate(waiting) if n not in chosen]
                self._translator.translate_batch(batch, beam_size=beam, use_vmap=mapped)
                with lock:
                    waiting.extend(later.pop() for _ in range(min(len(batch), len(later))))

        threads = [threading.Thread(target=work) for _ in range(self._threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _timed(messages: int, work: Callable[[], None]) -> dict[str, float]:
    cpu, started = time.process_time(), time.perf_counter()
    work()
    took = time.perf_counter() - started
    return {
        "cpu_ms": (time.process_time() - cpu) / messages * 1000,
        "messages_per_s": messages / took,
    }


def measure(
    bound: Bound, messages: Sequence[str], beam: int, known: int, *, mapped: bool
) -> tuple[dict[int, dict[str, float]], dict[int, dict[str, float]]]:
    """One round: with everything known in advance, and with ``known`` messages at a time; for every
    batch size. Messages are sent whole, not cut into sentences."""
    tokens = bound.tokens(messages)
    count = len(tokens)
    alone = statistics.median(bound.alone(tokens[:ALONE], beam, mapped=mapped)) * 1000
    everything = {
        size: {"alone_ms": alone}
        | _timed(count, partial(bound.everything, tokens, beam, size, mapped=mapped))
        for size in SIZES
    }
    window = {
        size: _timed(count, partial(bound.window, tokens, beam, size, known, mapped=mapped))
        for size in WINDOW_SIZES
    }
    return everything, window
