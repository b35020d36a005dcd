"""The places that a visitor's connection takes: one of its site, one of its address."""

from __future__ import annotations

from translate_proxy.model import Refused, SiteKey
from translate_proxy.sockets.services import Services


class Taken:
    """Places of one connection; given back unless kept."""

    def __init__(self, services: Services, site: SiteKey, address: str | None) -> None:
        self._services = services
        self._site = site
        self._address = address
        self._kept = False

    def __enter__(self) -> Taken:
        if self._address is not None:
            self._services.address_caps.claim(self._address)
        try:
            self._services.site_caps.claim(self._site)
        except Refused:
            if self._address is not None:
                self._services.address_caps.give_back(self._address)
            raise
        return self

    def keep(self) -> None:
        """The connection stands."""
        self._kept = True

    def __exit__(self, *_exc: object) -> None:
        if not self._kept:
            give_back(self._services, self._site, self._address)


def give_back(services: Services, site: SiteKey, address: str | None) -> None:
    """The connection that took them is gone."""
    services.site_caps.give_back(site)
    if address is not None:
        services.address_caps.give_back(address)
