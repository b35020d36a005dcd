"""The one door to the outside, against a real HTTP server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from translate_proxy.security.outbound import Outbound, OutboundError, is_public
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


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.88.99.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::",
        "::1",
        "::7f00:1",
        "::808:808",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "ff0e::1",
        "",
        "localhost",
    ],
)
def test_these_are_no_hosts_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"])
def test_these_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "location",
    [
        "http://[bad",
        "http://[::1",
        "//[bad]/",
        "http://x.example:99999/",
        "http://x.example:port/",
        "http://\u00fc.example/",
        "http://" + "a" * 70 + ".example/",
        "/" + "a" * 9000,
        "http://x.example/\u001b[31m",
    ],
)
async def test_a_redirect_to_no_address_is_refused(mirror: Mirror, location: str) -> None:
    mirror.redirects["/moved"] = location
    with pytest.raises(OutboundError) as refused:
        await Outbound(OURS).text(f"{mirror.url}/moved")
    assert str(refused.value).isprintable()
    with pytest.raises(OutboundError):
        await Outbound(OURS).text(location)
