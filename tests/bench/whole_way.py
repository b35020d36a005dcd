"""The whole way of a message: sent by a visitor, seen and read by the operator in another language.

    python -m tests.bench.whole_way [--rounds 3] [--seconds 15]

One-sentence messages in Portuguese, one operator who reads English, everything on the cores that
the load generator uses too. Open loop: messages arrive by themselves (a Poisson process) at each
of ``RATES`` a second. Closed loop: a visitor sends the next message when the operator has seen the
last one's translation, with 50 and 500 visitors. Beside it in the same round the bound, raw
CTranslate2 with as many sentences waiting, and LibreTranslate behind the same Socket.IO library
(``_whole_way_libretranslate``), at the rates that it can be asked for. ``processor_ms``: processor
time a message of each process, and of the server's threads. Medians of the rounds go to
bench-results/whole_way.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.bench._delivery_load import Link, link, server
from tests.bench._translation_bound import Bound
from tests.bench.delivery import SENT, SENTENCES, TRANSLATED, message, percentiles, visitors

RESULTS = Path("bench-results/whole_way.json")
RATES = (20, 60, 100, 150, 200, 300)
LOOPS = (50, 500)
REFERENCE_MOST = 60
"""The highest rate that LibreTranslate is asked for."""
PATIENCE_S = 40.0
REASON = re.compile(r'"reason":"(\w+)"')
REASONS = ("overloaded", "timed_out", "failed", "no_route")
TICK = os.sysconf("SC_CLK_TCK")


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def threads(pid: int) -> dict[str, float]:
    """The same of its threads, by their names; ``loop`` is the first one."""
    found: defaultdict[str, float] = defaultdict(float)
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            fields = (task / "stat").read_text(encoding="utf-8").rpartition(")")
            name = "loop" if task.name == str(pid) else fields[0].partition("(")[2]
            used = fields[2].split()
            found[name.rstrip("_0123456789")] += (int(used[11]) + int(used[12])) / TICK
    return dict(found)


def engine_of(pid: int) -> int | None:
    """The engine process of a server."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        if b"engine_room" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


class Desk:
    """The operator's client: when each message was sent, seen and read."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.acks: list[float] = []
        self.originals: list[float] = []
        self.translations: list[float] = []
        self.untranslated = dict.fromkeys(REASONS, 0)
        self._waiting: dict[str, tuple[str, float]] = {}
        self._read: dict[str, asyncio.Future[None]] = {}
        self._early: dict[str, tuple[float, bool]] = {}

    @property
    def unread(self) -> int:
        """Messages whose translation has not come."""
        return len(self.sent) - len(self.translations)

    def heard(self, text: str, now: float) -> None:
        """An event."""
        found = SENT.search(text)
        if found is not None and found[2] in self.sent:
            self.originals.append((now - self.sent[found[2]]) * 1000)
            self._waiting[found[1]] = (found[2], self.sent[found[2]])
        found = TRANSLATED.search(text)
        if found is not None and found[1] in self._waiting:
            client_id, began = self._waiting.pop(found[1])
            self.translations.append((now - began) * 1000)
            reason = REASON.search(text)
            if reason is not None:
                self.untranslated[reason[1]] = self.untranslated.get(reason[1], 0) + 1
            read = self._read.pop(client_id, None)
            if read is not None and not read.done():
                read.set_result(None)

    async def send(self, one: Link, number: int) -> str:
        """Returns with the ack; the message's client id."""
        payload = message(number, 1)
        began = self.sent[payload["id"]] = time.monotonic()
        self._read[payload["id"]] = asyncio.get_running_loop().create_future()
        answer = await one.call("message", payload)
        self.acks.append((time.monotonic() - began) * 1000)
        assert '"ok":true' in answer, answer
        return str(payload["id"])

    async def read(self, client_id: str) -> None:
        """Returns when its translation has been seen."""
        waiting = self._read.get(client_id)
        if waiting is not None:
            await waiting

    async def all_read(self) -> float:
        """Seconds until nothing is left, at most ``PATIENCE_S``."""
        began = time.monotonic()
        while self.unread and time.monotonic() - began < PATIENCE_S:
            await asyncio.sleep(0.05)
        return time.monotonic() - began


async def open_loop(links: Sequence[Link], desk: Desk, rate: float, seconds: float) -> Any:
    """Messages arrive by themselves; ``left``: how many were unread when the last was sent."""
    rng = random.Random(rate)
    sending: list[asyncio.Task[str]] = []
    due = began = time.monotonic()
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        number = len(sending)
        sending.append(asyncio.create_task(desk.send(links[number % len(links)], number)))
        due += rng.expovariate(rate)
    await asyncio.gather(*sending)
    left = desk.unread
    took = await desk.all_read()
    return {
        "messages": len(sending),
        "left": left,
        "until_read_s": round(took, 2),
        "never_read": desk.unread,
        "untranslated": desk.untranslated,
        "ack_ms": percentiles(desk.acks),
        "original_ms": percentiles(desk.originals),
        "translated_ms": percentiles(desk.translations),
    }


async def closed_loop(links: Sequence[Link], desk: Desk, seconds: float) -> Any:
    """The next message when the last one has been read."""
    until = time.monotonic() + seconds
    numbers = iter(range(10**9))

    async def talk(one: Link) -> None:
        while time.monotonic() < until:
            await desk.read(await desk.send(one, next(numbers)))

    began = time.monotonic()
    await asyncio.gather(*(talk(one) for one in links))
    return {
        "per_s": round(len(desk.translations) / (time.monotonic() - began), 1),
        "untranslated": desk.untranslated,
        "ack_ms": percentiles(desk.acks),
        "translated_ms": percentiles(desk.translations),
    }


async def operator_auth(port: int) -> dict[str, Any]:
    """What the demo's operator connects with."""
    login = {"email": "demo@example.com", "password": "demo-password"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/api/login", json=login)
    return {"protocol": 1, "token": answer.json()["token"]}


async def one_run(
    folder: Path, kind: str, size: float, seconds: float, of: str = "product"
) -> dict[str, Any]:
    """A server of its own for each, so that none inherits another's queue."""
    with server(of, folder) as (port, pid):
        desk = Desk()
        async with AsyncExitStack() as stack:
            auth = await operator_auth(port) if of == "product" else {}
            await stack.enter_async_context(link(port, "/operator", auth, desk.heard))
            count = int(size) if kind == "closed" else 50
            links = await visitors(stack, port, count)
            await asyncio.sleep(1)
            pids = {"server": pid, "engine": engine_of(pid), "load": os.getpid()}
            before = {name: processor(one) for name, one in pids.items() if one}
            threads_before = threads(pid)
            if kind == "closed":
                result = await closed_loop(links, desk, seconds)
            else:
                result = await open_loop(links, desk, size, seconds)
            used = {name: processor(one) - before[name] for name, one in pids.items() if one}
            by_thread = {
                name: spent - threads_before.get(name, 0.0) for name, spent in threads(pid).items()
            }
    done = max(1, len(desk.translations))
    result["processor_ms"] = {name: round(spent * 1000 / done, 2) for name, spent in used.items()}
    result["threads_ms"] = {
        name: round(spent * 1000 / done, 2) for name, spent in by_thread.items()
    }
    return dict(result)


def bound(packages_dir: Path, known: int) -> float:
    """Sentences a second of raw CTranslate2 with so many waiting or running."""
    raw = Bound(packages_dir, 2, "translate-pt_en")
    texts = [SENTENCES[n % len(SENTENCES)].format(n) for n in range(600)]
    tokens = raw.tokens(texts)
    raw.window(tokens[:100], 1, 16, min(known, 50), mapped=True)
    began = time.perf_counter()
    raw.window(tokens, 1, 16, known, mapped=True)
    return len(tokens) / (time.perf_counter() - began)


def middle(rounds: Sequence[Any]) -> Any:
    """Medians of whatever figures there are, place by place."""
    first = rounds[0]
    if isinstance(first, dict):
        return {name: middle([one[name] for one in rounds if name in one]) for name in first}
    return round(statistics.median(rounds), 3)


def made(folder: str, name: str) -> Path:
    """A new folder within another."""
    place = Path(folder) / name
    place.mkdir()
    return place


async def measure(rounds: int, seconds: float, rates: Sequence[int], loops: Sequence[int]) -> Any:
    """Everything, one round after the other."""
    seen = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            found: dict[str, Any] = {"open": {}, "closed": {}, "bound_per_s": {}}
            found["libretranslate"] = {"open": {}, "closed": {}}
            for count in loops:
                place = made(name, f"closed-{count}")
                found["closed"][str(count)] = await one_run(place, "closed", count, seconds)
                packages = place / "data" / "models"
                limit = await asyncio.to_thread(bound, packages, count)
                found["bound_per_s"][str(count)] = round(limit, 1)
                found["closed"][str(count)]["share_of_bound"] = round(
                    found["closed"][str(count)]["per_s"] / limit, 3
                )
                place = made(name, f"libretranslate-closed-{count}")
                theirs = await one_run(place, "closed", count, seconds, "libretranslate")
                theirs["share_of_bound"] = round(theirs["per_s"] / limit, 3)
                found["libretranslate"]["closed"][str(count)] = theirs
            for rate in rates:
                place = made(name, f"open-{rate}")
                found["open"][str(rate)] = await one_run(place, "open", rate, seconds)
                if rate <= REFERENCE_MOST:
                    place = made(name, f"libretranslate-open-{rate}")
                    theirs = await one_run(place, "open", rate, seconds, "libretranslate")
                    found["libretranslate"]["open"][str(rate)] = theirs
            seen.append(found)
            print(f"round {number + 1}: {json.dumps(found)}", flush=True)
    return middle(seen)


def main() -> None:
    """Print and keep the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rates", type=int, nargs="*", default=list(RATES))
    parser.add_argument("--loops", type=int, nargs="*", default=list(LOOPS))
    options = parser.parse_args()
    results = asyncio.run(measure(options.rounds, options.seconds, options.rates, options.loops))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
