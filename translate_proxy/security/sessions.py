"""Operator sessions: a random token for the client, only its SHA-256 in the store."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from translate_proxy.interfaces import Accounts
from translate_proxy.model import Operator, OperatorId, Refused, Session
from translate_proxy.security.cookies import read_cookie
from translate_proxy.security.passwords import Passwords

LIFETIME_S = 12 * 3600
"""How long a sign-in lasts, in seconds."""

COOKIE = "translate_proxy_session"
"""Name of the console's session cookie; over https with a prefix (``cookies``)."""

Ends = Callable[[str, OperatorId], bool]
"""Whether the session with this token's hash, of this operator, is one of those that ended."""
Listener = Callable[[Ends], Awaitable[None]]

_MAX_EMAIL = 254
_MAX_TOKEN = 128


class OperatorSessions:
    """Signs operators in and out. ``clock`` gives UTC epoch seconds."""

    def __init__(
        self, accounts: Accounts, passwords: Passwords, clock: Callable[[], float]
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock
        self._listeners: list[Listener] = []
        self.ended = 0

    def follow(self, listener: Listener) -> None:
        """Have somebody told of every session that is ended, right after it was. ``ended`` counts
        how often that was; sessions that run out are not told."""
        self._listeners.append(listener)

    async def sign_in(self, email: str, password: str) -> tuple[str, Session, Operator]:
        """A new session and its token, which is shown this once.

        Refused ``unauthorized`` with the same words and after the same work whether the address
        or the password is wrong, and when the account is disabled; ``overloaded`` when too many
        sign in at once. Count the attempt against the rate limits first: this is where CPU is
        spent.
        """
        found = await self._accounts.operator_by_email(email) if _plausible(email) else None
        verdict = await self._passwords.verify(found[1] if found else None, password)
        if found is None or not verdict.ok:
            raise Refused("unauthorized", "The e-mail address or the password is wrong.")
        operator = found[0]
        if not operator.active:  # told to nobody but who knows the password
            raise Refused("unauthorized", "This account is disabled: ask an administrator.")
        if verdict.rehash is not None:
            await self._accounts.set_password_hash(operator.id, verdict.rehash)
        token = secrets.token_urlsafe(32)
        now = self._clock()
        session = Session(
            token_hash=token_hash(token),
            operator_id=operator.id,
            created_at=now,
            expires_at=now + LIFETIME_S,
        )
        await self._accounts.add_session(session)
        return token, session, operator

    async def resolve(self, token: object) -> Operator:
        """Whose token this is, now: two look-ups by key, cheap enough for every call.

        Refused ``unauthorized`` when it is malformed, unknown, revoked or expired, or the
        operator is gone.
        """
        if not isinstance(token, str) or not 0 < len(token) <= _MAX_TOKEN or not token.isascii():
            raise _signed_out()
        session = await self._accounts.session(token_hash(token))
        if session is None:
            raise _signed_out()
        if session.expires_at <= self._clock():
            await self._accounts.end_session(session.token_hash)
            raise _signed_out()
        operator = await self._accounts.operator(session.operator_id)
        if operator is None or not operator.active:
            raise _signed_out()
        return operator

    async def sign_out(self, token: object) -> None:
        """Revoke a token; one that is not known (any more) is ignored."""
        if isinstance(token, str) and token.isascii():
            hashed = token_hash(token)
            await self._accounts.end_session(hashed)
            await self._tell(lambda one, _operator_id: one == hashed)

    async def end_all(self, operator_id: OperatorId) -> None:
        """Revoke every session of an operator, whose open sockets are closed: their password,
        role or sites have changed, or they are no operator any more."""
        await self._accounts.end_sessions_of(operator_id)
        await self._tell(lambda _hash, one: one == operator_id)

    async def _tell(self, ends: Ends) -> None:
        self.ended += 1
        for listener in self._listeners:
            await listener(ends)


def token_hash(token: str) -> str:
    """What the store keeps of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def session_cookie(scope: Mapping[str, Any], public_url: str | None) -> str | None:
    """The session token in the cookie of an ASGI ``http`` or ``websocket`` scope."""
    return read_cookie(COOKIE, scope, public_url)


def _plausible(email: str) -> bool:
    # The store is not asked for what it cannot hold: U+0000, a lone surrogate, a novel.
    return 0 < len(email) <= _MAX_EMAIL and email.isprintable()


def _signed_out() -> Refused:
    return Refused("unauthorized", "You are not signed in, or no longer: sign in again.")
