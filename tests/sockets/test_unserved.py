"""Which languages of a site can be answered now: told in the welcome, and when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import QuickTranslator
from tests.hosted import hosted
from tests.sockets.client import connected
from tests.webapp import OTHER, SHOP
from translate_proxy.conversation.audience import Audience
from translate_proxy.model import Operator, OperatorId, Shop, Site, SiteKey, new_id

Pairs = set[tuple[str, str]]


class Leads(QuickTranslator):
    """Only from these languages to those."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.leads = pairs

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """See the class."""
        return (source, target) if source == target or (source, target) in self.leads else None


def ana(*languages: str, sites: tuple[str, ...] = ()) -> Operator:
    keys = tuple(map(SiteKey, sites))
    return Operator(OperatorId(new_id()), f"{new_id()}@shop.example", "Ana", languages, keys)


BOTH_WAYS = {("pt", "en"), ("en", "pt")}


@pytest.mark.parametrize(
    ("operators", "pairs", "unserved"),
    [
        ([ana("en")], BOTH_WAYS, ("fi",)),
        ([ana("en")], {("pt", "en")}, ("pt", "fi")),  # the answer would not be understood
        ([ana("en")], {("en", "pt"), ("en", "fi")}, ("pt", "fi")),
        ([ana("en", "fi")], BOTH_WAYS, ()),  # who knows it needs no route
        ([ana("en"), ana("fi", sites=("other",))], BOTH_WAYS, ("fi",)),
        ([ana("fi"), ana("pt")], {("en", "fi"), ("fi", "en")}, ()),
        ([], BOTH_WAYS, ("fi",)),  # somebody who reads the site's default language, perhaps
        ([ana("de")], BOTH_WAYS, ("en", "pt", "fi")),
    ],
)
async def test_a_language_is_served_by_who_knows_it_or_by_a_way_there_and_back(
    operators: list[Operator], pairs: Pairs, unserved: tuple[str, ...], tmp_path: Path
) -> None:
    site = Site(SHOP.key, "Shop", (), ("en", "pt", "fi"), "en")
    async with hosted(tmp_path) as server:
        app = server.app
        for one in operators:
            await app.store.add_operator(one, "hash")
        audience = Audience(app.store, app.desk, app.judge, Leads(pairs))
        assert await audience.unserved(site) == unserved


async def test_it_is_in_the_welcome_and_told_again_when_it_changes(tmp_path: Path) -> None:
    translator = Leads({(one, "en") for one in SHOP.languages})
    async with hosted(tmp_path, translator=translator) as server:
        await server.app.store.add_operator(ana("en"), "hash")
        auth = {"protocol": 1, "site": SHOP.key}
        async with connected(server.http, "/visitor", auth) as guest:
            site = (await guest.hear("welcome"))["site"]
            assert site["unserved"] == [one for one in SHOP.languages if one != "en"]
            translator.leads |= {("en", one) for one in SHOP.languages}
            await server.app.models_changed()
            assert (await guest.hear("site"))["site"] == {**site, "unserved": []}


async def test_a_site_that_has_gone_stops_no_word_to_the_others(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server:
        gone, stays = ({"protocol": 1, "site": one.key} for one in (SHOP, OTHER))
        async with (
            connected(server.http, "/visitor", gone) as left,
            connected(server.http, "/visitor", stays) as guest,
        ):
            store = server.app.store
            store._shop = Shop({OTHER.key: OTHER}, store.shop().revision)
            server.app.desk.changed()
            assert (await guest.hear("availability"))["status"] == "offline"
            await left.closed.wait()
