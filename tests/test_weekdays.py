"""Days of the week in opening hours: what is one, and what only looks like it."""

from __future__ import annotations

import pytest

from translate_proxy.translation.words import weekdays
from translate_proxy.translation.words.spelling_files import SpellingBook, Weekdays
from translate_proxy.translation.work import segments

BOOK = SpellingBook()
EN, PT = BOOK.of("en").weekdays, BOOK.of("pt").weekdays


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Open Mon–Fri 9–17h; Sat 10h–13h.", [("Mon–Fri", "seg–sex"), ("Sat", "sáb")]),
        ("Tues.–Thurs. 10.00–18.30", [("Tues.–Thurs.", "Ter–qui")]),
        ("Hours: Mon - Sat 9-19", [("Mon - Sat", "seg - sáb")]),
        ("Mon, Wed & Fri 9am", [("Mon", "Seg"), ("Wed", "qua"), ("Fri", "sex")]),
        ("Mon-Fri 9-17, Sun closed", [("Mon-Fri", "Seg-sex"), ("Sun", "dom")]),
        (
            "monday-friday, sat/sun",
            [("monday-friday", "Segunda-feira-sexta-feira"), ("sat/sun", "sáb/dom")],
        ),
        ("We are here Sat 10:30", [("Sat", "sáb")]),
    ],
)
def test_days_beside_dashes_hours_and_colons(text: str, found: list[tuple[str, str]]) -> None:
    days = weekdays.find(text, EN, PT)
    assert [(day.text, day.becomes) for day in days] == found
    assert all(text[day.start : day.end] == day.text for day in days)


@pytest.mark.parametrize(
    "text",
    [
        "I sat 3 hours in the sun.",
        "The sun is 5 million km away; we wed in 2020.",
        "On Monday 9:00 or Tuesday?",
        "model SAT-1, sun.example/mon-fri, x@sat-sun.example",
        "the Sun-dried tomatoes",
    ],
)
def test_english_words_that_are_none(text: str) -> None:
    assert weekdays.find(text, EN, PT) == []


@pytest.mark.parametrize(
    "text",
    ["Podia ter 3 camisas e um dom?", "a 2ª/3ª prestação", "Quero ter 10-12 peças", "segunda via"],
)
def test_portuguese_words_that_are_none(text: str) -> None:
    assert weekdays.find(text, PT, EN) == []


def test_a_language_without_a_table_leaves_them_to_the_engine() -> None:
    assert weekdays.find("Mon–Fri 9–17h", EN, Weekdays()) == []
    assert weekdays.find("Mo–Fr 9–17h", Weekdays(), EN) == []


def test_hours_that_need_no_engine_are_in_the_readers_language() -> None:
    files = BOOK.of("en"), BOOK.of("pt")
    made = segments.split("Mon–Fri 9–17h", languages=("en", "pt"), files=files)
    assert "".join(part for part in made if isinstance(part, str)) == "Seg–sex 9–17h"
