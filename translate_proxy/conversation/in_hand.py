"""Which messages were being judged or translated when the process died.

Whatever a message does to the judge or the translator, it must not stop a start twice. So each one
is written down while it is in hand, in a small file that is mapped into memory: that costs no
commit, and what was written is there after SIGKILL, because the pages are the kernel's. A start
counts a death for each that was in hand; a stop in order leaves none.
"""

from __future__ import annotations

import mmap
import os
import struct
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Final

import structlog

from translate_proxy.model import MessageId

FILE_NAME: Final = "in-hand"
SLOTS: Final = 1024
"""Messages in hand at the same time that are written down; of more, nothing is known."""
GIVEN_UP: Final = 2
"""Deaths after which a message is not handed to anything any more."""
_SLOT = struct.Struct("<BB16s")  # in hand, deaths, id
_SIZE = SLOTS * _SLOT.size

log = structlog.get_logger(__name__)


class InHand:
    """``file`` is made with mode 0600; None keeps nothing beyond the process."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._map = mmap.mmap(-1, _SIZE)
        self._slots: dict[MessageId, int] = {}
        self._deaths: dict[MessageId, int] = {}
        self._free: list[int] = []

    def open(self, pending: Collection[MessageId]) -> None:
        """Read what an earlier process left, and count. Of messages that are not pending only
        those that were given up are still known. A folder that cannot be written is logged: the
        server runs, it only learns nothing from its own death."""
        if self._file is not None:
            try:
                self._map = _mapped(self._file)
            except OSError as error:
                log.warning("in_hand.unusable", error=error.strerror or str(error))
        self._slots, self._deaths, self._free = {}, {}, []
        for slot in reversed(range(SLOTS)):
            held, deaths, name = _SLOT.unpack_from(self._map, slot * _SLOT.size)
            deaths = min(deaths + bool(held), GIVEN_UP)
            message_id = MessageId(str(uuid.UUID(bytes=name)))
            if deaths and (message_id in pending or deaths == GIVEN_UP):
                self._slots[message_id], self._deaths[message_id] = slot, deaths
                self._write(slot, message_id, deaths, held=False)
            else:
                self._empty(slot)

    def deaths(self, message_id: MessageId) -> int:
        """How often the process has died with this message in hand."""
        return self._deaths.get(message_id, 0)

    def given_up(self, message_id: MessageId) -> bool:
        """Whether it must not be handed to the judge or the translator any more."""
        return self.deaths(message_id) >= GIVEN_UP

    def take(self, message_id: MessageId) -> None:
        """It is in hand from here on, whatever happens."""
        if message_id not in self._slots:
            if not self._free:
                return
            self._slots[message_id] = self._free.pop()
        self._write(self._slots[message_id], message_id, self.deaths(message_id), held=True)

    def put_down(self, message_id: MessageId) -> None:
        """It is done, and harmless; of one that was given up that stays known."""
        slot = self._slots.get(message_id)
        if slot is None:
            return
        if self.given_up(message_id):
            self._write(slot, message_id, GIVEN_UP, held=False)
            return
        del self._slots[message_id]
        self._deaths.pop(message_id, None)
        self._empty(slot)

    def leave(self, message_id: MessageId) -> None:
        """It is not done, but not in hand any more either: what it did before stays known."""
        slot = self._slots.get(message_id)
        if slot is not None and self.deaths(message_id):
            self._write(slot, message_id, self.deaths(message_id), held=False)
        else:
            self.put_down(message_id)

    def close(self) -> None:
        """Nothing is in hand any more: the process stops in order."""
        for message_id in list(self._slots):
            self.leave(message_id)
        self._map.flush()
        self._map.close()

    def _write(self, slot: int, message_id: MessageId, deaths: int, *, held: bool) -> None:
        at = slot * _SLOT.size
        self._map[at] = 0  # never half an entry
        self._map[at + 1 : at + _SLOT.size] = _SLOT.pack(0, deaths, uuid.UUID(message_id).bytes)[1:]
        self._map[at] = held

    def _empty(self, slot: int) -> None:
        at = slot * _SLOT.size
        self._map[at : at + _SLOT.size] = bytes(_SLOT.size)
        self._free.append(slot)


def _mapped(file: Path) -> mmap.mmap:
    """The file's memory. Its blocks are allocated now: a page that finds the disk full when it is
    written would end the process."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(handle).st_size != _SIZE:
            os.ftruncate(handle, 0)
        os.posix_fallocate(handle, 0, _SIZE)
        return mmap.mmap(handle, _SIZE)
    finally:
        os.close(handle)
