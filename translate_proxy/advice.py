"""What a person at the command line is told to install."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from translate_proxy.app import make_catalogue
from translate_proxy.demo import STARTER_FOLDERS
from translate_proxy.engine_room import making
from translate_proxy.model import Refused
from translate_proxy.needs import Lack, Need, lacking
from translate_proxy.settings import Settings
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.packages import index
from translate_proxy.translation.packages.index import Offer


@dataclass(frozen=True, slots=True)
class Advice:
    """What is missing and what would help. ``problem``: why the index could not be asked."""

    lacks: Sequence[Lack]
    problem: str | None = None

    @property
    def offers(self) -> list[Offer]:
        """Everything to install, each once."""
        return list(dict.fromkeys(offer for lack in self.lacks for offer in lack.offers))


def what(offer: Offer) -> str:
    """As ``models install`` is told: a file, or a pair that the index offers."""
    return offer.pair if offer.link.startswith(("http://", "https://")) else offer.link


def where(offer: Offer) -> str:
    """For a person: the file, or the package's name in the index."""
    named = what(offer)
    return f"{named} {offer.version} of the index" if named == offer.pair else named


async def inventory(settings: Settings, aside: Mapping[str, str] | None = None) -> Inventory:
    """What is installed; no model is loaded. ``aside``: models that cannot be used, by key."""
    translator = making.make_translator(settings, aside=aside)
    try:
        await translator.refresh()
        return translator.inventory()
    finally:
        await translator.close()


async def advise(settings: Settings, needs: Iterable[Need], installed: Inventory) -> Advice:
    """What of the packages that lie beside the product, then of the index, would serve. The index
    is asked only when something is missing without it."""
    folder = next((one for one in STARTER_FOLDERS if one.is_dir()), None)
    near = await asyncio.to_thread(index.folder, folder) if folder else []
    lacks = lacking(needs, installed, near)
    if all(lack.offers for lack in lacks):
        return Advice(lacks)
    try:
        far = await make_catalogue(settings).available()
    except Refused as refused:
        return Advice(lacks, refused.detail)
    nearer = {offer.pair for offer in near}
    offers = [*near, *(offer for offer in far if offer.pair not in nearer)]
    return Advice(lacking([lack.need for lack in lacks], installed, offers))
