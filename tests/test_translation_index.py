"""Documents that say which packages there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from translate_proxy.translation.packages import index
from translate_proxy.translation.packages.packages import PackageError

GOOD = {
    "from_code": "en",
    "to_code": "pt",
    "package_version": "1.0",
    "links": ["ipfs://x", "https://models.example/en_pt.argosmodel"],
}


def document(**changes: Any) -> str:
    return json.dumps([{**GOOD, **changes}])


def test_the_newest_version_is_offered_by_its_numbers() -> None:
    found = index.parse(
        json.dumps([{**GOOD, "package_version": version} for version in ("1.9", "1.10", "1.2")])
    )
    assert [(offer.pair, offer.version) for offer in found] == [("en-pt", "1.10")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "7",
        "[7]",
        "[[]]",
        '"text"',
        "[" * 2000 + "]" * 2000,
        "[" * 100_000,
        '[{"a":' * 2000,
        document(package_version="\u00b2"),
        document(package_version="1.\u0663"),
        document(package_version="9" * 5000),
        document(package_version="1.0\u001b[31m"),
        document(package_version="../../etc"),
        document(package_version={"a": 1}),
        document(package_version=None, from_code=None),
        document(from_code=""),
        document(from_code=7),
        document(from_code=["en"]),
        document(from_code="../en"),
        document(to_code="e\u001b[31m"),
        document(links=[]),
        document(links={"a": 1}),
        document(links=[7]),
        document(links=["https://models.example/\u001b[31m"]),
        document(links=["httpd"]),
        "[" + document()[1:-1].replace('"1.0"', "9" * 5000) + "]",
    ],
)
def test_a_hostile_index_is_refused(text: str) -> None:
    with pytest.raises(PackageError, match="not an index"):
        index.parse(text)


def test_a_direction_onto_itself_is_not_offered() -> None:
    assert index.parse(document(to_code="en")) == []


def test_files_with_hostile_names_are_left_out(tmp_path: Path) -> None:
    for name in ("en_pt-1_0", "en_pt-\u00b2", "en_pt-" + "9" * 60, "en_fi-1_\u001b", "fi_en"):
        (tmp_path / f"translate-{name}.argosmodel").touch()
    found = [(offer.pair, offer.version) for offer in index.folder(tmp_path)]
    assert found == [("en-pt", "1.0"), ("fi-en", "0")]
