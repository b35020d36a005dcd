"""The whole server inside the test's own loop, on a free port: for tests that look into it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.webapp import OTHER, SHOP, ScriptedTranslator
from translate_proxy.app import App
from translate_proxy.interfaces import Translator
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import Limits, Settings
from translate_proxy.settings import Server as ServerSettings


@dataclass
class Hosted:
    """A running server. ``http``: its address; ``url``: that of a WebSocket on it."""

    app: App
    server: Server
    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket"


@asynccontextmanager
async def hosted(
    folder: Path,
    limits: Limits | None = None,
    *,
    translator: Translator | None = None,
    **server: Any,
) -> AsyncIterator[Hosted]:
    """A server with two sites; it ends with the block."""
    listener = listen("127.0.0.1", 0)
    settings = Settings(server=ServerSettings(data_dir=folder, **server), limits=limits or Limits())
    app = App(settings, [SHOP, OTHER], translator=translator or ScriptedTranslator())
    up = asyncio.Event()

    async def ready() -> None:
        up.set()

    running = Server(uvicorn_config(app), app, ready)
    serving = asyncio.create_task(running.serve([listener]))
    await up.wait()
    try:
        yield Hosted(app, running, listener.getsockname()[1])
    finally:
        running.should_exit = True
        await serving
