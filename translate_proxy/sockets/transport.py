"""Below the namespaces: one object per WebSocket, so that none can cost more than it may.

engine.io keeps what it has to send to a client in a queue without bounds, keeps a transport that
never joins a namespace for as long as it answers pings, and leaves a session behind when a frame
is no engine.io packet. So: frames of a client whose queue is long are not taken up (TCP makes it
wait), strangers are cut after a while, and a session ends with its transport.

Between the session and its WebSocket stands ``Driver`` instead of engine.io's own: whatever is
queued in one round of the event loop leaves in one write, and no task waits for it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

import engineio
import socketio
import structlog
from engineio.async_drivers.asgi import WebSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import MESSAGE, Packet, packet_names
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.frames import Frame, Opcode

CUT = "translate_proxy.cut"
"""The scope's extension that ends the connection at once, whatever is still buffered."""
WIRE = "translate_proxy.wire"
"""The scope's extension that takes finished frames, a ``Wire``."""
JOIN_S = 10.0
"""A transport that belongs to no namespace is cut after this time, at the latest after twice it."""

Room = Callable[["Transport"], Any]

log = structlog.get_logger(__name__)


class Wire(Protocol):
    """The sending side of one WebSocket, below ASGI."""

    told: Callable[[], None]
    """Called when it has become writable, and when it is gone."""

    @property
    def ready(self) -> bool:
        """Whether the client has read most of what was written before, or is gone."""
        ...

    def write_frames(self, frames: bytes) -> None:
        """Write whole frames; nothing where the connection is closing."""


class Waiting(asyncio.Queue[Any]):
    """An outgoing queue that knows how many bytes of memory its packets hold, and tells of each
    that is put in."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.told: Callable[[], None] = lambda: None

    def _put(self, item: Any) -> None:
        self.size += _size(item)
        super()._put(item)
        self.told()

    def _get(self) -> Any:
        item = super()._get()
        self.size -= _size(item)
        return item


def _size(packet: Any) -> int:
    return 0 if packet is None else sys.getsizeof(packet.data)


class Driver:
    """One WebSocket of engine.io's: takes what comes to the session, and writes what its queue
    holds. In the place of engine.io's own loops, which make a task and a timer for every packet in
    either direction and write each by itself; theirs are used where the server knows no
    ``Wire``."""

    def __init__(self, handler: Any, server: Any) -> None:
        self._handler = handler
        self._server = server
        self._session = handler.__self__
        self._queue: Waiting = self._session.queue
        self._scheduled = False
        self._written = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    async def __call__(self, environ: Mapping[str, Any]) -> str:
        """From the handshake to the end; what engine.io's answers."""
        wire: Wire | None = environ["asgi.scope"].get("extensions", {}).get(WIRE)
        if wire is None:
            await WebSocket(self._handler, self._server)(environ)
            return ""
        self._wire = wire
        self._send: Send = environ["asgi.send"]
        await self._send({"type": "websocket.accept"})
        self._session.connected = self._session.upgraded = True
        self._queue.told = wire.told = self._schedule
        self._schedule()
        with suppress(TimeoutError):
            await self._take_all(environ["asgi.receive"])
        await self._queue.put(None)
        await self._written.wait()
        reason = self._server.reason.TRANSPORT_CLOSE
        await self._session.close(wait=False, abort=True, reason=reason)
        return ""

    async def _take_all(self, receive: Receive) -> None:
        """Until the client has gone. TimeoutError when it is silent, ValueError for what is no
        packet."""
        loop = asyncio.get_running_loop()
        silent_s = self._server.ping_interval + self._server.ping_timeout
        # Put off now and then, not with every packet: a silent client has up to half as long more.
        async with asyncio.timeout(1.5 * silent_s) as patience:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return
                now = loop.time()
                if (patience.when() or now) < now + silent_s:
                    patience.reschedule(now + 1.5 * silent_s)
                text = message.get("text")
                packet = Packet(encoded_packet=message["bytes"] if text is None else text)
                if packet.packet_type >= len(packet_names):
                    raise ValueError("no packet of engine.io's")
                try:
                    await self._session.receive(packet)
                except UnknownPacketError:  # one that only a server sends
                    continue
                except SocketIsClosedError:
                    return

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        """Everything that is queued, in one piece; later, when the client does not read."""
        self._scheduled = False
        if not self._wire.ready:
            return
        frames = []
        over = False
        while not (over or self._queue.empty()):
            packet = self._queue.get_nowait()
            self._queue.task_done()
            over = packet is None  # engine.io's mark of the end
            if not over:
                text = packet.encode()
                frames.append(Frame(Opcode.TEXT, text.encode()).serialize(mask=False))
        if frames:
            self._wire.write_frames(b"".join(frames))
        if over and self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        with suppress(OSError, RuntimeError):  # closed already
            await self._send({"type": "websocket.close"})
        self._written.set()


class _EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # untyped library
    _async: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._async = {**self._async, "websocket": Driver}

    def create_queue(self, *_args: Any, **_options: Any) -> Waiting:
        return Waiting()


class Server(socketio.AsyncServer):  # type: ignore[misc]  # untyped library
    """python-socketio's server, with queues that are measured and transports that are known."""

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return _EngineServer

    async def _handle_eio_connect(self, eio_sid: str, environ: Mapping[str, Any]) -> Any:
        transport = environ["asgi.scope"].get(Transport.KEY)
        if transport is not None:
            transport.eio_sid = eio_sid
            transport.socket = self.eio.sockets[eio_sid]
        return await super()._handle_eio_connect(eio_sid, environ)


class Transport:
    """One WebSocket. ``eio_sid`` and ``socket`` are engine.io's session on it, once there is one;
    ``gone``: it was cut."""

    KEY = "translate_proxy.transport"

    def __init__(self, cut: Callable[[], None] | None) -> None:
        self.eio_sid: str | None = None
        self.socket: Any = None
        self.gone = False
        self.stranger = False
        self._cut = cut

    @property
    def waiting(self) -> tuple[int, int]:
        """Packets in the session's queue, and the bytes of memory that they hold."""
        if self.socket is None:
            return 0, 0
        return self.socket.queue.qsize(), self.socket.queue.size

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.gone or (self.socket is not None and bool(self.socket.closed))

    def put(self, text: str) -> None:
        """Queue one Socket.IO packet. What ``emit`` does for one receiver, without the task that
        it makes for each."""
        self.socket.queue.put_nowait(Packet(MESSAGE, text))

    def cut(self) -> None:
        """End it now: no farewell, what is buffered is lost. engine.io learns it as it learns
        that a client has gone."""
        self.gone = True
        if self._cut is not None:
            self._cut()


class Transports:
    """The ASGI app of the sockets. ``room`` waits while a transport's queue is long and raises
    ``full`` when that does not end; ``joined`` says whether a session is in a namespace."""

    def __init__(
        self,
        sio: Server,
        room: Room,
        full: type[Exception],
        joined: Callable[[str], bool],
    ) -> None:
        self._sio = sio
        self._app: ASGIApp = socketio.ASGIApp(sio)
        self._room = room
        self._full = full
        self._joined = joined
        self._open: set[Transport] = set()

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        transport = Transport(scope.get("extensions", {}).get(CUT))
        self._open.add(transport)
        scope = {**scope, Transport.KEY: transport}
        try:
            await self._app(scope, self._guarded(transport, receive), send)
        except ValueError:  # engine.io could not read a frame; all else it handles itself
            log.info("socket.no_packet")
            transport.cut()
        finally:
            self._open.discard(transport)
            await self._end(transport)

    def _guarded(self, transport: Transport, receive: Receive) -> Receive:
        async def guarded() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                try:
                    await self._room(transport)
                except self._full:
                    return {"type": "websocket.disconnect", "code": 1013}
            return message

        return guarded

    async def _end(self, transport: Transport) -> None:
        """No session outlives its transport."""
        socket = transport.socket
        if socket is None:
            return
        await socket.close(wait=False, abort=True)
        await socket.queue.put(None)  # its writer, if it still waits for something to send
        self._sio.eio.sockets.pop(transport.eio_sid, None)

    def cut_strangers(self) -> None:
        """Cut those that were in no namespace the last time either: never joined, signed out, or
        given up by engine.io. To be called every ``JOIN_S`` seconds."""
        for transport in list(self._open):
            known = (
                transport.eio_sid is not None
                and not transport.closed
                and self._joined(transport.eio_sid)
            )
            if not known and transport.stranger:
                log.info("socket.stranger")
                transport.cut()
            transport.stranger = not known
