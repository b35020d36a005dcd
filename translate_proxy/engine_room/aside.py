"""Models that end the process while they are loaded: put aside, with the reason, until their
package is another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import structlog

DOUBTFUL_LOADS = 3
"""Deaths by somebody's SIGKILL, or with batches in hand, while the same model was loaded before it
is put aside. A crash with nothing else in hand is enough at once."""

log = structlog.get_logger(__name__)


class Aside:
    """``reasons`` go by a pair's key, which holds the package's version and digest."""

    def __init__(self) -> None:
        self._loads: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each of them is not loaded, one sentence."""
        return self._reasons

    def blame(self, loading: Iterable[str], *, sure: bool) -> bool:
        """A process has ended while these were loaded. Whether one more is put aside now."""
        before = len(self._reasons)
        for model in loading:
            self._loads[model] += DOUBTFUL_LOADS if sure else 1
            if self._loads[model] >= DOUBTFUL_LOADS and model not in self._reasons:
                self._reasons[model] = "it ended the engine process while it was loaded: put aside"
                log.error("engine_room.model_put_aside", model=model)
        return len(self._reasons) > before
