"""Markdown through the real models in both directions: marks stay around the words on which they
stood, and a text that only looks like Markdown is none."""

from __future__ import annotations

import re

import pytest

from tests.test_translation_kinds import Real, real
from translate_proxy.translation.guard import markdown
from translate_proxy.translation.work import segments

__all__ = ["real"]

MARKED = (
    ("en", "This is **really** important to me.", r"\*\*\w[^*]*\w\*\*"),
    ("en", "Please do _not_ ring the bell.", r"(?<!\w)_\w[^_]*_(?!\w)"),
    ("en", "The price is ~~20 €~~ 15 € today.", r"~~20 €~~"),
    ("en", "Please read [our terms](https://shop.example/terms?a=1&b=2) first.", r"\[\w[^\]]+\]\("),
    ("en", "Here is a picture: ![a red chair](/media/chair_red_2.png)", r"!\[\w[^\]]+\]\("),
    (
        "en",
        (
            "**Free delivery** from 60 €: see [our terms](https://shop.example/terms?a=1&b=2) and "
            "`CODE10` in backticks"
        ),
        r"^\*\*\w[^*]*\w\*\* .*60 €.*\[\w[^\]]+\]\(.* `CODE10` ",
    ),
    ("en", "The ***last*** day is Friday.", r"\*\*\*\w[^*]*\*\*\*"),
    ("pt", "Isto é **muito** importante para mim.", r"\*\*\w[^*]*\w\*\*"),
    ("pt", "Por favor, __não__ toque à campainha.", r"__\w[^_]*__"),
    ("pt", "Leia [as condições](https://loja.example/c_a_b?x=(1)) antes.", r"\[\w[^\]]+\]\("),
    ("pt", "O preço é *só hoje* mais baixo.", r"\*\w[^*]*\w\*"),
    ("pt", "Veja ![a cadeira](cadeira.png) e diga se gosta.", r"!\[\w[^\]]+\]\("),
)
BLOCKS = (
    ("en", "## Returns", "## "),
    ("en", "- [ ] Open the box", "- [ ] "),
    ("en", "- [x] Remove the lid", "- [x] "),
    ("en", "  2. Press the button", "  2. "),
    ("en", "> - Where is my order?", "> - "),
    ("en", "> # Your order is ready", "> # "),
    ("en", "> > ## Your order is ready", "> > ## "),
    ("pt", "### Devoluções", "### "),
    ("pt", "- [ ] Abra a caixa", "- [ ] "),
    ("pt", "   * Retire a tampa", "   * "),
    ("pt", ">> Quando chega a encomenda?", ">> "),
    ("pt", "> # A encomenda chegou", "> # "),
)
LOOKS_LIKE = (
    "5 * 3 * 2",
    "snake_case_name",
    "2 ** 3",
    "*.pdf and *.docx",
    "a_b_c d_e",
    "f***",
    "5 €* and 6 €*",
    "https://shop.example/a_b_c/*x*",
    "`**kept**`",
    "(*_*)",
    "@_user_ hello",
    "{{_name_}}",
    r"\*not this\*",
    "see [2] (and [3])",
)


@pytest.mark.parametrize(("source", "text", "wanted"), MARKED)
def test_marks_stay_around_their_words(real: Real, source: str, text: str, wanted: str) -> None:
    result = real(text, source)
    assert result.status == "translated"
    assert re.search(wanted, result.text), result.text
    for mark in ("*", "_", "~", "[", "]", "(", ")"):
        assert result.text.count(mark) == text.count(mark), result.text
    for address in re.findall(r"\]\(\S*\)", text):
        assert address in result.text


@pytest.mark.parametrize(("source", "text", "start"), BLOCKS)
def test_what_begins_a_line_stays(real: Real, source: str, text: str, start: str) -> None:
    result = real(text, source)
    assert result.status == "translated"
    assert result.text.startswith(start)
    assert result.text[len(start)].isalpha()
    assert result.text != text


@pytest.mark.parametrize("text", LOOKS_LIKE)
def test_what_only_looks_like_markdown_is_none(text: str) -> None:
    assert markdown.find(text) == []


def test_cells_of_a_table_are_translated_one_by_one(real: Real) -> None:
    for text in ("| artigo | preço |\n| :--- | ---: |\n| caneca | 5 € |", "|artigo|cor|\n|--|--|"):
        made = real(text, "pt").text
        rows, own = made.splitlines(), text.splitlines()
        assert [row.count("|") for row in rows] == [row.count("|") for row in own]
        assert rows[1] == own[1]
        assert rows[0] != own[0]


def test_code_between_fences_is_kept_and_what_stands_around_it_translated(real: Real) -> None:
    code = "```python\nprint('Hello my friend')\n```"
    made = real(f"Please run this:\n{code}\nThank you for your help.", "en").text
    assert f"\n{code}\n" in made
    assert "Please" not in made


@pytest.mark.parametrize(
    ("source", "text", "wanted"),
    [
        ("en", "She said 'yes' and \"no\".", r"'sim' e \"não\""),
        ("en", "She said ‘yes’ to me and “no” to him.", r"‘.*sim’.*“não”"),
        ("en", "The shoes' soles aren't 'good' enough.", r"'boas'"),
        ("pt", "Quero a 'grande' e não a \"pequena\".", r"'[a-z]+'.*\"[a-z]+\""),
        ("pt", 'Usei o "cupom" VERAO15 ontem', r'"(coupon|voucher)" VERAO15'),
    ],
)
def test_words_in_single_and_double_quotation_marks_are_translated(
    real: Real, source: str, text: str, wanted: str
) -> None:
    result = real(text, source)
    assert result.status == "translated"
    assert re.search(wanted, result.text), result.text


def test_no_mark_comes_out_empty(real: Real) -> None:
    text = (
        "**Please** call [Ana Silva](tel:+351912345678) or _write_ to ana_silva@shop.example "
        "~~today~~ *now*."
    )
    made = real(text, "en").text
    assert re.search(r"~~hoje~~ \*agora\*\.$", made), made


def test_marks_around_a_whole_sentence_are_not_shown_to_the_model() -> None:
    parts = segments.split("**Where is it?** _Thank you._")
    whole = [part.text for part in parts if isinstance(part, segments.Sentence)]
    assert whole[0] == "Where is it?"
    assert whole[-1] == "Thank you."
    parts = segments.split("- **[See our terms](/terms)**")
    assert parts == ["- **[", segments.Sentence("See our terms", ()), "](/terms)**"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("en", "My neighbour said “wait until Friday”."),
        ("en", "I ordered the «Nordic» lamp yesterday."),
        ("en", 'Is the colour "midnight blue" or "black"?'),
        ("en", "The box says „fragile“ on one side."),
        ("pt", "O meu vizinho disse «espere até sexta»."),
        ("pt", "O site diz “indisponível” desde ontem."),
        ("pt", 'Na caixa está escrito "frágil" e "pesado".'),
        ("pt", "Ele escreveu „obrigado“ no cartão."),
        ("en", "The book « The garden » is new."),
        ("pt", "O livro « O jardim » é novo."),
    ],
)
def test_quotation_marks_stay_in_pairs(real: Real, source: str, text: str) -> None:
    made = real(text, source)
    assert made.status == "translated"
    assert re.findall('["“”„«»]', made.text) == re.findall('["“”„«»]', text), made.text
    assert re.findall(r"[„«]\s|\s[»]", made.text) == re.findall(r"[„«]\s|\s[»]", text)
    assert not re.search(r"[»”]\w", made.text)
