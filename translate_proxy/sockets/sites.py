"""The sites of a console's operator, as the shop is now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from translate_proxy.model import Operator, Shop, SiteKey


def served_now(shop: Callable[[], Shop], operator: Operator) -> Callable[[], tuple[SiteKey, ...]]:
    """The keys of the sites that an operator serves, whenever it is asked: for every event, so they
    are looked for anew only when the shop is another."""
    of: Shop | None = None
    keys: tuple[SiteKey, ...] = ()

    def now() -> tuple[SiteKey, ...]:
        nonlocal of, keys
        if (current := shop()) is not of:
            of, keys = current, current.served_by(operator)
        return keys

    return now


def sites_wire(shop: Shop, keys: Sequence[SiteKey]) -> list[dict[str, Any]]:
    """These sites as a console is told of them."""
    return [
        {
            "key": site.key,
            "name": site.name,
            "languages": list(site.languages),
            "default_language": site.default_language,
            "max_message_length": site.max_message_length,
        }
        for site in shop.sites
        if site.key in keys
    ]
