"""A message that was in hand when the process was killed stops no start."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stuck_server import SITE
from translate_proxy import commands as c
from translate_proxy.model import Operator, OperatorId, new_id
from translate_proxy.records import VisitorArrival
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

WAIT_S = 120.0
"""Reached only when something is missing."""
READERS = (("en",), ("pt", "en"))


@contextmanager
def server(where: str, folder: Path, url: str | None) -> Iterator[subprocess.Popen[str]]:
    """The process, its log in ``server.log`` beside the folder."""
    command = [sys.executable, "-m", "tests.faults.stuck_server", where, str(folder)]
    with (folder.parent / "server.log").open("ab") as errors:
        process = subprocess.Popen(
            [*command, *([url] if url else [])], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def until(process: subprocess.Popen[str], line: str) -> None:
    """Wait for what it prints."""
    assert process.stdout is not None
    for printed in process.stdout:
        if printed.strip() == line:
            return
    raise AssertionError(f"it ended without {line!r}")


@asynccontextmanager
async def opened(url: Any) -> Any:
    """The store, for the test's own eyes."""
    store = Store(url, time.time)
    await store.open([SITE])
    try:
        yield store
    finally:
        await store.close()


async def finals(store: Store, where: Any) -> dict[str, set[tuple[str, str, str | None]]]:
    """The translations of each message."""
    page = await store.history(where, "operator", None, 200)
    found: dict[str, set[tuple[str, str, str | None]]] = {}
    for event in page.events:
        if event.type == "translation":
            body = event.body
            told = (body["language"], body["status"], body.get("reason"))
            found.setdefault(body["message_id"], set()).add(told)
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("where", ["judge", "translator"])
@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
async def test_a_message_in_hand_at_a_kill_stops_no_start(
    where: str, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    url = request.getfixturevalue("postgres_url") if backend == "postgresql" else None
    database = url or sqlite_url(folder)
    async with opened(database) as store:
        for reads in READERS:
            who = Operator(OperatorId(new_id()), f"{reads[0]}@shop.example", "A", reads)
            await store.add_operator(who, "hash")
        arrival = VisitorArrival(SITE.key, None, "pt", ("pt",), "pt", None)
        ana, rui = [(await store.arrive(arrival)).visitor.id for _ in range(2)]
        said = [
            (await store.append(c.SendVisitorMessage(new_id(), SITE.key, visitor, text))).answer
            for visitor, text in (
                (ana, "stuck: Bom dia."),
                (rui, "Bom dia a todos."),
                (ana, "Boa tarde."),
            )
        ]
    stuck, beside, behind = (one["message_id"] for one in said)
    anas, ruis = said[0]["conversation_id"], said[1]["conversation_id"]
    well = {("en", "translated", None), ("pt", "same_language", None)}

    with server(where, folder, url) as process:  # dies with it in hand
        until(process, "stuck")
    with server(where, folder, url) as process:  # takes it up after the others
        until(process, "stuck")
        process.kill()
        process.wait()
        async with opened(database) as store:
            assert (await finals(store, anas))[behind] == well
            assert stuck in {one.message.id for one in await store.pending()}
    with server(where, folder, url) as process:  # and not again
        until(process, "ready")
        async with opened(database) as store, asyncio.timeout(WAIT_S):
            while await store.pending():
                await asyncio.sleep(0.05)
            made = (await finals(store, anas))[stuck]
            assert ("en", "untranslated", "failed") in made
            assert {language for language, _, _ in made} == {"en", "pt"}
            assert (await finals(store, ruis))[beside] == well
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    with server(where, folder, url) as process:
        until(process, "ready")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0

    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    told = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    by_event: dict[str, list[str]] = {}
    for one in told:
        by_event.setdefault(one["event"], []).append(one.get("message_id", ""))
    assert by_event["relay.given_up"] == [stuck]
    assert by_event["relay.suspect"].count(stuck) == 2
    assert behind not in by_event["relay.suspect"]
    assert "Bom dia" not in log
