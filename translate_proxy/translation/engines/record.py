"""Who is in hand: told around what may never come back, so that a death can be laid at a door."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Protocol

JOB: ContextVar[int] = ContextVar("job", default=0)
"""The number of the job that this task works for; 0 where nobody counts them."""


class Record(Protocol):
    """Written down for the length of a block, on any thread; never raises."""

    def batch(self, jobs: Sequence[int]) -> AbstractContextManager[None]:
        """A model is about to translate sentences of these jobs."""
        ...

    def load(self, model: str) -> AbstractContextManager[None]:
        """The model of this key is about to be loaded."""
        ...


class NoRecord:
    """Nobody reads it."""

    def batch(self, jobs: Sequence[int]) -> AbstractContextManager[None]:  # noqa: ARG002
        """See ``Record``."""
        return nullcontext()

    def load(self, model: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """See ``Record``."""
        return nullcontext()
