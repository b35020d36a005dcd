"""Argos codes and BCP 47 tags."""

from __future__ import annotations

import pytest

from translate_proxy.text import tags


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
        ("zh-CN", "zh-SG", True),
        ("zh-TW", "zh", False),
        ("sr-Latn", "sr", False),
        ("pt", "es", False),
    ],
)
def test_regions_are_one_language_and_scripts_are_not(one: str, other: str, same: bool) -> None:
    assert tags.same(one, other) is same
    assert tags.same(other, one) is same


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("pb", "pt-BR"),
        ("zt", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("nb", "nb"),
        ("pt", "pt"),
        ("fi", "fi"),
    ],
)
def test_argos_codes_have_tags(code: str, tag: str) -> None:
    assert tags.from_argos(code) == tag


def test_lookups_go_from_the_exact_tag_to_its_language() -> None:
    assert list(tags.lookups("pt-BR")) == ["pt-BR", "pt"]
    assert list(tags.lookups("pt")) == ["pt"]
    assert list(tags.lookups("zh-TW")) == ["zh-Hant"]
