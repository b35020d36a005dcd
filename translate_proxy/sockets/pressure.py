"""What a client may cost: how long its outgoing queue gets, and how many sockets there are.

engine.io's queues are unbounded, so a client that does not read would cost memory without end. The
pump stops feeding it and, when nothing moves for a while, the transport is cut: the client resumes
by cursor.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import socketio
import structlog

from translate_proxy.model import Refused
from translate_proxy.settings import Limits
from translate_proxy.sockets.delivery import Gone

POLL_S = 0.05

log = structlog.get_logger(__name__)


class Pressure:
    """Looks at engine.io's queues."""

    def __init__(self, sio: socketio.AsyncServer, limits: Limits) -> None:
        self._sio = sio
        self._limits = limits

    def waiting(self, eio_sid: str) -> int:
        """Packets that wait for this socket. Raises Gone when it is closed."""
        socket = self._sio.eio.sockets.get(eio_sid)
        if socket is None or socket.closed:
            raise Gone
        return int(socket.queue.qsize())

    async def room(self, eio_sid: str) -> None:
        """Return when the socket's queue has room. Raises Gone when it is closed, or stays full
        for ``slow_client_seconds`` and is cut."""
        waiting = self.waiting(eio_sid)
        patience = self._limits.slow_client_seconds
        while waiting >= self._limits.socket_queue:
            await asyncio.sleep(POLL_S)
            now = self.waiting(eio_sid)
            patience = self._limits.slow_client_seconds if now < waiting else patience - POLL_S
            waiting = now
            if patience <= 0:
                log.info("socket.too_slow", packets=waiting)
                await self.cut(eio_sid)
                raise Gone

    async def cut(self, eio_sid: str) -> None:
        """End a socket whose client reads nothing: no farewell, it would not arrive."""
        socket = self._sio.eio.sockets.get(eio_sid)
        if socket is not None:
            await socket.close(wait=False, abort=True)
            while not socket.queue.empty():
                socket.queue.get_nowait()
            await socket.queue.put(None)


class Caps:
    """Counts open sockets by a key; ``most`` of one key at a time."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._open: Counter[str] = Counter()

    def take(self, key: str) -> None:
        """Refused ``overloaded`` when there are too many."""
        if self._open[key] >= self._most:
            raise Refused("overloaded", f"Too many connections {self._what}.", 30.0)
        self._open[key] += 1

    def give_back(self, key: str) -> None:
        """One less."""
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]
