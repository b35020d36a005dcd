"""The judge as the server uses it: one thread, and an answer for any text."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest

from translate_proxy.interfaces import LanguageContext
from translate_proxy.language.judge import Judge
from translate_proxy.settings import LanguageSettings

SHOP = ("en", "pt", "fi")


@pytest.fixture(params=["default", "langdetect"])
async def judge(request: pytest.FixtureRequest) -> AsyncIterator[Judge]:
    made = Judge(LanguageSettings(detector=request.param), time.monotonic)
    await made.start(SHOP)
    yield made
    await made.close()


def visitor(*browser: str, pinned: str | None = None) -> LanguageContext:
    return LanguageContext("visitor", SHOP, "en", browser=browser, pinned=pinned)


async def test_a_sentence_is_enough(judge: Judge) -> None:
    said = await judge.judge("Olá, onde está a minha encomenda AB-12345?", visitor(), None)
    assert (said.language, said.message_language, said.source) == ("pt", "pt", "detected")
    assert said.changed
    assert said.confidence > 0.9


async def test_without_text_the_context_speaks(judge: Judge) -> None:
    said = await judge.judge(None, visitor("pt-BR", "en"), None)
    assert (said.language, said.source, said.changed) == ("pt", "prior", False)


async def test_a_pin_wins_always(judge: Judge) -> None:
    said = await judge.judge("Missä minun tilaukseni on?", visitor("pt", pinned="en"), None)
    assert (said.language, said.message_language, said.source) == ("en", "en", "pinned")
    assert said.confidence == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "👍🏽",
        "12345",
        "AB-12345",
        "a@b.example",
        "https://shop.example/x?y=1",
        ":-)",
    ],
)
async def test_text_without_language_changes_nothing(judge: Judge, text: str) -> None:
    before = await judge.judge("Missä minun tilaukseni on?", visitor(), None)
    after = await judge.judge(text, visitor(), before.state)
    assert (after.language, after.confidence, after.changed) == ("fi", before.confidence, False)
    assert after.message_language == "fi"


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "\ud800 lone",
        "a" * 100_000,
        "`" * 9999,
        "😀" * 5000,
        "@" * 5000,
        "ñ" * 8000,
        "日本語",
    ],
)
async def test_any_text_is_answered(judge: Judge, text: str) -> None:
    said = await judge.judge(text, visitor("fi"), None)
    assert said.language in SHOP
    json.dumps(said.state)


@pytest.mark.parametrize(
    "state",
    [{}, {"v": 0}, {"v": 99, "belief": 3}, {"v": 1}, {"v": 1, "belief": {"en": "x"}}, {"x": []}],
)
async def test_foreign_state_is_started_anew(judge: Judge, state: dict[str, object]) -> None:
    fresh = await judge.judge("obrigado pela ajuda", visitor(), None)
    assert await judge.judge("obrigado pela ajuda", visitor(), state) == fresh


async def test_the_belief_survives_json(judge: Judge) -> None:
    first = await judge.judge("Quero devolver os sapatos que comprei ontem", visitor(), None)
    state = json.loads(json.dumps(first.state))
    assert (await judge.judge("ok", visitor(), state)).language == "pt"
