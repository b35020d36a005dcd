"""The shop as a file: what is handed out, and taken in elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from pydantic import ValidationError, model_validator

from translate_proxy.model import Site
from translate_proxy.shop.checked import Checked, invalid
from translate_proxy.shop.site import SECRETS, SiteSettings, site_of, written


class ShopFile(Checked):
    """All data of a shop; its tables are those of the configuration file."""

    sites: tuple[SiteSettings, ...] = ()
    """The sites."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [site.key for site in self.sites]
        if len(set(keys)) != len(keys):
            raise ValueError("two sites have the same key")
        return self


def handed_out(sites: Iterable[Site], *, secrets: bool) -> dict[str, Any]:
    """As TOML can hold it: without what is not set. The demo's site belongs to the demo."""
    left_out = frozenset[str]() if secrets else SECRETS
    return {
        "sites": [
            {
                "key": site.key,
                **{
                    name: value
                    for name, value in written(site).items()
                    if value is not None and name not in left_out
                },
            }
            for site in sites
            if not site.demo
        ]
    }


def taken_in(data: Any) -> list[Site]:
    """The sites of what ``handed_out`` made, or a person wrote. Refused ``bad_request``."""
    try:
        given = ShopFile.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from None
    return [site_of(one) for one in given.sites]
