"""Tags of languages: one table, and every other table that is looked up by a tag."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from translate_proxy.language import groups
from translate_proxy.language.detection import scripts, tables
from translate_proxy.text import tags
from translate_proxy.translation.guard import checks, dressing
from translate_proxy.translation.work import segments
from translate_proxy.web.libretranslate import NAMES


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("pt", "pt"),
        ("PT_br", "pt-BR"),
        ("pb", "pt-BR"),
        ("no", "nb"),
        ("nb-NO", "nb-NO"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zt", "zh-Hant"),
        ("sr-Latn-RS", "sr-Latn"),
        ("sr", "sr-Cyrl"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("fil", "tl"),
        ("fil-PH", "tl-PH"),
        ("nn-NO", "nb-NO"),
        ("sh", "sr-Latn"),
        (" pt ", "pt"),
        ("zh_HK", "zh-Hant"),
        ("de-DE-1996", "de-DE"),
        ("en-Latn-GB", "en-GB"),
    ],
)
def test_tags_have_one_canonical_form(tag: str, canonical: str) -> None:
    assert tags.canonical(tag) == canonical
    assert tags.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("pt", "pt-BR", True),
        ("en-GB", "en-US", True),
        ("no", "nb", True),
        ("nn", "no", True),
        ("fil", "tl", True),
        ("sh", "sr-ME", True),
        ("zh-CN", "zh-SG", True),
        ("zh-TW", "zh", False),
        ("sr-Latn", "sr", False),
        ("pt", "es", False),
    ],
)
def test_regions_are_one_language_and_scripts_are_not(one: str, other: str, same: bool) -> None:
    assert tags.same(one, other) is same
    assert tags.same(other, one) is same


def test_lookups_go_from_the_exact_tag_to_its_language() -> None:
    assert list(tags.lookups("pt-BR")) == ["pt-BR", "pt"]
    assert list(tags.lookups("pt")) == ["pt"]
    assert list(tags.lookups("zh-TW")) == ["zh-Hant"]


def _known() -> list[str]:
    """Every code that any of the tables knows, and how browsers write some of them."""
    first = {
        *tags._ALIASES,
        *tags._DEFAULT_SCRIPTS,
        *checks._WRITTEN_IN,
        *checks._OTHER,
        *segments._NO_SPACES,
        *dressing._STOPS,
        *dressing._WITHOUT_STOP,
        *scripts._WRITTEN_IN,
        *groups.UNDERSTOOD,
        *(tag for group in groups.GROUPS for tag in group),
        *tables._NGRAM_FILES,
        *tables._WORD_FILES,
        *tables._PROFILES,
        *NAMES,
    }
    regions = [f"{language}-{region}" for language, region in tags._REGION_SCRIPTS]
    return sorted({*first, *(tag.upper() + "_XX" for tag in first), *regions, "zh-Hant-HK"})


@pytest.mark.parametrize("tag", ["en", "PT_br", "no", "iw", "zh-TW", "fil", "ckb", "pb", "yue-HK"])
def test_these_can_be_languages(tag: str) -> None:
    assert tags.is_language(tag)


@pytest.mark.parametrize("tag", ["xx", "qq-BR", "zz_Latn", "XY"])
def test_these_cannot(tag: str) -> None:
    assert not tags.is_language(tag)


@pytest.mark.parametrize("tag", _known())
def test_detection_and_translation_mean_the_same_language(tag: str) -> None:
    assert tags.primary(tag) == tags.base(tag).partition("-")[0]
    assert tags.is_traditional_chinese(tag) is tags.same(tag, "zh-Hant")
    assert groups.close(tag, tags.canonical(tag))
    for other in _known():
        found = tags.match(tag, [other])
        assert found in {None, other}
        assert (found is not None) is (tags.primary(tag) == tags.primary(other))
        if tags.same(tag, other):
            assert tags.match(tag, ["tlh", other]) == other
        elif found is not None:  # another script of it: only where there is nothing better
            assert tags.match(tag, [other, tag]) == tag


@pytest.mark.parametrize(
    "table",
    [
        {*checks._WRITTEN_IN, *checks._OTHER},
        segments._NO_SPACES,
        {*dressing._STOPS, *dressing._WITHOUT_STOP},
    ],
)
def test_tables_of_translation_are_looked_up_by_the_base(table: Iterable[str]) -> None:
    assert [tag for tag in table if tags.base(tag) != tag] == []


@pytest.mark.parametrize(
    "table",
    [
        scripts._WRITTEN_IN,
        {*groups.UNDERSTOOD, *(tag for group in groups.GROUPS for tag in group)},
        {tag for near in groups.UNDERSTOOD.values() for tag in near},
        {*tables._NGRAM_FILES, *tables._WORD_FILES, *tables._PROFILES, *tables._COMMON_OF},
    ],
)
def test_tables_of_detection_are_looked_up_by_the_primary_subtag(table: Iterable[str]) -> None:
    assert [tag for tag in table if tags.primary(tag) != tag] == []


def test_a_tag_finds_the_candidate_in_its_script_before_any_other() -> None:
    assert tags.match("sr-Latn", ["sr", "sr-Latn-RS"]) == "sr-Latn-RS"
    assert tags.match("sr-RS", ["sr-Latn", "sr"]) == "sr"
    assert tags.match("zt", ["zh", "zh-TW"]) == "zh-TW"
    assert tags.match("fil-PH", ["en", "tl"]) == "tl"
    assert tags.match("tl", ["en", "fil"]) == "fil"
    assert tags.match("pt-BR", ["pt_BR", "pt"]) == "pt_BR"
