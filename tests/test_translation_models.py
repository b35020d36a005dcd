"""Loading once, keeping within the budget, dropping only what is idle."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.translation_support import FakeEngine, echo
from translate_proxy.translation.engines.engine import EngineError
from translate_proxy.translation.engines.models import Models

DIRECTIONS = [("en", "pt"), ("pt", "en"), ("en", "fi"), ("fi", "en")]


async def idle() -> None:
    """Give a model time to be closed that must not be."""
    await asyncio.sleep(0.02)


async def closed(engine: FakeEngine, *times: int) -> None:
    """Wait until the models, closed on a thread of their own, have been closed so often."""
    async with asyncio.timeout(60):
        while [model.closed for model in engine.models] != [*times]:
            await asyncio.sleep(0.005)


async def test_many_callers_load_once() -> None:
    go = threading.Event()
    engine = FakeEngine(echo, before_load=lambda: go.wait(60))
    models = Models({"fake": engine}, 100)
    pair = engine.pairs()[0]

    async def use() -> None:
        async with models.use(pair) as entry:
            assert entry.pair == pair

    using = [asyncio.ensure_future(use()) for _ in range(50)]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*using)
    assert len(engine.models) == 1
    assert models.is_loaded(pair)
    await models.close()
    assert engine.models[0].closed == 1


async def test_the_least_recently_used_is_dropped_when_the_budget_is_passed() -> None:
    engine = FakeEngine(echo, DIRECTIONS, memory=40)
    models = Models({"fake": engine}, 100)
    first, second, third, _ = engine.pairs()
    for pair in (first, second, first, third):
        async with models.use(pair):
            assert models.memory <= 120
    assert [models.is_loaded(pair) for pair in (first, second, third)] == [True, False, True]
    assert models.memory == 80
    await models.close()
    assert [model.closed for model in engine.models] == [1, 1, 1]


async def test_a_model_in_use_is_never_dropped() -> None:
    engine = FakeEngine(echo, DIRECTIONS, memory=60)
    models = Models({"fake": engine}, 100)
    first, second, *_ = engine.pairs()
    async with models.use(first) as used:
        async with models.use(second):
            assert models.memory == 120
        await idle()
        assert engine.models[0].closed == 0
        assert used.uses == 1
    assert models.memory == 60
    await models.close()


async def test_a_failed_load_is_told_to_everyone_and_not_tried_at_once_again() -> None:
    engine = FakeEngine(echo, refuse="the file is damaged")
    models = Models({"fake": engine}, 100)
    pair = engine.pairs()[0]
    for _ in range(3):
        with pytest.raises(EngineError, match="damaged"):
            async with models.use(pair):
                pass
    assert models.failure(pair) == "the file is damaged"
    assert not models.is_loaded(pair)
    await models.close()


async def test_models_of_removed_packages_go_when_their_last_user_is_done() -> None:
    engine = FakeEngine(echo, DIRECTIONS)
    models = Models({"fake": engine}, 100)
    first, second, *_ = engine.pairs()
    async with models.use(second):
        pass
    async with models.use(first):
        models.retire(set())
        await closed(engine, 1, 0)
        models.retire({first.key})
        async with models.use(first):  # installed again meanwhile: a new model
            pass
    await closed(engine, 1, 1, 0)
    await models.close()
    assert [model.closed for model in engine.models] == [1, 1, 1]


async def test_a_package_that_goes_while_it_is_loaded_serves_those_who_wait_and_no_others() -> None:
    go = threading.Event()
    engine = FakeEngine(echo, before_load=lambda: go.wait(60))
    models = Models({"fake": engine}, 100)
    pair = engine.pairs()[0]
    used: list[str] = []

    async def use() -> None:
        async with models.use(pair) as entry:
            await asyncio.sleep(0)
            assert entry.model is engine.models[0]
            assert engine.models[0].closed == 0
            used.append(entry.pair.key)

    using = [asyncio.ensure_future(use()) for _ in range(3)]
    await asyncio.sleep(0)
    models.retire(set())
    using[0].cancel()
    go.set()
    await asyncio.gather(*using, return_exceptions=True)
    await models.close()
    assert len(used) == 2
    assert not models.is_loaded(pair)
    assert models.memory == 0
    assert [model.closed for model in engine.models] == [1]


async def test_a_load_that_nobody_waits_for_any_more_is_not_kept_in_use() -> None:
    go = threading.Event()
    engine = FakeEngine(echo, before_load=lambda: go.wait(60))
    models = Models({"fake": engine}, 100)
    pair = engine.pairs()[0]

    async def use() -> None:
        async with models.use(pair):
            pass

    using = asyncio.ensure_future(use())
    await asyncio.sleep(0)
    using.cancel()
    await asyncio.gather(using, return_exceptions=True)
    go.set()
    async with models.use(pair) as entry:
        assert entry.uses == 1
    models.retire(set())
    assert models.memory == 0
    await models.close()
    assert [model.closed for model in engine.models] == [1]


async def test_a_model_of_a_package_that_is_gone_is_not_kept() -> None:
    engine = FakeEngine(echo, DIRECTIONS)
    models = Models({"fake": engine}, 100)
    first, second, *_ = engine.pairs()
    models.retire({second.key})
    async with models.use(first):  # by somebody who found the route before
        pass
    assert not models.is_loaded(first)
    assert models.memory == 0
    await models.close()
    assert [model.closed for model in engine.models] == [1]


async def test_a_model_that_cannot_be_freed_does_no_harm() -> None:
    engine = FakeEngine(echo)
    models = Models({"fake": engine}, 100)
    async with models.use(engine.pairs()[0]):

        def fail() -> None:
            raise RuntimeError("no")

        engine.models[0].close = fail  # type: ignore[method-assign]
    await models.close()
    assert models.memory == 0
