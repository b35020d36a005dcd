"""What an engine must offer, whatever runs inside it.

An engine knows its pairs and loads one model per pair. A model translates sentences and is called
from worker threads, several at a time, never from the event loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from translate_proxy.model import Language


class EngineError(Exception):
    """A model cannot be loaded or used; the message is one sentence for the admin."""


class Uninstalled(EngineError):  # noqa: N818  (it is an answer, not a fault)
    """The pair was there when its route was found, and is not any more."""


@dataclass(frozen=True)
class EnginePair:
    """One direction that an engine offers. ``source`` and ``target`` are canonical tags; ``cost``
    is what one sentence costs compared with an Argos model (1.0), for choosing routes."""

    engine: str
    source: Language
    target: Language
    version: str
    cost: float = 1.0
    problem: str | None = None

    @cached_property
    def key(self) -> str:
        """Names the model in queues, caches and logs."""
        return f"{self.engine}:{self.source}>{self.target}:{self.version}"


class Model(Protocol):
    """One loaded direction."""

    memory: int
    """Bytes it holds while loaded, as well as the engine can tell."""

    def translate(self, sentences: Sequence[str], careful: bool) -> list[str]:
        """One translation per sentence, in order. ``careful`` asks for the slower way that does
        not repeat itself, after an output that did. Called by several threads at once; may raise
        anything."""

    def close(self) -> None:
        """Give the memory back. Not called while ``translate`` runs."""


class Engine(Protocol):
    """A way to translate."""

    name: str

    def pairs(self) -> Sequence[EnginePair]:
        """What can be loaded now. Reads the disk: called on a thread."""

    def load(self, pair: EnginePair) -> Model:
        """Load and warm one direction. Takes up to seconds: called on a thread.

        EngineError when it cannot be used, Uninstalled when it is gone.
        """
