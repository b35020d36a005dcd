"""Signed identity: the shop's own server vouches for who its customer is.

``hmac`` is the hex HMAC-SHA256, with the site's ``identity_secret``, over the UTF-8 of
``v1\\n{site}\\n{id}\\n{expires}\\n{email}\\n{name}\\n{locale}`` (fields left out are empty). Line
breaks inside fields are refused: with them a customer who chooses their own name could move text
from one field into another under the same signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from translate_proxy.model import Language, Refused, Site

_LIMITS = {"id": 200, "email": 254, "name": 200, "locale": 35}  # code points
_MILLISECONDS = 100_000_000_000  # as seconds the year 5138: somebody's clock counts milliseconds
LONGEST_S = 24 * 3600
"""How far ahead an identity may expire, in seconds: one that leaks is not good for ever."""
_SKEW_S = 300  # the shop's clock and ours
_HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer the shop vouches for. ``id`` is the shop's own; ``expires`` epoch seconds."""

    id: str
    name: str | None
    email: str | None
    locale: Language | None
    expires: int


def identity_payload(site: Site, claim: Mapping[str, Any]) -> bytes:
    """The exact bytes that are signed; ``claim`` needs ``id`` and ``expires``."""
    fields = [
        "v1",
        site.key,
        claim["id"],
        str(claim["expires"]),
        claim.get("email") or "",
        claim.get("name") or "",
        claim.get("locale") or "",
    ]
    return "\n".join(fields).encode("utf-8")


def sign_identity(site: Site, claim: Mapping[str, Any]) -> str:
    """The ``hmac`` for a claim. Refused ``bad_identity`` when the site has no secret."""
    if not site.identity_secret:
        raise _refused("this site has no identity_secret; set one, or connect without identity")
    key = site.identity_secret.encode("utf-8")
    return hmac.new(key, identity_payload(site, claim), hashlib.sha256).hexdigest()


def verify_identity(site: Site, claim: object, now: float) -> Identity:
    """The identity that ``claim`` (from ``auth.identity``) proves. ``now``: UTC epoch seconds.

    Refused ``bad_identity``, with a detail for the shop's developer; neither the secret nor the
    expected signature is ever part of it.
    """
    if not isinstance(claim, Mapping):
        raise _refused("identity must be an object")
    for name in _LIMITS:
        _check_text(name, claim.get(name))
    if not claim.get("id"):
        raise _refused("identity.id is missing: the customer's id in your shop")
    expires = _check_expires(claim.get("expires"))
    given = claim.get("hmac")
    if not isinstance(given, str) or not _HEX_SHA256.fullmatch(given):
        raise _refused("identity.hmac must be 64 hexadecimal digits (hex, not base64)")
    if not hmac.compare_digest(sign_identity(site, claim), given.lower()):
        raise _refused(
            "identity.hmac does not match: sign the UTF-8 of "
            "v1\\n{site}\\n{id}\\n{expires}\\n{email}\\n{name}\\n{locale} with HMAC-SHA256 and the "
            "site's identity_secret, exactly the values that are sent, empty where left out"
        )
    if expires <= now:
        raise _refused("identity has expired: sign it when the page is made, or check your clock")
    if expires > now + LONGEST_S + _SKEW_S:
        raise _refused(
            "identity.expires is more than 24 hours ahead: sign it when the page is made, "
            "for an hour or so"
        )
    return Identity(
        id=claim["id"],
        name=claim.get("name") or None,
        email=claim.get("email") or None,
        locale=claim.get("locale") or None,
        expires=expires,
    )


def _check_text(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise _refused(f"identity.{name} must be a string")
    if len(value) > _LIMITS[name]:
        raise _refused(f"identity.{name} is longer than {_LIMITS[name]} characters")
    if _CONTROL.search(value):
        raise _refused(f"identity.{name} must not contain line breaks or control characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _refused(f"identity.{name} is not valid Unicode")


def _check_expires(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _refused("identity.expires must be a whole number: seconds since 1970")
    if value > _MILLISECONDS:
        raise _refused("identity.expires is in seconds since 1970, not milliseconds")
    return value


def _refused(detail: str) -> Refused:
    return Refused("bad_identity", detail[0].upper() + detail[1:] + ".")
