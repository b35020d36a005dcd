"""How fast messages are accepted and delivered, beside a bare python-socketio server.

    python -m tests.bench.delivery [--seconds 10] [--visitors 50]

Everything shares the machine with the load generator. Closed loop, with 50 visitors and with ten
times as many: every visitor sends its next message when the last one is acknowledged; to the
product, to the echo server, and to the echo server with a bare durable log (``_delivery_server``),
the least that the contract can cost with this Socket.IO library. Open loop: 100 messages a second
in all, at random moments; ``idle`` sends texts that need no engine, ``saturated`` messages of four
sentences, which keep the engine's threads and the detection thread busy, ``sentences`` one sentence
each, ``gentle`` 20 such sentences a second, ``deaf`` is ``idle`` beside clients that ask for much
and read nothing. The results go to bench-results/delivery.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.bench._delivery_load import Link, link, server
from tests.rawsocket import RawSocket

RESULTS = Path("bench-results/delivery.json")
RATE = 100.0
GENTLE_RATE = 20.0
OPEN_LOOPS = {"idle": 0, "deaf": 0, "gentle": 1, "sentences": 1, "saturated": 4}
"""Sentences a message."""
DEAF = 20
ROUNDS = 3
SENT = re.compile(r'"type":"message".*?"id":"([0-9a-f-]+)","client_id":"([0-9a-f-]+)"')
TRANSLATED = re.compile(r'"type":"translation".*?"message_id":"([0-9a-f-]+)"')
SENTENCES = (
    "Onde está a minha encomenda número {}? Já passaram duas semanas e ainda não chegou nada.",
    "Quero devolver os sapatos que comprei na loja, o número {} é demasiado pequeno para mim.",
    "O código de desconto {} não funciona quando tento pagar com o meu cartão de crédito.",
    "Podem enviar a fatura da compra {} para o meu endereço de correio eletrónico, por favor?",
)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest, in milliseconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * share))]
        for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
    }
    return {name: round(value, 1) for name, value in {**at, "max": ordered[-1]}.items()}


async def visitors(stack: AsyncExitStack, port: int, count: int) -> list[Link]:
    """So many visitors, connected."""
    auth = {"protocol": 1, "site": "demo", "locale": "pt"}
    return [await stack.enter_async_context(link(port, "/visitor", auth)) for _ in range(count)]


def message(number: int, sentences: int) -> dict[str, Any]:
    """A new message of so many sentences to translate; 0: an order number."""
    chosen = [SENTENCES[(number + n) % len(SENTENCES)].format(number) for n in range(sentences)]
    return {"id": str(uuid.uuid4()), "text": " ".join(chosen) or f"AB-{number}"}


async def closed_loop(port: int, count: int, seconds: float) -> float:
    """Acknowledged messages a second."""
    done = 0

    async def send(one: Link, until: float) -> None:
        nonlocal done
        while time.monotonic() < until:
            answer = await one.call("message", message(done, 0))
            assert '"ok":true' in answer, answer
            done += 1

    async with AsyncExitStack() as stack:
        links = await visitors(stack, port, count)
        began = time.monotonic()
        await asyncio.gather(*(send(one, began + seconds) for one in links))
        return done / (time.monotonic() - began)


async def deafen(stack: AsyncExitStack, port: int) -> None:
    """Clients that ask for more than their queues may hold and read nothing."""
    for _ in range(DEAF):
        deaf = await stack.enter_async_context(RawSocket(f"http://127.0.0.1:{port}"))
        await deaf.join("/visitor", {"protocol": 1, "site": "demo"})
        for number in range(20):
            text = " ".join(f"AB-{number}{n:03}" for n in range(450))
            await deaf.call("/visitor", "message", {"id": str(uuid.uuid4()), "text": text})
        for _ in range(50):
            await deaf.call("/visitor", "history", {"limit": 200})


async def open_loop(
    port: int,
    token: str,
    count: int,
    seconds: float,
    *,
    rate: float = RATE,
    sentences: int = 0,
    deaf: bool = False,
) -> dict[str, Any]:
    """Milliseconds from sending to the ack, to the operator's original and to its translation, at
    ``rate`` messages a second."""
    sent: dict[str, float] = {}
    acks: list[float] = []
    originals: list[float] = []
    waiting: dict[str, float] = {}
    translations: list[float] = []

    def heard(text: str, now: float) -> None:
        found = SENT.search(text)
        if found is not None and found[2] in sent:
            originals.append((now - sent[found[2]]) * 1000)
            waiting[found[1]] = sent[found[2]]
        found = TRANSLATED.search(text)
        if found is not None and found[1] in waiting:
            translations.append((now - waiting.pop(found[1])) * 1000)

    async def send(one: Link, number: int) -> None:
        payload = message(number, sentences)
        began = sent[payload["id"]] = time.monotonic()
        answer = await one.call("message", payload)
        acks.append((time.monotonic() - began) * 1000)
        assert '"ok":true' in answer, answer

    async with AsyncExitStack() as stack:
        operator = {"protocol": 1, "token": token}
        await stack.enter_async_context(link(port, "/operator", operator, heard))
        links = await visitors(stack, port, count)
        if deaf:
            await deafen(stack, port)
        await asyncio.sleep(2)
        rng = random.Random(1)
        sending: list[asyncio.Task[None]] = []
        until = time.monotonic() + seconds
        due = time.monotonic()
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            number = len(sending)
            sending.append(asyncio.create_task(send(links[number % count], number)))
            due += rng.expovariate(rate)
        await asyncio.gather(*sending)
        for _ in range(60):
            await asyncio.sleep(0.5)
            if not waiting:
                break
    return {
        "messages": len(acks),
        "ack_ms": percentiles(acks),
        "original_ms": percentiles(originals),
        "originals": len(originals),
        "translated_ms": percentiles(translations),
        "translations": len(translations),
    }


async def measure(count: int, seconds: float) -> dict[str, Any]:
    """Everything, the two servers one after the other."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results["accepted"] = await accepted(folder, (count, 10 * count), seconds)
        with server("product", folder) as (port, _):
            login = {"email": "demo@example.com", "password": "demo-password"}
            async with httpx.AsyncClient() as client:
                answer = await client.post(f"http://127.0.0.1:{port}/api/login", json=login)
            token = answer.json()["token"]
            lag = folder / "lag.json"
            for kind, sentences in OPEN_LOOPS.items():
                lag.unlink(missing_ok=True)
                results[kind] = await open_loop(
                    port,
                    token,
                    count,
                    seconds,
                    rate=GENTLE_RATE if kind == "gentle" else RATE,
                    sentences=sentences,
                    deaf=kind == "deaf",
                )
                results[kind]["loop_lag_ms"] = percentiles(
                    json.loads(lag.read_text())[-int(seconds * 100) :]
                )
    return results


async def accepted(
    folder: Path, counts: Sequence[int], seconds: float
) -> dict[str, dict[str, float]]:
    """Per number of visitors: messages a second, and the shares of the echo server's; medians of
    ``ROUNDS``, the servers in turn."""
    found: dict[str, dict[str, float]] = {}
    for count in counts:
        rates: dict[str, list[float]] = {"echo": [], "durable": [], "product": []}
        for number in range(ROUNDS):
            for kind, seen in rates.items():
                place = folder / f"{kind}-{count}-{number}"
                place.mkdir()
                with server(kind, place) as (port, _):
                    seen.append(await closed_loop(port, count, seconds / 2))
        middle = {kind: round(statistics.median(seen)) for kind, seen in rates.items()}
        found[f"{count} visitors"] = {
            **{f"{kind}_per_s": rate for kind, rate in middle.items()},
            "share_of_echo": round(middle["product"] / middle["echo"], 2),
            "share_of_durable": round(middle["product"] / middle["durable"], 2),
            "durable_share_of_echo": round(middle["durable"] / middle["echo"], 2),
        }
    return found


def main() -> None:
    """Print and keep the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--visitors", type=int, default=50)
    options = parser.parse_args()
    results = asyncio.run(measure(options.visitors, options.seconds))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
