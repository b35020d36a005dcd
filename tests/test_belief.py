"""The belief by itself: which source outranks which, and what one message may move."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.interfaces import LanguageContext, Seen
from translate_proxy.language import belief
from translate_proxy.language.groups import close, neighbour
from translate_proxy.language.judge import conclude
from translate_proxy.text.tags import match

SHOP = ("en", "de", "fr", "es", "pt", "fi", "et", "pl")


def visitor(**known: object) -> LanguageContext:
    return replace(LanguageContext("visitor", SHOP, "en"), **known)  # type: ignore[arg-type]


def saw(language: str, words: float) -> Seen:
    """A text that is clearly of one language."""
    return Seen(dict.fromkeys((*SHOP, "lv"), 0.0) | {language: 1.0}, words)


def best(shares: belief.Distribution) -> str:
    return belief.name(shares, None)


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ({"identity": "fi"}, {"earlier": "de"}),
        ({"earlier": "fi"}, {"page": "de"}),
        ({"page": "fi"}, {"browser": ("de",)}),
        ({"browser": ("fi",)}, {"default": "de"}),
        ({"browser": ("fi", "de")}, {}),
    ],
)
def test_sources_rank_as_documented(stronger: dict[str, object], weaker: dict[str, object]) -> None:
    prior = belief.prior(visitor(**stronger, **weaker))
    assert best(prior) == "fi"
    assert math.isclose(sum(prior.values()), 1)


def test_a_pin_outranks_everything() -> None:
    context = visitor(pinned="fi", identity="de", browser=("de",), page="de")
    said = conclude(context, None, None, [saw("de", 20)])
    assert (said.language, said.message_language, said.source) == ("fi", "fi", "pinned")
    assert said.confidence == 1


def test_taking_a_pin_back_leaves_what_was_read() -> None:
    seen = [saw("de", 10)]
    pinned = conclude(visitor(pinned="fi"), None, None, seen)
    freed = conclude(visitor(), pinned.state, None, None)
    assert (freed.language, freed.source, freed.changed) == ("de", "detected", True)


def test_without_anything_the_site_default_it_is() -> None:
    assert best(belief.prior(visitor(default="pl"))) == "pl"


def test_unknown_tags_say_nothing() -> None:
    odd = visitor(browser=("zh-CN", "", "x", "*", "😀"), page="tlh", identity="-", earlier="q" * 99)
    assert belief.prior(odd) == belief.prior(visitor())


@pytest.mark.parametrize(
    ("tag", "candidates", "found"),
    [
        ("pt-BR", ("en", "pt"), "pt"),
        ("pt", ("en", "pt-PT"), "pt-PT"),
        ("PT_br", ("pt", "pt-BR"), "pt-BR"),
        ("no", ("nb",), "nb"),
        ("nn-NO", ("sv", "nb"), "nb"),
        ("zh-TW", ("zh", "zh-Hant"), "zh-Hant"),
        ("zh-CN", ("zh-Hant", "zh"), "zh"),
        ("de-Latn-DE-1996", ("de",), "de"),
        ("iw", ("he",), "he"),
        ("da", ("nb",), None),
        (None, ("en",), None),
    ],
)
def test_tags_are_matched(tag: str | None, candidates: tuple[str, ...], found: str | None) -> None:
    assert match(tag, candidates) == found


def test_neighbours_only_where_permitted() -> None:
    context = LanguageContext("visitor", ("en", "nb"), "en", browser=("da",))
    assert best(belief.prior(context)) == "en"
    assert best(belief.prior(context, neighbours=True)) == "nb"
    assert neighbour("sk", ("en", "cs")) == "cs"
    assert neighbour("et", ("fi",)) is None  # close to a detector, not to a reader


def test_close_languages_change_places_later() -> None:
    shares = {"nb": 0.3, "da": 0.6, "en": 0.1}
    assert belief.name(shares, "nb") == "nb"
    assert belief.name(shares, "en") == "da"
    assert close("pt", "pt-BR")
    assert not close("en", "de")


def talk(*messages: tuple[str, float], first: str = "fi") -> str:
    state = conclude(visitor(), None, None, [saw(first, 6)]).state
    said = first
    for language, words in messages:
        judgement = conclude(visitor(), state, None, [saw(language, words)])
        state, said = judgement.state, judgement.language
    return said


def test_one_borrowed_word_does_not_flip_but_a_sentence_does() -> None:
    assert talk(("en", 1)) == "fi"
    assert talk(("en", 1), ("fr", 1), ("es", 1)) == "fi"
    assert talk(("en", 8)) == "en"


def test_words_again_and_again_do_flip_in_the_end() -> None:
    assert talk(*[("en", 2)] * 6) == "en"


def test_the_clients_own_word_is_evidence() -> None:
    unsure = [Seen(dict.fromkeys(SHOP, 1 / len(SHOP)), 2)]
    said = conclude(visitor(browser=("fi",)), None, "pt-BR", unsure)
    assert said.message_language == "pt"
    wrong = conclude(visitor(), None, "pt", [saw("fi", 9)])
    assert wrong.message_language == "fi"


def test_an_operator_writes_a_language_of_theirs_until_they_do_not() -> None:
    context = LanguageContext("operator", ("fi", "en", "pl"), "fi")
    assert conclude(context, None, None, []).message_language == "fi"
    unsure = [Seen({"fi": 0.3, "en": 0.3, "pl": 0.4}, 1)]
    assert conclude(context, None, None, unsure).message_language == "fi"
    polish = [Seen({"fi": 0.0, "en": 0.0, "pl": 1.0}, 4)]
    assert conclude(context, None, None, polish).message_language == "pl"


def test_confidence_and_source_say_why() -> None:
    before = conclude(visitor(browser=("fi",)), None, None, None)
    assert (before.language, before.source) == ("fi", "prior")
    after = conclude(visitor(browser=("fi",)), before.state, None, [saw("fi", 5)])
    assert after.source == "detected"
    assert after.confidence > before.confidence


def test_the_candidates_may_change_under_a_conversation() -> None:
    state = conclude(visitor(), None, None, [saw("fi", 6)]).state
    without = LanguageContext("visitor", ("sv", "nb"), "sv")
    said = conclude(without, state, None, None)
    assert (said.language, said.changed) == ("sv", True)
    added = LanguageContext("visitor", (*SHOP, "lv"), "en")
    assert conclude(added, state, None, [saw("lv", 9)]).language == "lv"


def test_one_candidate_needs_no_belief() -> None:
    said = conclude(LanguageContext("visitor", ("lv",), "lv"), None, None, [])
    assert (said.language, said.confidence) == ("lv", 1.0)


shares = st.floats(0, 1, allow_nan=False)


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from(SHOP), shares), st.floats(0, 200)), max_size=8
    ),
    st.sampled_from([None, "fi", "xx", "pt-BR"]),
)
def test_a_belief_stays_a_probability(
    messages: list[tuple[dict[str, float], float]], declared: str | None
) -> None:
    state = None
    for found, words in messages:
        said = conclude(visitor(), state, declared, [Seen(found, words)])
        state = said.state
        assert 0 <= said.confidence <= 1
        assert said.language in SHOP
        assert said.message_language in SHOP
        assert math.isclose(sum(state["belief"].values()), 1, abs_tol=1e-4)


def test_a_pin_leaves_no_trace_in_what_is_believed() -> None:
    """Of two close languages the present one is kept, and a pin must not be taken for it."""
    norwegian = replace(visitor(), candidates=("da", "nb", "en"), default="en")
    unclear = [Seen({"nb": 0.62, "da": 0.36, "en": 0.02}, 3)]
    before = conclude(norwegian, None, None, unclear)
    assert before.language == "nb"
    pinned = conclude(replace(norwegian, pinned="da"), before.state, None, unclear)
    assert (pinned.language, pinned.believed) == ("da", "nb")
    free = conclude(norwegian, before.state, None, unclear)
    assert conclude(norwegian, pinned.state, None, None).language == free.language == "nb"
