"""A visitor signs in while the database is slow: what is committed is done whole, whoever has
stopped waiting for it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as ConnectionRefused

from tests.contract.people import OTHER, SHOP
from tests.fakes import QuickTranslator
from tests.sockets.client import visitor
from translate_proxy.app import App
from translate_proxy.security.identity import sign_identity
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import Server as ServerSettings
from translate_proxy.settings import Settings
from translate_proxy.sockets import namespace


async def test_a_merge_that_is_committed_late_is_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = listen("127.0.0.1", 0)
    settings = Settings(server=ServerSettings(data_dir=tmp_path))
    app = App(settings, [SHOP, OTHER], translator=QuickTranslator())
    up = asyncio.Event()

    async def ready() -> None:
        up.set()

    running = Server(uvicorn_config(app), app, ready)
    serving = asyncio.create_task(running.serve([listener]))
    await up.wait()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    claim: dict[str, Any] = {"id": "c-1", "name": "Rita", "expires": int(time.time()) + 600}
    identity = {**claim, "hmac": sign_identity(SHOP, claim)}
    async with visitor(url, site=SHOP.key, identity=identity):
        pass  # the shop knows her
    async with visitor(url, site=SHOP.key) as tab:
        token = (await tab.hear("welcome"))["token"]
        await tab.say("From before I signed in.")
        monkeypatch.setattr(namespace, "ANSWER_S", 0.2)
        lock = sqlite3.connect(tmp_path / "translate_proxy.sqlite3", isolation_level=None)
        with closing(lock):
            lock.execute("BEGIN IMMEDIATE")
            with pytest.raises(ConnectionRefused):
                async with visitor(url, site=SHOP.key, token=token, identity=identity):
                    pass
            monkeypatch.undo()
            lock.execute("ROLLBACK")
        await tab.closed.wait()  # the merge is made now, and this tab comes back as Rita
    assert not app.sockets.visitors.connections
    async with visitor(url, site=SHOP.key, token=token, identity=identity) as again:
        page = await again.call("history", {})
        said = [one["message"]["text"] for one in page["events"] if one["type"] == "message"]
        assert said == ["From before I signed in."]
    running.should_exit = True
    await serving
