"""Every phrase file is complete, of its script, free of clashes and of machine leftovers."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from translate_proxy.translation.guard import checks
from translate_proxy.translation.words.phrase_forms import (
    MAX_CHARS,
    asks,
    forms,
    utterance,
)
from translate_proxy.translation.words.phrases import (
    FOLDERS,
    KEYS_FILE,
    LanguageFile,
    PhraseBook,
    read_keys,
    read_language,
)

FOLDER = next(folder for folder in FOLDERS if folder.is_dir())
KEYS = read_keys(FOLDER)
WANTED = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv"),
    *("nl", "pl", "pt", "ro", "sk", "sl", "sv", "nb", "ru", "uk", "tr", "ar"),
)
SCRIPTS = dict.fromkeys(("bg", "ru", "uk"), "CYRILLIC") | {"el": "GREEK", "ar": "ARABIC"}
BORROWED = {"e-mail"}
"""Latin words that are written so in every script."""
MAY_BE_THE_SAME = {
    ("good_evening", "good_night"),  # Boa noite!
    ("hello", "good_morning"),  # Dzień dobry!
    ("hello", "good_day"),
}
"""Greetings that some languages do not tell apart; the first of them is what is understood."""
LEFTOVERS = re.compile(r"[{}<>\[\]|\\\ufffd_]|\s\s|TODO|https?:|\d|\.\.\.\.|[!?]{2}")


def files() -> list[LanguageFile]:
    return [read_language(FOLDER, language, KEYS) for language in WANTED]


@pytest.fixture(params=files(), ids=lambda file: str(file.language))
def file(request: pytest.FixtureRequest) -> LanguageFile:
    found: LanguageFile = request.param
    return found


def test_every_wanted_language_has_a_file_and_none_has_a_problem() -> None:
    assert set(PhraseBook().languages()) == set(WANTED)
    assert len(WANTED) >= 24
    assert PhraseBook().problems() == []


def test_there_are_enough_keys_and_each_is_there_once() -> None:
    assert len(KEYS.all) == len(set(KEYS.all))
    phrases = [key for key in KEYS.all if not key.startswith("system_")]
    assert len(phrases) >= 120
    assert set(KEYS.all) - set(phrases) == set(KEYS.sections["system"])
    assert not KEYS.what & KEYS.whether


def test_a_file_is_complete_formal_and_has_a_place_for_its_reviewer(file: LanguageFile) -> None:
    assert set(file.texts) == set(KEYS.all)
    assert file.register == "formal"
    assert isinstance(file.reviewed_by, str)


def test_no_text_says_two_things(file: LanguageFile) -> None:
    """Under any of its spellings, with and without a question mark apart."""
    seen: dict[tuple[str, bool], str] = {}
    for key, texts in file.texts.items():
        is_question = key in KEYS.what or key in KEYS.whether
        for number, text in enumerate(texts):
            marked = asks(text, file.language)
            kinds = {marked, True} if is_question else {marked}
            for form in forms(text, file.language):
                for kind in kinds:
                    other = seen.setdefault((form, kind), key)
                    same = number == 0 and (other, key) in MAY_BE_THE_SAME
                    assert other == key or same, f"{text!r}: {other} and {key}"


def test_no_text_of_a_key_is_there_twice(file: LanguageFile) -> None:
    for key, texts in file.texts.items():
        said = [utterance(text, file.language) for text in texts]
        assert None not in said, key
        assert len(set(said)) == len(said), f"{key}: {texts}"


def test_questions_ask_and_statements_do_not(file: LanguageFile) -> None:
    for key, texts in file.texts.items():
        expected = key in KEYS.what or key in KEYS.whether
        assert asks(texts[0], file.language) == expected, f"{key}: {texts[0]}"


def test_shown_texts_are_written_as_sentences(file: LanguageFile) -> None:
    marks = {"el": ".!;", "ar": ".!؟"}.get(file.language, ".!?")
    for key, (shown, *_) in file.texts.items():
        assert shown[-1] in marks, f"{key}: {shown}"
        assert shown == unicodedata.normalize("NFC", shown).strip(), key
        first = next(letter for letter in shown if letter.isalpha())
        assert first.upper() == first, f"{key}: {shown}"
        assert len(shown) <= MAX_CHARS, key


def test_there_are_no_leftovers(file: LanguageFile) -> None:
    for key, texts in file.texts.items():
        for text in texts:
            assert LEFTOVERS.search(text) is None, f"{key}: {text}"
        assert checks.problem("x" * len(texts[0]), texts[0], file.language) is None, key


def test_shown_texts_are_in_the_script_of_the_language(file: LanguageFile) -> None:
    script = SCRIPTS.get(file.language, "LATIN")
    for key, (shown, *_) in file.texts.items():
        for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", shown):
            if word in BORROWED or (file.language == "sl" and word == "e-pošti"):
                continue
            names = {unicodedata.name(letter).split()[0] for letter in word if letter.isalpha()}
            assert names <= {script}, f"{key}: {word}"


def test_no_two_languages_have_the_same_sentences() -> None:
    """A file that was copied and not translated would."""
    english = read_language(FOLDER, "en", KEYS)
    for other in files():
        if other.language == "en":
            continue
        same = [key for key in KEYS.all if other.texts[key][0] == english.texts[key][0]]
        assert set(same) <= {"ok", "maybe", "no"}, f"{other.language}: {same}"


def test_lengths_are_of_the_same_order() -> None:
    english = read_language(FOLDER, "en", KEYS)
    for other in files():
        for key, (shown, *_) in other.texts.items():
            wanted = len(english.texts[key][0])
            assert wanted / 4 - 2 <= len(shown) <= wanted * 2.8 + 25, f"{other.language}: {shown}"


def test_the_files_are_where_an_installed_wheel_looks(repo_root: Path) -> None:
    assert FOLDERS[0].parts[-3:] == ("bundled", "config", "phrases")
    assert repo_root / "config" / "phrases" == FOLDERS[1]
    assert (FOLDERS[1] / KEYS_FILE).is_file()
