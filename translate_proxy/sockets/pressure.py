"""What a client may cost: how long its outgoing queue gets, and how many sockets there are.

engine.io's queues are unbounded, so a client that does not read would cost memory without end. The
pump stops feeding it, its own frames are not taken up either, and when nothing moves for a while
the transport is cut: the client resumes by cursor.

The bound per socket is two queues (engine.io's writer takes a whole queue at a time) of
``socket_queue`` packets or ``MOST_WAITING_BYTES``, whichever is reached first, each with one packet
more, and what ``serving`` lets the transport and the kernel buffer.
"""

from __future__ import annotations

import asyncio

import structlog

from translate_proxy.model import Refused
from translate_proxy.security.ratelimit import Keys, Places
from translate_proxy.settings import Limits
from translate_proxy.sockets.delivery import Gone
from translate_proxy.sockets.transport import Server, Transport

MOST_WAITING_BYTES = 256 * 1024
POLL_S = 0.05

log = structlog.get_logger(__name__)


class Pressure:
    """Looks at engine.io's queues."""

    def __init__(self, sio: Server, limits: Limits) -> None:
        self._sio = sio
        self._limits = limits

    def transport(self, eio_sid: str) -> Transport:
        """The transport of a session. Raises Gone when it is closed."""
        environ = self._sio.environ.get(eio_sid)
        if environ is None:
            raise Gone
        transport: Transport = environ["asgi.scope"][Transport.KEY]
        if transport.closed:
            raise Gone
        return transport

    def waiting(self, eio_sid: str) -> int:
        """Packets that wait for this socket. Raises Gone when it is closed."""
        return self.transport(eio_sid).waiting[0]

    def has_room(self, transport: Transport, packets: int) -> bool:
        """Whether so many more may be queued now, where nothing else is."""
        waiting, size = transport.waiting
        return waiting + packets <= self._limits.socket_queue and size < MOST_WAITING_BYTES

    async def room(self, transport: Transport) -> None:
        """Return when the socket's queue has room. Raises Gone when it is closed, or stays full
        for ``slow_client_seconds`` and is cut."""
        packets, size = transport.waiting
        patience = self._limits.slow_client_seconds
        while packets >= self._limits.socket_queue or size >= MOST_WAITING_BYTES:
            await asyncio.sleep(POLL_S)
            if transport.closed:
                raise Gone
            before = packets
            packets, size = transport.waiting
            patience = self._limits.slow_client_seconds if packets < before else patience - POLL_S
            if patience <= 0:
                log.info("socket.too_slow", packets=packets, bytes=size)
                transport.cut()
                raise Gone


class Caps(Places):
    """Counts open sockets by a key or by client address; ``most`` at a time."""

    def __init__(self, most: int, what: str, keys: Keys | None = None) -> None:
        super().__init__(most, *([] if keys is None else [keys]))
        self._what = what

    def claim(self, key: str) -> None:
        """Take a place. Refused ``overloaded`` when there is none."""
        if not self.take(key):
            raise Refused("overloaded", f"Too many connections {self._what}.", 30.0)
