import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from translate_proxy.model import Operator, OperatorId, Refused
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import (
    COOKIE,
    LIFETIME_S,
    OperatorSessions,
    session_cookie,
    token_hash,
)
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
EVA = Operator(OperatorId("op-1"), "eva@example.com", "Eva", ("en",))
START = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    await made.close()


@pytest.fixture
async def store(tmp_path: Path, passwords: Passwords, clock: Clock) -> AsyncIterator[Store]:
    made = Store(sqlite_url(tmp_path), clock)
    await made.open()
    await made.add_operator(EVA, await passwords.hash("correct horse"))
    yield made
    await made.close()


@pytest.fixture
def sessions(store: Store, passwords: Passwords, clock: Clock) -> OperatorSessions:
    return OperatorSessions(store, passwords, clock)


async def stored_hash(store: Store) -> str:
    found = await store.operator_by_email(EVA.email)
    assert found is not None
    return found[1]


def in_files(folder: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in folder.iterdir())


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
    sessions: OperatorSessions, store: Store, tmp_path: Path
) -> None:
    token, session, _ = await sessions.sign_in("eva@example.com", "correct horse")
    assert session.token_hash == token_hash(token)
    assert await store.session(token_hash(token)) == session
    assert await store.session(token) is None
    assert not in_files(tmp_path, token)
    assert not in_files(tmp_path, "correct horse")
    assert in_files(tmp_path, session.token_hash)
    await refused(sessions, session.token_hash)


async def test_every_sign_in_is_its_own(sessions: OperatorSessions) -> None:
    first, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    second, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    await sessions.sign_out(first)
    await refused(sessions, first)
    assert await sessions.resolve(second) == EVA


async def test_it_ends_after_twelve_hours(sessions: OperatorSessions, clock: Clock) -> None:
    token, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    clock.now += LIFETIME_S - 1
    assert await sessions.resolve(token) == EVA
    clock.now += 1
    await refused(sessions, token)
    clock.now = START
    await refused(sessions, token)


async def test_an_operator_who_is_gone_is_signed_out(
    sessions: OperatorSessions, tmp_path: Path
) -> None:
    token, _, _ = await sessions.sign_in("eva@example.com", "correct horse")
    with sqlite3.connect(tmp_path / "translate_proxy.sqlite3") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("DELETE FROM operators")
    database.close()
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
    sessions: OperatorSessions, email: str, password: str
) -> None:
    with pytest.raises(Refused) as caught:
        await sessions.sign_in(email, password)
    assert caught.value.wire() == {
        "code": "unauthorized",
        "detail": "The e-mail address or the password is wrong.",
    }


async def test_a_sign_in_renews_an_old_hash(store: Store, clock: Clock) -> None:
    before = await stored_hash(store)
    newer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sessions = OperatorSessions(store, newer, clock)
    await sessions.sign_in("eva@example.com", "correct horse")
    after = await stored_hash(store)
    assert after != before
    assert "m=16,t=2" in after
    await sessions.sign_in("eva@example.com", "correct horse")
    assert await stored_hash(store) == after
    await newer.close()


@pytest.mark.parametrize(
    "token", [None, 0, True, b"x", [], {}, "", "x", "\ud800", "ä", "\x00", "x" * 100_000]
)
async def test_what_is_no_token_is_refused(sessions: OperatorSessions, token: object) -> None:
    await refused(sessions, token)


PUBLIC = "https://chat.example.com"


def cookie(value: str, scheme: str = "http", host: str = "127.0.0.1:8000") -> str | None:
    headers = [(b"host", host.encode()), *((b"cookie", one.encode()) for one in value.split("|"))]
    return session_cookie({"type": "http", "scheme": scheme, "headers": headers}, PUBLIC)


@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_the_cookie_is_found_in_either_scope(scheme: str) -> None:
    assert COOKIE == "translate_proxy_session"
    assert cookie("a=b; translate_proxy_session=tok-en_1; c=d", scheme) == "tok-en_1"
    assert cookie("a=b|translate_proxy_session=tok-en_1", scheme) == "tok-en_1"
    assert cookie("a=b; translate_proxy_session=", scheme) is None
    assert cookie("a=b", scheme) is None


@pytest.mark.parametrize(
    "value",
    [
        "translate_proxy_session=one; translate_proxy_session=two",
        "translate_proxy_session=one; translate_proxy_session=one",
        "translate_proxy_session=one|translate_proxy_session=two",
        "translate_proxy_session=; translate_proxy_session=two",
    ],
)
def test_of_two_cookies_neither_wins(value: str) -> None:
    assert cookie(value) is None
    assert cookie(value.replace("translate", "__Host-translate"), "https") is None


@pytest.mark.parametrize(
    ("scheme", "host"),
    [("https", "chat.example.com"), ("wss", "127.0.0.1"), ("http", "chat.example.com")],
)
def test_over_https_only_a_cookie_of_this_very_host_counts(scheme: str, host: str) -> None:
    both = "translate_proxy_session=tossed; __Host-translate_proxy_session=ours"
    assert cookie(both, scheme, host) == "ours"
    assert cookie("translate_proxy_session=tossed", scheme, host) is None
