"""From the log to the sockets: one pump per socket, and the hub that wakes them.

A pump reads the log from its socket's own position and emits in order, so replay and live are the
same code. What wakes it carries no payload and may come too often or be lost: the pump looks for
itself, and ``head`` tells a client that missed something. A pump that has caught up costs no task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from translate_proxy.model import Cursor, Event, Refused, SiteKey, VisitorId
from translate_proxy.records import LogPage

PAGE = 100
RETRY_S = 1.0

Read = Callable[[Cursor], Awaitable[LogPage]]
Send = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Puts one event into the socket's queue, waiting while the queue is long. Raises ``Gone``."""

log = structlog.get_logger(__name__)


class Gone(Exception):  # noqa: N818  (it ends a pump, nothing failed)
    """The socket is closed, or was closed because its client reads nothing."""


class Pump:
    """``position``: everything up to it has been put into the socket's queue or is not its
    business."""

    def __init__(self, position: Cursor, read: Read, send: Send) -> None:
        self.position = position
        self._read = read
        self._send = send
        self._woken = False
        self._task: asyncio.Task[None] | None = None
        self._opening: list[tuple[str, dict[str, Any]]] = []
        self._stopped = False

    def begin(self, welcome: dict[str, Any], first: Sequence[Event]) -> None:
        """Send the welcome and a first page, then whatever follows the position."""
        self._opening = [("welcome", welcome), *(("event", event.wire()) for event in first)]
        self.wake()

    def wake(self) -> None:
        """There may be something new."""
        self._woken = True
        if self._task is None and not self._stopped:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)

    def stop(self) -> None:
        """For good; the client resumes by cursor on its next connection."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("pump.failed", error=repr(error))
        if self._woken and not self._stopped:
            self.wake()

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # the connection's own answer goes out before the welcome
            for event, data in self._opening:
                await self._send(event, data)
            self._opening.clear()
            while self._woken and not self._stopped:
                self._woken = False
                await self._catch_up()
        except Gone:
            self._stopped = True

    async def _catch_up(self) -> None:
        more = True
        while more:
            try:
                page = await self._read(self.position)
            except Refused:
                await asyncio.sleep(RETRY_S)
                continue
            for event in page.events:
                await self._send("event", event.wire())
                self.position = event.cursor
            self.position = page.looked_to
            more = page.more


class Subscriber:
    """A socket in the hub: its pump and which events are its business."""

    def __init__(self, pump: Pump, wants: Callable[[Event], bool]) -> None:
        self.pump = pump
        self.wants = wants


class Hub:
    """Knows whom a new event concerns. Follows the log; never blocks."""

    def __init__(self) -> None:
        self._visitors: dict[VisitorId, dict[str, Subscriber]] = {}
        self._operators: dict[str, Subscriber] = {}
        self.newest = Cursor(0)

    def add_visitor(self, socket_id: str, visitor_id: VisitorId, subscriber: Subscriber) -> None:
        """A visitor's socket: woken by what happens to this visitor."""
        self._visitors.setdefault(visitor_id, {})[socket_id] = subscriber

    def add_operator(self, socket_id: str, subscriber: Subscriber) -> None:
        """An operator's socket: asked about every event."""
        self._operators[socket_id] = subscriber

    def remove(self, socket_id: str, visitor_id: VisitorId | None = None) -> None:
        """The socket is gone."""
        self._operators.pop(socket_id, None)
        if visitor_id is not None:
            tabs = self._visitors.get(visitor_id, {})
            tabs.pop(socket_id, None)
            if not tabs:
                self._visitors.pop(visitor_id, None)

    def sockets_of(self, visitor_id: VisitorId) -> Iterable[str]:
        """The visitor's open tabs."""
        return tuple(self._visitors.get(visitor_id, ()))

    def follow(self, events: Sequence[Event]) -> None:
        """Wake whom it concerns."""
        for event in events:
            self.newest = max(self.newest, event.cursor)
            for subscriber in self._visitors.get(event.visitor_id, {}).values():
                subscriber.pump.wake()
            for subscriber in self._operators.values():
                if subscriber.wants(event):
                    subscriber.pump.wake()


def concerns(
    operator_id: str, sites: Sequence[SiteKey], opened: Sequence[str], event: Event
) -> bool:
    """The same rule as ``Log.read_operator``, for one event."""
    return event.site in sites and (
        event.owner is None
        or operator_id in {event.owner, event.owner_after}
        or event.conversation_id in opened
    )
