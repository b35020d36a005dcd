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

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

from translate_proxy.model import Refused
from translate_proxy.settings import Rate

WIDE: Final = 8
"""An IPv6 /48 counts as so many clients."""

Keys = Callable[[str], Sequence[tuple[str, int]]]


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

    def give_back(self, cost: float) -> None:
        """What was taken was not used."""
        self._tokens = min(float(self._rate.burst), self._tokens + cost)


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

    def give_back(self, key: Hashable, cost: float = 1.0) -> None:
        """What ``check`` took was not used."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give_back(cost)

    def __len__(self) -> int:
        return len(self._buckets)


class AddressLimit:
    """One limit for client addresses: an IPv6 client is its /64, and all of a /48 together may do
    ``WIDE`` times as much."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        wide = Rate(per_second=WIDE * rate.per_second, burst=WIDE * rate.burst)
        self._limits = {1: RateLimit(rate, clock), WIDE: RateLimit(wide, clock)}

    def check(self, address: str, cost: float = 1.0, *, about: str = "") -> None:
        """As ``RateLimit.check``; ``about``: each has tokens of its own."""
        for key, share in address_keys(address):
            self._limits[share].check((key, about), cost)

    def give_back(self, address: str, cost: float = 1.0, *, about: str = "") -> None:
        """As ``RateLimit.give_back``."""
        for key, share in address_keys(address):
            self._limits[share].give_back((key, about), cost)


class Places:
    """Counts what is held by each key (``most`` at a time), or by each client address."""

    def __init__(self, most: int, keys: Keys = lambda key: ((key, 1),)) -> None:
        self._most = most
        self._keys = keys
        self._held: Counter[str] = Counter()

    def take(self, key: str) -> bool:
        """Whether there was a place left, which is taken now."""
        keys = self._keys(key)
        if any(self._held[one] >= self._most * share for one, share in keys):
            return False
        self._held.update(one for one, _ in keys)
        return True

    def give_back(self, key: str) -> None:
        """One less."""
        for one, _ in self._keys(key):
            self._held[one] -= 1
            if self._held[one] <= 0:
                del self._held[one]


@lru_cache(maxsize=4096)
def address_keys(address: str) -> tuple[tuple[str, int], ...]:
    """What a client address is counted as, each with how many times one client's share all that
    are counted so may have together. An IPv6 client is its /64, because whoever has one address
    there has all of them, and may well have the whole /48."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ((address, 1),)
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        if parsed.ipv4_mapped is not None:
            return ((str(parsed.ipv4_mapped), 1),)
        return tuple(
            (f"{IPv6Address(int(parsed) >> rest << rest)}/{128 - rest}", share)
            for rest, share in ((64, 1), (80, WIDE))
        )
    return ((str(parsed), 1),)
