"""The Unix socket in the data folder through which commands reach a running server.

One JSON object a line each way: ``{"command", "arguments"}`` -> any number of ``{"progress"}``,
then ``{"ok": true, "result"}`` or ``{"ok": false, "error": {code, detail}}``. The file's mode lets
only the server's own user in.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from translate_proxy.admin import Admin
from translate_proxy.interfaces import Report
from translate_proxy.model import Refused

SOCKET = "control.sock"
MAX_LINE_BYTES = 8 * 1024 * 1024  # an import is one line
MAX_ANSWER_BYTES = 1024 * 1024 * 1024  # the export of a talkative visitor is one line
PROGRESS_S = 0.2

log = structlog.get_logger(__name__)


@contextmanager
def _short_path(data_dir: Path) -> Iterator[str]:
    """A path to the socket that fits into 108 bytes however deep the folder lies."""
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


class ControlServer:
    """Listens while the server runs."""

    def __init__(self, data_dir: Path, admin: Admin) -> None:
        self._data_dir = data_dir
        self._admin = admin
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """The data folder must be locked: a socket file that lies there is a dead one's."""
        (self._data_dir / SOCKET).unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            with _short_path(self._data_dir) as path:
                self._server = await asyncio.start_unix_server(
                    self._serve, path, limit=MAX_LINE_BYTES
                )
        finally:
            os.umask(mask)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            (self._data_dir / SOCKET).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            try:
                line = await reader.readline()
            except ValueError:  # there is no end to it
                line = b""
            answer = await self._answer(line, _Throttled(writer))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except ConnectionError:
            log.info("control.dropped")
        finally:
            writer.close()

    async def _answer(self, line: bytes, report: Report) -> dict[str, Any]:
        command = None
        try:
            command, arguments = _request(line)
            return {"ok": True, "result": await self._admin.run(command, arguments, report)}
        except Refused as refused:
            return {"ok": False, "error": refused.wire()}
        except Exception:
            log.exception("control.failed", command=command)
            detail = "Something went wrong on the server; see its log."
            return {"ok": False, "error": {"code": "internal", "detail": detail}}


def _request(line: bytes) -> tuple[str, Mapping[str, Any]]:
    """The command and its arguments; Refused ``bad_request`` when the line is none."""
    try:
        request = json.loads(line)
        command, arguments = request["command"], request["arguments"]
    except (ValueError, KeyError, TypeError, RecursionError):
        command = arguments = None
    if not isinstance(command, str) or not isinstance(arguments, dict):
        raise Refused("bad_request", "Not a command.")
    return command, arguments


class _Throttled:
    """Progress towards the client, a few lines a second."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._next = 0.0

    def __call__(self, progress: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if now >= self._next and not self._writer.is_closing():
            self._next = now + PROGRESS_S
            self._writer.write(json.dumps({"progress": dict(progress)}).encode() + b"\n")


async def ask(data_dir: Path, command: str, arguments: Mapping[str, Any], report: Report) -> Any:
    """What the running server answers. ConnectionError or FileNotFoundError when none listens;
    Refused when it refuses. ``report`` is told of progress."""
    with _short_path(data_dir) as path:
        reader, writer = await asyncio.open_unix_connection(path, limit=MAX_ANSWER_BYTES)
    try:
        writer.write(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        await writer.drain()
        while "progress" in (answer := _parsed(await reader.readline())):
            report(answer["progress"])
    finally:
        writer.close()
    if not answer["ok"]:
        raise Refused(answer["error"]["code"], answer["error"]["detail"])
    return answer["result"]


def _parsed(line: bytes) -> dict[str, Any]:
    if not line:
        raise Refused("unavailable", "The server stopped before it answered.")
    answer: dict[str, Any] = json.loads(line)
    return answer
