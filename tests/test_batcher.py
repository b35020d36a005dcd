"""Who shares a batch, who goes first, and what happens when an engine misbehaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.translation_support import Answer, FakeEngine, FakeModel, Gate, echo
from translate_proxy.interfaces import Priority
from translate_proxy.translation.engines.models import LoadedModel, Models
from translate_proxy.translation.work.batcher import Batcher, EngineFailed


class Bench:
    """A batcher over one fake model."""

    def __init__(self, engine: FakeEngine, threads: int, size: int, stuck_s: float) -> None:
        self.engine = engine
        self.models = Models({engine.name: engine}, 1 << 30)
        self.batcher = Batcher(self.models, threads, size, stuck_s)
        self.entry: LoadedModel

    @property
    def model(self) -> FakeModel:
        return self.engine.models[0]

    def send(
        self,
        text: str,
        lane: str = "a",
        priority: Priority = Priority.LIVE,
        *,
        careful: bool = False,
    ) -> asyncio.Task[str]:
        return asyncio.ensure_future(
            self.batcher.translate(self.entry, text, lane, priority, careful=careful)
        )


@asynccontextmanager
async def bench(
    answer: Answer, threads: int = 1, size: int = 4, stuck_s: float = 60
) -> AsyncIterator[Bench]:
    made = Bench(FakeEngine(answer), threads, size, stuck_s)
    async with made.models.use(made.engine.pairs()[0]) as made.entry:
        yield made
        await made.batcher.close()
    await made.models.close()


async def entered(gate: Gate, times: int = 1) -> None:
    for _ in range(times):
        assert await asyncio.to_thread(gate.entered.acquire, True, 60)


async def test_one_sentence_alone_starts_at_once() -> None:
    async with bench(echo) as b:
        assert await b.send("hello") == "hello"
        assert b.model.batches == [["hello"]]


async def test_what_is_ready_together_goes_together() -> None:
    async with bench(echo, size=8) as b:
        await asyncio.gather(*(b.send(f"text {n}", lane=str(n)) for n in range(8)))
        assert [len(batch) for batch in b.model.batches] == [8]


async def test_free_workers_share_what_waits() -> None:
    gate = Gate()
    async with bench(gate, threads=2, size=8) as b:
        running = [b.send(f"text {n}", lane=str(n)) for n in range(8)]
        await entered(gate, 2)
        gate.opened.set()
        await asyncio.gather(*running)
        assert [len(batch) for batch in b.model.batches] == [4, 4]


async def test_what_waits_meanwhile_becomes_the_next_batch_and_lanes_take_turns() -> None:
    gate = Gate()
    async with bench(gate, size=4) as b:
        running = [b.send("first", lane="z")]
        await entered(gate)
        running += [b.send(f"a{n}", lane="a") for n in range(6)]
        running += [b.send("b0", lane="b"), b.send("c0", lane="c")]
        await asyncio.sleep(0)
        assert b.batcher.waiting == 8
        gate.opened.set()
        await asyncio.gather(*running)
        assert b.model.batches[0] == ["first"]
        # Two conversations with one sentence each do not wait behind six of another.
        assert {"a0", "b0", "c0"} <= set(b.model.batches[1])
        assert len(b.model.batches[1]) == 4


async def test_the_urgent_go_first() -> None:
    gate = Gate()
    async with bench(gate, size=2) as b:
        running = [b.send("first")]
        await entered(gate)
        running += [b.send(f"old {n}", priority=Priority.HISTORY) for n in range(4)]
        running += [b.send("live", lane="b"), b.send("look", lane="c", priority=Priority.PREVIEW)]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(*running)
        assert sorted(b.model.batches[1]) == ["live", "look"]
        assert b.model.batches[2] == ["old 0", "old 1"]


async def test_sentences_of_like_length_are_put_together() -> None:
    gate = Gate()
    async with bench(gate, size=2) as b:
        running = [b.send("first")]
        await entered(gate)
        running += [
            b.send(text, lane=text) for text in ("short", "long " * 40, "small", "tall " * 40)
        ]
        await asyncio.sleep(0)
        gate.opened.set()
        await asyncio.gather(*running)
        assert b.model.batches[1:] == [["short", "small"], ["long " * 40, "tall " * 40]]


async def test_a_batch_has_a_bound_of_characters() -> None:
    async with bench(echo, size=16) as b:
        await asyncio.gather(*(b.send("x" * 1000, lane=str(n)) for n in range(8)))
        assert max(len(batch) for batch in b.model.batches) == 2


async def test_no_more_batches_run_than_there_are_workers() -> None:
    gate = Gate()
    async with bench(gate, threads=2, size=1) as b:
        running = [b.send(str(n), lane=str(n)) for n in range(6)]
        await entered(gate, 2)
        await asyncio.sleep(0.01)
        assert b.model.running == 2
        gate.opened.set()
        await asyncio.gather(*running)
        assert b.model.most_running == 2


async def test_a_cancelled_sentence_is_not_translated() -> None:
    gate = Gate()
    async with bench(gate, size=4) as b:
        first = b.send("first")
        await entered(gate)
        cancelled, kept = b.send("cancelled"), b.send("kept")
        await asyncio.sleep(0)
        cancelled.cancel()
        first.cancel()
        await asyncio.sleep(0)
        gate.opened.set()
        assert await kept == "kept"
        assert b.model.batches == [["first"], ["kept"]]
        assert b.batcher.waiting == 0


async def test_careful_sentences_have_batches_of_their_own() -> None:
    async with bench(echo, size=8) as b:
        await asyncio.gather(b.send("a"), b.send("b", careful=True), b.send("c"))
        assert sorted(zip(b.model.careful, map(len, b.model.batches), strict=True)) == [
            (False, 2),
            (True, 1),
        ]


async def test_one_bad_sentence_does_not_take_the_others_with_it() -> None:
    def poisoned(sentences: Sequence[str]) -> list[str]:
        if "poison" in sentences:
            raise RuntimeError("bad token")
        return list(sentences)

    async with bench(poisoned, size=4) as b:
        texts = ["a", "poison", "b", "c"]
        results = await asyncio.gather(*map(b.send, texts), return_exceptions=True)
        assert [str(result) for result in results] == ["a", "bad token", "b", "c"]
        assert isinstance(results[1], EngineFailed)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: [],
        lambda sentences: [*sentences, "more"],
        lambda sentences: [None for _ in sentences],
        lambda _: {},
        lambda _: next(iter(())),
        lambda _: exec("raise SystemExit"),
        lambda _: exec("raise KeyboardInterrupt"),
    ],
    ids=["none", "more", "nothing", "map", "stop", "exit", "interrupt"],
)
async def test_nonsense_from_an_engine_is_a_failure_and_the_next_works(answer: Answer) -> None:
    calls = iter([answer, answer, answer, echo])

    def in_turn(sentences: Sequence[str]) -> object:
        return next(calls)(sentences)

    async with bench(in_turn, size=2) as b:
        results = await asyncio.gather(b.send("a"), b.send("b"), return_exceptions=True)
        assert [type(result) for result in results] == [EngineFailed, EngineFailed]
        assert await b.send("c") == "c"


async def test_a_stuck_engine_is_given_up_and_others_go_on() -> None:
    stuck = threading.Event()

    def sometimes(sentences: Sequence[str]) -> list[str]:
        if "stuck" in sentences:
            stuck.wait(60)
        return list(sentences)

    async with bench(sometimes, size=1, stuck_s=1) as b:
        with pytest.raises(EngineFailed, match="no answer"):
            await b.send("stuck")
        assert await b.send("next") == "next"
        assert b.entry.uses == 2  # the lost thread still holds the model
        stuck.set()
        while b.entry.uses != 1:
            await asyncio.sleep(0.001)


async def test_a_stuck_sentence_takes_no_other_of_its_batch_with_it() -> None:
    stuck = threading.Event()

    def sometimes(sentences: Sequence[str]) -> list[str]:
        if "stuck" in sentences:
            stuck.wait(60)
        return list(sentences)

    async with bench(sometimes, size=4, stuck_s=0.5) as b:  # the others may take this long
        running = [b.send(text) for text in ("a", "stuck", "b")]
        results = await asyncio.gather(*running, return_exceptions=True)
        assert [str(result) for result in results] == ["a", "no answer in 0.5 seconds", "b"]
        assert [len(batch) for batch in b.model.batches] == [3, 1, 1, 1]
        stuck.set()
        while b.entry.uses != 1:
            await asyncio.sleep(0.001)


async def test_closing_does_not_wait_for_a_stuck_engine() -> None:
    stuck = threading.Event()

    def wait(sentences: Sequence[str]) -> list[str]:
        stuck.wait(60)
        return list(sentences)

    async with bench(wait, size=4, stuck_s=0.05) as b:
        running = [b.send(text) for text in ("a", "b")]
        await asyncio.sleep(0)
        await b.batcher.close()
        results = await asyncio.gather(*running, return_exceptions=True)
        assert [type(result) for result in results] == [EngineFailed, EngineFailed]
        with pytest.raises(EngineFailed, match="stopping"):
            await b.send("c")
        stuck.set()


async def test_closing_lets_running_batches_end_and_drops_the_rest() -> None:
    gate = Gate()
    async with bench(gate, size=1) as b:
        first, second = b.send("first"), b.send("second")
        await entered(gate)
        closing = asyncio.ensure_future(b.batcher.close())
        await asyncio.sleep(0)
        gate.opened.set()
        await closing
        assert await first == "first"
        with pytest.raises(EngineFailed):
            await second
