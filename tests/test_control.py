"""The Unix socket of the running server: what is no command, and what goes wrong within one."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.people import SHOP, Clock
from tests.logged import logged_by
from translate_proxy import control
from translate_proxy.admin import Admin
from translate_proxy.app import make_catalogue
from translate_proxy.control import MAX_LINE_BYTES, SOCKET, ControlServer, ask
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.model import Refused
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.settings import Server, Settings
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.staff import Staff
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store


@pytest.fixture
async def data_dir(tmp_path: Path) -> AsyncIterator[Path]:
    """Of a server that listens."""
    store, passwords = Store(sqlite_url(tmp_path), Clock()), Passwords()
    await store.open([SHOP])
    log = ConversationLog(store)
    erasure = Erasure(log, store, nothing_to_forget, time.time)
    staff = Staff(store, log, passwords, OperatorSessions(store, passwords, time.time))
    settings = Settings(server=Server(data_dir=tmp_path))
    shop = ShopAdmin(store, store.refresh_shop)
    admin = Admin(store, staff, make_catalogue(settings), erasure, shop)
    server = ControlServer(tmp_path, admin)
    await server.start()
    yield tmp_path
    await server.close()
    await passwords.close()
    await store.close()


async def nothing_to_forget() -> None:
    """No cache is there."""


def nobody_asks(_progress: Any) -> None:
    """No progress is of interest."""


async def say(data_dir: Path, line: bytes) -> dict[str, Any]:
    folder = os.open(data_dir, os.O_RDONLY)
    reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{SOCKET}")
    os.close(folder)
    writer.write(line + b"\n")
    answer: dict[str, Any] = json.loads(await reader.readline())
    writer.close()
    return answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"backup",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b'"backup"',
        b'{"command": "backup"}',
        b'{"command": "operators.list", "arguments": []}',
        b'{"command": ["backup"], "arguments": {}}',
        b"[" * 200_000,
        b" " * (MAX_LINE_BYTES + 1),
    ],
    ids=lambda line: line[:30],
)
async def test_what_is_no_command_is_said_to_be_none(data_dir: Path, line: bytes) -> None:
    answer = await say(data_dir, line)
    assert answer == {"ok": False, "error": {"code": "bad_request", "detail": "Not a command."}}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("backup", {"file": "copy\0.sqlite3"}),  # ValueError of the operating system's functions
        ("corrections.remove", {}),  # KeyError
        ("models.optimise", {"pair": "en-pt", "texts": None}),  # TypeError
    ],
)
async def test_a_fault_within_a_command_is_not_its_senders(
    data_dir: Path, command: str, arguments: dict[str, Any]
) -> None:
    with logged_by(control) as logged, pytest.raises(Refused) as caught:
        await ask(data_dir, command, arguments, nobody_asks)
    assert caught.value.code == "internal"
    [entry] = [one for one in logged if one["event"] == "control.failed"]
    assert (entry["command"], entry["log_level"]) == (command, "error")
    assert entry["exc_info"]


async def test_a_command_is_answered(data_dir: Path) -> None:
    assert await ask(data_dir, "operators.list", {}, nobody_asks) == []
    with pytest.raises(Refused) as caught:
        await ask(data_dir, "operators.fly", {}, nobody_asks)
    assert caught.value.code == "unknown_event"
