"""Rate limits, counted before any work is done.

The algorithm is the token bucket. Every key (an address, a visitor, an operator) has a bucket of
``burst`` tokens. A request takes one; an empty bucket refuses it and says how long the next token
takes. Tokens flow back at ``per_second``, computed from the time since the bucket was last looked
at, so nothing runs in the background and a refused request costs one dictionary look-up. A refused
request takes no token: a client that hammers is served at the rate, not never.

A full bucket is the same as none, so a key that was quiet may be forgotten without changing any
answer. At most ``max_keys`` are kept and the least recently seen goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address

from translate_proxy.model import Refused
from translate_proxy.settings import Rate


class Bucket:
    """The tokens of one key; full in the beginning. ``now``: seconds of a monotonic clock."""

    __slots__ = ("_rate", "_seen", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._seen = now

    def take(self, cost: float, now: float) -> float:
        """0 when ``cost`` tokens were taken; else none were, and so many seconds are missing."""
        flowed = max(0.0, now - self._seen) * self._rate.per_second
        self._tokens = min(float(self._rate.burst), self._tokens + flowed)
        self._seen = now
        if self._tokens < cost:
            return (cost - self._tokens) / self._rate.per_second
        self._tokens -= cost
        return 0.0


class RateLimit:
    """One limit for many keys. ``clock`` gives seconds and should be monotonic."""

    def __init__(self, rate: Rate, clock: Callable[[], float], *, max_keys: int = 50_000) -> None:
        self._rate = rate
        self._clock = clock
        self._max_keys = max_keys
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def check(self, key: Hashable, cost: float = 1.0) -> None:
        """Take ``cost`` tokens of ``key``. Refused ``rate_limited`` with ``retry_after`` when so
        many are not left; a cost above the burst is never granted."""
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, now)
            if len(self._buckets) > self._max_keys:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        missing = bucket.take(cost, now)
        if missing:
            raise Refused("rate_limited", "Too many requests: slow down.", retry_after=missing)

    def __len__(self) -> int:
        return len(self._buckets)


def address_key(address: str) -> str:
    """The key of a client address: an IPv6 client is its /64, because whoever has one address
    there has all of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
