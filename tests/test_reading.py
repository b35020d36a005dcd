"""What operators read of visitors' texts that are no messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.webapp import EVA, OTHER, Web, error, running
from translate_proxy.interfaces import Priority, Translated
from translate_proxy.model import Operator
from translate_proxy.web import schemas


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with running(tmp_path) as made:
        yield made


async def ask(web: Web, conversation: str, text: str, operator: Operator = EVA) -> httpx.Response:
    return await web.client.post(
        "/api/translate",
        json={"conversation_id": conversation, "text": text},
        headers=await web.bearer(operator),
    )


async def test_a_comment_is_read_in_the_operators_language(web: Web) -> None:
    conversation = await web.say("ola")
    _, before = await web.store.head()
    text = "Obrigado, a encomenda AB-1 chegou!"
    made = Translated("Thanks, order AB-1 came!", "translated", None, ("pt", "en"), "argos", 9)
    web.translator.known = {(text, "pt", "en"): made}
    answer = await ask(web, conversation, text)
    assert answer.json() == {
        "text": "Thanks, order AB-1 came!",
        "source": "pt",
        "language": "en",
        "status": "translated",
        "route": ["pt", "en"],
        "engine": "argos",
    }
    schemas.ReadingAnswer.model_validate(answer.json(), extra="forbid")
    assert [job.priority for job in web.translator.jobs] == [Priority.HISTORY]
    assert (await web.store.head())[1] == before  # nothing is stored


async def test_what_cannot_be_translated_is_the_original_with_the_reason(web: Web) -> None:
    conversation = await web.say("ola")
    text = "Obrigado pela ajuda de hoje!"
    web.translator.known = {(text, "pt", "en"): Translated(text, "untranslated", "no_route")}
    answer = (await ask(web, conversation, text)).json()
    assert (answer["text"], answer["status"], answer["reason"]) == (
        text,
        "untranslated",
        "no_route",
    )


async def test_only_texts_of_conversations_that_one_may_see_are_read(web: Web) -> None:
    error(await ask(web, await web.say("ola", OTHER), "Obrigado"), 404, "not_found")
    mine = await web.say("ola")
    error(await ask(web, mine, " \u200b"), 400, "empty")
    error(await ask(web, mine, "x" * 10_000), 413, "too_long")
