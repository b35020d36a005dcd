"""How often clients may do what, counted before any work is done.

A visitor costs nothing to make, so whatever a visitor may do is counted again for their address,
and for the whole site: nobody can fill the disk from one place, and many places together only as
fast as the site allows.
"""

from __future__ import annotations

from typing import Any

from translate_proxy.interfaces import Clock
from translate_proxy.model import OperatorId, SiteKey, VisitorId
from translate_proxy.security.ratelimit import AddressLimit, RateLimit
from translate_proxy.settings import Limits


class Allowances:
    """The rates of ``[limits]`` that concern sockets. Every method raises Refused
    ``rate_limited``. ``monotonic`` gives seconds; an address is the client's own, as it is."""

    def __init__(self, limits: Limits, monotonic: Clock) -> None:
        self._connect = AddressLimit(limits.connect, monotonic)
        self._call = RateLimit(limits.call, monotonic)
        self._address_call = AddressLimit(limits.address_call, monotonic)
        self._message = RateLimit(limits.message, monotonic)
        self._address_message = AddressLimit(limits.address_message, monotonic)
        self._site_message = RateLimit(limits.site_message, monotonic)
        self._address_bytes = AddressLimit(limits.address_bytes, monotonic)
        self._site_bytes = RateLimit(limits.site_bytes, monotonic)
        self._address_visitor = AddressLimit(limits.address_visitor, monotonic)
        self._site_visitor = RateLimit(limits.site_visitor, monotonic)
        self._operator_message = RateLimit(limits.operator_message, monotonic)

    def connect(self, address: str) -> None:
        """A new connection to a namespace."""
        self._connect.check(address)

    def visitor(self, address: str, site: SiteKey, said: Any) -> None:
        """A visitor who will be stored. ``said``: what is kept of them."""
        self._address_visitor.check(address)
        self._address_bytes.check(address, bytes_in(said))
        self._site_visitor.check(site)
        self._site_bytes.check(site, bytes_in(said))

    def visitor_change(self, visitor_id: VisitorId, address: str, site: SiteKey, said: Any) -> None:
        """A visitor's call that is stored; per visitor whatever the number of their tabs."""
        size = bytes_in(said)
        self._message.check(visitor_id)
        self._address_message.check(address)
        self._address_bytes.check(address, size)
        self._site_message.check(site)
        self._site_bytes.check(site, size)

    def call(self, sid: str, address: str) -> None:
        """Any other call."""
        self._call.check(sid)
        self._address_call.check(address)

    def operator_change(self, operator_id: OperatorId) -> None:
        """An operator's call that changes something."""
        self._operator_message.check(operator_id)


def bytes_in(said: Any) -> int:
    """How many bytes of UTF-8 the texts in a JSON value are."""
    size, left = 0, [said]
    while left:
        value = left.pop()
        if isinstance(value, str):
            size += len(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            left += value
    return size
