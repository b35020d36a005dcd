"""Texts of the kinds that chats are full of, through the real models in both directions: what must
stay stays, and nothing of it keeps the rest from being translated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.translation_support import FakeEngine, job, starter_packages, translator
from translate_proxy.interfaces import Translated
from translate_proxy.translation.translator import Translator


class Real(NamedTuple):
    """A started translator and the loop that it lives in."""

    runner: asyncio.Runner
    translator: Translator

    def __call__(self, text: str, source: str) -> Translated:
        target = "pt" if source == "en" else "en"
        return self.runner.run(self.translator.translate(job(text, source, target)))


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    with asyncio.Runner() as runner:
        life = translator(starter_packages())
        yield Real(runner, runner.run(life.__aenter__()))
        runner.run(life.__aexit__(None, None, None))


NUMBERS_IN_BRACKETS = (
    ("en", "Please choose size (38) or (40).", ("(38)", "(40)")),
    ("en", "I would like the model [4] please.", ("[4]",)),
    ("en", "See page (12) of the manual for order AB-12345.", ("(12)", "AB-12345")),
    ("en", "Is it the one on shelf [7] or (8)?", ("[7]", "(8)")),
    ("en", "Take size {38} or <40>, please.", ("{38}", "<40>")),
    ("en", "Please send me ⟨3⟩ chairs and 【4】 tables.", ("⟨3⟩", "【4】")),
    ("pt", "Envie-me 【4】 mesas, por favor.", ("【4】",)),
    ("pt", "Quero a peça [[13]] e a {7}.", ("[[13]]", "{7}")),
    ("pt", "Está na prateleira [7] ou (8)?", ("[7]", "(8)")),
    ("pt", "Quero o modelo [4], se faz favor.", ("[4]",)),
    ("pt", "Escolha o tamanho (38) ou (40), por favor.", ("(38)", "(40)")),
    ("pt", "Veja a página (12) do manual.", ("(12)",)),
)
PROGRAMS = (
    (
        "en",
        "Hello {name}, your order {{order_id}} is ready. You saved %d%%!",
        ("{name}", "{{order_id}}", "%d%%"),
    ),
    ("en", "Your code is %1$s and ${total} is due.", ("%1$s", "${total}")),
    ("en", "Hello %{name}, your total is #{total}.", ("%{name}", "#{total}")),
    ("en", "There are %(count)s people before you.", ("%(count)s",)),
    ("en", "You have {0} new messages, {user.name}.", ("{0}", "{user.name}")),
    ("pt", "Restam {0} artigos no carrinho, {nome}.", ("{0}", "{nome}")),
    ("pt", "A sua conta é %1$s e faltam %(dias)s dias.", ("%1$s", "%(dias)s")),
    ("pt", "Olá {nome}, a encomenda {{id}} está pronta.", ("{nome}", "{{id}}")),
    ("pt", "Tem %s mensagens e ${total} a pagar.", ("%s", "${total}")),
    ("pt", "Olá %{name}, o total é #{total}.", ("%{name}", "#{total}")),
    (
        "en",
        "Hi {{ user.name | capitalize }}, {% if vip %}you are welcome{% endif %}.",
        ("{{ user.name | capitalize }}", "{% if vip %}", "{% endif %}"),
    ),
    (
        "en",
        "You have {n, plural, one {# message} other {# messages}} today.",
        ("{n, plural, one {# message} other {# messages}}",),
    ),
    ("en", "Your order costs {price:.2f} € and you save 20%%.", ("{price:.2f} €", "20%%")),
    ("en", "Thank you for your order ##ORDER##.", ("##ORDER##",)),
    (
        "pt",
        "Olá {{ cliente.nome | upper }}, {% if vip %}temos um presente{% endif %}.",
        ("{{ cliente.nome | upper }}", "{% if vip %}", "{% endif %}"),
    ),
    (
        "pt",
        "Tem {n, plural, one {# mensagem} other {# mensagens}} por ler.",
        ("{n, plural, one {# mensagem} other {# mensagens}}",),
    ),
    ("pt", "A encomenda custa {valor:.2f} € e poupa 20%%.", ("{valor:.2f} €", "20%%")),
    ("pt", "Obrigado pela encomenda ##PEDIDO##.", ("##PEDIDO##",)),
)
PAIRS = (
    ("en", "Item [2] and step (a), (b) and (c).", ("[2]", "(a)", "(b)", "(c)")),
    ("en", "Please bring (a) the receipt and (b) the card.", ("(a)", "(b)")),
    ("en", "The blanket (the large one) has a hole at the side.", ("(", ")")),
    ("en", "Your order [see below] is on its way (at last).", ("[", ")")),
    ("pt", "A manta (a grande) tem um buraco.", ("(", ")")),
    ("pt", "A encomenda (finalmente) está a caminho.", ("(", ")")),
    ("pt", "Item [2] e passo (a), (b) e (c).", ("[2]", "(a)", "(b)", "(c)")),
    ("pt", "Traga (a) o recibo e (b) o cartão.", ("(a)", "(b)")),
    ("en", "The lamp is {sold out} and the rug is new.", ("{", "}")),
    ("en", "(Please answer soon.) I am waiting for you.", ("(", ".)")),
    ("en", "The book 『雪国』 costs 12 €.", ("『雪国』", "12 €")),
    ("pt", "O candeeiro está {esgotado} e o tapete é novo.", ("{", "}")),
    ("pt", "(Responda depressa, por favor.) Estou à espera.", ("(", ".)")),
    ("pt", "O livro 『雪国』 custa 12 €.", ("『雪国』", "12 €")),
)
RANGES = (
    ("en", "Our hotline is open Mon–Fri, 8:00–18:00.", ("–", "8:00–18:00")),
    ("en", "We are open Monday–Friday and Sat–Sun.", ("–",)),
    ("en", "The June–August sale is over.", ("–",)),
    ("en", "Delivery is on Monday the 5th at 9am–5pm.", ("9am–5pm",)),
    ("en", "Delivery between 03/04/2026 and Monday the 5th at 9am–5pm", ("03/04/2026", "9am–5pm")),
    ("en", "It takes 10–12 days, not 3-5 weeks.", ("10–12", "3-5")),
    ("pt", "Estamos abertos seg–sex, das 9h–17h.", ("–", "9h–17h")),
    ("pt", "De segunda–sexta, 9:00–18:00.", ("–", "9:00–18:00")),
    ("pt", "A promoção junho–agosto acabou.", ("–",)),
    ("en", "Open Mon–Fri 9–17h; Sat 10h–13h.", ("9–17h", "10h–13h", ";")),
    ("en", "Opening hours: Mon-Thu 8:30-12:00 and 13:00-17:00.", ("8:30-12:00", "13:00-17:00")),
    ("en", "We are closed 24–26 December.", ("24–26",)),
    ("pt", "Aberto seg–sex 9–17h; sáb 10h–13h.", ("9–17h", "10h–13h", ";")),
    ("pt", "Horário: seg-qui 8:30-12:00 e 13:00-17:00.", ("8:30-12:00", "13:00-17:00")),
    ("pt", "Estamos fechados de 24–26 de dezembro.", ("24–26",)),
    ("pt", "Demora 10–12 dias, não 3-5 semanas.", ("10–12", "3-5")),
)
DASHES = (
    ("en", "The shop closes early — only today.", (" — ",)),
    ("en", "Delivery is free – only this week – for all of you.", (" – ",)),
    ("en", "The red one — not the blue one.", (" — ",)),
    ("en", "Please wait — I am looking for your order.", (" — ",)),
    ("pt", "A loja fecha mais cedo — só hoje.", (" — ",)),
    ("pt", "O envio é grátis – só hoje – para todos.", (" – ",)),
    ("pt", "A vermelha — não a azul.", (" — ",)),
    ("pt", "Peixe e batatas custam 5 € — só hoje…", (" — ", "5 €")),
)
SUMS = (
    (
        "en",
        (
            "The total is 1,234.50 EUR, not 1.234,50. "
            "3 x 2 = 6, -15 %, 5'10\", 2½ kg, 10–12 days, n° 5, #12"
        ),
        ("1,234.50 EUR", "1.234,50", "-15 %", "5'10\"", "2½ kg", "10–12", "n° 5", "#12"),
    ),
    ("en", "I paid 2 × 19,90 € + 4,95 € = 44,75 €.", ("2 × 19,90 €", "4,95 €", "44,75 €")),
    ("en", "He is 5'10\" tall and needs 2½ kg.", ("5'10\"", "2½ kg")),
    ("en", "See chapter n° 5 of order #12.", ("n° 5", "#12")),
    ("en", "That makes 3 x 9.99 USD for me.", ("3 x 9.99 USD",)),
    ("en", "The ratio is 16:9, 60 Hz, ~300 g, ≤ 5 kg.", ("16:9", "60 Hz", "~300 g", "≤ 5 kg")),
    ("en", "See § 5 of the terms → page 3.", ("§ 5", "→", "3")),
    ("en", "It was 2 pieces @ $649.50 each.", ("@", "$649.50")),
    ("en", "The lamp costs ~20 € or more.", ("~20 €",)),
    ("pt", "Proporção 16:9, 60 Hz, ~300 g, ≤ 5 kg.", ("16:9", "60 Hz", "~300 g", "≤ 5 kg")),
    ("pt", "Veja o § 5 das condições → página 3.", ("§ 5", "→", "3")),
    ("pt", 'Tem ¾" de espessura e 1½ m de comprimento.', ('¾"', "1½ m")),
    ("pt", "O candeeiro custa ~20 € ou mais.", ("~20 €",)),
    ("pt", "Paguei 2 × 19,90 € + 4,95 € = 44,75 €.", ("2 × 19,90 €", "4,95 €", "44,75 €")),
    ("pt", "Tenho 5'10\" de altura.", ("5'10\"",)),
    ("pt", "São 3 x 9,99 € mais os portes.", ("3 x 9,99 €",)),
    ("pt", "Veja a página 7 da encomenda #12.", ("#12", "7")),
    ("pt", "Pesa 2½ kg e custa -15 % hoje.", ("2½ kg", "-15 %")),
)
SCRIPTS = (
    ("en", "مرحبا Hello شكرا", ("مرحبا", "شكرا")),
    ("en", "My name is Иван Петров and I need help.", ("Иван Петров",)),
    ("en", "Thank you very much, ευχαριστώ!", ("ευχαριστώ",)),
    ("en", "I ordered the 茶碗 bowl last week.", ("茶碗",)),
    ("en", "שלום, where is my order?", ("שלום",)),
    ("pt", "Comprei a taça 茶碗 na semana passada.", ("茶碗",)),
    ("pt", "שלום, onde está a minha encomenda?", ("שלום",)),
    ("pt", "O meu nome é 山田 e preciso de ajuda.", ("山田",)),
    ("pt", "Muito obrigado, спасибо, até amanhã.", ("спасибо",)),
)

MACHINES = (
    ("en", r"Please open C:\Temp\new.txt on your computer.", (r"C:\Temp\new.txt",)),
    ("en", r"The bill is at \\server\share\a.pdf for you.", (r"\\server\share\a.pdf",)),
    ("en", "Hello <%= name %>, your order is ready.", ("<%= name %>",)),
    ("en", "Hello <? echo ?>, your order is ready.", ("<? echo ?>",)),
    ("en", "See the page [[title]] for your order.", ("[[title]]",)),
    ("en", "Shirts && shoes are here.", ("&&",)),
    ("en", 'Please write to "x@y" today.', ('"x@y"',)),
    ("pt", r"Abra o ficheiro C:\Temp\novo.txt, por favor.", (r"C:\Temp\novo.txt",)),
    ("pt", "Olá <%= nome %>, a encomenda está pronta.", ("<%= nome %>",)),
    ("en", "What is √2 or x² or 5≠6?", ("√2", "x²", "5≠6")),
    ("en", "The garden has 20 m² and needs much H₂O.", ("20 m²", "H₂O")),
    ("pt", "Quanto é √2 ou x²?", ("√2", "x²")),
    ("pt", "As camisas && os sapatos chegaram.", ("&&",)),
)


@pytest.mark.parametrize(
    ("source", "text", "kept"),
    [*NUMBERS_IN_BRACKETS, *PROGRAMS, *PAIRS, *RANGES, *DASHES, *SUMS, *SCRIPTS, *MACHINES],
)
def test_what_must_stay_stays_and_the_rest_is_translated(
    real: Real, source: str, text: str, kept: tuple[str, ...]
) -> None:
    result = real(text, source)
    assert result.status == "translated", result
    assert result.text != text
    for one in kept:
        assert result.text.count(one) == text.count(one), result.text
    for opening, closing in ("()", "[]", "{}"):
        assert result.text.count(opening) == text.count(opening), result.text
        assert result.text.count(closing) == text.count(closing), result.text


@pytest.mark.parametrize(
    ("source", "word"),
    [("en", "Apple"), ("en", "indented"), ("en", "fork"), ("pt", "Maçã"), ("pt", "recuado")],
)
def test_a_lone_word_gains_no_bracket(real: Real, source: str, word: str) -> None:
    assert not set(real(word, source).text) & set('()[]"«»“”')


@pytest.mark.parametrize(
    ("source", "word", "right"),
    [
        ("en", "refund", "reembolso"),
        ("en", "kettle", "chaleira"),
        ("en", "Lisbon", "Lisboa"),
        ("en", "great", "grande"),
        ("pt", "Maçã", "Apple"),
        ("pt", "almofada", "pillow"),
        ("pt", "impermeável", "waterproof"),
        ("pt", "Lisboa", "Lisbon"),
        ("pt", "candeeiro", "lamp"),
    ],
)
def test_a_lone_word_is_what_most_ways_of_asking_say(
    real: Real, source: str, word: str, right: str
) -> None:
    assert real(word, source).text == right


@pytest.mark.parametrize(
    ("source", "text", "days"),
    [
        ("en", "Open Mon–Fri 9–17h; Sat 10h–13h.", ("seg–sex 9–17h", "; sáb 10h–13h")),
        ("en", "Mon–Wed: 10am–6pm; Thu–Fri: 10am–8pm; Sun: closed.", ("Seg–qua:", "dom: fechado")),
        ("en", "Mon, Wed and Fri 9–17h, Sun closed", ("Seg, qua e sex 9–17h",)),
        ("en", "Our shop is open Tue - Sun 10:00 - 18:00.", ("ter - dom 10:00 - 18:00",)),
        ("en", "Support: Monday–Friday 9:00–12:30.", ("segunda-feira–sexta-feira 9:00–12:30",)),
        ("pt", "Aberto seg–sex 9–17h; sáb 10h–13h.", ("Mon–Fri 9–17h", "; Sat 10h–13h")),
        ("pt", "Seg–qua: 10h–18h; qui–sex: 10h–20h; dom: fechado.", ("Mon–Wed:", "Sun: closed")),
        ("pt", "Seg, qua e sex 9h–17h, dom fechado", ("Mon, Wed and Fri 9h–17h", "Sun closed")),
        ("pt", "A loja abre ter - dom 10:00 - 18:00.", ("Tue - Sun 10:00 - 18:00",)),
        ("pt", "Atendimento: segunda–sexta 9h00–12h30.", ("Monday–Friday 9h00–12h30",)),
    ],
)
def test_opening_hours_name_the_days_of_the_other_language(
    real: Real, source: str, text: str, days: tuple[str, ...]
) -> None:
    result = real(text, source)
    assert result.status == "translated"
    for part in days:
        assert part in result.text, result.text


def test_fractions_keep_their_unit(real: Real) -> None:
    text = "The total is 1,234.50 EUR, not 1.234,50. It weighs 2½ kg."
    result = real(text, "en")
    assert result.status == "translated"
    for one in ("1,234.50 EUR", "1.234,50", "2½ kg"):
        assert one in result.text


async def test_a_sentence_that_cannot_be_saved_takes_no_other_with_it() -> None:
    def answer(sentences: object) -> list[str]:
        assert isinstance(sentences, list | tuple)
        return ["" if "bad" in text else text.upper() for text in sentences]

    engine = FakeEngine(answer)
    async with translator(starter_packages(), engine.rules, [engine]) as t:
        mixed = await t.translate(job("This is good. This is bad. And this too."))
        assert (mixed.status, mixed.text) == (
            "translated",
            "THIS IS GOOD. This is bad. AND THIS TOO.",
        )
        none = await t.translate(job("This is bad. That is bad."))
        assert (none.status, none.reason) == ("untranslated", "unsafe_output")
        assert none.text == "This is bad. That is bad."
