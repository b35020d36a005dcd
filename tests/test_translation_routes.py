"""Which way leads from one language to another."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.translation_support import pair_rule
from translate_proxy.settings import PairSettings
from translate_proxy.translation.engines.engine import EnginePair
from translate_proxy.translation.engines.routes import Routes


def offered(*pairs: str, engine: str = "argos", cost: float = 1.0) -> list[EnginePair]:
    """``"fi>en"`` and so on."""
    ends = [pair.split(">") for pair in pairs]
    return [EnginePair(engine, source, target, "1", cost) for source, target in ends]


def languages(
    pairs: Sequence[EnginePair], source: str, target: str, rules: Sequence[PairSettings] = ()
) -> tuple[str, ...] | None:
    found = Routes(pairs, rules).find(source, target)
    return found.languages if found else None


def test_direct_comes_before_pivot_even_when_it_costs_more() -> None:
    pairs = [*offered("fi>en", "en>pl"), *offered("fi>pl", cost=5)]
    assert languages(pairs, "fi", "pl") == ("fi", "pl")


def test_a_pivot_goes_through_english_or_any_language() -> None:
    assert languages(offered("fi>en", "en>pl"), "fi", "pl") == ("fi", "en", "pl")
    assert languages(offered("ca>es", "es>gl"), "ca", "gl") == ("ca", "es", "gl")
    assert languages(offered("ca>es", "es>en", "en>fi"), "ca", "fi") == ("ca", "es", "en", "fi")


def test_the_cheapest_pivot_wins() -> None:
    pairs = [*offered("fi>en", "en>pl", cost=1.5), *offered("fi>sv", "sv>pl")]
    assert languages(pairs, "fi", "pl") == ("fi", "sv", "pl")


def test_there_may_be_no_route() -> None:
    assert languages(offered("fi>en"), "en", "fi") is None
    assert languages(offered("fi>en"), "fi", "pl") is None
    assert languages([], "fi", "pl") is None
    assert languages(offered("a>b", "b>c", "c>d", "d>e"), "a", "e") is None


def test_the_ends_stay_as_they_were_written() -> None:
    pairs = offered("pt-BR>en", "en>zh-Hant")
    assert languages(pairs, "pt", "zh-TW") == ("pt", "en", "zh-TW")
    assert languages(pairs, "pt-PT", "en-GB") == ("pt-PT", "en-GB")
    assert languages(offered("nb>en"), "no", "en") == ("no", "en")


def test_the_exact_variant_is_preferred() -> None:
    found = Routes(offered("pt>en", "pt-BR>en"), ()).find("pt-BR", "en")
    assert found is not None
    assert found.legs[0].source == "pt-BR"
    found = Routes(offered("pt>en", "pt-BR>en"), ()).find("pt", "en")
    assert found is not None
    assert found.legs[0].source == "pt"


def test_an_admin_can_forbid_a_direction_and_its_use_as_a_leg() -> None:
    pairs = offered("fi>en", "en>pl", "fi>pl")
    forbidden = [pair_rule("fi", "pl", enabled=False)]
    assert languages(pairs, "fi", "pl", forbidden) is None
    no_leg = [pair_rule("en", "pl", enabled=False)]
    assert languages(offered("fi>en", "en>pl"), "fi", "pl", no_leg) is None


def test_an_admin_can_name_the_pivots() -> None:
    pairs = offered("fi>en", "en>pl", "fi>sv", "sv>pl", "fi>pl")
    assert languages(pairs, "fi", "pl", [pair_rule("fi", "pl", via=["sv"])]) == ("fi", "sv", "pl")
    assert languages(pairs, "fi", "pl", [pair_rule("fi", "pl", via=["de"])]) is None


def test_an_engine_is_used_only_where_it_is_pinned() -> None:
    pairs = [*offered("en>pt"), *offered("en>pt", "en>fi", engine="other", cost=0.1)]
    found = Routes(pairs, ()).find("en", "pt")
    assert found is not None
    assert found.engine == "argos"
    assert languages(pairs, "en", "fi") is None
    found = Routes(pairs, [pair_rule("en", "pt", engine="other")]).find("en", "pt")
    assert found is not None
    assert found.engine == "other"


def test_a_route_over_two_engines_names_both() -> None:
    pairs = [*offered("fi>en"), *offered("en>pt", engine="other")]
    found = Routes(pairs, [pair_rule("en", "pt", engine="other")]).find("fi", "pt")
    assert found is not None
    assert found.engine == "argos+other"


def test_pairs_with_a_problem_are_not_used() -> None:
    broken = EnginePair("argos", "fi", "en", "1", problem="it has no model")
    assert languages([broken], "fi", "en") is None


@pytest.mark.parametrize("tag", ["", "-", "x" * 35, "\0", "tlh-Qaaa-KX-fonipa-x-a"])
def test_any_tag_can_be_asked_for(tag: str) -> None:
    assert languages(offered("fi>en"), tag, "en") is None
