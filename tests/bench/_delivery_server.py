"""What the delivery benchmark measures: ``product`` (the demo server, with a probe of its event
loop's lag) or ``echo`` (a bare python-socketio server that acknowledges)."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import socketio
import uvicorn

from translate_proxy import logs
from translate_proxy.app import App, packages_dir
from translate_proxy.demo import EMAIL, add_demo_operator, demo_site, install_starter_packages
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import load

PROBE_S = 0.005
GENEROUS = {
    f"TRANSLATE_PROXY_LIMITS_{name}": "100000/s, burst 100000"
    for name in ("MESSAGE", "OPERATOR_MESSAGE", "CALL", "CONNECT", "LOGIN")
}


class LagProbe:
    """How late a short sleep returns; written to ``file`` as a list of milliseconds."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def run(self) -> None:
        """Until cancelled; the file is renewed every second."""
        lags: list[float] = []
        written = time.monotonic()
        while True:
            began = time.monotonic()
            await asyncio.sleep(PROBE_S)
            now = time.monotonic()
            lags.append(round((now - began - PROBE_S) * 1000, 2))
            if now - written > 1:
                self._file.write_text(json.dumps(lags[-4000:]), encoding="utf-8")
                written = now


def product(folder: Path) -> None:
    """The demo server in ``folder``; prints its port, and the operator's session, when ready."""
    settings = load(None, GENEROUS, {"data_dir": folder / "data", "log_level": "error"}, demo=True)
    logs.configure("error", "json")
    with listen("127.0.0.1", 0) as listener:
        install_starter_packages(packages_dir(settings))
        port = listener.getsockname()[1]
        app = App(settings, [demo_site(port)])

        async def ready() -> None:
            await add_demo_operator(app.store, app.passwords)
            found = await app.store.operator_by_email(EMAIL)
            assert found is not None
            probe.append(asyncio.create_task(LagProbe(folder / "lag.json").run()))
            print(json.dumps({"port": port}), flush=True)

        probe: list[asyncio.Task[None]] = []
        asyncio.run(Server(uvicorn_config(app), app, ready).serve([listener]))


def echo() -> None:
    """A bare server on the same WebSocket settings."""
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[], async_handlers=False)

    async def message(_sid: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "message_id": data["id"], "conversation_id": data["id"], "cursor": 1}

    async def connect(_sid: str, _environ: dict[str, Any], _auth: Any) -> None:
        """Everybody may."""

    sio.on("message", message, namespace="/visitor")
    sio.on("connect", connect, namespace="/visitor")
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(
            socketio.ASGIApp(sio),
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            log_level="error",
            lifespan="off",
        )
        listener.listen(2048)
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        asyncio.run(uvicorn.Server(config).serve([listener]))


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo()
    else:
        product(Path(sys.argv[2]))
