"""Operators' passwords: argon2id, computed on a small pool so that the event loop never waits."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from translate_proxy.model import Refused

MIN_LENGTH = 8
MAX_LENGTH = 1024
"""Code points. The upper bound keeps a request from buying CPU with a huge password."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right, and a new hash to store when the parameters have moved on."""

    ok: bool
    rehash: str | None = None


def default_hasher() -> PasswordHasher:
    """RFC 9106's memory-constrained choice (3 passes over 64 MiB) with one lane instead of four:
    a sign-in takes one core for about 0.16 s and leaves the others to the chat."""
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)


class Passwords:
    """Hashes and verifies. At most ``workers`` at a time and ``waiting`` more in line."""

    def __init__(
        self, hasher: PasswordHasher | None = None, *, workers: int = 2, waiting: int = 32
    ) -> None:
        self._hasher = hasher or default_hasher()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="passwords")
        self._places = threading.BoundedSemaphore(workers + waiting)
        self._nobody = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        """A hash to store. Refused ``bad_request`` when it is too short, too long or not valid
        Unicode, ``overloaded`` when too many are in line."""
        prepared = _prepare(password)
        if prepared is None or len(password) < MIN_LENGTH:
            raise Refused(
                "bad_request", f"A password has {MIN_LENGTH} to {MAX_LENGTH} valid characters."
            )
        return await self._run(lambda: self._hasher.hash(prepared))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Check a password. ``stored`` None (nobody has that e-mail address) costs the same time
        as a wrong password, so that the answer's delay does not tell who has an account.

        Refused ``overloaded`` when too many are in line.
        """
        prepared = _prepare(password)
        return await self._run(lambda: self._check(stored, prepared))

    async def close(self) -> None:
        """Let running computations end and stop the pool."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _check(self, stored: str | None, prepared: bytes | None) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobody, prepared or b"")
        except (VerificationError, InvalidHashError):
            return Verdict(ok=False)
        if stored is None or prepared is None:
            return Verdict(ok=False)
        if self._hasher.check_needs_rehash(stored):
            return Verdict(ok=True, rehash=self._hasher.hash(prepared))
        return Verdict(ok=True)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if not self._places.acquire(blocking=False):
            raise Refused("overloaded", "Too many sign-ins at once: try again.", retry_after=1.0)
        try:
            job: Future[_T] = self._pool.submit(work)
        except RuntimeError:  # the pool is closed
            self._places.release()
            raise Refused("unavailable", "The server is stopping.", retry_after=5.0) from None
        # A caller that goes away frees its place only when the thread is done with it.
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)


def _prepare(password: str) -> bytes | None:
    """The bytes to hash: NFKC, because keyboards write the same ä in two ways; None when the
    text is too long or holds a lone surrogate."""
    if len(password) > MAX_LENGTH:
        return None
    try:
        return unicodedata.normalize("NFKC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A well-formed hash that no password has, of the same cost as a real one."""

    def encode(count: int) -> str:
        return base64.b64encode(os.urandom(count)).decode("ascii").rstrip("=")

    return (
        f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        f"${encode(hasher.salt_len)}${encode(hasher.hash_len)}"
    )
