"""A WebSocket client that does exactly what it is told: it reads only when asked to, and sends
frames that no library would."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import struct
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

RECEIVE_BUFFER = 8192
CONTINUATION, TEXT, PING, PONG = 0x0, 0x1, 0x9, 0xA


def raw_frame(opcode: int, data: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """One frame, masked as a client must."""
    first, bit = opcode | (0x80 if fin else 0), 0x80 if masked else 0
    if len(data) < 126:
        head = struct.pack("!BB", first, bit | len(data))
    elif len(data) < 65536:
        head = struct.pack("!BBH", first, bit | 126, len(data))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(data))
    if not masked:
        return head + data
    mask = os.urandom(4)
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    made = int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")
    return head + mask + made.to_bytes(len(data), "big")


class RawSocket:
    """One engine.io transport; nothing is read from it before ``read`` is called."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._socket = socket.socket()
        self._calls = 0

    async def __aenter__(self) -> RawSocket:
        loop = asyncio.get_running_loop()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        await loop.sock_connect(self._socket, (self._host, self._port))
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            f"Host: {self._host}:{self._port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(self._socket, request.encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += await loop.sock_recv(self._socket, 1)
        assert b" 101 " in answer, answer
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def send(self, text: str) -> None:
        """One text frame, masked as a client must."""
        await self.write(raw_frame(TEXT, text.encode()))

    async def write(self, data: bytes) -> None:
        """Bytes as they are. ConnectionError when the server has cut the connection."""
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def join(self, namespace: str, auth: dict[str, Any]) -> None:
        """Ask to be let into a namespace."""
        await self.send(f"40{namespace},{json.dumps(auth)}")

    async def call(self, namespace: str, name: str, payload: dict[str, Any]) -> None:
        """An event that wants an ack."""
        self._calls += 1
        await self.send(f"42{namespace},{self._calls}{json.dumps([name, payload])}")

    async def read(self, size: int = 65536) -> bytes:
        """What has arrived; empty when the server has closed or reset the connection."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, size)
        except ConnectionError:
            return b""

    async def closed(self) -> None:
        """Read until the server ends the connection."""
        while await self.read():
            pass
