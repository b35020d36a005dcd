"""Erasure, export and backup through a running server, while the people concerned are connected."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.product import COMMAND, Product, running
from tests.sockets.client import Client, operator, refusal, visitor

CANARY = "kanarienvogel"
QUIET = {"TRANSLATE_PROXY_LOG_LEVEL": "debug"}


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with running(Product(tmp_path / "data", "--demo", "--port", "0", env=QUIET)) as started:
        yield started


@pytest.fixture
async def talking(product: Product) -> AsyncIterator[tuple[Client, Client]]:
    """A visitor and an operator in one conversation that both have on their screens."""
    token = await asyncio.to_thread(product.token)
    async with operator(product.url, token) as ana, visitor(product.url, locale="pt") as client:
        sent = await client.say(f"Olá, onde está o {CANARY}?")
        conversation_id = sent["conversation_id"]
        await ana.event("message")
        claimed = {"id": str(uuid.uuid4()), "conversation_id": conversation_id}
        assert (await ana.call("claim", claimed))["ok"]
        await ana.say(f"Where is the {CANARY}?", conversation_id=conversation_id)
        assert (await ana.call("open", {"conversation_id": conversation_id}))["ok"]
        await ana.event("translation", message_id=sent["message_id"], language="en")
        await client.event("translation", language="pt")
        yield client, ana


async def command(product: Product, *words: str) -> tuple[int, str]:
    """Run a command against the server's data folder; exit status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        str(COMMAND),
        *words,
        "--data-dir",
        str(product.data_dir),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, (out + err).decode()


def files_with(folder: Path, text: str) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def remembered(product: Product) -> float:
    """Translations in the engine process's memory, as it has said last."""
    metrics = httpx.get(f"{product.url}/metrics", timeout=120).text
    name = "translate_proxy_engine_room_remembered "
    return next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith(name))


async def test_a_visitor_is_erased_while_everybody_looks_on(
    product: Product, talking: tuple[Client, Client], tmp_path: Path
) -> None:
    client, ana = talking
    welcome: dict[str, Any] = await client.hear("welcome")
    who, token = welcome["visitor_id"], welcome["token"]

    status, printed = await command(product, "export", who, "--output", str(tmp_path))
    assert (status, CANARY in printed) == (0, False)
    exported = json.loads((tmp_path / f"visitor-{who}.json").read_text(encoding="utf-8"))
    assert CANARY in str(exported)
    (tmp_path / f"visitor-{who}.json").unlink()
    (tmp_path / f"visitor-{who}.html").unlink()

    copy = tmp_path / "copy.sqlite3"
    assert (await command(product, "backup", str(copy)))[0] == 0
    with closing(sqlite3.connect(copy)) as connection:
        found = connection.execute("SELECT count(*) FROM events WHERE type = 'message'").fetchall()
    assert found == [(2,)]
    copy.unlink()

    assert files_with(product.data_dir, CANARY)
    async with asyncio.timeout(60):
        while await asyncio.to_thread(remembered, product) < 2:
            await asyncio.sleep(0.1)
    status, printed = await command(product, "erase", who)
    assert (status, printed) == (0, f"Erased visitor {who}, conversations: 1.\n")
    async with asyncio.timeout(60):  # a figure of a second's age
        while await asyncio.to_thread(remembered, product):
            await asyncio.sleep(0.1)
    conversation_id = client.events[0]["conversation_id"]
    for told in (client, ana):
        erased = await told.event("erased")
        assert erased["conversation_ids"] == [conversation_id]

    refused = await client.call("message", {"id": str(uuid.uuid4()), "text": "Olá?"})
    assert refused["error"]["code"] == "bad_token"
    gone = await ana.call("open", {"conversation_id": conversation_id})
    assert gone["error"]["code"] == "not_found"
    again = await refusal(product.url, "/visitor", {"protocol": 1, "site": "demo", "token": token})
    assert again["message"] == "bad_token"

    assert files_with(tmp_path, CANARY) == []  # the data folder, the log and what was printed
    product.stop()
    assert files_with(tmp_path, CANARY) == []
