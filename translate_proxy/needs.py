"""Which directions the sites need, and which packages would serve those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from translate_proxy.model import Language, Operator, Site, SiteKey
from translate_proxy.text import tags
from translate_proxy.translation.engines.engine import EnginePair
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.engines.routes import DEFAULT_ENGINE, Routes
from translate_proxy.translation.packages.index import Offer

_OFFERED_COST = 1.5
"""Of a package that is not installed, where one that is has 1.0: it serves as well, later."""


@dataclass(frozen=True, slots=True)
class Need:
    """A direction that the conversations of a site take."""

    site: SiteKey
    source: Language
    target: Language


@dataclass(frozen=True, slots=True)
class Lack:
    """A need that nothing installed serves, and what would: the packages to install, all of them;
    none when nobody offers any."""

    need: Need
    offers: tuple[Offer, ...]

    def __str__(self) -> str:
        return f"{self.need.source} -> {self.need.target}"


def of_sites(sites: Iterable[Site], operators: Sequence[Operator]) -> list[Need]:
    """From each language that visitors may speak to each that an operator reads, and back. Where a
    site has no operators yet, its default language stands for theirs."""
    found: dict[Need, None] = {}
    for site in sites:
        readers = {one.reads for one in operators if one.serves(site.key)}
        for spoken in site.languages:
            for reads in sorted(readers or {site.default_language}):
                if not tags.same(spoken, reads):
                    found[Need(site.key, spoken, reads)] = None
                    found[Need(site.key, reads, spoken)] = None
    return list(found)


def lacking(
    needs: Iterable[Need], inventory: Inventory, offers: Sequence[Offer] = ()
) -> list[Lack]:
    """The needs that nothing installed serves, but not what the configuration forbids."""
    by_pair = {offer.pair: offer for offer in offers}
    known = [
        EnginePair(DEFAULT_ENGINE, one.source, one.target, one.version, _OFFERED_COST)
        for one in offers
    ]
    able = Routes([*inventory.offered, *known], inventory.configured)
    found = []
    for need in needs:
        ends = (need.source, need.target)
        if inventory.route(*ends) or able.forbidden(*ends):
            continue
        route = able.find(*ends)
        new = [leg for leg in route.legs if leg.cost == _OFFERED_COST] if route else []
        found.append(Lack(need, tuple(by_pair[f"{leg.source}-{leg.target}"] for leg in new)))
    return found
