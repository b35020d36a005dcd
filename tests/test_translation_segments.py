"""Taking a message apart and putting it together: sentences, lines, spacing, dressing, checks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.translation.guard import checks, dressing
from translate_proxy.translation.work import segments, sentences
from translate_proxy.translation.work.segments import Sentence


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences.split(text)]


SENTENCES: dict[str, list[str]] = {
    "Hello. Where is it? Thanks!": ["Hello.", "Where is it?", "Thanks!"],
    "It costs 42,50 €. Is that ok?": ["It costs 42,50 €.", "Is that ok?"],
    "I paid 3.50 at 14.30 today": ["I paid 3.50 at 14.30 today"],
    "Mr. Smith and Dr. J. Jones called.": ["Mr. Smith and Dr. J. Jones called."],
    "We ship e.g. to Spain, approx. in May.": ["We ship e.g. to Spain, approx. in May."],
    "Tack för hjälpen! Vi ses kl. 15.": ["Tack för hjälpen!", "Vi ses kl. 15."],
    "Das kostet ca. 5 kg bzw. mehr. Gut.": ["Das kostet ca. 5 kg bzw. mehr.", "Gut."],
    "Am 14. März. Danke.": ["Am 14. März.", "Danke."],
    "Se 14. maaliskuuta tulee": ["Se 14. maaliskuuta tulee"],
    "Hello!Where is it?Thanks": ["Hello!", "Where is it?", "Thanks"],
    "wait... what?! no": ["wait... what?!", "no"],
    "Wait... What?": ["Wait...", "What?"],
    "No. I want two.": ["No.", "I want two."],
    "1. Open it. 2. Press.": ["1. Open it.", "2. Press."],
    "no punctuation at all here": ["no punctuation at all here"],
    "こんにちは。注文はどこですか？ありがとう": [
        "こんにちは。",
        "注文はどこですか？",
        "ありがとう",
    ],
    "Γεια σας. Τι κάνετε; Καλά.": ["Γεια σας.", "Τι κάνετε;", "Καλά."],
    "Привет! Стоит 5 руб. за штуку. Да.": ["Привет!", "Стоит 5 руб. за штуку.", "Да."],
    '"Is it new?" she asked.': ['"Is it new?"', "she asked."],
    "(Really?) Yes.": ["(Really?)", "Yes."],
    "See www.shop and node.js now": ["See www.shop and node.js now"],
    "   ": [],
    "": [],
    "...": ["..."],
    "Users of Yahoo! and others. Ok": ["Users of Yahoo! and others.", "Ok"],
    "Hello! where is it": ["Hello!", "where is it"],
}


@pytest.mark.parametrize("text", SENTENCES)
def test_sentences_end_where_a_reader_ends_them(text: str) -> None:
    assert cut(text) == SENTENCES[text]


def test_a_sentence_without_end_is_cut_at_commas_or_spaces() -> None:
    text = "and then we went to the shop, " * 60
    pieces = cut(text)
    assert all(len(piece) <= sentences.MAX_CHARS for piece in pieces)
    assert " ".join(pieces) == text.strip()
    assert all(piece.endswith(",") for piece in pieces)
    assert "".join(cut("x" * 1000)) == "x" * 1000


@given(st.text(max_size=1200))
def test_nothing_is_lost_between_sentences(text: str) -> None:
    at = 0
    for start, end in sentences.split(text):
        assert text[at:start].strip() == ""
        assert at <= start < end
        at = end
    assert text[at:].strip() == ""


MESSAGES: dict[str, list[str]] = {
    "- Hello!  Where is AB-12? 😊\n": ["Hello!", "Where is AB-12?"],
    "1. first\r\n2) second\n\n* third": ["first", "second", "third"],
    "AB-12345 😊 €5": [],
    "Thanks 😊😊 bye 👋": ["Thanks 😊😊 bye"],
    "😊 hello": ["hello"],
    "Great 😊 See you 👋": ["Great", "See you"],
    "at shop.example. Yes": ["at shop.example.", "Yes"],
    "a\tb": ["a\tb"],
    "?!": [],
    "": [],
}


@pytest.mark.parametrize("text", MESSAGES)
def test_only_words_are_translated(text: str) -> None:
    parts = segments.split(text)
    assert [part.text for part in parts if isinstance(part, Sentence)] == MESSAGES[text]


@given(st.text(alphabet=st.sampled_from("aB1 .,!?\n\r\t😊-@#€0(x)"), max_size=120))
def test_the_parts_are_the_message(text: str) -> None:
    parts = segments.split(text)
    assert "".join(part if isinstance(part, str) else part.text for part in parts) == text
    for part in parts:
        if isinstance(part, Sentence):
            assert part.text == part.text.strip()
            for entity in part.found:
                assert part.text[entity.start : entity.end] == entity.text


def test_the_space_between_sentences_follows_the_script() -> None:
    one, other = Sentence("1", ()), Sentence("2", ())
    assert segments.join([one, " ", other], ["A.", "B."], "ja") == "A.B."
    assert segments.join([one, "", other], ["A。", "B。"], "en") == "A。 B。"
    assert segments.join([one, "  \n", other], ["A.", "B."], "ja") == "A.  \nB."


@pytest.mark.parametrize(
    ("text", "dressed", "output", "undressed"),
    [
        ("thanks", "Thanks.", "Obrigado.", "Obrigado"),
        ("Thanks", "Thanks.", "Obrigado", "Obrigado"),
        ("where is it???", "Where is it?", "Onde está?", "Onde está???"),
        ("no way?!", "No way?", "Nem pensar?", "Nem pensar?!"),
        ("wait...", "Wait.", "Espere.", "Espere..."),
        ("Ready.", "Ready.", "Pronto.", "Pronto."),
        ("iPhone case", "iPhone case.", "Capa.", "Capa"),
        ("WHERE IS IT", "Where is it.", "Onde está.", "ONDE ESTÁ"),
        ("REFUND", "REFUND.", "Reembolso.", "Reembolso"),
        ("a list:", "A list:", "Uma lista:", "Uma lista:"),
        ('he said "no"', 'He said "no".', 'Disse "não".', 'Disse "não"'),
    ],
)
def test_chat_is_dressed_for_the_model(
    text: str, dressed: str, output: str, undressed: str
) -> None:
    made = dressing.dress(text, "en", shouting_allowed=True)
    assert made.text == dressed
    assert made.undress(output) == undressed


def test_full_stops_follow_the_source_language() -> None:
    assert dressing.dress("你好", "zh-CN", shouting_allowed=True).text == "你好。"
    assert dressing.dress("สวัสดี", "th", shouting_allowed=True).text == "สวัสดี"


@pytest.mark.parametrize(
    ("source", "output", "target", "problem"),
    [
        ("Hello.", "Olá.", "pt", None),
        ("Hello.", "", "pt", "empty"),
        ("Hello.", "  ", "pt", "empty"),
        ("Hello.", "Olá <unk>", "pt", "leak"),
        ("Hello.", "Olá ⁇", "pt", "leak"),
        ("Hello.", "▁Olá", "pt", "leak"),
        ("a <unk> b", "um <unk> b", "pt", None),
        ("Hello.", "Olá a todos os que aqui se encontram reunidos neste belo dia", "pt", "length"),
        ("x" * 5 + " and some words " * 8, "Ok.", "pt", "length"),
        ("How are you today, my friend?", "sim sim sim sim sim sim", "pt", "loop"),
        ("How are you today, my friend?", "não sei, não sei, não sei, não sei", "pt", "loop"),
        ("How are you today, my friend?", "hahahahahahahaha", "pt", "loop"),
        ("hahahahahahahaha", "hahahahahahahaha", "pt", None),
        ("no no no no no no no", "não não não não não não", "pt", None),
        ("Where is my parcel?", "Где моя посылка?", "pt", "script"),
        ("Where is my parcel?", "Где моя посылка?", "ru", None),
        ("Where is my parcel?", "Where is my parcel?", "ru", None),
        ("Where is my parcel?", "Onde está a encomenda?", "ru", "script"),
        (
            "包裹在哪里？我等了很久了",
            "Where is the parcel? I have waited for a long time",
            "en",
            None,
        ),
        ("Where is my parcel, Łukasz?", "我的包裹在哪里，Łukasz?", "zh-TW", None),
    ],
)
def test_outputs_are_checked(source: str, output: str, target: str, problem: str | None) -> None:
    assert checks.problem(source, output, target) == problem
