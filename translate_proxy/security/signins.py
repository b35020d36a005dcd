"""How often a sign-in may fail, so that guessing is slow and nobody can be locked out.

Every attempt counts for its client address: it costs the server work. One that fails counts for
the e-mail address as tried from there, and only then for the e-mail address as tried from
anywhere, so that one place never uses up what all places have together: the right person is let in
from elsewhere. Many places together can still use it up; for that, a device on which somebody has
signed in before has a count of its own, and none of the others.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from itsdangerous import BadSignature

from translate_proxy.interfaces import Clock
from translate_proxy.model import Refused
from translate_proxy.security.keys import Keys
from translate_proxy.security.ratelimit import AddressLimit, RateLimit
from translate_proxy.security.tokens import Signer
from translate_proxy.settings import Limits

DEVICE_COOKIE = "translate_proxy_device"
DEVICE_LIFETIME_S = 180 * 86_400
"""How long a device is known after a sign-in, in seconds."""

_MAX_LENGTH = 512


class KnownDevices:
    """What a browser keeps to be known by: signed, and good for one e-mail address. It lets nobody
    in. ``clock`` gives UTC epoch seconds."""

    def __init__(self, keys: Keys, clock: Callable[[], float]) -> None:
        self._signer = Signer(keys.visitor_tokens, clock, salt="translate_proxy.device")

    def issue(self, email: str) -> str:
        """For a device on which somebody has just signed in."""
        return self._signer.sign(f"{secrets.token_hex(8)}:{_digest(email)}").decode("ascii")

    def read(self, value: str | None, email: str) -> str | None:
        """The device's id; None when it is not known with this e-mail address."""
        if value is None or len(value) > _MAX_LENGTH or not value.isascii():
            return None
        try:
            signed = self._signer.unsign(value, max_age=DEVICE_LIFETIME_S).decode("ascii")
        except BadSignature:
            return None
        device, _, digest = signed.partition(":")
        return device if secrets.compare_digest(digest, _digest(email)) else None


class SignInLimits:
    """Counts sign-ins; ``monotonic`` gives seconds."""

    def __init__(self, limits: Limits, monotonic: Clock) -> None:
        self._address = AddressLimit(limits.login, monotonic)
        self._device = RateLimit(limits.login, monotonic)
        self._pairs = AddressLimit(limits.login_failure, monotonic)
        self._email = RateLimit(limits.login_email, monotonic)

    def attempt(self, address: str, email: str, device: str | None) -> Callable[[], None]:
        """Count a sign-in before the password is looked at. To be called when it was right: it
        was no failure. Refused ``rate_limited``."""
        if device is not None:
            self._device.check(device)
            return lambda: None
        self._address.check(address)
        self._pairs.check(address, about=email)
        try:
            self._email.check(email)
        except Refused:
            self._pairs.give_back(address, about=email)
            raise

        def succeeded() -> None:
            self._pairs.give_back(address, about=email)
            self._email.give_back(email)

        return succeeded


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode("utf-8", "surrogatepass")).hexdigest()
