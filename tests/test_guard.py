"""Placeholders: made, checked, put back."""

from __future__ import annotations

import pytest

from translate_proxy.text import entities
from translate_proxy.translation.guard import guard
from translate_proxy.translation.guard.guard import SCHEMES, Template


def template(text: str, scheme: int = 0) -> Template:
    return guard.protect(text, entities.find(text), SCHEMES[scheme])


@pytest.mark.parametrize("scheme", range(len(SCHEMES)))
def test_protected_and_put_back(scheme: int) -> None:
    text = "Send AB-12345 to maria@example.com for €42.50!"
    made = template(text, scheme)
    assert len(made.spans) == 3
    assert not any(span in made.text for span in made.spans.values())
    assert guard.intact(made, made.text)
    assert guard.restore(made, made.text) == text


def test_placeholders_may_change_their_order() -> None:
    made = template("Send AB-12345 to maria@example.com")
    assert guard.intact(made, "(2) (1)")
    assert guard.restore(made, "(2) gets (1)") == "maria@example.com gets AB-12345"


def test_an_entity_that_looks_like_a_placeholder_is_put_back_once() -> None:
    made = guard.protect("a `(2)` b `(1)`", entities.find("a `(2)` b `(1)`"), SCHEMES[0])
    assert guard.restore(made, made.text) == "a `(2)` b `(1)`"


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("send AB-12345", ["({})", "[{}]", "X{}"]),
        ("step (1) of AB-12345", ["[{}]", "X{}"]),
        ("item [2] of AB-12345, (38)", ["X{}"]),
        ("the order (AB-12345)", ["[{}]", "X{}"]),
        ("`(1)` of AB-12345", ["({})", "[{}]", "X{}"]),
        ("(1) [1] AB-12345", ["X{}"]),
    ],
)
def test_a_placeholder_is_of_a_form_that_does_not_stand_in_the_text(
    text: str, forms: list[str]
) -> None:
    assert [scheme.form for scheme in guard.schemes(text, entities.find(text))] == forms


@pytest.mark.parametrize(
    "output",
    [
        "where is it?",
        "(1) and (1)?",
        "(2)?",
        "(1) (2)?",
        "( 1)?",
        "(1?",
        "x(1)?",
        "(1)-x?",
        "(1)7?",
        "where is (1) 99?",
        "where is (1), 12345?",
        "where is (1) x@evil.example?",
        "where is (1) https://evil.example?",
        "where is (1) <b>?",
        "where is (1) 😊?",
        "where is (1) @you?",
        "where is (1) XD?",
    ],
)
def test_damaged_outputs_are_refused(output: str) -> None:
    assert not guard.intact(template("where is AB-12345?"), output)


def test_numbers_beside_the_entities_may_be_spelled_but_not_changed() -> None:
    made = template("2 shirts and 40 socks on March 13th, AB-12345")
    assert guard.intact(made, "2 camisas e 40 meias em 13 de março, (1)")
    assert guard.intact(made, "duas camisas e 40 meias em 13 de março, (1)")
    assert not guard.intact(made, "2 camisas e meias em 13 de março, (1)")
    assert not guard.intact(made, "2 camisas e 41 meias em 13 de março, (1)")
    assert not guard.intact(made, "2 camisas e 40 meias em 13 de março 2 (1)")


def test_a_text_without_entities_may_not_gain_one() -> None:
    made = template("where is it?")
    assert guard.intact(made, "onde está?")
    for invented in ("onde está 7?", "onde está (1)?", "me@evil.example", "12345", "`x`", "xD"):
        assert not guard.intact(made, invented)


def test_the_last_look_counts_and_sees_what_is_glued() -> None:
    found = entities.find("AB-12345 and AB-12345 and €42.50")
    assert guard.legible(found, "€42.50, AB-12345, AB-12345", ())
    assert not guard.legible(found, "€42.50, AB-12345", ())
    assert not guard.legible(found, "€42.50, AB-12345 AB-12345x", ())
    assert not guard.legible(found, "€42.50code AB-12345 AB-12345", ())


@pytest.mark.parametrize(
    ("source", "output", "repaired"),
    [
        ("6,500 people", "6.500 pessoas", "6,500 pessoas"),
        ("at 14:30", "às 14h30", "às 14:30"),
        ("2.5 kg", "2,5 kg", "2.5 kg"),
        ("on 14/03/2026", "em 14-03-2026", "em 14/03/2026"),
        ("6,500 people", "6,500 pessoas", "6,500 pessoas"),
        ("6,500 people", "6.501 pessoas", "6.501 pessoas"),
        ("6,500 people", "6.500 de 6.500", "6.500 de 6.500"),
        ("6,500 people", "16.500 pessoas", "16.500 pessoas"),
        ("call +351 912 345 678", "+351.912.345.678", "+351.912.345.678"),
    ],
)
def test_numbers_in_the_habit_of_another_language_are_repaired(
    source: str, output: str, repaired: str
) -> None:
    assert guard.repair(entities.find(source), output) == repaired


def test_a_plain_number_may_have_a_letter_behind_it() -> None:
    assert guard.legible(entities.find("a década de 1960"), "the 1960s", ())
    assert not guard.legible(entities.find("a década de 1960"), "the 11960s", ())


def test_thousands_may_be_written_in_digits() -> None:
    made = template("cerca de 24 mil meteoritos")
    assert guard.intact(made, "about 24,000 meteorites")
    assert not guard.intact(made, "about 24,001 meteorites")
