"""What LibreTranslate does for a message, behind the Socket.IO library that the product uses: the
language by langdetect, the translation by argostranslate's own call, both on one of four threads,
as LibreTranslate's server has them; no storage, no checks, nobody's languages remembered.

    python -m tests.bench._whole_way_libretranslate FOLDER

The starter packages bring no model that cuts a text into sentences, and it is not fetched: a text
is translated as a whole, which costs the reference less than it should.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import socketio
from langdetect import detect_langs

from tests.bench._delivery_server import serve_bare
from translate_proxy import logs
from translate_proxy.demo import install_starter_packages

THREADS = 4
READS = "en"


class _Whole:
    """A text is one sentence."""

    def split_sentences(self, text: str) -> list[str]:
        """See the class."""
        return [text]


def translator(folder: Path) -> Callable[[str], tuple[str, str]]:
    """Language and English text of a message, by the packages in a folder."""
    os.environ["ARGOS_PACKAGES_DIR"] = str(folder / "models")
    os.environ["XDG_DATA_HOME"] = str(folder / "argos")
    os.environ["ARGOS_INTRA_THREADS"] = "1"
    os.environ["ARGOS_INTER_THREADS"] = "2"
    from argostranslate import translate

    logging.disable(logging.INFO)  # it tells every token

    packaged = translate.get_translation_from_codes("pt", READS).underlying
    packaged.sentencizer = _Whole()

    def work(text: str) -> tuple[str, str]:
        found = detect_langs(text)[0].lang
        return found, packaged.hypotheses(text, 1)[0].value

    return work


def serve(folder: Path) -> None:
    """Until it is ended; prints its port when ready."""
    logs.configure("error", "json")
    install_starter_packages(folder / "models")
    work = translator(folder)
    work("Onde está a minha encomenda?")
    threads = ThreadPoolExecutor(THREADS)
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[], async_handlers=False)
    cursors = itertools.count(1)
    under_way: set[asyncio.Task[None]] = set()

    async def tell(sid: str, event: dict[str, Any]) -> None:
        told = {"cursor": next(cursors), **event}
        await sio.emit("event", told, to=sid, namespace="/visitor")
        await sio.emit("event", told, namespace="/operator")

    async def translated(sid: str, message_id: str, text: str) -> None:
        loop = asyncio.get_running_loop()
        source, made = await loop.run_in_executor(threads, work, text)
        event = {"type": "translation", "message_id": message_id, "language": READS}
        await tell(sid, {**event, "text": made, "status": "translated", "route": [source, READS]})

    async def message(sid: str, data: dict[str, Any]) -> dict[str, Any]:
        message_id = str(uuid.uuid4())
        said = {"id": message_id, "client_id": data["id"], "text": data["text"]}
        await tell(sid, {"type": "message", "message": said})
        task = asyncio.create_task(translated(sid, message_id, data["text"]))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return {"ok": True, "message_id": message_id}

    async def connect(_sid: str, _environ: dict[str, Any], _auth: Any) -> None:
        """Everybody may."""

    for namespace in ("/visitor", "/operator"):
        sio.on("connect", connect, namespace=namespace)
    sio.on("message", message, namespace="/visitor")

    asyncio.run(serve_bare(sio))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
