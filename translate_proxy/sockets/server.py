"""The Socket.IO server: both namespaces behind one ASGI app, and what beats for all of them."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from typing import Any

import msgspec
from socketio import packet
from socketio.packet import Packet
from starlette.types import ASGIApp

from translate_proxy.background import Background, each
from translate_proxy.model import Event, SiteKey
from translate_proxy.sockets.delivery import Gone
from translate_proxy.sockets.operator import OperatorNamespace
from translate_proxy.sockets.pressure import Pressure
from translate_proxy.sockets.services import Services
from translate_proxy.sockets.transport import JOIN_S, Server, Transports
from translate_proxy.sockets.visitor import VisitorNamespace

MAX_FRAME_BYTES = 64 * 1024
HEAD_S = 30.0
RECHECK_S = 60.0
WHERE_S = 0.5
"""Where visitors are is told at most so often, in seconds."""
OWED_S = 1.0
"""What a client could not be told while it was behind is tried again so often, in seconds."""
SETTLE_S = 0.2
"""What follows within so many seconds is told together, presence at most so often."""
QUEUE_S = 2.0
"""Queue positions are told at most so often, in seconds: whoever leaves moves all behind them."""
QUEUE_EVENTS = frozenset({"queued", "assigned", "transferred", "closed", "erased"})


_encode = msgspec.json.Encoder().encode


class _Json:
    """JSON for python-socketio: compact, and a hostile depth is an error like any other."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        return _encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_options: Any) -> Any:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class _TextPacket(Packet):  # type: ignore[misc]  # untyped library
    """A Socket.IO packet without binary parts: the contract has none, and python-socketio would
    keep as many as a packet announces (up to ten digits) until all have come."""

    uses_binary_events = False  # else every value of every packet is looked at for bytes

    def decode(self, encoded_packet: str) -> int:
        """ValueError for a binary packet; the rest as python-socketio does it."""
        announced: int = super().decode(encoded_packet)
        if announced or self.packet_type in {packet.BINARY_EVENT, packet.BINARY_ACK}:
            raise ValueError("binary packets are not part of the contract")
        return announced


def _silent(name: str) -> logging.Logger:
    """python-socketio logs packets with their bodies, and tracebacks that quote them."""
    logger = logging.getLogger(f"translate_proxy.{name}")
    logger.disabled = True
    return logger


def make_server() -> Server:
    """The bare server, before its namespaces.

    ``cors_allowed_origins=[]`` switches engine.io's own check off: it knows no sites and could
    only answer a bare HTTP 400. Both namespaces check the Origin themselves, before anything else
    that costs, and refuse in the contract's words.
    """
    return Server(
        async_mode="asgi",
        async_handlers=False,
        namespaces=["/visitor", "/operator"],
        transports=["websocket"],
        allow_upgrades=False,
        cors_allowed_origins=[],
        max_http_buffer_size=MAX_FRAME_BYTES,
        ping_interval=25,
        ping_timeout=20,
        json=_Json,
        serializer=_TextPacket,
        logger=_silent("socketio"),
        engineio_logger=_silent("engineio"),
    )


class Sockets:
    """Both namespaces and their beats. ``app`` is the ASGI app for ``/socket.io/``."""

    def __init__(self, sio: Server, services: Services, background: Background) -> None:
        self._sio = sio
        self._services = services
        self._background = background
        pressure = Pressure(sio, services.settings.limits)
        self.operators = OperatorNamespace(services, pressure)
        self.visitors = VisitorNamespace(
            services, pressure, self.operators.tell_looking, self._queue_changes
        )
        self.operators.visitors = self.visitors
        sio.register_namespace(self.visitors)
        sio.register_namespace(self.operators)
        self.transports = Transports(sio, pressure.room, Gone, self._joined)
        self.app: ASGIApp = self.transports
        self._presence_changed = asyncio.Event()
        self._queues_changed: set[SiteKey] = set()
        self._queue_changed = asyncio.Event()
        self._owners_changed = asyncio.Event()

    def start(self) -> None:
        """Follow the log and the desk, and start beating."""
        self._services.log.follow(self._services.hub.follow)
        self._services.log.follow(self._follow_queues)
        self._services.log.follow(self._follow_visitors)
        self._services.sessions.follow(self.operators.end)
        self._services.desk.changed = self._desk_changed
        every = self._background.every
        every(HEAD_S, "head", self._tell_head)
        every(RECHECK_S, "sessions", self.operators.recheck_all)
        every(JOIN_S, "strangers", self._cut_strangers)
        every(0, "presence", self._tell_presence)
        every(QUEUE_S, "queues", self._tell_queues)
        every(0, "owners", self._tell_owners)
        every(WHERE_S, "visitors", self._tell_where)
        every(OWED_S, "owed", self._tell_owed)

    @property
    def open(self) -> int:
        """How many sockets are connected to a namespace."""
        return len(self.visitors.connections) + len(self.operators.connections)

    async def drain(self, within_s: float) -> None:
        """Refuse new connections and tell everyone to come back, each at another moment."""
        for namespace in (self.visitors, self.operators):
            namespace.draining = True
            for number, sid in enumerate(list(namespace.connections)):
                jitter = round(random.uniform(0.5, 0.5 + within_s), 2)  # noqa: S311
                await namespace.tell(sid, "draining", {"retry_after": jitter})
                if number % 50 == 49:
                    await asyncio.sleep(0)

    async def close(self) -> None:
        """End every connection."""
        for namespace in (self.visitors, self.operators):
            for connection in list(namespace.connections.values()):
                connection.pump.stop()
        for socket in list(self._sio.eio.sockets.values()):
            await socket.close(wait=False)
        await self._sio.shutdown()

    # -- beats ------------------------------------------------------------------------------

    async def _tell_head(self) -> None:
        _, head = await self._services.store.head()
        for namespace in (self.visitors, self.operators):
            await namespace.broadcast("head", {"cursor": head})

    async def _cut_strangers(self) -> None:
        self.transports.cut_strangers()

    def _joined(self, eio_sid: str) -> bool:
        find = self._sio.manager.sid_from_eio_sid
        return any(find(eio_sid, one.namespace) for one in (self.visitors, self.operators))

    async def _tell_presence(self) -> None:
        await self._presence_changed.wait()
        await asyncio.sleep(SETTLE_S)
        self._presence_changed.clear()
        try:
            await self.visitors.end_unwelcome()
            await self.operators.tell_sites()
            await self.operators.tell_presence()
            await self.visitors.tell_availability()
        except BaseException:
            self._presence_changed.set()  # told with the next beat
            raise

    async def _tell_owners(self) -> None:
        await self._owners_changed.wait()
        await asyncio.sleep(SETTLE_S)
        self._owners_changed.clear()
        await self.visitors.tell_owners()

    async def _tell_owed(self) -> None:
        for namespace in (self.visitors, self.operators):
            await namespace.tell_owed()

    async def _tell_where(self) -> None:
        changes = self._services.whereabouts.take_changes()
        await each(changes, lambda one: self.operators.tell_visitor(one, changes[one]))

    async def _tell_queues(self) -> None:
        await self._queue_changed.wait()
        await asyncio.sleep(SETTLE_S)
        self._queue_changed.clear()
        changed, self._queues_changed = self._queues_changed, set()
        await each(changed, self._tell_queue)

    async def _tell_queue(self, site: SiteKey) -> None:
        try:
            await self.visitors.tell_queue(site)
            await self.operators.tell_waiting(site)
        except BaseException:
            self._queue_changes(site)
            raise

    def _desk_changed(self) -> None:
        self._presence_changed.set()
        self._owners_changed.set()

    def _follow_visitors(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.type == "erased":
                self._services.whereabouts.forget(event.visitor_id)
        if self.visitors.owners.follow(events):
            self._owners_changed.set()

    def _follow_queues(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.type == "queued":
                self.visitors.forget_position(event.visitor_id)
        changed = {event.site for event in events if event.type in QUEUE_EVENTS}
        for site in changed:
            self._queue_changes(site)

    def _queue_changes(self, site: SiteKey) -> None:
        self._queues_changed.add(site)
        self._queue_changed.set()
