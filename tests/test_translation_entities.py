"""What is found in a message and kept out of the engine's hands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench import _translation_entities as slotted
from translate_proxy.text import entities

FOUND = {
    "Where is AB-12345?": ["AB-12345"],
    "order #48213, order#12345": ["#48213", "order#12345"],
    "#4711-AB, or #AB-4711/2 and #12.5. Or #1:": ["#4711-AB", "#AB-4711/2", "#12.5", "#1"],
    "ORD-2026-00417/B and PT/88231.": ["ORD-2026-00417/B", "PT/88231"],
    "SKU KB.1180 or LMP_30_W (TX200)": ["KB.1180", "LMP_30_W", "TX200"],
    "Write to maria.silva+x@mail.example.com.": ["maria.silva+x@mail.example.com"],
    "e-mail:joão@loja.pt, ok": ["joão@loja.pt"],
    "See https://shop.example/p?id=1&x=(2).": ["https://shop.example/p?id=1&x=(2)"],
    "(www.shop.example/returns)": ["www.shop.example/returns"],
    "on shop.example or loja.pt/ajuda!": ["shop.example", "loja.pt/ajuda"],
    "call +351 912 345 678 or 20 7638 4141": ["+351 912 345 678", "20 7638 4141"],
    "(21) 99876-5432": ["(21) 99876-5432"],
    "€42.50, 19,99 €, R$ 1.299,00 and 120 EUR": ["€42.50", "19,99 €", "R$ 1.299,00", "120 EUR"],
    "kr 199 oder EUR 20,-": ["kr 199", "EUR 20,-"],
    "on 14/03/2026 or 2026-11-02 at 14:30": ["14/03/2026", "2026-11-02", "14:30"],
    "9:05 am, 3 pm, 18h30": ["9:05 am", "3 pm", "18h30"],
    "size M, XL or 2XL; EU 42; 38.5": ["M", "XL", "2XL", "EU 42", "38.5"],
    "120 x 60 cm, 2.5 kg, 500ml, -20 %": ["120 x 60 cm", "2.5 kg", "500ml", "-20 %"],
    "PT50 0002 0123 1234 5678 9015 4": ["PT50 0002 0123 1234 5678 9015 4"],
    "use code SUMMER or WELCOME": ["SUMMER", "WELCOME"],
    "I want a REFUND": [],
    "@maria see #summer": ["@maria", "#summer"],
    "open invoice_8812.pdf and photo(1).jpg": ["invoice_8812.pdf", "photo(1).jpg"],
    "run `npm i` now": ["`npm i`"],
    "a <b>bold</b> &amp; word": ["<b>", "</b>", "&amp;"],
    "ok 😊👍🏽 :) <3": ["😊👍🏽", ":)", "<3"],
    "family 👨‍👩‍👧 flag 🇵🇹 key 1️⃣": ["👨‍👩‍👧", "🇵🇹", "1️⃣"],
    "2 shirts and 12 socks on March 13th": [],
    "room 512, year 2026": ["512", "2026"],
    "Thanks a lot! See you.": [],
    "i.e. this, e.g. that, Mr. Smith's": [],
    "Isn't it 1st or 2nd?": [],
}


@pytest.mark.parametrize("text", FOUND)
def test_entities_are_found(text: str) -> None:
    found = entities.find(text)
    assert [entity.text for entity in found] == FOUND[text]
    assert all(text[entity.start : entity.end] == entity.text for entity in found)


@pytest.mark.parametrize(
    ("message", "entity"),
    [(message, entity) for message, entity in slotted.with_entities()],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_the_entity_of_every_measured_message_is_found_in_both_languages(
    message: slotted.Slotted, entity: str
) -> None:
    for text in (message.en, message.pt):
        assert [one.text for one in entities.find(text.format(entity))] == [entity]


def test_the_words_of_the_site_are_found() -> None:
    terms = ("Blue Shop", "Next", "H&M", "iLamp 3000")
    text = "Is the blue shop next to H&M? Next has the ilamp 3000."
    found = [entity.text for entity in entities.find(text, terms)]
    assert found == ["blue shop", "H&M", "Next", "ilamp 3000"]
    assert [entity.text for entity in entities.find("NEXT, nextdoor", terms)] == ["NEXT"]


def test_a_word_of_the_site_wins_over_what_is_in_it() -> None:
    assert [e.text for e in entities.find("the Lamp 500ml set", ("Lamp 500ml set",))] == [
        "Lamp 500ml set"
    ]
    assert entities.find("anything", ("", " ")) == []


@given(st.text(max_size=300), st.lists(st.text(max_size=8), max_size=3))
def test_spans_are_in_order_and_apart_in_any_text(text: str, terms: list[str]) -> None:
    at = 0
    for entity in entities.find(text, tuple(terms)):
        assert at <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        at = entity.end


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "11 ",
        "a.",
        "a-",
        "@",
        "#",
        "#1-",
        "<a",
        "`",
        "1x",
        "1.",
        "+1 ",
        "(1",
        "A1-",
        "€1",
        "🙂",
    ],
)
def test_long_texts_of_one_piece_do_not_explode(piece: str) -> None:
    """Guards against expressions whose cost grows with the square of the length: the per-test
    time limit is what fails."""
    for length in (8000, 8001):
        entities.find((piece * 8000)[:length])


@pytest.mark.parametrize("space", ["\x1c", "\x1f", "\u2028", "\u202f", "\u205f", "\u3000"])
def test_special_white_space_parts_words_and_is_passed_over(space: str) -> None:
    text = f"{space}one{space}AB-12{space}{space}a.b@c.pt{space}"
    assert [entity.text for entity in entities.find(text)] == ["AB-12", "a.b@c.pt"]
    assert entities.find(space) == []


@pytest.mark.parametrize(
    "text",
    [
        "_" * 40,
        "____1____________________________" + "a" * 66,
        "1" + "_" * 1000 + "a" * 66,
        "a1" + "-a1" * 400 + "-" + "x" * 70,
    ],
)
def test_a_text_that_almost_is_a_reference_is_given_up_at_once(text: str) -> None:
    """Each was tried in 2^k ways once: a form's line stopped the server for good."""
    assert "".join(entity.text for entity in entities.find(text)) in text
