"""Laughter in every language: never a word of the model's, never lost."""

from __future__ import annotations

import time

import pytest

from tests.translation_support import job, starter_packages
from translate_proxy.settings import Translation
from translate_proxy.translation.guard import laughter
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words


@pytest.mark.parametrize(
    ("text", "source", "becomes"),
    [
        ("kkkkkkkkkkk", "pt", ["haha"]),
        ("KKKKK", "pt-BR", ["haha"]),
        ("rsrs", "pt", ["haha"]),
        ("huehuehue hauahuahua ashuashuas", "pt", ["haha", "haha", "haha"]),
        ("Bwahaha muahahaha hee hee", "en", ["Bwahaha", "muahahaha", "hee hee"]),
        ("que legal rs", "pt", ["haha"]),
        ("jajajaJA", "es", ["haha"]),
        ("хахаха", "ru", ["haha"]),
        ("ахахах", "uk", ["haha"]),
        ("ههههه", "ar", ["haha"]),
        ("5555", "th", ["haha"]),
        ("ตลก555", "th", ["haha"]),
        ("まじかwww", "ja", ["haha"]),
        ("草", "ja", ["haha"]),
        ("(笑)", "ja", ["haha"]),
        ("ㅋㅋㅋ", "ko", ["haha"]),
        ("好的哈哈哈", "zh", ["haha"]),
        ("mdr", "fr", ["haha"]),
        ("χαχαχα", "el", ["haha"]),
        ("חחחח", "he", ["haha"]),
        ("hahaha", "de", ["hahaha"]),
        ("LOL xd hehe lolol ahahah ha ha", "en", ["LOL", "xd", "hehe", "lolol", "ahahah", "ha ha"]),
    ],
)
def test_laughter_becomes_what_the_reader_reads(text: str, source: str, becomes: list[str]) -> None:
    assert [entity.becomes for entity in laughter.find(text, source, "en")] == becomes


def test_a_reader_of_another_script_is_laughed_to_in_it() -> None:
    assert [entity.becomes for entity in laughter.find("kkkk", "pt", "ru")] == ["хаха"]
    assert [entity.becomes for entity in laughter.find("mdr", "fr", "es")] == ["jaja"]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("555", "en"),
        ("ราคา 555 บาท", "th"),
        ("jaja", "de"),
        ("moro em Porto Alegre, rs", "pt"),
        ("custa rs 50", "pt"),
        ("www.shop.example", "ja"),
        ("ohhh aaah ahhh", "en"),
        ("KKK-400", "pt"),
        ("Aloha and bananas", "en"),
        ("o chapéu dele", "pt"),
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str, source: str) -> None:
    assert laughter.find(text, source, "en") == []


@pytest.mark.parametrize(
    ("text", "source", "target", "wanted"),
    [
        ("kkkkkkkkkkk", "pt", "en", "haha"),
        ("KKKKKKKK", "pt", "en", "haha"),
        ("rsrsrs", "pt", "en", "haha"),
        ("kkkk 😂", "pt", "en", "haha 😂"),
        ("hahaha", "pt", "en", "hahaha"),
        ("kkkk obrigado", "pt", "en", "haha Thank you!"),
        ("obrigado kkkkk", "pt", "en", "Thank you! haha"),
        ("lol", "en", "pt", "lol"),
        ("hahahaha", "en", "pt", "hahahaha"),
        ("Hehe!", "en", "pt", "Hehe!"),
        ("xD", "en", "pt", "xD"),
        ("kkkkk", "en", "pt", "haha"),
        ("thanks lol", "en", "pt", "Obrigado! lol"),
    ],
)
async def test_laughter_alone_or_beside_a_phrase_needs_no_model(
    text: str, source: str, target: str, wanted: str
) -> None:
    made = Translator(
        Translation(), (), starter_packages(), time.monotonic, words=Words(PhraseBook())
    )
    try:
        result = await made.translate(job(text, source, target))
    finally:
        await made.close()
    assert result.text == wanted
    assert result.status in {"same_language", "phrase"}


@pytest.mark.parametrize(
    ("text", "source", "target", "laugh", "word"),
    [
        ("kkkkk o vestido chegou azul", "pt", "en", "haha ", "blue"),
        ("O vestido chegou azul kkkkkkkk", "pt", "en", " haha", "blue"),
        ("O vestido chegou azul, rsrs.", "pt", "en", " haha", "blue"),
        ("kkkk, o vestido chegou azul!", "pt", "en", "haha, ", "blue"),
        ("Haha the dress arrived in blue", "en", "pt", "Haha ", "azul"),
        ("The dress arrived in blue lol", "en", "pt", " lol", "azul"),
        ("The dress arrived in blue, hahaha!", "en", "pt", ", hahaha!", "azul"),
        ("The dress arrived in blue 😂 HAHA", "en", "pt", " 😂 HAHA", "azul"),
    ],
)
async def test_laughter_at_an_edge_is_carried_over(
    text: str, source: str, target: str, laugh: str, word: str
) -> None:
    made = Translator(Translation(), (), starter_packages(), time.monotonic)
    await made.start()
    try:
        result = await made.translate(job(text, source, target))
    finally:
        await made.close()
    assert result.status == "translated"
    if text.lower().startswith(("k", "h")):
        assert result.text.startswith(laugh)
    else:
        assert laugh in result.text
    assert word in result.text
