from collections.abc import AsyncIterator, Sequence

import pytest
from argon2 import PasswordHasher

from translate_proxy.model import Operator, OperatorId, Refused, Session
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import (
    COOKIE,
    LIFETIME_S,
    OperatorSessions,
    session_cookie,
    token_hash,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
EVA = Operator(OperatorId("op-1"), "eva@example.com", "Eva", ("en",))
START = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class MemoryAccounts:
    def __init__(self) -> None:
        self.people: dict[str, tuple[Operator, str]] = {}
        self.sessions: dict[str, Session] = {}

    async def operator(self, operator_id: OperatorId) -> Operator | None:
        return next((who for who, _ in self.people.values() if who.id == operator_id), None)

    async def operator_by_email(self, email: str) -> tuple[Operator, str] | None:
        return self.people.get(email.lower())

    async def operators(self) -> Sequence[Operator]:
        return [who for who, _ in self.people.values()]

    async def add_operator(self, operator: Operator, password_hash: str) -> None:
        self.people[operator.email] = (operator, password_hash)

    async def set_password_hash(self, operator_id: OperatorId, password_hash: str) -> None:
        operator = await self.operator(operator_id)
        assert operator is not None
        self.people[operator.email] = (operator, password_hash)

    async def add_session(self, session: Session) -> None:
        self.sessions[session.token_hash] = session

    async def session(self, token_hash: str) -> Session | None:
        return self.sessions.get(token_hash)

    async def end_session(self, token_hash: str) -> None:
        self.sessions.pop(token_hash, None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    await made.close()


@pytest.fixture
async def accounts(passwords: Passwords) -> MemoryAccounts:
    made = MemoryAccounts()
    await made.add_operator(EVA, await passwords.hash("correct horse"))
    return made


@pytest.fixture
def sessions(accounts: MemoryAccounts, passwords: Passwords, clock: Clock) -> OperatorSessions:
    return OperatorSessions(accounts, passwords, clock)


async def refused(sessions: OperatorSessions, token: object) -> None:
    with pytest.raises(Refused) as caught:
        await sessions.resolve(token)
    assert caught.value.code == "unauthorized"


async def test_sign_in_resolve_sign_out(sessions: OperatorSessions) -> None:
    token, session, operator = await sessions.sign_in("EVA@example.com", "correct horse")
    assert operator == EVA
    assert session.expires_at == START + LIFETIME_S
    assert await sessions.resolve(token) == EVA
    await sessions.sign_out(token)
    await refused(sessions, token)
    await sessions.sign_out(token)


async def test_only_the_hash_is_stored(
    sessions: OperatorSessions, accounts: MemoryAccounts
) -> None:
    token, session, _ = await sessions.sign_in("eva@example.com", "correct horse")
    assert token not in repr(accounts.sessions)
    assert session.token_hash == token_hash(token)
    await refused(sessions, session.token_hash)


async def test_every_sign_in_is_its_own(sessions: OperatorSessions) -> None:
    first, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    second, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    await sessions.sign_out(first)
    await refused(sessions, first)
    assert await sessions.resolve(second) == EVA


async def test_it_ends_after_twelve_hours(
    sessions: OperatorSessions, accounts: MemoryAccounts, clock: Clock
) -> None:
    token, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    clock.now += LIFETIME_S - 1
    assert await sessions.resolve(token) == EVA
    clock.now += 1
    await refused(sessions, token)
    clock.now = START
    await refused(sessions, token)


async def test_an_operator_who_is_gone_is_signed_out(
    sessions: OperatorSessions, accounts: MemoryAccounts
) -> None:
    token, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    accounts.people.clear()
    await refused(sessions, token)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("eva@example.com", "wrong horse"),
        ("nobody@example.com", "correct horse"),
        ("", ""),
        ("eva@example.com\x00", "correct horse"),
        ("\ud800@example.com", "correct horse"),
        ("e" * 10_000, "correct horse"),
        ("eva@example.com", "\ud800"),
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(
    sessions: OperatorSessions, accounts: MemoryAccounts, email: str, password: str
) -> None:
    with pytest.raises(Refused) as caught:
        await sessions.sign_in(email, password)
    assert caught.value.wire() == {
        "code": "unauthorized",
        "detail": "The e-mail address or the password is wrong.",
    }
    assert not accounts.sessions


async def test_a_sign_in_renews_an_old_hash(accounts: MemoryAccounts, clock: Clock) -> None:
    before = accounts.people[EVA.email][1]
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sessions = OperatorSessions(accounts, newer, clock)
    await sessions.sign_in("eva@example.com", "correct horse")
    after = accounts.people[EVA.email][1]
    assert after != before
    assert "m=16,t=2" in after
    await sessions.sign_in("eva@example.com", "correct horse")
    assert accounts.people[EVA.email][1] == after
    await newer.close()


@pytest.mark.parametrize(
    "token", [None, 0, True, b"x", [], {}, "", "x", "\ud800", "ä", "\x00", "x" * 100_000]
)
async def test_what_is_no_token_is_refused(sessions: OperatorSessions, token: object) -> None:
    await refused(sessions, token)


def test_the_cookie_is_found_in_either_scope() -> None:
    headers = [(b"cookie", b"a=b; translate_proxy_session=tok-en_1; c=d")]
    assert COOKIE == "translate_proxy_session"
    for kind in ("http", "websocket"):
        assert session_cookie({"type": kind, "headers": headers}) == "tok-en_1"
        assert session_cookie({"type": kind, "headers": []}) is None
