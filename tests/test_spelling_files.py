"""Every spelling file can be used, says nothing twice and nothing in vain."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from translate_proxy.text import tags
from translate_proxy.translation.words.spelling_files import (
    FOLDERS,
    NOTHING,
    SpellingBook,
    SpellingError,
    plain,
    read,
)

FOLDER = next(folder for folder in FOLDERS if folder.is_dir())
LANGUAGES = SpellingBook().languages()


def test_there_are_files_and_none_has_a_problem() -> None:
    assert {"en", "pt"} <= set(LANGUAGES)
    assert SpellingBook().problems() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_told_twice_or_becomes_itself(language: str) -> None:
    file = read(FOLDER, language)
    assert not file.words.keys() & file.accents.keys()
    assert not file.rules.keys() & file.accents.keys()
    for word, meant in {**file.words, **file.accents, **file.endings}.items():
        assert word != meant, word
    for word, rules in file.rules.items():
        assert all(rule.becomes != word for rule in rules)
    accents = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")).get("accents", "")
    assert len(accents.split()) == len(set(accents.split()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_meant_is_right_itself(language: str) -> None:
    """No word becomes one that is misspelt in its turn."""
    file = read(FOLDER, language)
    for word, meant in {**file.words, **file.accents}.items():
        for part in meant.lower().split():
            assert part not in file.accents, f"{word}: {part}"
            assert file.words.get(part, meant).lower() == meant.lower(), f"{word}: {part}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_accents_and_endings_add_nothing_but_accents(language: str) -> None:
    file = read(FOLDER, language)
    for typed, meant in {**file.accents, **file.endings}.items():
        assert plain(meant) == typed
        assert meant.islower()
    assert all(len(typed) > 1 for typed in file.endings)
    assert file.keep >= {word for word in file.keep if word.isascii()}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('language = "xx"\nwords = 3\n', "not of its form"),
        ('language = "xx"\n[words]\nu = 1\n', "not of its form"),
        ('language = "xx"\n[word]\nu = "you"\n', "word is not known"),
        ('language = "yy"\n', "must say what the file is"),
        ('language = "xx"\n[[in_context]]\nword = "u"\n', "not of its form"),
        ('language = "xx"\n[[in_context]]\nword = "u"\nbecomes = "v"\nnear = "w"\n', "near"),
        ("language =", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_left_out(
    tmp_path: Path, written: str, told: str
) -> None:
    (tmp_path / "xx.toml").write_text(written, encoding="utf-8")
    with pytest.raises(SpellingError, match=told):
        read(tmp_path, "xx")
    book = SpellingBook(tmp_path)
    assert told in book.problems()[0]
    assert book.of("xx") is NOTHING


def test_a_region_reads_its_languages_file_and_others_none() -> None:
    book = SpellingBook()
    assert book.of("pt-BR").words["vc"] == "você"
    assert book.of("fi") is NOTHING
    assert all(tags.canonical(language) == language for language in LANGUAGES)


def test_the_files_are_where_an_installed_wheel_looks(repo_root: Path) -> None:
    assert FOLDERS[0].parts[-3:] == ("bundled", "config", "spelling")
    assert repo_root / "config" / "spelling" == FOLDERS[1]
    assert (FOLDERS[1] / "pt.toml").is_file()
