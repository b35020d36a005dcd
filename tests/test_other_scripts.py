"""Words of a script that the language is not written in never vanish."""

from __future__ import annotations

import pytest

from tests.translation_support import job, starter_packages, translator
from translate_proxy.translation.guard import other_scripts


@pytest.mark.parametrize(
    ("text", "source", "found"),
    [
        ("My name is Ольга", "en", ["Ольга"]),
        ("Obrigado e до свидания!", "pt", ["до свидания"]),
        ("مرحبا Hello شكرا", "en", ["مرحبا", "شكرا"]),
        ("Меня зовут Χριστίνα, iPhone", "ru", ["Χριστίνα"]),
        ("東京の天気はХорошо", "ja", ["Хорошо"]),
        ("Где мой заказ?", "en", []),
        ("Hello iPhone, olá", "pt", []),
        ("Вопрос о iPhone", "ru", []),
        ("მადლობა спасибо", "ka", []),
    ],
)
def test_they_are_found_beside_words_of_the_language(
    text: str, source: str, found: list[str]
) -> None:
    entities = other_scripts.find(text, source)
    assert [entity.text for entity in entities] == found
    assert all(text[entity.start : entity.end] == entity.output for entity in entities)


@pytest.mark.parametrize(
    ("text", "source", "kept", "gone"),
    [
        ("مرحبا Hello شكرا", "en", ["مرحبا", "شكرا"], "Hello"),
        ("My name is Ольга and I live in Lisbon.", "en", ["Ольга"], "live"),
        ("The label says 东京 on the back.", "en", ["东京"], "label"),
        ("спасибо, I will wait for the parcel", "en", ["спасибо"], "wait"),
        ("Can you print Χριστίνα on the mug?", "en", ["Χριστίνα"], "print"),
        ("O meu nome é Дмитрий e moro no Porto.", "pt", ["Дмитрий"], "nome"),
        ("A etiqueta diz 大阪 no verso.", "pt", ["大阪"], "etiqueta"),
        ("مرحبا, queria saber do meu pedido", "pt", ["مرحبا"], "queria"),
        ("A rua chama-se 明洞길, perto da estação.", "pt", ["明洞길"], "estação"),
        ("Obrigado e до свидания!", "pt", ["до свидания"], "Obrigado"),
    ],
)
async def test_they_come_through_the_models(
    text: str, source: str, kept: list[str], gone: str
) -> None:
    async with translator(starter_packages()) as t:
        result = await t.translate(job(text, source, "pt" if source == "en" else "en"))
    assert result.status == "translated"
    assert gone not in result.text
    for word in kept:
        assert result.text.count(word) == 1
