"""What sites need, and which packages would serve it."""

from __future__ import annotations

import pytest

from tests.translation_support import pair_rule
from translate_proxy.model import Operator, OperatorId, Site, SiteKey
from translate_proxy.needs import Need, lacking, of_sites
from translate_proxy.settings import PairSettings
from translate_proxy.translation.engines.engine import EnginePair
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.packages.index import Offer

SHOP = Site(SiteKey("shop"), "Shop", (), ("pt", "fi"), "pt")


def reads(*languages: str, sites: tuple[SiteKey, ...] = ()) -> Operator:
    return Operator(OperatorId("id"), "a@shop.example", "Ana", languages, sites)


def needed(*operators: Operator) -> set[tuple[str, str]]:
    return {(one.source, one.target) for one in of_sites([SHOP], operators)}


def test_each_language_is_needed_to_each_reader_and_back() -> None:
    both = {("pt", "en"), ("en", "pt"), ("fi", "en"), ("en", "fi")}
    assert needed(reads("en")) == both
    assert needed(reads("en"), reads("fi", "pt")) == both | {("pt", "fi"), ("fi", "pt")}
    assert needed(reads("de", sites=(SiteKey("other"),)), reads("en")) == both


def test_without_operators_the_sites_own_language_is_read() -> None:
    assert needed() == {("fi", "pt"), ("pt", "fi")}


def test_a_variant_needs_no_translation() -> None:
    assert needed(reads("pt-BR")) == {("fi", "pt-BR"), ("pt-BR", "fi")}


def installed(*ways: str, rules: tuple[PairSettings, ...] = (), problem: str = "") -> Inventory:
    pairs = tuple(
        EnginePair("argos", way[:2], way[3:], "1", problem=problem or None) for way in ways
    )
    return Inventory(rules, pairs, frozenset({"argos"}))


def offered(*ways: str) -> list[Offer]:
    return [Offer(way[:2], way[3:], "1.0", f"https://index.example/{way}") for way in ways]


def helps(has: Inventory, offers: list[Offer], way: str = "fi-pl") -> list[list[str]]:
    found = lacking([Need(SHOP.key, way[:2], way[3:])], has, offers)
    return [[offer.pair for offer in lack.offers] for lack in found]


@pytest.mark.parametrize(
    ("has", "offers", "helpful"),
    [
        (installed(), offered("fi-pl", "fi-en", "en-pl"), [["fi-pl"]]),
        (installed(), offered("fi-en", "en-pl", "pl-fi"), [["fi-en", "en-pl"]]),
        (installed("fi-en"), offered("fi-en", "en-pl"), [["en-pl"]]),
        (installed("fi-en", "en-pl"), offered("fi-pl"), []),
        (installed("fi-en"), offered("pl-en"), [[]]),
        (installed("fi-pl", problem="broken"), offered("fi-pl"), [["fi-pl"]]),
        (installed(rules=(pair_rule("fi", "pl", enabled=False),)), offered("fi-pl"), []),
        (
            installed(rules=(pair_rule("fi", "pl", via=["sv"]),)),
            offered("fi-pl", "fi-sv", "sv-pl"),
            [["fi-sv", "sv-pl"]],
        ),
    ],
)
def test_what_would_serve(has: Inventory, offers: list[Offer], helpful: list[list[str]]) -> None:
    assert helps(has, offers) == helpful
