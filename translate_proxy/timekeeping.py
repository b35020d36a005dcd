"""Whether the clock may be believed where believing it cannot be undone.

A machine whose clock is ahead after a start (an empty battery, a wrong host) would find every
conversation older than it may get, and remove it. So the time of the database's last use is kept in
it, and a clock that is far ahead of that is only believed after it has run for a day, in which a
time server or a person sets it right.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from translate_proxy.interfaces import Clock
from translate_proxy.model import rfc3339

MARGIN_S = 86_400.0
"""How far ahead of what is known a clock may be: a server may have been off for so long."""
HOLD_S = 86_400.0
"""How long a clock that is further ahead has to run before it is believed."""

log = structlog.get_logger(__name__)


class Timekeeper:
    """``clock``: UTC epoch seconds. ``monotonic``: seconds that nobody sets. ``last``: the time
    that was believed last before this start, None when nothing is known (believed then)."""

    def __init__(
        self, clock: Clock, monotonic: Clock, last: Callable[[], float | None] = lambda: None
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._last = last
        self._known: tuple[float, float] | None = None
        self._doubted: tuple[float, float] | None = None

    def believed(self) -> float | None:
        """The time now; None while it is in doubt."""
        now, ran = self._clock(), self._monotonic()
        if self._known is None:
            last = self._last()
            self._known = (now if last is None else last, ran)
        expected = _later(self._known, ran)
        if now > expected + MARGIN_S and not self._held(now, ran, expected):
            return None
        self._known, self._doubted = (now, ran), None
        return now

    def _held(self, now: float, ran: float, expected: float) -> bool:
        """Whether the clock has gone evenly for long enough since it was first doubted."""
        if self._doubted is None or abs(now - _later(self._doubted, ran)) > MARGIN_S:
            self._doubted = (now, ran)
            log.warning(
                "clock.in_doubt",
                clock=rfc3339(now),
                expected=rfc3339(expected),
                detail=f"the clock is ahead of what this database knows; until it is set right, "
                f"or has run for {HOLD_S / 3600:.0f} hours, nothing is removed for its age",
            )
            return False
        if ran - self._doubted[1] < HOLD_S:
            return False
        log.warning("clock.believed", clock=rfc3339(now))
        return True


def _later(then: tuple[float, float], ran: float) -> float:
    return then[0] + ran - then[1]
