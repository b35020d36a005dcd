"""What one connection may cost below the application: small classes over uvicorn's protocols.

uvicorn answers each WebSocket ping at once, however much of what it sent before is still unread,
and takes up frames as fast as they come: control frames and empty fragments never reach the
application, so nothing above could count them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import Any, Final

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from translate_proxy.security.ratelimit import Bucket
from translate_proxy.settings import Limits
from translate_proxy.sockets.server import MAX_FRAME_BYTES
from translate_proxy.sockets.transport import CUT

SEND_BUFFER_BYTES: Final = 128 * 1024
"""What the kernel may hold for one WebSocket (Linux doubles it for its own needs)."""
LINGER_S: Final = 5.0
"""How long a closed WebSocket may take to be written out before it is reset."""
FRAME_BYTES: Final = 4096
"""A frame counts once more for each so many bytes that it carries."""
_PIECE_BYTES: Final = 4096
"""What is parsed before the frames in it are counted: some 700 of the smallest ones."""

log = structlog.get_logger(__name__)


class Config(uvicorn.Config):
    """One process, WebSocket frames of 64 KiB at most, no per-message deflate (it costs as much
    memory as the socket itself and more time than it saves on short messages)."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        super().__init__(
            app,
            http="h11",
            ws=WebSocket,
            ws_max_size=MAX_FRAME_BYTES,
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # engine.io has its own heartbeat
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # security.headers does it, for trusted proxies only
            timeout_graceful_shutdown=2,
            backlog=2048,
        )
        self.limits = limits


class _Counting(ServerProtocol):
    """Knows what the frames that it has parsed weigh (one each, and more for long ones), and the
    newest ping, which it leaves to others to answer."""

    weight = 0.0
    ping: bytes | None = None

    def recv_frame(self, frame: Frame) -> None:
        """Every frame passes here, whatever its kind."""
        self.weight += 1 + len(frame.data) / FRAME_BYTES
        written = len(self.writes)
        super().recv_frame(frame)
        if frame.opcode is Opcode.PING:
            del self.writes[written:]
            self.ping = bytes(frame.data)


class WebSocket(WebSocketsSansIOProtocol):
    """uvicorn's, for clients that do not read, or send more frames than anybody needs.

    asyncio closes a transport only after it has written what is buffered, which a client that does
    not read can put off for ever. So the app can cut it, and what is not written some seconds
    after the app has ended is given up.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn: _Counting = _Counting(
            max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )
        self._frames = Bucket(config.limits.frame, time.monotonic())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what the kernel buffers: by itself it may grow to megabytes a socket."""
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """A piece at a time, so that a client is cut before all that it has sent is taken up."""
        for start in range(0, len(data), _PIECE_BYTES):
            super().data_received(data[start : start + _PIECE_BYTES])
            if self.transport.is_closing():
                return
            weight, self.conn.weight = self.conn.weight, 0.0
            if weight and self._frames.take(weight, time.monotonic()):
                log.info("socket.too_many_frames")
                self.transport.abort()
                return

    def handle_connect(self, event: Request) -> None:
        """Give the app the means to cut the connection."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[CUT] = self.transport.abort

    def handle_ping(self) -> None:
        """Answer, but not a client that leaves unread what it was sent before: it gets one answer,
        to the newest ping (RFC 6455, 5.5.3), when it has read that."""
        if self.writable.is_set():
            self._pong()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._pong()

    async def run_asgi(self) -> None:
        """The app, then so many seconds for what it has sent."""
        await super().run_asgi()
        if not self.disconnected:
            self.loop.call_later(LINGER_S, self.transport.abort)

    def _pong(self) -> None:
        ping, self.conn.ping = self.conn.ping, None
        if ping is not None and self.conn.state is State.OPEN:
            self.conn.send_pong(ping)
            self.transport.write(b"".join(self.conn.data_to_send()))
