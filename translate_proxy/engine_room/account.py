"""What is told of the engine room: its own figures, which it says every second, and how often
something was done a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from translate_proxy.engine_room.process import ProcessRoom

REACH_S = 60.0
"""Over so many seconds at most the work of a second is told."""
DONE = ("observed", "translated")


class Account:
    """``clock``: seconds that nobody sets."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._beats: deque[tuple[float, Mapping[str, float]]] = deque()

    def beat(self, figures: Mapping[str, float]) -> None:
        """The room has said its figures; those of another process begin anew."""
        now = self._clock()
        if self._beats and any(figures.get(name, 0) < self._newest(name) for name in DONE):
            self._beats.clear()
        self._beats.append((now, figures))
        while now - self._beats[0][0] > REACH_S:
            self._beats.popleft()

    def _newest(self, name: str) -> float:
        return self._beats[-1][1].get(name, 0.0)

    def a_second(self, name: str) -> float:
        """How much of it was done a second, lately."""
        if len(self._beats) < 2:
            return 0.0
        (began, first), (ended, _) = self._beats[0], self._beats[-1]
        return (self._newest(name) - first.get(name, 0.0)) / max(0.001, ended - began)


def facts(room: ProcessRoom) -> Mapping[str, Any]:
    """How the room is, plain JSON, for whoever asks a running server."""
    return {
        "pid": room.pid,
        "up": room.usable,
        "resident_bytes": room.memory,
        "jobs": room.waiting,
        "replaced": dict(room.deaths),
        "a_second": {name: round(room.account.a_second(name), 2) for name in DONE},
        "figures": dict(room.figures),
    }
