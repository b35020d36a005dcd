"""Below the namespaces: one object per WebSocket, so that none can cost more than it may.

engine.io keeps what it has to send to a client in a queue without bounds, keeps a transport that
never joins a namespace for as long as it answers pings, and leaves a session behind when a frame
is no engine.io packet. So: frames of a client whose queue is long are not taken up (TCP makes it
wait), strangers are cut after a while, and a session ends with its transport.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any

import engineio
import socketio
import structlog
from engineio.packet import MESSAGE, Packet
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CUT = "translate_proxy.cut"
"""The scope's extension that ends the connection at once, whatever is still buffered."""
JOIN_S = 10.0
"""A transport that belongs to no namespace is cut after this time, at the latest after twice it."""

Room = Callable[["Transport"], Any]

log = structlog.get_logger(__name__)


class Waiting(asyncio.Queue[Any]):
    """An outgoing queue that knows how many bytes of memory its packets hold."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def _put(self, item: Any) -> None:
        self.size += _size(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self.size -= _size(item)
        return item


def _size(packet: Any) -> int:
    return 0 if packet is None else sys.getsizeof(packet.data)


class _EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # untyped library
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

    async def send(self, text: str) -> None:
        """Queue one Socket.IO packet. What ``emit`` does for one receiver, without the task that
        it makes for each."""
        await self.socket.send(Packet(MESSAGE, text))

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
