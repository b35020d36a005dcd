"""The one door to the outside, against a real HTTP server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from translate_proxy.security.outbound import Outbound, OutboundError
from translate_proxy.settings import OutboundSettings

OURS = OutboundSettings(allow_private=True, allow_http=True, max_megabytes=1)


class Mirror(ThreadingHTTPServer):
    """Serves ``files``; breaks a path in ``breaks`` off once, after so many bytes; knows ranges."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.breaks: dict[str, int] = {}
        self.ranges: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Mirror
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.files.get(self.path)
        if body is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        wanted = self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.server.ranges.append(wanted)
        if start >= len(body) > 0 and wanted:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        part = body[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        breaks_after = self.server.breaks.pop(self.path, None)
        with suppress(BrokenPipeError):  # a client that has read enough
            self.wfile.write(part[:breaks_after])
        if breaks_after is not None:
            self.close_connection = True

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    server = Mirror()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_broken_download_goes_on_where_it_broke(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["/a"] = bytes(range(256)) * 1000
    mirror.breaks["/a"] = 100_000
    place, told = tmp_path / "a", list[tuple[int, int | None]]()

    def report(done: int, whole: int | None) -> None:
        told.append((done, whole))

    with pytest.raises(OutboundError):
        await Outbound(OURS).file(f"{mirror.url}/a", place, report)
    assert place.stat().st_size == 100_000
    await Outbound(OURS).file(f"{mirror.url}/a", place, report)
    assert place.read_bytes() == mirror.files["/a"]
    assert mirror.ranges == ["", "bytes=100000-"]
    assert told[-1] == (256_000, 256_000)
    await Outbound(OURS).file(f"{mirror.url}/a", place, report)  # whole already
    assert place.read_bytes() == mirror.files["/a"]


async def test_redirects_are_followed_and_checked(mirror: Mirror) -> None:
    mirror.files["/a"] = b"here"
    mirror.redirects["/moved"] = "/a"
    mirror.redirects["/loop"] = "/loop"
    mirror.redirects["/file"] = "file:///etc/passwd"
    assert await Outbound(OURS).text(f"{mirror.url}/moved") == "here"
    for path in ("/loop", "/file", "/missing"):
        with pytest.raises(OutboundError):
            await Outbound(OURS).text(mirror.url + path)


async def test_size_is_bounded(mirror: Mirror, tmp_path: Path) -> None:
    mirror.files["/big"] = b"x" * (2 * 2**20)
    with pytest.raises(OutboundError, match="more than"):
        await Outbound(OURS).file(f"{mirror.url}/big", tmp_path / "big", lambda _a, _b: None)
    with pytest.raises(OutboundError, match="more than"):
        await Outbound(OURS).text(f"{mirror.url}/big", max_bytes=1000)


async def test_private_addresses_and_plain_http_are_refused_unless_allowed(mirror: Mirror) -> None:
    mirror.files["/a"] = b"here"
    with pytest.raises(OutboundError, match="not an https address"):
        await Outbound(OutboundSettings(allow_private=True)).text(f"{mirror.url}/a")
    port = mirror.server_address[1]
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(OutboundError, match="private network"):
            await Outbound(OutboundSettings(allow_http=True)).text(f"http://{host}:{port}/a")
    assert mirror.ranges == []


@pytest.mark.parametrize(
    "url", ["ftp://x.example/", "file:///etc/passwd", "https://a:b@x.example/", "https://", "x"]
)
async def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(OutboundError):
        await Outbound(OutboundSettings()).text(url)
