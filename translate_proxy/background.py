"""What is done again and again beside the calls of clients: beats that nothing ends before the
server does.

A beat that a single exception could end would be missed only when what it does is missed: nobody is
signed out, nothing is forgotten. So whatever it raises is logged and counted, and after a pause it
goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from translate_proxy.interfaces import Clock
from translate_proxy.model import Refused

LEAST_PAUSE_S = 1.0
MOST_PAUSE_S = 60.0

Work = Callable[[], Awaitable[object]]
Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

log = structlog.get_logger(__name__)


class Background:
    """The beats of one server, shown in its registry. ``clock``: UTC epoch seconds; ``sleep``
    waits for so many seconds."""

    def __init__(
        self, registry: CollectorRegistry, clock: Clock = time.time, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._tasks: list[asyncio.Task[None]] = []
        self._runs = Counter(
            "translate_proxy_beats",
            "Runs of what is done again and again, by name and outcome (done or failed).",
            ["beat", "outcome"],
            registry=registry,
        )
        self._last = Gauge(
            "translate_proxy_beat_last_run_timestamp_seconds",
            "When a beat last ended, by name and outcome, in UTC epoch seconds.",
            ["beat", "outcome"],
            registry=registry,
        )

    def every(self, seconds: float, name: str, work: Work, *, at_once: bool = False) -> None:
        """Do ``work`` until ``close``, with so many seconds between its end and its next beginning.
        ``at_once``: also now, instead of in so many seconds. ``work`` may wait for something that
        happens; then 0 seconds are right. After a failure the next attempt is as soon as the next
        beat, but not within a second and at the latest after a minute."""
        for outcome in ("done", "failed"):  # shown as 0 before the first run
            self._runs.labels(name, outcome)
        self._tasks.append(asyncio.create_task(self._run(seconds, name, work, at_once=at_once)))

    async def close(self) -> None:
        """End every beat where it is."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, seconds: float, name: str, work: Work, *, at_once: bool) -> None:
        if not at_once:
            await self._sleep(seconds)
        while True:
            done = await self._once(name, work)
            outcome = "done" if done else "failed"
            self._runs.labels(name, outcome).inc()
            self._last.labels(name, outcome).set(self._clock())
            pause = seconds if done else min(max(seconds, LEAST_PAUSE_S), MOST_PAUSE_S)
            await self._sleep(pause)

    async def _once(self, name: str, work: Work) -> bool:
        try:
            await work()
        except Refused as refused:
            log.warning("beat.refused", beat=name, reason=refused.code, detail=refused.detail)
            return False
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            log.exception("beat.failed", beat=name)  # something that it waited for was cancelled
            return False
        except Exception:
            log.exception("beat.failed", beat=name)
            return False
        return True


async def each(items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """``work`` for every item, also after one has failed. Then what has failed is raised: what was
    not to be expected as an ExceptionGroup, else the first Refused."""
    refused: list[Refused] = []
    failed: list[Exception] = []
    for item in items:
        try:
            await work(item)
        except Refused as refusal:
            refused.append(refusal)
        except Exception as error:  # noqa: BLE001  (raised below)
            failed.append(error)
    if failed:
        raise ExceptionGroup("not done for each", failed)
    if refused:
        raise refused[0]
