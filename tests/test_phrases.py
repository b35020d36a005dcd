"""The phrase book: which messages are phrases, and what stands for them in the other language."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.translation_support import job
from translate_proxy.model import Shop, Site, SiteKey
from translate_proxy.settings import Translation
from translate_proxy.shop.site import SiteSettings
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrase_forms import fold, utterance
from translate_proxy.translation.words.phrases import (
    PhraseBook,
    PhraseError,
    SitePhrases,
    read_keys,
)
from translate_proxy.translation.words.words import Words

BOOK = PhraseBook()
PLAIN = SitePhrases(BOOK)


@pytest.mark.parametrize(
    ("text", "source", "target", "found"),
    [
        ("obrigado!", "pt", "en", "Thank you!"),
        ("One moment, please.", "en", "fi", "Hetki, olkaa hyvä."),
        ("OBRIGAAADO!!!", "pt", "en", "Thank you!"),
        ("  obrigado  ", "pt", "en", "Thank you!"),
        ("dziekuje", "pl", "en", "Thank you!"),
        ("dziękuję", "pl", "en", "Thank you!"),
        ("schoenen tag", "de", "en", "Have a nice day!"),
        ("It’s in stock", "en", "de", "Es ist auf Lager."),
        ("Avez vous d'autres photos?", "fr", "en", "Do you have more photos?"),
        ("спасибо", "ru", "en", "Thank you!"),
        ("СПАСИБО БОЛЬШОЕ", "ru", "uk", "Дуже дякую!"),
        ("ευχαριστω", "el", "en", "Thank you!"),
        ("شكرا", "ar", "en", "Thank you!"),
        ("TEŞEKKÜRLER", "tr", "en", "Thank you!"),
        ("obg", "pt-BR", "en", "Thank you!"),
        ("thx", "en-GB", "no", "Takk!"),
    ],
)
def test_a_phrase_is_found_however_it_was_typed(
    text: str, source: str, target: str, found: str
) -> None:
    assert PLAIN.find(text, source, target) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("obrigado 😊", "Thank you! 😊"),
        ("👋 olá", "👋 Hello!"),
        ("obrigado!!! 😊😊 ❤️", "Thank you! 😊😊 ❤️"),
        ("obrigado :)", "Thank you! :)"),
        ("obrigado:)", "Thank you! :)"),
        ("😊", None),
        ("obrigado 😊 amigo", None),
        ("muito 😊 obrigado", None),
    ],
)
def test_emoji_at_the_ends_are_carried_over(text: str, found: str | None) -> None:
    assert PLAIN.find(text, "pt", "en") == found


@pytest.mark.parametrize(
    ("text", "source", "target", "found"),
    [
        (
            "You're welcome, have a lovely evening!",
            "en",
            "pt",
            "De nada! Tenha uma boa noite!",
        ),
        ("Thank you and have a nice day!", "en", "pt", "Obrigado! Tenha um bom dia!"),
        ("thanks - bye", "en", "pt", "Obrigado! Até à próxima!"),
        ("ok 👍 thank you", "en", "pt", "OK. 👍 Obrigado!"),
        ("Yes, please.\nThank you!", "en", "pt", "Sim, por favor.\nObrigado!"),
        ("😊 thanks! bye 😊😊", "en", "pt", "😊 Obrigado! Até à próxima! 😊😊"),
        ("no, thank you", "en", "pt", "Não, obrigado."),
        ("De nada, tenha uma boa noite!", "pt", "en", "You are welcome! Have a nice evening!"),
        ("Obrigado e bom dia!", "pt", "en", "Thank you! Good morning!"),
        ("Obrigado! Onde está o meu pedido?", "pt", "en", "Thank you! Where is my order?"),
        ("obrigado, kkkk, tchau", "pt", "en", "Thank you! haha Goodbye!"),
        ("sim\r\n\r\nobrigada", "pt", "en", "Yes.\r\n\r\nThank you!"),
        ("hola, gracias y adiós", "es", "en", "Hello! Thank you! Goodbye!"),
        ("Danke und auf Wiedersehen", "de", "pt", "Obrigado! Até à próxima!"),
    ],
)
def test_phrases_one_after_the_other_are_found(
    text: str, source: str, target: str, found: str
) -> None:
    assert PLAIN.find(text, source, target) == found


@pytest.mark.parametrize(
    "text",
    [
        "obrigado pelo pedido 4711",
        "obrigado, mas onde está o meu pedido AB-12?",
        "obrigado eva@example.com",
        "Obrigado! Onde está o meu vestido?",
        "Obrigado!\n---\nAté à próxima!",
        "***\nObrigado",
        "Thank you and the dress",
        "não obrigado a ninguém",
        "",
        "   ",
        "?!",
        "obrigado " * 60,
    ],
)
def test_a_part_of_a_message_is_never_enough(text: str) -> None:
    assert PLAIN.find(text, "pt", "en") is None


@pytest.mark.parametrize(
    ("text", "source", "key_text"),
    [
        ("da", "ru", None),
        ("да", "ru", "Yes."),
        ("no", "en", "No."),
        ("no", "pl", "Yes."),
        ("ne", "cs", "No."),
        ("ne", "hr", "No."),
        ("ano", "cs", "Yes."),
        ("tak", "pl", "Yes."),
        ("tak", "da", "Thank you!"),
        ("si", "es", "Yes."),
        ("bitte sehr", "de", "You are welcome!"),
        ("ja", "de", "Yes."),
        ("Ja", "nl", "Yes."),
        ("jo", "de", "Yes."),
        ("jo", "fi", None),
        ("prego", "it", "You are welcome!"),
    ],
)
def test_the_language_alone_says_what_a_short_word_means(
    text: str, source: str, key_text: str | None
) -> None:
    assert PLAIN.find(text, source, "en") == key_text


@pytest.mark.parametrize(
    ("text", "source", "found"),
    [
        ("in stock", "en", "Es ist auf Lager."),
        ("in stock?", "en", "Ist es auf Lager?"),
        ("is it in stock", "en", "Ist es auf Lager?"),
        ("está disponível", "pt", "Es ist auf Lager."),
        ("está disponível?", "pt", "Ist es auf Lager?"),
        ("onde está a minha encomenda", "pt", "Wo ist meine Bestellung?"),
        ("Υπάρχει έκπτωση;", "el", "Gibt es einen Rabatt?"),
        ("Υπάρχει έκπτωση", "el", None),
        ("هل هو متوفر؟", "ar", "Ist es auf Lager?"),
        ("yes?", "en", None),
        ("thanks?", "en", None),
        ("hello?", "en", "Hallo!"),
    ],
)
def test_a_question_mark_is_part_of_what_is_said(text: str, source: str, found: str | None) -> None:
    assert PLAIN.find(text, source, "de") == found


def test_every_shown_text_is_found_and_goes_to_the_same_key() -> None:
    """Both directions: what an operator pastes from the book is translated by the book."""
    for language in BOOK.languages():
        [phrases] = BOOK.of(language)
        for key, text in phrases.shown.items():
            what = utterance(text, language)
            assert what is not None, (language, key)
            found = phrases.key_of(what)
            assert found is not None, (language, key)
            assert phrases.shown[found] == text, (language, key, found)


def test_letters_that_are_typed_as_others() -> None:
    assert fold("Łódź Ærø Straße ŒUVRE Ёлка Ґанок ΌΧΙ; مرحبًا") == (
        "lodz aero strasse oeuvre елка ганок οχι مرحبا"
    )


# -- sites ---------------------------------------------------------------------------------


def site(**phrases: dict[str, object]) -> Site:
    settings = SiteSettings.model_validate(
        {
            "key": "shop",
            "name": "Shop",
            "origins": ["https://shop.example"],
            "languages": ["en", "pt"],
            "default_language": "en",
            "phrases": phrases,
        }
    )
    return Site(SiteKey("shop"), "Shop", (), ("en", "pt"), "en", phrases=settings.phrases)


SHOP = site(
    gift_wrap={"en": ["Do you wrap gifts?", "gift wrap?"], "pt": "Embrulham para oferta?"},
    hello={"en": "Ahoy!", "pt": ["Olá, marinheiro!", "ahoy"]},
    card={"en": "Is the Blue Card free?", "pt": "O Blue Card é grátis?"},
    only_here={"en": "Only here"},
)


@pytest.mark.parametrize(
    ("text", "source", "target", "found"),
    [
        ("gift wrap?", "en", "pt", "Embrulham para oferta?"),
        ("embrulham para oferta?", "pt", "en", "Do you wrap gifts?"),
        ("hi", "en", "pt", "Olá, marinheiro!"),
        ("oi", "pt", "en", "Ahoy!"),
        ("ahoy", "pt", "en", "Ahoy!"),
        ("Is the Blue Card free?", "en", "pt", "O Blue Card é grátis?"),
        ("only here", "en", "pt", None),
        ("thanks", "en", "pt", "Obrigado!"),
        ("hi", "en", "fi", "Hei!"),
    ],
)
async def test_a_site_adds_its_own_phrases(
    tmp_path: Path, text: str, source: str, target: str, found: str | None
) -> None:
    words = Words(BOOK, lambda: Shop({SHOP.key: SHOP}))
    translator = Translator(Translation(), (), tmp_path, lambda: 0.0, words=words)
    made = await translator.translate(job(text, source, target, protected_terms=("Blue Card",)))
    await translator.close()
    if found is None:
        assert (made.status, made.reason) == ("untranslated", "no_route")
    else:
        assert (made.text, made.status, made.engine) == (found, "phrase", "phrases")
        assert made.route == (source, target)


async def test_another_site_does_not_have_them(tmp_path: Path) -> None:
    words = Words(BOOK, lambda: Shop({SHOP.key: SHOP}))
    translator = Translator(Translation(), (), tmp_path, lambda: 0.0, words=words)
    made = await translator.translate(job("gift wrap?", site=SiteKey("other")))
    assert made.reason == "no_route"
    made = await translator.translate(job("hi", site=SiteKey("other")))
    assert made.text == "Olá!"
    await translator.close()


def test_a_word_of_the_site_forbids_the_book() -> None:
    assert PLAIN.find("size chart?", "en", "pt", ("size chart",)) is None
    assert PLAIN.find("size chart?", "en", "pt", ("Blue",)) is not None


def test_an_empty_list_of_texts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"phrases\.x\.en has no text"):
        site(x={"en": []})


# -- broken files --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, repo_root: Path) -> Path:
    copy = tmp_path / "phrases"
    shutil.copytree(repo_root / "config" / "phrases", copy)
    return copy


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('language = "pt"', "language = ", "pt.toml: not valid TOML"),
        ('language = "pt"', 'language = "fr"', "pt.toml: language"),
        ("[thanks]", "[thanks]\nnobody = ['x']", "pt.toml: nobody is no key of [thanks]"),
        ("[thanks]", "[gratitude]", "pt.toml: gratitude is not known"),
        ('yes_please = ["Sim, por favor."', 'yes_please = [""', "pt.toml: yes_please must be"),
        ("marks_questions = false", "", "pt.toml: language and marks_questions"),
    ],
)
def test_a_broken_file_is_told_and_the_other_languages_go_on(
    folder: Path, old: str, new: str, named: str
) -> None:
    file = folder / "pt.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    book = PhraseBook(folder)
    assert any(named in problem for problem in book.problems()), book.problems()
    assert all("\n" not in problem for problem in book.problems())
    phrases = SitePhrases(book)
    assert phrases.find("obrigado", "pt", "en") is None
    assert phrases.find("thanks", "en", "pt") is None
    assert phrases.find("thanks", "en", "fi") == "Kiitos!"


def test_a_missing_key_is_told(folder: Path) -> None:
    file = folder / "pt.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("good_night = ")]
    file.write_text("\n".join(kept), encoding="utf-8")
    assert PhraseBook(folder).problems() == ["phrase book: pt.toml: 1 keys are missing"]


def test_without_its_keys_or_its_folder_the_book_is_empty(folder: Path) -> None:
    (folder / "keys.toml").write_text("what = 1", encoding="utf-8")
    assert len(PhraseBook(folder).problems()) == 1
    for book in (PhraseBook(folder), PhraseBook(folder / "missing")):
        assert SitePhrases(book).find("thanks", "en", "pt") is None


def test_a_question_that_is_no_key_is_refused(folder: Path) -> None:
    file = folder / "keys.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"how_are_you", ', '"how_are_we", ', 1), encoding="utf-8")
    with pytest.raises(PhraseError, match="how_are_we is in no section"):
        read_keys(folder)
