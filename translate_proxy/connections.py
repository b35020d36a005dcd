"""What one connection may cost below the application: small classes over uvicorn's protocols.

uvicorn answers each WebSocket ping at once, however much of what it sent before is still unread,
and takes up frames as fast as they come: control frames and empty fragments never reach the
application, so nothing above could count them. It waits without end for a request's header and
body and for whoever does not read an answer, and accepts until there are no descriptors left.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import h11
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from translate_proxy.security.forwarding import TrustedProxies, is_loopback, normal_address
from translate_proxy.security.ratelimit import Bucket, Places, address_keys
from translate_proxy.settings import Limits, Settings
from translate_proxy.sockets.server import MAX_FRAME_BYTES
from translate_proxy.sockets.transport import CUT, WIRE

SEND_BUFFER_BYTES: Final = 128 * 1024
"""What the kernel may hold for one WebSocket (Linux doubles it for its own needs)."""
LINGER_S: Final = 5.0
"""How long a closed WebSocket may take to be written out before it is reset."""
FRAME_BYTES: Final = 4096
"""A frame counts once more for each so many bytes that it carries."""
_PIECE_BYTES: Final = 4096
"""What is parsed before the frames in it are counted: some 700 of the smallest ones."""
ACCEPTED_AT_ONCE: Final = 64
"""Connections that are accepted before any of them is looked at."""
RESERVE: Final = 256
"""File descriptors that are kept for the database, models and answers; at most a quarter."""
LOOK_S: Final = 1.0
"""How often connections are looked at that may have waited for too long, in seconds."""
BODY_BYTES_A_SECOND: Final = 1024
"""How fast a request's body must come once ``body_seconds`` have passed."""
LOG_S: Final = 60.0
"""The same thing is logged at most so often, in seconds."""
_NO_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = structlog.get_logger(__name__)


class Connections:
    """All that are open: how many of one address, which wait for too long, how many there may be.

    Only what nobody has asked for yet is ended to make room: a connection on which no request is
    under way. ``exempt``: addresses that are not counted, besides trusted proxies.
    """

    def __init__(self, limits: Limits, trusted: TrustedProxies) -> None:
        self.limits = limits
        self.exempt: Callable[[str], bool] = is_loopback
        self._trusted = trusted
        self._keys: dict[asyncio.BaseTransport, str | None] = {}
        self._places = Places(limits.connections_per_address, address_keys)
        self._http: dict[Http, None] = {}
        self._said: dict[str, tuple[float, int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look at those that wait."""
        loop.set_exception_handler(self._loop_error)
        self._timer = loop.call_later(LOOK_S, self._look, loop)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def admit(self, connection: Http) -> None:
        """Count a new connection, or end it."""
        transport = connection.transport
        peer = transport.get_extra_info("peername")
        address = normal_address(peer[0]) if peer else "unknown"
        counted = not self.exempt(address) and address not in self._trusted
        key = address if counted else None
        if self._full(transport.get_extra_info("socket").fileno()) and not self._make_room():
            self._say("connections.full")
            transport.abort()
            return
        if key is not None and not self._places.take(key):
            self._say("connections.too_many", address=key)
            transport.abort()
            return
        self._keys[transport] = key
        self._http[connection] = None

    def upgraded(self, connection: Http) -> None:
        """It is a WebSocket now."""
        self._http.pop(connection, None)

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """One less. Those that were not admitted are not known."""
        key = self._keys.pop(transport, None)
        if key is not None:
            self._places.give_back(key)

    def _full(self, descriptor: int) -> bool:
        # The kernel gives out the lowest number that is free.
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return descriptor >= limit - min(RESERVE, limit // 4)

    def _make_room(self) -> bool:
        idle = next((one for one in self._http if one.idle), None)
        if idle is None:
            return False
        self._say("connections.full")
        self._http.pop(idle)
        idle.transport.abort()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in list(self._http):
            if connection.late(now):
                self._say("connections.too_slow")
                connection.transport.abort()
        self._timer = loop.call_later(LOOK_S, self._look, loop)

    def _loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _NO_RESOURCES:
            self._say("connections.not_accepted", error=error.strerror)
        else:
            loop.default_exception_handler(context)

    def _say(self, event: str, **details: Any) -> None:
        now = time.monotonic()
        said, times = self._said.get(event, (now - LOG_S, 0))
        if now - said >= LOG_S:
            log.warning(event, times=times + 1, **details)
            said, times = now, 0
        else:
            times += 1
        self._said[event] = (said, times)


class Config(uvicorn.Config):
    """One process, WebSocket frames of 64 KiB at most, no per-message deflate (it costs as much
    memory as the socket itself and more time than it saves on short messages)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            app,
            http=Http,
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
            backlog=ACCEPTED_AT_ONCE,
        )
        trusted = TrustedProxies(settings.server.trusted_proxies)
        self.connections = Connections(settings.limits, trusted)


class Http(H11Protocol):
    """uvicorn's, for clients that take their time."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = config.connections
        self._request: object = None
        self._since = self.loop.time()
        self._received = 0
        self._unread = 0
        self._stalled = 0.0

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count it."""
        super().connection_made(transport)
        self._connections.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """One less."""
        super().connection_lost(exc)
        self._connections.upgraded(self)
        self._connections.closed(self.transport)

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        self._received += len(data)
        super().data_received(data)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on it is ``WebSocket``'s."""
        self._connections.upgraded(self)
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """The next request may come."""
        self._since = self.loop.time()
        super().on_response_complete()

    def late(self, now: float) -> bool:
        """Whether the client has had its time: to send a header, to go on with a body, or to read.
        Asked every ``LOOK_S`` seconds; ``now`` is the loop's time."""
        limits = self._connections.limits
        if self.cycle is not self._request:
            self._request, self._since, self._received = self.cycle, now, 0
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        if self._unread:
            if not before or self._unread < before:
                self._stalled = now
            return now - self._stalled > limits.slow_client_seconds
        if self.idle:
            return now - self._since > limits.header_seconds
        if self.flow.read_paused:  # it waits for us
            self._since += LOOK_S
        allowed = limits.body_seconds + self._received / BODY_BYTES_A_SECOND
        return self.cycle.more_body and now - self._since > allowed


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
        self._connections = config.connections
        self._frames = Bucket(config.connections.limits.frame, time.monotonic())
        self.told: Callable[[], None] = lambda: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what the kernel buffers: by itself it may grow to megabytes a socket."""
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """One less."""
        super().connection_lost(exc)
        self._connections.closed(self.transport)
        self.told()

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

    def send_receive_event_to_app(self) -> None:
        """Read on while one message alone waits for the app: to stop and begin again costs more
        than most messages."""
        alone = self.queue.empty() and not self.read_paused
        self.read_paused = self.read_paused or alone
        super().send_receive_event_to_app()
        if alone:
            self.read_paused = False

    def handle_connect(self, event: Request) -> None:
        """Give the app the means to cut the connection."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[CUT] = self.transport.abort
            extensions[WIRE] = self

    def handle_ping(self) -> None:
        """Answer, but not a client that leaves unread what it was sent before: it gets one answer,
        to the newest ping (RFC 6455, 5.5.3), when it has read that."""
        if self.writable.is_set():
            self._pong()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._pong()
        self.told()

    @property
    def ready(self) -> bool:
        """See ``Wire.ready``."""
        return self.writable.is_set()

    def write_frames(self, frames: bytes) -> None:
        """See ``Wire.write_frames``."""
        if self.conn.state is State.OPEN and not self.disconnected:
            self.transport.write(frames)

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
