"""Beats go on, whatever happens in one of them."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from tests.contract.people import START, Clock
from tests.logged import logged_by
from translate_proxy import background as beats
from translate_proxy.background import Background, each
from translate_proxy.model import Refused

FAILURES: tuple[BaseException, ...] = (
    OperationalError("SELECT 1", {}, sqlite3.OperationalError("disk I/O error")),
    sqlite3.OperationalError("database is locked"),
    Refused("unavailable", "The message store cannot be reached.", 2.0),
    asyncio.CancelledError("of something else"),
    RuntimeError("a fault of ours"),
    ExceptionGroup("several", [KeyError("a"), ValueError("b")]),
)


class Pauses:
    """Waits for nothing, and knows how long it should have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda one: type(one).__name__)
async def test_a_beat_goes_on_after_a_failure(failure: BaseException) -> None:
    registry, pauses, clock = CollectorRegistry(), Pauses(), Clock()
    background = Background(registry, clock, pauses)
    runs = 0
    over = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs <= 2:
            raise failure
        over.set()
        await asyncio.Event().wait()

    with logged_by(beats) as logged:
        background.every(0, "heart", work, at_once=True)
        await over.wait()
        await background.close()
    about = {"beat": "heart", "outcome": "failed"}
    assert registry.get_sample_value("translate_proxy_beats_total", about) == 2
    last = registry.get_sample_value("translate_proxy_beat_last_run_timestamp_seconds", about)
    assert last == START
    assert pauses.seconds == [1.0, 1.0]
    assert [entry["beat"] for entry in logged] == ["heart", "heart"]
    if not isinstance(failure, Refused):
        assert all(entry["exc_info"] for entry in logged)


@pytest.mark.parametrize(("period", "pause"), [(0, 1.0), (0.2, 1.0), (30, 30), (86_400, 60.0)])
async def test_what_has_failed_is_tried_again_soon(period: float, pause: float) -> None:
    pauses = Pauses()
    background = Background(CollectorRegistry(), Clock(), pauses)
    outcomes = iter([RuntimeError("once"), None])

    async def work() -> None:
        outcome = next(outcomes, asyncio.CancelledError())
        if outcome is not None:
            raise outcome

    background.every(period, "heart", work)
    while len(pauses.seconds) < 3:
        await asyncio.sleep(0)
    await background.close()
    assert pauses.seconds[:3] == [period, pause, period]


async def test_closing_ends_every_beat_where_it_is() -> None:
    registry = CollectorRegistry()
    background = Background(registry)
    entered, left = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    background.every(0, "waiting", work, at_once=True)
    background.every(3600, "sleeping", work)
    await entered.wait()
    await background.close()
    assert left.is_set()
    shown = registry.get_sample_value(
        "translate_proxy_beats_total", {"beat": "sleeping", "outcome": "failed"}
    )
    assert shown == 0


async def test_each_has_its_turn() -> None:
    done: list[str] = []

    async def work(item: str) -> None:
        if item == "bad":
            raise KeyError(item)
        if item == "refused":
            raise Refused("unavailable", "Not now.")
        done.append(item)

    with pytest.raises(ExceptionGroup) as group:
        await each(["bad", "a", "refused", "b", "bad"], work)
    assert len(group.value.exceptions) == 2
    with pytest.raises(Refused):
        await each(["refused", "c"], work)
    await each(["d"], work)
    assert done == ["a", "b", "c", "d"]
