"""The operator in the tests of the widget: a plain Socket.IO client."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from tests.sockets.client import Client

QUESTION = "Olá, onde está a minha encomenda AB-12345?"
ANSWER = "Hello! Your order AB-12345 left our warehouse yesterday."


async def do(client: Client, event: str, **data: Any) -> dict[str, Any]:
    """A call of the operator's that must succeed."""
    answer = await client.call(event, {"id": str(uuid.uuid4()), **data})
    assert answer["ok"], answer
    return answer


async def do_in_time(client: Client, event: str, **data: Any) -> None:
    """The same, however often the operator is told to wait a moment first."""
    while True:
        answer = await client.call(event, data)
        if answer["ok"]:
            return
        assert answer["error"]["code"] == "rate_limited", answer
        await asyncio.sleep(answer["error"]["retry_after"])


async def asked(desk: Client, text: str) -> dict[str, Any]:
    """The message event with this text, as the operator gets it."""

    def find() -> dict[str, Any] | None:
        for event in desk.events:
            if event["type"] == "message" and event["message"]["text"] == text:
                return event
        return None

    found: dict[str, Any] = await desk.until(find)
    return found


async def answer(desk: Client, question: str, text: str = ANSWER) -> str:
    """Claim the conversation of this question and answer it; the conversation's id."""
    conversation: str = (await asked(desk, question))["conversation_id"]
    await do(desk, "claim", conversation_id=conversation)
    await do(desk, "message", conversation_id=conversation, text=text)
    return conversation
