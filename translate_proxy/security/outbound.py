"""The one door to the outside. Nothing leaves without it, and only when an admin asks.

https only; the address is checked after resolving, and the connection goes to the very address that
was checked (a second look-up could give another); redirects are checked like the first address;
size and time are bounded. Private, loopback and link-local addresses are refused unless allowed:
an address that somebody configured must not become a way into the network the server stands in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import httpcore

from translate_proxy.settings import OutboundSettings

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2002::/16",
        "fec0::/10",  # site-local
        "192.88.99.0/24",  # the relays of 6to4
    )
)
"""Not of a private network by the letter, but a way into one, or nobody's."""
_URL = re.compile(r"[!-~]{1,8000}")
REDIRECTS = 5
TIMEOUT_S = {"connect": 15.0, "read": 30.0, "write": 15.0, "pool": 15.0}
Progress = Callable[[int, int | None], None]
"""Bytes so far and in all (None when the other side does not say)."""


class OutboundError(Exception):
    """Something could not be fetched; one sentence says what and why."""


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to an address only after looking at it."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address of ``host`` that may be connected to."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # no such name, or none that could be
            raise httpcore.ConnectError(f"{host} is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not self._allow_private and not is_public(address):
                raise OutboundError(
                    f"{host} is {address}, an address of a private network: "
                    "set outbound.allow_private if that is meant"
                )
        return await self._inner.connect_tcp(
            addresses[0], port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """For httpcore's retries."""
        await self._inner.sleep(seconds)


class _Sink:
    """Where the bytes go: memory, or a file that may already hold the beginning."""

    def __init__(self, max_bytes: int, place: Path | None, progress: Progress | None) -> None:
        self._max_bytes = max_bytes
        self._progress = progress
        self._out: IO[bytes] = BytesIO() if place is None else place.open("ab")
        self.done = self._out.tell()
        self._whole: int | None = None

    def begin_again(self) -> None:
        """The other side sends everything from the beginning."""
        self._out.seek(0)
        self._out.truncate()
        self.done = 0

    def expect(self, url: str, length: int | None) -> None:
        """So many more bytes are announced. Raises OutboundError when they are too many."""
        self._whole = None if length is None else self.done + length
        if self._whole is not None and self._whole > self._max_bytes:
            raise OutboundError(f"{url} has more than {self._max_bytes} bytes")

    async def write(self, url: str, chunk: bytes) -> None:
        """The next bytes. Raises OutboundError when there are too many."""
        self.done += len(chunk)
        if self.done > self._max_bytes:
            raise OutboundError(f"{url} has more than {self._max_bytes} bytes")
        if isinstance(self._out, BytesIO):
            self._out.write(chunk)
        else:  # a full disk cache makes it wait
            await asyncio.to_thread(self._out.write, chunk)
        if self._progress is not None:
            self._progress(self.done, self._whole)

    def close(self) -> bytes:
        """Everything, when it is kept in memory."""
        kept = self._out.getvalue() if isinstance(self._out, BytesIO) else b""
        self._out.close()
        return kept


class Outbound:
    """Fetches files by https, and posts to where an admin allows it."""

    def __init__(self, settings: OutboundSettings) -> None:
        self._settings = settings
        self._ssl = ssl.create_default_context()

    async def text(self, url: str, max_bytes: int = 16 * 2**20) -> str:
        """A small document. Raises OutboundError."""
        sink = _Sink(max_bytes, None, None)
        await self._get(url, sink)
        try:
            return sink.close().decode("utf-8")
        except UnicodeDecodeError as error:
            raise OutboundError(f"{url} is not text") from error

    async def file(self, url: str, place: Path, progress: Progress) -> None:
        """Fetch into ``place``. A part that an earlier, broken attempt left there is continued
        where the other side can. Raises OutboundError; the part stays for the next attempt."""
        max_bytes = self._settings.max_megabytes * 2**20
        sink = await asyncio.to_thread(_Sink, max_bytes, place, progress)
        try:
            await self._get(url, sink)
        finally:
            sink.close()

    async def post_json(
        self, url: str, body: Mapping[str, Any], within_s: float, max_bytes: int = 4 * 2**20
    ) -> Any:
        """Post JSON, return the answer's JSON; never follows a redirect, since the body may hold
        what people wrote. Raises OutboundError."""
        self._check(url)
        sink = _Sink(max_bytes, None, None)
        headers = [("Content-Type", "application/json"), ("Accept-Encoding", "identity")]
        content = json.dumps(body).encode()
        try:
            async with asyncio.timeout(within_s), self._pool() as pool:
                request = pool.stream("POST", url, headers=headers, content=content)
                async with request as response:
                    if response.status != 200:
                        raise OutboundError(f"{url} answers {response.status}")
                    async for chunk in response.aiter_stream():
                        await sink.write(url, chunk)
        except TimeoutError as error:
            raise OutboundError(f"{url} took too long") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise OutboundError(f"{url}: {error or type(error).__name__}") from error
        try:
            return json.loads(sink.close())
        except ValueError as error:
            raise OutboundError(f"{url} does not answer with JSON") from error

    def _pool(self) -> httpcore.AsyncConnectionPool:
        backend = _CheckedBackend(self._settings.allow_private)
        return httpcore.AsyncConnectionPool(ssl_context=self._ssl, network_backend=backend)

    async def _get(self, url: str, sink: _Sink) -> None:
        try:
            async with asyncio.timeout(self._settings.max_seconds), self._pool() as pool:
                for _ in range(REDIRECTS):
                    further = await self._follow(pool, url, sink)
                    if further is None:
                        return
                    url = further
        except TimeoutError as error:
            raise OutboundError(f"{url} took too long") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise OutboundError(f"{url}: {error or type(error).__name__}") from error
        raise OutboundError(f"{url} redirects too often")

    async def _follow(
        self, pool: httpcore.AsyncConnectionPool, url: str, sink: _Sink
    ) -> str | None:
        """One request: into the sink, or the address it redirects to."""
        self._check(url)
        headers = [("Accept-Encoding", "identity")]
        if sink.done:
            headers.append(("Range", f"bytes={sink.done}-"))
        extensions = {"timeout": TIMEOUT_S}
        async with pool.stream("GET", url, headers=headers, extensions=extensions) as response:
            location = _header(response, b"location")
            if response.status in {301, 302, 303, 307, 308} and location:
                return _joined(url, location)
            if response.status == 416 and sink.done:
                return None  # nothing follows what is there; whether it is whole, a digest tells
            if response.status == 200:
                sink.begin_again()
            elif response.status != 206 or not sink.done:
                raise OutboundError(f"{url} answers {response.status}")
            length = _header(response, b"content-length") or ""
            sink.expect(url, int(length) if length.isdigit() else None)
            async for chunk in response.aiter_stream():
                await sink.write(url, chunk)
            return None

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            _ = parts.port  # parsed when it is asked for
        except ValueError as error:
            raise OutboundError(f"{_shown(url)} is not an address that can be fetched") from error
        if parts.scheme != "https" and not (parts.scheme == "http" and self._settings.allow_http):
            raise OutboundError(f"{_shown(url)} is not an https address")
        if not _URL.fullmatch(url) or not parts.hostname or parts.username or parts.password:
            raise OutboundError(f"{_shown(url)} is not an address that can be fetched")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's own hosts: not of a private network, not a
    group's, and none of those that an IPv6 address carries inside it to be translated (NAT64,
    6to4, Teredo, IPv4-mapped and -compatible)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (
        parsed.is_global
        and not parsed.is_multicast
        and not parsed.is_reserved
        and not any(
            parsed in network for network in _NOT_PUBLIC if network.version == parsed.version
        )
    )


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise OutboundError(
            f"{url} redirects to {_shown(location)}, which is no address"
        ) from error


def _shown(url: str) -> str:
    """What somebody else sent, for a message: short, and nothing that a terminal obeys."""
    return ascii(url[:200])[1:-1]


def _header(response: httpcore.Response, name: bytes) -> str | None:
    for key, value in response.headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return None
