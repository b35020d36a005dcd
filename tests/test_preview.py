import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.webapp import EVA, OTHER, SHOP, Web, error, running
from translate_proxy.interfaces import Priority, Translated, TranslationJob
from translate_proxy.model import Operator, OperatorId, new_id
from translate_proxy.web import schemas


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with running(tmp_path) as made:
        yield made


async def ask(web: Web, conversation: str, text: str, operator: Operator = EVA) -> httpx.Response:
    return await web.client.post(
        "/api/preview",
        json={"conversation_id": conversation, "text": text},
        headers=await web.bearer(operator),
    )


async def test_a_preview_goes_there_and_back(web: Web) -> None:
    conversation = await web.say("ola")
    text, there = "Order AB-1 leaves today.", "A encomenda AB-1 sai hoje."
    web.translator.known = {
        (text, "en", "pt"): Translated(there, "translated", None, ("en", "pt"), "argos", 12),
        (there, "pt", "en"): Translated(
            "Order AB-1 goes today.", "translated", None, ("pt", "en"), "argos", 9
        ),
    }
    answer = await ask(web, conversation, text)
    assert answer.json() == {
        "translation": there,
        "back_translation": "Order AB-1 goes today.",
        "warnings": [],
        "source": "en",
        "language": "pt",
        "status": "translated",
        "route": ["en", "pt"],
        "engine": "argos",
    }
    schemas.PreviewAnswer.model_validate(answer.json(), extra="forbid")
    assert [job.priority for job in web.translator.jobs] == [Priority.PREVIEW] * 2
    assert web.translator.jobs[0].protected_terms == SHOP.protected_terms


@pytest.mark.parametrize(
    ("text", "there", "back", "route", "status", "warnings"),
    [
        ("Your order is on its way", "x y z", "a b c", "en pt", "translated", []),
        ("Your order is on its way", "x y z", "a b c", "fi en pt", "translated", ["pivoted"]),
        ("Sure thing", "Claro", "Sure", "en pt", "translated", ["very_short"]),
        ("Sure thing", "Claro", "Sure", "en pt", "phrase", []),
        ("It costs 12 euros now", "x 21 y", "a 12 b", "en pt", "translated", ["entity_at_risk"]),
        ("It costs 12 euros now", "x 12 y", "a 21 b", "en pt", "translated", ["entity_at_risk"]),
        ("Size 42 and size 42", "x 42 y", "42 and 42", "en pt", "translated", ["entity_at_risk"]),
        (
            "Read https://shop.example/faq, please",
            "x https://shop.exemplo/faq",
            "https://shop.example/faq",
            "en pt",
            "translated",
            ["entity_at_risk"],
        ),
        (
            "See (https://shop.example/faq).",
            "x https://shop.example/faq",
            "https://shop.example/faq",
            "en pt",
            "translated",
            ["very_short"],
        ),
        (
            "Welcome to Blue Shop today",
            "Bem-vindo a Loja Azul hoje",
            "Welcome to Blue Shop",
            "en pt",
            "translated",
            ["entity_at_risk"],
        ),
        (
            "ok 7",
            "x",
            "y",
            "fi en pt",
            "translated",
            ["entity_at_risk", "pivoted", "very_short"],
        ),
    ],
)
async def test_the_operator_is_warned(  # noqa: PLR0917
    web: Web,
    text: str,
    there: str,
    back: str,
    route: str,
    status: Any,
    warnings: list[str],
) -> None:
    conversation = await web.say("ola")
    steps = tuple(route.split())
    web.translator.known = {
        (text, "en", "pt"): Translated(there, status, None, steps, "argos"),
        (there, "pt", "en"): Translated(back, "translated", None, steps[::-1], "argos"),
    }
    assert (await ask(web, conversation, text)).json()["warnings"] == warnings


@pytest.mark.parametrize(
    ("status", "reason", "warning"),
    [
        ("untranslated", "no_route", "no_route"),
        ("untranslated", "overloaded", "untranslated"),
        ("same_language", None, "same_language"),
    ],
)
async def test_without_a_translation_the_original_is_shown(
    web: Web, status: Any, reason: Any, warning: str
) -> None:
    conversation = await web.say("ola")
    web.translator.known = {("Sure 12", "en", "pt"): Translated("Sure 12", status, reason)}
    body = (await ask(web, conversation, "Sure 12")).json()
    assert body["translation"] == body["back_translation"] == "Sure 12"
    assert body["warnings"] == [warning]
    assert len(web.translator.jobs) == 1


async def test_an_operator_of_two_languages_writes_either(web: Web) -> None:
    both = await web.add_operator(
        Operator(OperatorId(new_id()), "ana@example.com", "Ana", ("en", "fi"), (SHOP.key,))
    )
    await web.deps.judge.start(both.languages)
    conversation = await web.say("ola")
    english = "Your parcel has already left our warehouse this morning."
    finnish = "Pakettisi lähti varastostamme jo tänään aamulla, kiitos kärsivällisyydestä."
    assert (await ask(web, conversation, english, both)).json()["source"] == "en"
    assert (await ask(web, conversation, finnish, both)).json()["source"] == "fi"


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("", 400, "empty"),
        (" \n\t\u00a0", 400, "empty"),
        (" \u200b\ufeff\u2060", 400, "empty"),
        ("a\x00b", 400, "bad_request"),
        ("x" * 101, 413, "too_long"),
    ],
)
async def test_what_could_not_be_sent_is_not_previewed(
    web: Web, text: str, status: int, code: str
) -> None:
    conversation = await web.say("ola")
    error(await ask(web, conversation, text), status, code)
    assert not web.translator.jobs


async def test_a_conversation_of_another_site_does_not_exist(web: Web) -> None:
    foreign = await web.say("hello", OTHER)
    for conversation in (foreign, new_id()):
        error(await ask(web, conversation, "hi"), 404, "not_found")
    for conversation in ("", "x", "../1", foreign.upper() + " "):
        error(await ask(web, conversation, "hi"), 400, "bad_request")
    everywhere = await web.add_operator(
        replace(EVA, id=OperatorId(new_id()), email="all@example.com", sites=())
    )
    assert (await ask(web, foreign, "hi", everywhere)).status_code == 200


async def test_an_aborted_preview_stops_its_translation(web: Web) -> None:
    conversation = await web.say("ola")
    bearer = await web.bearer()
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(job: TranslationJob) -> Translated:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError

    web.deps.translator.translate = slow  # type: ignore[method-assign]
    body = json.dumps({"conversation_id": conversation, "text": "hi"}).encode()
    messages: asyncio.Queue[Any] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": body, "more_body": False})

    async def send(message: Any) -> None:
        return

    headers = {"host": "127.0.0.1:8000", "content-type": "application/json", **bearer}
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/api/preview",
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    serving = asyncio.ensure_future(web.app(scope, messages.get, send))
    await started.wait()
    messages.put_nowait({"type": "http.disconnect"})
    await serving
    assert cancelled.is_set()
