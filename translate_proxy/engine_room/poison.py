"""Texts that have ended the engine process twice, alone: for a while they are not tried again,
whoever sends them. Kept are digests with a key of this process, not texts."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b

from translate_proxy.engine_room import frames

POISON_S = 600.0
"""Seconds for which the same text is refused at once."""


class Poison:
    """``clock``: seconds that nobody sets."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = os.urandom(16)
        self._until: dict[bytes, float] = {}

    def keep(self, job: frames.Translate | frames.Observe) -> None:
        """What this job asks for is not to be tried again."""
        now = self._clock()
        self._until = {digest: until for digest, until in self._until.items() if until > now}
        self._until[self._digest(job)] = now + POISON_S

    def holds(self, job: frames.Translate | frames.Observe) -> bool:
        """Whether the same was asked before, and ended the process."""
        if not self._until:
            return False
        return self._until.get(self._digest(job), 0.0) > self._clock()

    def _digest(self, job: frames.Translate | frames.Observe) -> bytes:
        asked = (
            ("translate", job.job.source, job.job.target, job.job.text)
            if isinstance(job, frames.Translate)
            else ("look", job.text)
        )
        digest = blake2b(key=self._key)
        for part in asked:
            body = part.encode("utf-8", "surrogatepass")
            digest.update(len(body).to_bytes(4) + body)
        return digest.digest()
