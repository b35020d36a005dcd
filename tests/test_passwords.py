import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from argon2 import PasswordHasher

from translate_proxy.model import Refused
from translate_proxy.security.passwords import MAX_LENGTH, Passwords, default_hasher

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DEARER = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    await made.close()


class Gate(PasswordHasher):
    """A hasher that waits until it may go on, and knows which thread it ran on."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.open = threading.Event()
        self.threads: set[int] = set()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.threads.add(threading.get_ident())
        self.open.wait(30)
        return super().hash(password, salt=salt)


class Counting(PasswordHasher):
    """Remembers the hashes it was asked to verify."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
        self.verified.append(str(hash))
        return super().verify(hash, password)


async def test_right_and_wrong(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert "correct" not in stored
    assert stored.startswith("$argon2id$")
    assert (await passwords.verify(stored, "correct horse")).ok
    assert not (await passwords.verify(stored, "correct horsf")).ok
    assert not (await passwords.verify(stored, "")).ok


async def test_every_hash_has_its_own_salt(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_the_same_letter_typed_in_two_ways(passwords: Passwords) -> None:
    stored = await passwords.hash("h\u00e4m\u00e4h\u00e4kki")
    assert (await passwords.verify(stored, "ha\u0308ma\u0308ha\u0308kki")).ok


@pytest.mark.parametrize("password", ["", "seven77", "x" * (MAX_LENGTH + 1), "lone \ud800 one"])
async def test_what_cannot_be_a_password(passwords: Passwords, password: str) -> None:
    with pytest.raises(Refused) as caught:
        await passwords.hash(password)
    assert caught.value.code == "bad_request"
    stored = await passwords.hash("correct horse")
    assert not (await passwords.verify(stored, password)).ok


async def test_a_damaged_hash_is_a_wrong_password(passwords: Passwords) -> None:
    for stored in ("", "x", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$!!$!!", "plain text"):
        assert not (await passwords.verify(stored, "plain text")).ok


async def test_newer_parameters_bring_a_new_hash(passwords: Passwords) -> None:
    old = await passwords.hash("correct horse")
    newer = Passwords(DEARER)
    verdict = await newer.verify(old, "correct horse")
    assert verdict.ok
    assert verdict.rehash is not None
    again = await newer.verify(verdict.rehash, "correct horse")
    assert (again.ok, again.rehash) == (True, None)
    assert (await newer.verify(old, "wrong horse")).rehash is None
    await newer.close()


async def test_an_unknown_address_costs_a_whole_verification() -> None:
    hasher = Counting()
    passwords = Passwords(hasher)
    stored = await passwords.hash("correct horse")
    assert not (await passwords.verify(None, "correct horse")).ok
    assert not (await passwords.verify(stored, "wrong horse")).ok
    nobody, somebody = hasher.verified
    assert nobody.split("$")[:4] == somebody.split("$")[:4]
    assert [len(part) for part in nobody.split("$")] == [len(part) for part in somebody.split("$")]
    # Well-formed: argon2 really computes it, it does not fail on parsing.
    assert not hasher.check_needs_rehash(nobody)
    await passwords.close()


async def test_work_runs_off_the_loop_and_the_line_is_bounded() -> None:
    hasher = Gate()
    passwords = Passwords(hasher, workers=2, waiting=3)
    jobs = [asyncio.ensure_future(passwords.hash("correct horse")) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(Refused) as caught:
        await passwords.hash("correct horse")
    assert caught.value.code == "overloaded"
    # A caller that gives up while a thread works for it does not make room for another.
    jobs[0].cancel()
    await asyncio.sleep(0)
    hasher.open.set()
    await asyncio.gather(*jobs[1:])
    assert threading.get_ident() not in hasher.threads
    assert len(hasher.threads) <= 2
    assert (await passwords.hash("correct horse")).startswith("$argon2id$")
    await passwords.close()


async def test_after_the_stop_it_says_so() -> None:
    passwords = Passwords(CHEAP)
    await passwords.close()
    with pytest.raises(Refused) as caught:
        await passwords.verify(None, "correct horse")
    assert caught.value.code == "unavailable"


def test_the_default_is_not_cheap() -> None:
    hasher = default_hasher()
    assert hasher.memory_cost >= 65_536
    assert hasher.time_cost >= 3
