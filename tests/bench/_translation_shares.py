"""How much of what waits should a free worker take? Tried on a model of the engine.

``python -m tests.bench._translation_shares`` measures what batches of chat messages cost, fits
``a + b * longest + c * tokens + d * messages`` to it, and lets two workers of these costs serve 32
conversations (how many messages a second?) and then messages that arrive by themselves at 70 % of
that rate (how long does one take?). Without the rest of the machine rules can be told apart
that differ by less than two runs of the real thing do.
"""

from __future__ import annotations

import heapq
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.bench import _translation_data as data
from tests.bench._translation_bound import Bound

CONVERSATIONS = 32
MESSAGES = 8000
BACK_S, EACH_S = 0.001, 0.00015
"""Until the first answer of a batch is with its conversation, and every further one."""

Costs = Callable[[Sequence[int]], float]
Share = Callable[[int, int], int]


def fitted(bound: Bound, texts: Sequence[str], seconds: float = 20) -> tuple[Costs, list[int]]:
    """What a batch of messages with so many tokens takes, and the tokens of each text."""
    dice = random.Random(1)
    tokens = bound.tokens(texts)
    rows, took = [], []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        batch = dice.sample(tokens, dice.choice((1, 1, 2, 3, 4, 6, 8, 12, 16)))
        tries = []
        for _ in range(2):
            before = time.process_time()
            bound.everything(batch, 1, len(batch), mapped=True)
            tries.append(time.process_time() - before)
        lengths = [len(one) for one in batch]
        rows.append((1, max(lengths), sum(lengths), len(lengths)))
        took.append(min(tries))
    a, b, c, d = np.linalg.lstsq(np.array(rows, float), np.array(took), rcond=None)[0]
    print(f"ms: {a * 1e3:.2f} a batch, {b * 1e3:.3f} a token of the longest message, ", end="")
    print(f"{c * 1e3:.3f} a token, {d * 1e3:.2f} a message ({len(took)} batches)")
    return lambda n: a + b * max(n) + c * sum(n) + d * len(n), [len(one) for one in tokens]


def simulate(
    costs: Costs, lengths: Sequence[int], share: Share, rate: float | None
) -> tuple[float, list[float]]:
    """Messages a second, and the seconds that each took. Without a ``rate`` each conversation
    sends its next message when the last one is back."""
    dice = random.Random(1)
    tokens = [dice.choice(lengths) for _ in range(MESSAGES)]
    events: list[tuple[float, int, int, list[int]]] = []  # time, 0 arrival or 1 end, number, batch
    at, sent = 0.0, 0
    while sent < (MESSAGES if rate else CONVERSATIONS):
        at += dice.expovariate(rate) if rate else 1e-5
        events.append((at, 0, sent, []))
        sent += 1
    heapq.heapify(events)
    arrived: dict[int, float] = {}
    waiting: list[int] = []
    took: list[float] = []
    free, now = 2, 0.0
    while events:
        now, kind, number, batch = heapq.heappop(events)
        if kind == 0:
            arrived[number] = now
            waiting.append(number)
        else:
            free += 1
        for n, message in enumerate(batch):
            back = now + BACK_S + n * EACH_S
            took.append(back - arrived[message])
            if not rate and sent < MESSAGES:
                heapq.heappush(events, (back, 0, sent, []))
                sent += 1
        while waiting and free:
            size = share(len(waiting), free)
            first = tokens[waiting[0]]
            near = sorted(waiting[: 4 * size], key=lambda m, first=first: abs(tokens[m] - first))  # type: ignore[misc]
            batch = near[:size]
            waiting = [message for message in waiting if message not in batch]
            free -= 1
            end = now + costs([tokens[message] for message in batch])
            heapq.heappush(events, (end, 1, number, batch))
    return MESSAGES / now, took


def rules() -> dict[str, Share]:
    """What might be taken of ``waiting`` sentences when ``free`` of two workers are free."""
    made: dict[str, Share] = {}
    for most in (4, 8, 16):
        made[f"everything, at most {most}"] = lambda waiting, free, most=most: min(  # type: ignore[misc]
            most, -(-waiting // free)
        )
    for least in (3, 6, 10):
        made[f"half, at least {least}, at most 16"] = lambda waiting, free, least=least: min(  # type: ignore[misc]
            16, max(least, -(-waiting // 2)), -(-waiting // free)
        )
    return made


def main() -> None:
    """Measure, simulate, print."""
    with tempfile.TemporaryDirectory() as name:
        bound = Bound(data.starter_packages(Path(name)), 2)
        costs, lengths = fitted(bound, data.lines("chat.en")[:500])
    alone = statistics.median(costs([length]) for length in lengths) + BACK_S
    print(f"alone {alone * 1e3:.1f} ms")
    for name, share in rules().items():
        sustained, _ = simulate(costs, lengths, share, None)
        _, took = simulate(costs, lengths, share, 0.7 * sustained)
        p95 = data.percentile(took, 0.95)
        print(
            f"{name:32} {sustained:6.0f} a second; at 70 %: p50 {statistics.median(took) * 1e3:.1f}"
        )
        print(f"{'':32} p95 {p95 * 1e3:.1f} ms, {p95 / alone:.1f} times alone")


if __name__ == "__main__":
    main()
