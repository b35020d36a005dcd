"""Every detector: right on sentences, probabilities for any text, restricted to the candidates."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate_proxy.interfaces import Detector
from translate_proxy.language.detection.content import (
    amount,
    language_text,
    segments,
    words,
)
from translate_proxy.language.detection.detectors import make_detector
from translate_proxy.language.detection.ngram_detector import NgramDetector
from translate_proxy.language.detection.tables import common_words
from translate_proxy.text.folding import fold, latin_spellings

SENTENCES = {
    "bg": "Кога ще пристигне пратката ми?",
    "cs": "Kdy mi přijde objednané zboží?",
    "da": "Hvornår kommer min pakke, og hvad koster fragten?",
    "de": "Wann kommt meine Bestellung endlich an?",
    "el": "Πότε θα φτάσει η παραγγελία μου;",
    "en": "When will my order arrive?",
    "es": "¿Cuándo llegará mi pedido a casa?",
    "et": "Millal minu tellimus kohale jõuab?",
    "fi": "Milloin tilaukseni saapuu perille?",
    "fr": "Quand est-ce que ma commande arrivera ?",
    "hu": "Mikor érkezik meg a rendelésem?",
    "it": "Quando arriverà il mio ordine?",
    "lt": "Kada atkeliaus mano užsakymas?",
    "lv": "Kad pienāks mans pasūtījums?",
    "nb": "Når kommer pakken min, og hva koster frakten?",
    "nl": "Wanneer wordt mijn bestelling bezorgd?",
    "pl": "Kiedy dotrze moje zamówienie?",
    "pt": "Quando é que chega a minha encomenda?",
    "ro": "Când va ajunge comanda mea?",
    "ru": "Когда придёт мой заказ?",
    "sk": "Kedy mi príde objednaný tovar?",
    "sv": "När kommer min beställning fram?",
    "tr": "Siparişim ne zaman gelecek acaba?",
    "uk": "Коли надійде моє замовлення?",
}
OTHER_SCRIPTS = {
    "ka": "როდის მოვა ჩემი შეკვეთა",
    "hy": "Ե՞րբ կգա իմ պատվերը",
    "ko": "제 주문은 언제 도착하나요",
    "ja": "注文はいつ届きますか",
    "zh": "我的订单什么时候到",
    "zh-Hant": "我的訂單什麼時候會到",
    "th": "คำสั่งซื้อของฉันจะมาถึงเมื่อไหร่",
    "he": "מתי תגיע ההזמנה שלי",
    "ar": "متى سيصل طلبي من فضلك",
    "hi": "मेरा ऑर्डर कब आएगा",
}
ALL = tuple(SENTENCES)


INSTALLED = ["ngram", "langdetect", *(["lingua"] if find_spec("lingua") else [])]


def build(name: str) -> Detector:
    detector = make_detector(name)
    detector.warm(ALL)
    return detector


@pytest.fixture(scope="module", params=INSTALLED)
def detector(request: pytest.FixtureRequest) -> Detector:
    return build(request.param)


@pytest.fixture(scope="module")
def ngram() -> Detector:
    return build("ngram")


def best(detector: Detector, text: str, candidates: tuple[str, ...]) -> str | None:
    found = detector.probabilities(text, candidates)
    return max(found, key=lambda tag: found[tag]) if found else None


@pytest.mark.parametrize("language", ALL)
def test_a_question_of_a_customer(detector: Detector, language: str) -> None:
    assert best(detector, SENTENCES[language], ALL) == language


def test_the_same_text_has_the_same_answer(detector: Detector) -> None:
    again = build(detector.name)
    for text in ("kiitos paljon", "what about the red one", "nie wiem"):
        assert detector.probabilities(text, ALL) == again.probabilities(text, ALL)


@pytest.mark.parametrize("text", ["", "?!", "12345", "👍", "\x00", "\ud800", "x", "日本", "ok"])
def test_little_or_no_language(detector: Detector, text: str) -> None:
    found = detector.probabilities(text, ALL)
    assert set(found) <= set(ALL)
    assert sum(found.values()) <= 1 + 1e-6


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.lists(st.sampled_from([*ALL, "pt-BR", "xx", "tlh"]), unique=True))
def test_any_text_and_any_candidates(text: str, candidates: list[str]) -> None:
    found = NgramDetector().probabilities(language_text(text), candidates)
    assert set(found) <= set(candidates)
    assert all(0 <= share <= 1 for share in found.values())
    assert sum(found.values()) <= 1 + 1e-6


@pytest.mark.parametrize("language", sorted(OTHER_SCRIPTS))
def test_scripts_decide(ngram: Detector, language: str) -> None:
    candidates = tuple(tag for tag in OTHER_SCRIPTS if tag != "zh-Hant" or language == tag)
    found = ngram.probabilities(OTHER_SCRIPTS[language], (*candidates, "en", "ru"))
    assert max(found, key=lambda tag: found[tag]) == language
    assert found[language] > 0.8


def test_a_language_that_is_no_candidate_is_other(ngram: Detector) -> None:
    candidates = ("en", "pt", "fi")
    assert sum(ngram.probabilities("Коли надійде моє замовлення?", candidates).values()) < 0.5
    hungarian = ngram.probabilities("Szeretném visszaküldeni a tegnapi csomagot", candidates)
    assert sum(hungarian.values()) < 0.5
    assert sum(ngram.probabilities("Where is my order", candidates).values()) > 0.9


def test_variants_share_a_table(ngram: Detector) -> None:
    found = ngram.probabilities("obrigado pela ajuda", ("pt", "pt-BR", "en"))
    assert found["pt"] == found["pt-BR"] > 0.4


def test_an_unknown_detector_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="unknown detector 'best'; there are default, langdetect"):
        make_detector("best")


@pytest.mark.skipif(find_spec("lingua") is not None, reason="lingua is installed")
def test_a_missing_package_is_said_in_one_line() -> None:
    with pytest.raises(ValueError, match="is not installed: pip install"):
        make_detector("lingua")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Olá, onde está AB-12345?", "Olá onde está ?"),
        ("see https://shop.example/fi/kengät?x=1 now", "see now"),
        ("mail me: anna.virtanen@posti.example please", "me please"),
        ("koko 42 tai XL 😀👍🏽 kiitos :-)", "koko tai kiitos"),
        ("@anna #sale file kuitti.pdf `SELECT`", "file"),
        ("hahaha jajaja xD lol", ""),
        ("heeeeello", "heello"),
        ("ok", ""),
        ("+358 40 123 4567", ""),
        ("l’homme d'affaires", "l’homme d'affaires"),
    ],
)
def test_what_carries_no_language_goes(text: str, kept: str) -> None:
    assert language_text(text).split() == kept.split()


def test_the_shops_own_names_go() -> None:
    assert language_text("Onko Super Shoe varastossa", ("super shoe",)).split() == [
        "Onko",
        "varastossa",
    ]


def test_names_count_less() -> None:
    def size(text: str) -> float:
        return amount(words(language_text(text)))

    assert size("Fjällräven Kånken") == size("fjällräven kånken") / 2
    assert size("missä tilaukseni on") > 3
    assert size("我想要退货") == 2.5
    assert size("12345") == 0


def test_long_messages_are_read_by_sentence() -> None:
    text = language_text("Hei! Missä tilaukseni on? The page says it was delivered.\nKiitos")
    assert segments(text) == [
        "Hei! Missä tilaukseni on?",
        "The page says it was delivered. Kiitos",
    ]
    assert len(segments("yksi kaksi kolme. " * 50)) == 4


def test_folding_and_latin_spellings() -> None:
    assert fold("dziękuję łódź straße smørrebrød") == "dziekuje lodz strasse smorrebrod"
    assert fold("привет йод") == "привет йод"
    assert "spasibo" in latin_spellings("спасибо", "ru")
    assert "pou einai" in (" ".join(latin_spellings(word, "el")[0] for word in ("πού", "είναι")),)
    assert latin_spellings("hello", "en") == []


def test_short_words_are_listed_in_24_languages() -> None:
    for language in ALL:
        listed = common_words(language)
        assert len(listed) >= 60, language
        assert not any(any(map(str.isdigit, word)) for word in listed)
