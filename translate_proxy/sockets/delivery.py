"""From the log to the sockets: one pump per socket, and the hub that wakes them.

A pump reads the log from its socket's own position and emits in order, so replay and live are the
same code. What wakes it carries no payload and may come too often or be lost: the pump looks for
itself, and ``head`` tells a client that missed something. A pump that has caught up costs no task.

What a pump reads is mostly what was appended a moment ago, so the hub keeps the log's newest events
and answers from them where they reach back to the asker's position; else the store does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import structlog

from translate_proxy.interfaces import Log
from translate_proxy.model import OPERATORS_ONLY, Cursor, Event, Refused, SiteKey, VisitorId
from translate_proxy.records import LogPage, OperatorView

PAGE = 100
RETRY_S = 1.0
TAIL = 1000
"""Events that the hub keeps at least, once there were so many; twice as many at most."""
TAKEN_BACK = frozenset({"redacted", "erased"})
"""After these, earlier events are no longer what they were."""

Read = Callable[[Cursor], Awaitable[LogPage]]
Send = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Puts one event into the socket's queue, waiting while the queue is long. Raises ``Gone``."""
Peek = Callable[[Cursor], LogPage | None]
"""``Read`` from memory; None where that does not reach back to the cursor."""
Hand = Callable[[Sequence[Event]], bool]
"""``Send`` for events together, without waiting; False, and nothing is sent, where one would have
to wait. Raises ``Gone``."""

log = structlog.get_logger(__name__)


class Gone(Exception):  # noqa: N818  (it ends a pump, nothing failed)
    """The socket is closed, or was closed because its client reads nothing."""


class Pump:
    """``position``: everything up to it has been put into the socket's queue or is not its
    business. With ``peek`` and ``hand`` what is new is handed over without a task, as long as
    memory holds it and the client reads."""

    def __init__(
        self,
        position: Cursor,
        read: Read,
        send: Send,
        peek: Peek = lambda _after: None,
        hand: Hand = lambda _events: False,
    ) -> None:
        self.position = position
        self._read = read
        self._send = send
        self._peek = peek
        self._hand = hand
        self._woken = False
        self._called = False
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
        if self._task is None and not self._stopped and not self._called:
            self._called = True  # once for all that is told in this round of the loop
            asyncio.get_running_loop().call_soon(self._begin)

    def stop(self) -> None:
        """For good; the client resumes by cursor on its next connection."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._called = False
        if self._stopped or self._task is not None:
            return
        try:
            at_once = not self._opening and self._handed_over()
        except Gone:
            self._stopped = True
            return
        if not at_once:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)

    def _handed_over(self) -> bool:
        """Everything there is, from memory; False where it takes longer."""
        page = self._peek(self.position)
        if page is None or page.more or (page.events and not self._hand(page.events)):
            return False
        self._woken = False
        self.position = page.looked_to
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("pump.failed", error=repr(error))
        if self._woken and not self._stopped:
            self.wake()

    async def _run(self) -> None:
        try:
            if self._opening:
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


class Tail:
    """The newest events of the log. Cursors that follow one another without a gap prove that none
    is missing; after a gap (another node's append, a follower that was not told) it begins anew."""

    def __init__(self, size: int = TAIL) -> None:
        self._size = size
        self._events: list[Event] = []

    def add(self, event: Event) -> None:
        """The next event; one that is no news is ignored."""
        events = self._events
        if events and event.cursor > events[-1].cursor + 1:
            events.clear()
        if not events or event.cursor == events[-1].cursor + 1:
            events.append(event)
        if len(events) >= 2 * self._size:
            del events[: self._size]

    def forget(self) -> None:
        """Hold nothing: what was said has been taken back, or belongs to somebody else now."""
        self._events.clear()

    def page(self, after: Cursor, limit: int, shown: Callable[[Event], bool]) -> LogPage | None:
        """As the store would answer; None when it does not reach back to ``after``."""
        events = self._events
        if not events or not events[0].cursor - 1 <= after <= events[-1].cursor:
            return None
        found: list[Event] = []
        for event in islice(events, after - events[0].cursor + 1, None):
            if shown(event):
                if len(found) == limit:
                    return LogPage(tuple(found), found[-1].cursor, more=True)
                found.append(event)
        return LogPage(tuple(found), events[-1].cursor, more=False)


class Subscriber:
    """A socket in the hub: its pump and which events are its business."""

    def __init__(self, pump: Pump, wants: Callable[[Event], bool]) -> None:
        self.pump = pump
        self.wants = wants


class Hub:
    """Knows whom a new event concerns, and reads the log for them. Follows the log; never
    blocks."""

    def __init__(self, store: Log) -> None:
        self.tail = Tail()
        self._store = store
        self._visitors: dict[VisitorId, dict[str, Subscriber]] = {}
        self._operators: dict[str, Subscriber] = {}

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
            self.tail.add(event)
        if any(event.type in TAKEN_BACK for event in events):
            self.tail.forget()
        for event in events:
            for subscriber in self._visitors.get(event.visitor_id, {}).values():
                subscriber.pump.wake()
            for subscriber in self._operators.values():
                if subscriber.wants(event):
                    subscriber.pump.wake()

    def peek_visitor(self, visitor_id: VisitorId, after: Cursor) -> LogPage | None:
        """``Log.read_visitor`` from memory, a page of ``PAGE``; None where it is too short."""
        return self.tail.page(
            after,
            PAGE,
            lambda event: event.visitor_id == visitor_id and event.type not in OPERATORS_ONLY,
        )

    async def read_visitor(self, visitor_id: VisitorId, after: Cursor) -> LogPage:
        """``Log.read_visitor``, a page of ``PAGE``."""
        page = self.peek_visitor(visitor_id, after)
        return page or await self._store.read_visitor(visitor_id, after, PAGE)

    def peek_operator(self, view: OperatorView, after: Cursor) -> LogPage | None:
        """``Log.read_operator`` from memory, a page of ``PAGE``; None where it is too short."""
        return self.tail.page(
            after, PAGE, lambda event: concerns(view.operator_id, view.sites, view.opened, event)
        )

    async def read_operator(self, view: OperatorView, after: Cursor) -> LogPage:
        """``Log.read_operator``, a page of ``PAGE``."""
        page = self.peek_operator(view, after)
        return page or await self._store.read_operator(view, after, PAGE)


def concerns(
    operator_id: str, sites: Sequence[SiteKey], opened: Sequence[str], event: Event
) -> bool:
    """The same rule as ``Log.read_operator``, for one event."""
    return event.site in sites and (
        event.owner is None
        or operator_id in {event.owner, event.owner_after}
        or event.conversation_id in opened
    )
