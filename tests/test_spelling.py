"""What the engine gets of a chat's spelling, and what is left alone."""

from __future__ import annotations

import pytest

from tests.translation_support import FakeEngine, echo, job, starter_packages, translator
from translate_proxy.text import entities
from translate_proxy.translation.words import spelling
from translate_proxy.translation.words.spelling_files import NOTHING, SpellingBook

BOOK = SpellingBook()


def engine_gets(text: str, language: str) -> str:
    file = BOOK.of(language)
    found = spelling.protected(text, entities.find(text), file)
    made, moved = spelling.respelled(text, found, file)
    assert [entity.text for entity in moved] == [entity.text for entity in found]
    assert all(made[entity.start : entity.end] == entity.text for entity in moved)
    return made


CHAT: dict[str, dict[str, str]] = {
    "pt": {
        "vc tem esse vestido? tbm queria saber do frete pra sp": (
            "você tem esse vestido? também queria saber do frete para SP"
        ),
        "vcs entregam hj? pq n recebi nd": "vocês entregam hoje? porque não recebi nada",
        "Vc viu a msg q mandei dps?": "Você viu a mensagem que mandei depois?",
        "p/ SP c/ nota, s/ caixa": "para SP com nota, sem caixa",
        "td mundo sabe q td chegou": "todo mundo sabe que tudo chegou",
        "to esperando ha dias, ta demorando": "estou esperando há dias, está demorando",
        "VC PODE AJUDAR? NAO CHEGOU": "VOCÊ PODE AJUDAR? NÃO CHEGOU",
        "ele vai pro rio com o iphone 15 pro": "ele vai para o rio com o iphone 15 pro",
    },
    "en": {
        "can u tell me where ur shop is pls": "can you tell me where your shop is please",
        "im sure ur right": "I'm sure you're right",
        "i dont know why it wasnt sent": "i don't know why it wasn't sent",
        "thx its gr8, send it b4 friday": "thanks its great, send it before friday",
        "id like it but my id is wrong": "I'd like it but my id is wrong",
        "i feel ill, ill wait": "i feel ill, I'll wait",
        "Idk, btw the msg came tmrw": "I don't know, by the way the message came tomorrow",
        "THE SHOES DONT FIT, PLS HELP": "THE SHOES DON'T FIT, PLEASE HELP",
        "w/o box, w/ shipping": "without box, with shipping",
        "Can U help me": "Can you help me",
        "its 2 small, what sz is it": "its too small, what size is it",
        "do u ship 2 spain, send it 2 me asap": (
            "do you ship to spain, send it to me as soon as possible"
        ),
        "hw much 4 shipping, thx 4 it": "how much for shipping, thanks for it",
        "send me da nr, is it bk in stock": "send me the number, is it back in stock",
        "waiting 4 my parcel": "waiting for my parcel",
    },
}
ACCENTS: dict[str, str] = {
    "ola tudo bem? nao recebi nada ate agora, ja faz 2 semanas": (
        "olá tudo bem? não recebi nada até agora, já faz 2 semanas"
    ),
    "a devolucao do calcao e do cartao": "a devolução do calção e do cartão",
    "esta camisa esta atrasada": "esta camisa está atrasada",
    "onde esta o meu pedido": "onde está o meu pedido",
    "quero esta em azul": "quero esta em azul",
    "qual e o preco? e gratis?": "qual é o preço? é grátis?",
    "isso e aquilo e mais": "isso e aquilo e mais",
    "qual e quando": "qual e quando",
    "os pais do meu pais": "os pais do meu país",
    "chega na terca-feira, no inicio de marco": "chega na terça-feira, no início de março",
    "da para trocar a roupa de bebe?": "dá para trocar a roupa de bebê?",
    "ele bebe da chavena": "ele bebe da chávena",
    "horarios disponiveis, urgencia, rapidissimo": "horários disponíveis, urgência, rapidíssimo",
    "Voce e otimo": "Você e ótimo",
}
CASE: dict[str, str] = {
    "HEllo, wHERE is mY oRDER": "Hello, where is my order",
    "tHE sHOES aRE tOO sMALL": "The shoes are too small",
    "CAn I pay WIth PayPal?": "Can I pay with PayPal?",
    "I bought wHEN it was new": "I bought when it was new",
    "gOOD mORNING, nICE sHOP": "Good morning, nice shop",
    "My ORDER is NOT here, IKEA and DHL": "My order is not here, IKEA and DHL",
}
LEFT_ALONE: dict[str, tuple[str, ...]] = {
    "pt": (
        "vc@loja.pt {vc} %d #tb vc_1 www.vc.com",
        "2 tb de disco, n. 12, s/n",
        "Joao Simao mora em Lisboa",
        "Tenho um plano 5 G e comi M&M",
        "A Vc Moda e o Nd Studio",
        "O iPhone e o WhatsApp do McDonald",
        "Quero devolver os sapatos que comprei.",
        "travel, does, cascavel",
    ),
    "en": (
        "iPhone, eBay, McDonald, WhatsApp, PayPal, YouTube, LaTeX, GmbH, macOS",
        "Does the eSIM work on iOS with uPVC, PCs, DVDs and IDs?",
        "iOS or eSIM?",
        "U-bahn, r&b, n/a, q&a, (r) or (n)",
        "ur@shop.example #thx @pls https://u.example/im",
        "I were ill. She wont-not, were we",
        "The USB-C cable and the OLED TV from LG",
        "B4 paper, code GR8",
        "waiting 4 days, 2 large plates, I want 2 shirts and 4 of these",
        "shoes from NEW BALANCE and THE NORTH FACE",
    ),
}


@pytest.mark.parametrize("language", CHAT)
def test_chat_spelling_is_unfolded(language: str) -> None:
    for text, meant in CHAT[language].items():
        assert engine_gets(text, language) == meant


def test_accents_are_restored_where_it_is_told_which_word_is_meant() -> None:
    for text, meant in ACCENTS.items():
        assert engine_gets(text, "pt") == meant


def test_case_that_was_mixed_by_accident_is_mended() -> None:
    for text, meant in CASE.items():
        assert engine_gets(text, "en") == meant
    assert engine_gets("oNDE eSTÁ a mINHA eNCOMENDA", "pt") == "Onde está a minha encomenda"
    assert engine_gets("wO iST mEINE bESTELLUNG", "de") == "wo ist meine bestellung"


@pytest.mark.parametrize("language", LEFT_ALONE)
def test_names_codes_and_other_words_are_left_alone(language: str) -> None:
    for text in LEFT_ALONE[language]:
        assert engine_gets(text, language) == text


def test_a_language_without_a_file_is_read_as_it_is_typed() -> None:
    for text in ("vc tbm", "nao ate", "Wo ist mein iPhone?", "P, M ou G"):
        assert spelling.respelled(text, (), NOTHING) == (text, ())
        assert spelling.protected(text, [], NOTHING) == []


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("vc tem esse vestido no P?", ["S"]),
        ("tem P, M ou G?", ["S", "M", "L"]),
        ("quero do M ao GG", ["M", "XL"]),
        ("tamanho g", ["L"]),
        ("P/M/G", ["S", "M", "L"]),
        ("GG", ["XL"]),
        ("a camisa G azul e o vestido P", ["L", "S"]),
        ("uso PP mas comprei P", ["XS"]),
        ("plano 5 G", []),
        ("M&M e P&G", []),
        ("o G Suite", []),
        ("a letra P gravada", []),
        ("o p da questão", []),
        ("do P. Silva", []),
    ],
)
def test_clothing_sizes_become_those_of_other_languages(text: str, becomes: list[str]) -> None:
    found = spelling.protected(text, [], BOOK.of("pt"))
    assert [entity.becomes for entity in found] == becomes


async def test_the_engine_gets_it_and_the_reader_sees_the_original_when_it_fails() -> None:
    engine = FakeEngine(echo, directions=(("pt", "en"),))
    async with translator(starter_packages(), engine.rules, [engine]) as t:
        await t.translate(job("vc tem o AB-12 no GG?", "pt", "en"))
        assert engine.batches == [["Você tem o (1) no (2)?"]]
    engine = FakeEngine(lambda batch: [""] * len(batch), directions=(("pt", "en"),))
    async with translator(starter_packages(), engine.rules, [engine]) as t:
        result = await t.translate(job("vc tem?", "pt", "en"))
        assert (result.status, result.text) == ("untranslated", "vc tem?")


@pytest.mark.parametrize(
    ("text", "source", "says"),
    [
        ("HEllo, wHERE is mY oRDER", "en", ["onde"]),
        ("tHE sHOES aRE tOO sMALL", "en", ["sapatos", "pequen"]),
        ("oNDE eSTÁ a mINHA eNCOMENDA", "pt", ["where"]),
        ("QUero DEvolver a CAmisa", "pt", ["return", "shirt"]),
        ("My iPhone case from eBay", "en", ["iPhone", "eBay"]),
        ("ola tudo bem? nao recebi nada ate agora, ja faz 2 semanas", "pt", ["2 weeks"]),
        ("a devolucao e gratis?", "pt", ["return", "free"]),
        ("amanha estarei em casa de manha", "pt", ["tomorrow", "morning"]),
        ("vc tem esse vestido no P?", "pt", ["you", "dress", "S"]),
        ("tbm queria saber do frete pra sp", "pt", ["also", "SP"]),
        (
            "vc tem esse vestido no P? tbm queria saber do frete pra sp",
            "pt",
            ["you", "dress", "S?", "also", "SP"],
        ),
        ("vcs entregam no msm dia?", "pt", ["same day"]),
        ("qdo chega o tamanho GG?", "pt", ["when", "XL"]),
        ("can u tell me where my parcel is pls", "en", ["por favor", "onde"]),
        ("thx, ur shop is gr8", "en", ["obrigad", "loja"]),
        ("idk if i can come tmrw", "en", ["não sei", "amanhã"]),
        ("im waiting since monday, plz hurry", "en", ["segunda", "favor"]),
        ("ive been waiting 4 days", "en", ["4 dias"]),
        ("pls send me da tracking nr asap", "en", ["número", "rastre"]),
        ("do u guys ship 2 portugal?", "en", ["enviam", "Portugal"]),
        ("hw much 4 shipping?", "en", ["quanto"]),
        ("qnto fica o frete p/ bh?", "pt", ["how much", "shipping", "BH"]),
        ("mto obg pela ajuda, abs", "pt", ["thank you", "help"]),
        ("pf me manda a nf por email", "pt", ["please", "invoice"]),
        ("oq vcs vendem aki?", "pt", ["what", "sell", "here"]),
        ("ngm respondeu, cade vcs?", "pt", ["no one", "where"]),
        ("preciso de informacao sobre o cafe e o cha", "pt", ["information", "coffee", "tea"]),
        ("o botao do comando nao funciona", "pt", ["button", "work"]),
        ("e possivel alterar o endereco?", "pt", ["possible", "address"]),
        ("qUANDO cHEGA a mINHA mALA?", "pt", ["when"]),
        ("pORQUE É qUE eSTÁ aTRASADO?", "pt", ["why", "late"]),
        ("POR favor ENVIE a FATURA", "pt", ["please", "send", "invoice"]),
        ("pLEASE sEND mE tHE iNVOICE", "en", ["envie", "fatura"]),
        ("wHY iS mY pARCEL lATE?", "en", ["pacote", "atrasad"]),
        ("My ordER is STILL not HERE", "en", ["ainda"]),
    ],
)
async def test_what_was_misspelt_is_translated(text: str, source: str, says: list[str]) -> None:
    async with translator(starter_packages()) as t:
        result = await t.translate(job(text, source, "pt" if source == "en" else "en"))
    assert result.status == "translated"
    for word in says:
        assert word.lower() in result.text.lower()
