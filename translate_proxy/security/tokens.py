"""Visitor tokens: what a browser keeps so that the same visitor comes back.

A token is ``site:visitor_id.timestamp.signature`` (itsdangerous, HMAC-SHA256). Nothing is stored:
a token stays good for its whole life, and issuing another never invalidates it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from itsdangerous import BadSignature, TimestampSigner

from translate_proxy.model import Refused, SiteKey, VisitorId
from translate_proxy.security.keys import Keys

LIFETIME_S = 180 * 86_400
"""How long a token is good, in seconds."""

_SKEW_S = 300  # clocks of two nodes, or one before and after it was set right
_MAX_LENGTH = 512


class Signer(TimestampSigner):
    """HMAC-SHA256, for one purpose (``salt``); takes its time from the injected clock instead of
    the system's."""

    def __init__(self, keys: tuple[bytes, ...], clock: Callable[[], float], salt: str) -> None:
        super().__init__(
            keys,
            salt=salt,
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._clock = clock

    def get_timestamp(self) -> int:
        """Now, in whole seconds."""
        return int(self._clock())


class VisitorTokens:
    """Issues and reads visitor tokens. ``clock`` gives UTC epoch seconds."""

    def __init__(self, keys: Keys, clock: Callable[[], float]) -> None:
        self._signer = Signer(keys.visitor_tokens, clock, salt="translate_proxy.visitor_token")
        self._clock = clock

    def issue(self, site: SiteKey, visitor_id: VisitorId) -> str:
        """A token that continues this visitor on this site for 180 days."""
        return self._signer.sign(f"{site}:{visitor_id}").decode("ascii")

    def read(self, site: SiteKey, token: object) -> tuple[VisitorId, bool]:
        """The visitor, and whether the token should be re-issued: past half its life, or dated
        in the future.

        Refused ``bad_token`` when it is malformed, forged, expired or of another site; the
        answer is the same for all but expiry, so that it teaches a forger nothing.
        """
        if not isinstance(token, str) or len(token) > _MAX_LENGTH or not token.isascii():
            raise _bad_token()
        try:
            value, signed_at = self._signer.unsign(token, return_timestamp=True)
        except BadSignature:
            raise _bad_token() from None
        owner, _, visitor_id = value.decode("ascii").partition(":")
        if owner != site or not visitor_id:
            raise _bad_token()
        # Not ``max_age``: that refuses a token that was signed while the clock was ahead, another
        # node's by a second or this one's by a year. It is ours: it is given a date of now.
        age = self._clock() - signed_at.timestamp()
        if age > LIFETIME_S:
            raise Refused("bad_token", "The visitor token has expired: connect without it.")
        return VisitorId(visitor_id), not -_SKEW_S <= age <= LIFETIME_S / 2


def _bad_token() -> Refused:
    return Refused("bad_token", "The visitor token is not one of this site: connect without it.")
