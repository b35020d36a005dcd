"""Says which message held a thread for long, and what was done to it.

A pattern that is tried for minutes, a loop that does not end: all others wait, and nothing tells
for whom. So whatever is done to people's text in one go stands in ``held``. A thread of its own
looks at what is being done, and speaks while it still is; ``re`` lets no other thread run, so
that of a pattern it is heard afterwards. The text itself is never said.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TypeVar

import structlog

LONG_S = 1.0
"""Seconds for which nothing may hold a thread."""
LOOK_S = 0.5
"""Seconds between two looks."""

ABOUT: ContextVar[str] = ContextVar("about", default="")
"""The id of the message, or the name of the call, that this task works for."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Watchdog:
    """``clock``: seconds that nobody sets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.now: set[Held] = set()
        """What is being done."""
        self.seconds: dict[str, float] = {}
        """What each stage has taken so far; of two threads that add at once one may be lost."""
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def held(self, stage: str, about: str | None = None) -> Held:
        """For the length of a block: ``stage`` is what is done, ``about`` for whom; None: for whom
        this task works."""
        if self._thread is None:
            self._watch()
        return Held(self, stage, ABOUT.get() if about is None else about)

    def counts(self) -> Mapping[str, int]:
        """How often each stage has held a thread for over ``LONG_S``, since the start."""
        with self._lock:
            return dict(self._counts)

    def look(self) -> None:
        """Say what is being done for too long, once."""
        now = self.clock()
        for one in self.now.copy():
            if not one.said and now - one.since > LONG_S:
                one.said = True
                _say("watchdog.holding", one, now - one.since)

    def count(self, one: Held, seconds: float) -> None:
        """It is done, and took long."""
        with self._lock:
            self._counts[one.stage] += 1
        _say("watchdog.held", one, seconds)

    def _watch(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_S)
            self.look()


class Held:
    """One stage of one text, while it lasts. Entered several times for every message: no call more
    than it takes."""

    __slots__ = ("_dog", "about", "said", "since", "stage")

    def __init__(self, dog: Watchdog, stage: str, about: str) -> None:
        self._dog = dog
        self.stage = stage
        self.about = about
        self.since = 0.0
        self.said = False

    def __enter__(self) -> None:
        self.since = self._dog.clock()
        self._dog.now.add(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._dog.now.discard(self)
        took = self._dog.clock() - self.since
        self._dog.seconds[self.stage] = self._dog.seconds.get(self.stage, 0.0) + took
        if took > LONG_S:
            self._dog.count(self, took)


def _say(event: str, one: Held, seconds: float) -> None:
    log.warning(event, stage=one.stage, about=one.about or None, seconds=round(seconds, 3))


_dog = Watchdog()
held = _dog.held
counts = _dog.counts
seconds = _dog.seconds


def doing(stage: str, work: Callable[[], T], about: str | None = None) -> T:
    """``work``, watched: for what is handed to a thread."""
    with held(stage, about):
        return work()
