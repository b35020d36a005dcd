"""What a room is busy with at this moment, written where it outlives the room.

A few kilobytes of memory that server and room share: before a batch, a load or a text that is taken
apart, whoever does it writes down which jobs (or which model) that is for, and wipes it out when it
is done. After a death the server reads who was in hand. A frame would not do: the thread that is
about to crash cannot wait for the loop to send it.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

SLOTS = 96
"""More than a room has threads at the same time; what finds none free is not written down."""
_SIZE = 4096
_HEAD = struct.Struct("<BxHxxxxd")  # kind, count, since
_MOST = (_SIZE - _HEAD.size) // 8


class Work(IntEnum):
    """What is being done."""

    NOTHING = 0
    BATCH = 1
    LOAD = 2
    LOOK = 3
    TEXT = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """``jobs`` by number, or for a load the model's key; ``since`` in CLOCK_MONOTONIC's seconds,
    which every process of a machine shares."""

    work: Work
    since: float
    jobs: tuple[int, ...] = ()
    model: str = ""


class Ledger:
    """Over an open file (a memfd) of ``SLOTS`` pages; both processes map the same."""

    def __init__(self, handle: int) -> None:
        os.ftruncate(handle, SLOTS * _SIZE)
        self._memory = mmap.mmap(handle, SLOTS * _SIZE)
        self._free = list(range(SLOTS - 1, 0, -1))
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()

    # -- in the room -------------------------------------------------------------------------

    @contextmanager
    def jobs(self, work: Work, ids: Sequence[int]) -> Iterator[None]:
        """Written down for the length of a block, on any thread."""
        listed = [number for number in dict.fromkeys(ids) if number][:_MOST]
        with self._written(work, len(listed), struct.pack(f"<{len(listed)}Q", *listed)):
            yield

    @contextmanager
    def load(self, model: str) -> Iterator[None]:
        """A model is being loaded."""
        name = model.encode()[: _SIZE - _HEAD.size]
        with self._written(Work.LOAD, len(name), name):
            yield

    def taken(self, job: int) -> None:
        """The loop takes this text apart. It stays until the next one is: what holds the loop for
        ever is the last that was written here."""
        self._write(0, Work.TEXT, 1, struct.pack("<Q", job))

    @contextmanager
    def _written(self, work: Work, count: int, body: bytes) -> Iterator[None]:
        with self._lock:
            slot = self._free.pop() if self._free else None
        if slot is None:
            yield
            return
        self._write(slot, work, count, body)
        try:
            yield
        finally:
            self._memory[slot * _SIZE] = Work.NOTHING
            with self._lock:
                self._free.append(slot)

    def _write(self, slot: int, work: Work, count: int, body: bytes) -> None:
        at = slot * _SIZE
        self._memory[at] = Work.NOTHING  # never half an entry
        self._memory[at + 1 : at + _HEAD.size] = _HEAD.pack(work, count, time.monotonic())[1:]
        self._memory[at + _HEAD.size : at + _HEAD.size + len(body)] = body
        self._memory[at] = work

    # -- in the server -----------------------------------------------------------------------

    def read(self) -> list[Entry]:
        """What is in hand. Of a room that runs it is only about right."""
        found = []
        for slot in range(SLOTS):
            at = slot * _SIZE
            if not self._memory[at]:
                continue
            kind, count, since = _HEAD.unpack_from(self._memory, at)
            at += _HEAD.size
            if kind == Work.LOAD:
                model = bytes(self._memory[at : at + min(count, _SIZE - _HEAD.size)])
                found.append(Entry(Work.LOAD, since, model=model.decode("utf-8", "replace")))
            elif kind in (Work.BATCH, Work.LOOK, Work.TEXT):
                ids = struct.unpack_from(f"<{min(count, _MOST)}Q", self._memory, at)
                found.append(Entry(Work(kind), since, jobs=ids))
        return found
