"""What both namespaces do alike: refuse in the contract's words, answer every event, in order.

``async_handlers=False``: python-socketio's default would run one client's events side by side and
reorder them. So a handler only checks, appends and answers; what takes longer happens elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError as SocketRefused
from socketio.packet import EVENT

from translate_proxy.model import Cursor, Event, Refused
from translate_proxy.sockets.delivery import Gone, Pump
from translate_proxy.sockets.payloads import MAX_CURSOR, PROTOCOL, Payload, parse
from translate_proxy.sockets.pressure import Pressure

ANSWER_S = 5.0
"""Every event is answered within this many seconds."""

P = TypeVar("P", bound=Payload)
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Connection:
    """One open socket. ``eio_sid`` is engine.io's id of its transport."""

    sid: str
    eio_sid: str
    address: str
    pump: Pump


C = TypeVar("C", bound=Connection)


@dataclass(frozen=True, slots=True)
class Call(Generic[C, P]):
    """One client event: what it carries, who answers it, and whether it changes something."""

    payload: type[P]
    handler: Callable[[C, P], Awaitable[Mapping[str, Any] | None]]
    changes: bool = False


class Namespace(socketio.AsyncNamespace, Generic[C]):  # type: ignore[misc]  # untyped library
    """``calls`` names every event a client may send; ``connections`` are the open sockets."""

    calls: Mapping[str, Call[C, Any]]

    def __init__(self, namespace: str, pressure: Pressure) -> None:
        super().__init__(namespace)
        self._pressure = pressure
        self.connections: dict[str, C] = {}
        self.draining = False
        self._owed: dict[str, dict[str, Mapping[str, Any]]] = {}

    # -- for the two namespaces to say ---------------------------------------------------

    async def welcome(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        """Let a client in, or raise Refused."""
        raise NotImplementedError

    async def count(self, connection: C, said: Any, *, changes: bool) -> None:
        """``said``: what the call carries. Refused ``rate_limited``, or whatever else bars this
        client from calling now."""
        raise NotImplementedError

    def gone(self, connection: C) -> None:
        """The socket has closed."""
        raise NotImplementedError

    # -- python-socketio's entry ------------------------------------------------------------

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Every packet of this namespace arrives here.

        A client names its events as it likes, "connect" too. python-socketio's own come while the
        socket is on its way in or out, a client's only in between.
        """
        sid = args[0]
        if not self.server.manager.is_connected(sid, self.namespace):
            if event == "connect":
                return await self._connect(sid, args[1], args[2])
            self._drop(sid)
            return None
        return await self._answer(sid, event, args[1:])

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        try:
            if self.draining:
                raise Refused("unavailable", "The server is restarting; try again.", 2.0)
            async with asyncio.timeout(ANSWER_S):
                await self.welcome(sid, environ, auth)
        except TimeoutError:
            raise _refusal(_too_late()) from None
        except Refused as refused:
            raise _refusal(refused) from None
        except Exception:
            log.exception("connect.failed")
            raise _refusal(_internal()) from None

    def _drop(self, sid: str) -> None:
        connection = self.connections.pop(sid, None)
        self._owed.pop(sid, None)
        if connection is not None:
            connection.pump.stop()
            self.gone(connection)

    async def _answer(self, sid: str, event: str, args: tuple[Any, ...]) -> dict[str, Any]:
        connection = self.connections.get(sid)
        try:
            if connection is None:
                raise Refused("unavailable", "This connection is closing.", 1.0)
            call = self.calls.get(event) if isinstance(event, str) else None
            async with asyncio.timeout(ANSWER_S):
                await self.count(connection, args, changes=call is not None and call.changes)
                if call is None:
                    raise Refused("unknown_event", "There is no such event.")
                answer = await call.handler(connection, parse(call.payload, args))
        except TimeoutError:
            return {"ok": False, "error": _too_late().wire()}
        except Refused as refused:
            return {"ok": False, "error": refused.wire()}
        except Exception:
            log.exception("event.failed", name=event[:32])
            return {"ok": False, "error": _internal().wire()}
        return {"ok": True, **(answer or {})}

    # -- towards the client -----------------------------------------------------------------

    async def tell(self, sid: str, event: str, data: Mapping[str, Any]) -> bool:
        """Emit something that need not arrive; skipped for a client that is behind. Whether it was
        emitted."""
        connection = self.connections.get(sid)
        if connection is None:
            return False
        try:
            if self._pressure.waiting(connection.eio_sid) >= 16:
                return False
            await self.emit(event, dict(data), to=sid)
        except Gone:
            self._drop(sid)  # closed while it was still connecting: no disconnect is reported
            return False
        return True

    async def tell_state(self, sid: str, event: str, data: Mapping[str, Any]) -> None:
        """Emit what a client shows until it is told otherwise: one that is behind is told by
        ``tell_owed``, and of several only the newest."""
        told = await self.tell(sid, event, data)
        if not told and sid in self.connections:
            self._owed.setdefault(sid, {})[event] = data
        elif sid in self._owed:
            self._owed[sid].pop(event, None)

    async def tell_owed(self) -> None:
        """What clients could not be told when it happened, to those that have caught up."""
        for sid in list(self._owed):
            for event, data in list(self._owed.get(sid, {}).items()):
                await self.tell_state(sid, event, data)
            if not self._owed.get(sid):
                self._owed.pop(sid, None)

    async def send(self, sid: str, eio_sid: str, event: str, data: Mapping[str, Any]) -> None:
        """Emit something that must arrive; waits while the client's queue is long."""
        transport = self._pressure.transport(eio_sid)
        await self._pressure.room(transport)
        if sid in self.connections:
            packet = self.server.packet_class(EVENT, [event, data], self.namespace)
            transport.put(packet.encode())

    def hand(self, sid: str, eio_sid: str, events: Sequence[Event]) -> bool:
        """The same for events of the log, at once; False, and nothing is done, where that would
        make the client's queue long."""
        transport = self._pressure.transport(eio_sid)
        if not self._pressure.has_room(transport, len(events)):
            return False
        if sid in self.connections:
            for event in events:
                transport.put(f'{EVENT}{self.namespace},["event",{event.json()}]')
        return True

    async def broadcast(self, event: str, data: Mapping[str, Any]) -> None:
        """``tell`` everybody, a few at a time so that others get a turn."""
        for number, sid in enumerate(list(self.connections)):
            await self.tell(sid, event, data)
            if number % 50 == 49:
                await asyncio.sleep(0)


def check_protocol(auth: Any) -> None:
    """Refused ``bad_request`` or ``unsupported_version``."""
    if not isinstance(auth, dict):
        raise Refused("bad_request", "Connect with an auth object.")
    version = auth.get("protocol")
    if not isinstance(version, int) or isinstance(version, bool):
        raise Refused("bad_request", "auth.protocol: the version, a number.")
    if version != PROTOCOL:
        raise Refused("unsupported_version", f"This server speaks protocol {PROTOCOL}.")


def must_reset(
    log_id: str, head: Cursor, client_log: str | None, client_cursor: int | None
) -> bool:
    """Whether the client's timeline belongs to another database or to a future of this one."""
    if client_cursor is None:
        return False
    return (client_log is not None and client_log != log_id) or not 0 <= client_cursor <= min(
        head, MAX_CURSOR
    )


def _refusal(refused: Refused) -> SocketRefused:
    return SocketRefused(refused.code, refused.wire())


def _too_late() -> Refused:
    return Refused("unavailable", "The server did not get to it in time; try again.", 2.0)


def _internal() -> Refused:
    return Refused("internal", "Something went wrong on the server.")
