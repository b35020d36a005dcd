"""What the delivery benchmark measures: ``product`` (the demo server, with a probe of its event
loop's lag), ``echo`` (a bare python-socketio server that acknowledges) or ``durable`` (the same
server, which first keeps the message and its receipt in SQLite and tells the sender's page, as the
contract asks, and does nothing else: no checks, no language, no translation)."""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import socketio
import uvicorn

from tests.product import generous
from translate_proxy import logs
from translate_proxy.app import App
from translate_proxy.demo import EMAIL, add_demo_operator, demo_site, install_starter_packages
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import load

PROBE_S = 0.005
GENEROUS = generous(9_000)


def name_threads() -> None:
    """Tell the kernel what the threads are called, so that their processor time can be told
    apart."""
    for thread in threading.enumerate():
        if thread.native_id is not None:
            place = Path(f"/proc/self/task/{thread.native_id}/comm")
            with suppress(FileNotFoundError):  # it has ended
                place.write_text(thread.name[:15], encoding="utf-8")


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
                name_threads()
                self._file.write_text(json.dumps(lags[-4000:]), encoding="utf-8")
                written = now


def product(folder: Path) -> None:
    """The demo server in ``folder``; prints its port, and the operator's session, when ready."""
    settings = load(None, GENEROUS, {"data_dir": folder / "data", "log_level": "error"}, demo=True)
    logs.configure("error", "json")
    with listen("127.0.0.1", 0) as listener:
        install_starter_packages(settings.server.packages_dir)
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


class BareLog:
    """Rows in SQLite with ``synchronous=FULL``; what waits is committed together."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._jobs: queue.SimpleQueue[tuple[str, asyncio.Future[int]]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, daemon=True).start()

    def append(self, body: str) -> asyncio.Future[int]:
        """The row's number, after its commit."""
        future: asyncio.Future[int] = self._loop.create_future()
        self._jobs.put((body, future))
        return future

    def _work(self) -> None:
        database = sqlite3.connect(self._file, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE events (cursor INTEGER PRIMARY KEY, body TEXT)")
        database.execute("CREATE TABLE receipts (cursor INTEGER PRIMARY KEY, answer TEXT)")
        cursor = 0
        while True:
            batch = [self._jobs.get()]
            while not self._jobs.empty():
                batch.append(self._jobs.get())
            rows = [(cursor + n, body) for n, (body, _) in enumerate(batch, 1)]
            cursor += len(batch)
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO events VALUES (?, ?)", rows)
            database.executemany("INSERT INTO receipts VALUES (?, ?)", rows)
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._done, rows, batch)

    def _done(
        self, rows: list[tuple[int, str]], batch: list[tuple[str, asyncio.Future[int]]]
    ) -> None:
        for (number, _), (_, future) in zip(rows, batch, strict=True):
            future.set_result(number)


async def serve_bare(sio: socketio.AsyncServer) -> None:
    """A Socket.IO server with nothing of the product above it; prints its port."""
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
        await uvicorn.Server(config).serve([listener])


def bare(folder: Path | None) -> None:
    """A bare server on the same WebSocket settings; with a folder it keeps what it is told."""
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[], async_handlers=False)
    logs: list[BareLog] = []

    async def message(sid: str, data: dict[str, Any]) -> dict[str, Any]:
        cursor = 1
        if folder is not None:
            cursor = await logs[0].append(json.dumps(data))
            event = {"cursor": cursor, "type": "message", "message": data}
            await sio.emit("event", event, to=sid, namespace="/visitor")
        return {
            "ok": True,
            "message_id": data["id"],
            "conversation_id": data["id"],
            "cursor": cursor,
        }

    async def connect(_sid: str, _environ: dict[str, Any], _auth: Any) -> None:
        """Everybody may."""

    sio.on("message", message, namespace="/visitor")
    sio.on("connect", connect, namespace="/visitor")

    async def serve() -> None:
        if folder is not None:
            logs.append(BareLog(folder / "bare.sqlite3"))
        await serve_bare(sio)

    asyncio.run(serve())


if __name__ == "__main__":
    kind, place = sys.argv[1], Path(sys.argv[2])
    if kind == "product":
        product(place)
    else:
        bare(place if kind == "durable" else None)
