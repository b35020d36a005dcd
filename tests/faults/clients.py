"""Clients as docs/protocol.md describes them: a cursor that moves only by what was applied, an
outbox with one unacknowledged call at a time, the same id when it is sent again.

Each checks what it is sent on the way: events of one connection come in the log's order, and an
event that it knows already is the same event.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

ANSWER_S = 5.0
"""A call without an ack for so long is sent again (the contract says 10 s; tests are impatient)."""
WELCOME_S = 45.0
"""A connection that stands for so long without a welcome is a broken promise of the server."""
TRANSIENT = frozenset({"rate_limited", "overloaded", "unavailable"})

Event = dict[str, Any]


def _chain(task: asyncio.Task[Any]) -> list[str]:
    """The lines at which a task waits, outermost first."""
    lines = []
    waiting: Any = task.get_coro()
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        lines.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        waiting = waiting.cr_await
    return lines


@dataclass(slots=True)
class Outgoing:
    """One call on its way, and what became of it."""

    name: str
    payload: dict[str, Any]
    tries: int = 0
    answer: dict[str, Any] | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> str:
        """The client's UUID."""
        client_id: str = self.payload["id"]
        return client_id


class Client:
    """One person's device. ``pause``: seconds before it connects again, between two limits."""

    namespace = ""

    def __init__(self, name: str, url: str, rng: random.Random, answer_s: float = ANSWER_S) -> None:
        self.name = name
        self.url = url
        self.rng = rng
        self.log: str | None = None
        self.cursor: int | None = None
        self.timeline: dict[int, Event] = {}
        self.outbox: deque[Outgoing] = deque()
        self.sent: list[Outgoing] = []
        self.faults: list[str] = []
        self.pause = (0.1, 0.4)
        self.connections = 0
        self.resent = 0
        self.resets = 0
        self.synced: set[int] = set()
        self.welcome: dict[str, Any] = {}
        self._answer_s = answer_s
        self._welcomed = asyncio.Event()
        self._waiting = asyncio.Event()
        self._stopped = False
        self._tasks: list[asyncio.Task[None]] = []
        self._sio: socketio.AsyncClient | None = None
        self._closed = asyncio.Event()
        self._cut = asyncio.Event()

    # -- for the two kinds to say ---------------------------------------------------------

    def auth(self) -> dict[str, Any]:
        """What the next connection says."""
        raise NotImplementedError

    def clear(self) -> None:
        """The server says that the timeline is of another log."""
        self.timeline.clear()
        self.cursor = None

    def applied(self, event: Event) -> None:
        """A new event is in the timeline."""

    # -- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, and again whenever the connection ends, until ``stop``."""
        self._http = aiohttp.ClientSession()
        self._tasks = [asyncio.create_task(self._stay()), asyncio.create_task(self._post())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task of ours that ends before ``stop`` would be a client that never comes back."""
        if not self._stopped:
            why = "cancelled" if task.cancelled() else repr(task.exception())
            self.faults.append(f"{self.name}: the test client itself ended: {why}")

    async def stop(self) -> None:
        """Go away for good."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.drop()
        await self._http.close()

    async def drop(self) -> None:
        """Lose the connection now; ``start``'s loop makes a new one."""
        self._cut.set()
        if self._sio is not None:
            await self._leave(self._sio)

    @staticmethod
    async def _leave(sio: socketio.AsyncClient) -> None:
        """A server that is stopped does not say goodbye, and python-socketio takes a cancellation
        for an answer: so it is given its time and then left alone."""
        leaving = asyncio.create_task(sio.disconnect())
        await asyncio.wait([leaving], timeout=2)
        leaving.cancel()
        if leaving.done() and not leaving.cancelled():
            leaving.exception()

    @property
    def connected(self) -> bool:
        """Whether a welcome has come on the connection that is open."""
        return self._welcomed.is_set()

    async def ready(self) -> None:
        """Wait for a welcome."""
        await self._welcomed.wait()

    def waits_for(self) -> str:
        """Where it stands, for the report of a client that did not come back: what it has seen
        of the connection, its oldest call, and the line that each of its tasks waits at."""
        sio = self._sio
        line = "none" if sio is None else f"{sio.eio.state} (namespace {sio.connected})"
        head = self.outbox[0] if self.outbox else None
        call = "nothing" if head is None else f"{head.name} {head.id}, sent {head.tries} times"
        tasks = "; ".join(" > ".join(_chain(task)) for task in self._tasks if not task.done())
        return (
            f"{self.name}: connection {self.connections} {line}, welcomed {self.connected}, "
            f"cursor {self.cursor}, to send: {call}; waits at {tasks}"
        )

    @staticmethod
    def _stands(sio: socketio.AsyncClient) -> bool:
        """Whether there is a connection. ``sio.connected`` alone may say so for ever: when the
        server lets a client in and leaves in the same moment, python-socketio hears the end
        first and notes "connected" after it, without telling of a disconnect."""
        return bool(sio.connected and sio.eio.state == "connected")

    async def _while_it_stands(self, sio: socketio.AsyncClient) -> None:
        since = asyncio.get_running_loop().time()
        while not (self._closed.is_set() or self._cut.is_set()) and self._stands(sio):
            await self._any(self._closed.wait(), self._cut.wait(), asyncio.sleep(1))
            late = asyncio.get_running_loop().time() - since > WELCOME_S
            if late and not self.connected and self._stands(sio):
                self.faults.append(f"no welcome in {WELCOME_S} s. {self.waits_for()}")
                return

    async def _stay(self) -> None:
        while not self._stopped:
            sio = self._sio = self._socket()
            connecting = asyncio.create_task(
                sio.connect(
                    self.url,
                    namespaces=[self.namespace],
                    auth=self.auth(),
                    transports=["websocket"],
                    wait_timeout=5,
                )
            )
            try:
                await asyncio.wait([connecting], timeout=15)
                if connecting.done() and not connecting.cancelled() and not connecting.exception():
                    await self._while_it_stands(sio)
            finally:
                connecting.cancel()
                self._closed.set()
            self._welcomed.clear()
            await self._leave(sio)
            await asyncio.sleep(self.rng.uniform(*self.pause))

    def _socket(self) -> socketio.AsyncClient:
        """A new connection: nothing of an older one reaches the client any more."""
        sio = socketio.AsyncClient(reconnection=False, http_session=self._http, logger=False)
        self.connections += 1
        self._closed, self._cut = asyncio.Event(), asyncio.Event()
        closed, newest = self._closed, [0]

        async def on_welcome(data: dict[str, Any]) -> None:
            if not closed.is_set():
                self._on_welcome(data)

        async def on_event(event: Event) -> None:
            if closed.is_set():
                return
            if event["cursor"] <= newest[0]:
                self.faults.append(f"{self.name}: {event['cursor']} came after {newest[0]}")
            newest[0] = event["cursor"]
            self.synced.discard(event["cursor"])
            self.apply(event)

        async def on_head(data: dict[str, Any]) -> None:
            if self.cursor is not None and data["cursor"] > self.cursor:
                self._tasks.append(asyncio.create_task(self._sync_quietly()))

        async def on_disconnect(*_reason: Any) -> None:
            closed.set()

        sio.on("welcome", on_welcome, namespace=self.namespace)
        sio.on("event", on_event, namespace=self.namespace)
        sio.on("head", on_head, namespace=self.namespace)
        sio.on("disconnect", on_disconnect, namespace=self.namespace)
        return sio

    def _on_welcome(self, data: dict[str, Any]) -> None:
        if data.get("reset"):
            self.resets += 1
            self.clear()
        self.log = data["log"]
        self.welcome = data
        self.welcomed(data)
        self._welcomed.set()

    def welcomed(self, data: Mapping[str, Any]) -> None:
        """A connection stands."""

    # -- receiving --------------------------------------------------------------------------

    def apply(self, event: Event, *, moves: bool = True) -> bool:
        """Put an event into the timeline; False when it is there already."""
        cursor: int = event["cursor"]
        known = self.timeline.get(cursor)
        if known is not None and known != event:
            self.faults.append(f"{self.name}: {cursor} changed")
        if known is None:
            self.timeline[cursor] = event
            self.applied(event)
        if moves:
            self.cursor = max(self.cursor or 0, cursor)
        return known is None

    async def sync(self) -> int:
        """Ask for what is missing; how many events were new. ``synced`` are those that the stream
        has not brought since."""
        new = 0
        more = True
        while more:
            answer = await self.call("sync", {"cursor": self.cursor or 0})
            if not answer["ok"]:
                raise SocketIOError(str(answer))
            for event in answer["events"]:
                if self.apply(event, moves=False):
                    new += 1
                    self.synced.add(event["cursor"])
            self.cursor = max(self.cursor or 0, answer["cursor"])
            more = answer["more"]
        return new

    async def _sync_quietly(self) -> None:
        with suppress(SocketIOError, TimeoutError):
            await self.sync()

    # -- sending ------------------------------------------------------------------------------

    async def call(self, name: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The ack; TimeoutError without one, SocketIOError when the connection is gone."""
        sio, closed = self._sio, self._closed
        if sio is None or closed.is_set():
            raise SocketIOError("not connected")
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def on_ack(*answer: Any) -> None:
            if not answered.done():
                answered.set_result(answer[0] if answer else None)

        async with asyncio.timeout(self._answer_s):
            await sio.emit(name, dict(payload), namespace=self.namespace, callback=on_ack)
            await self._any(asyncio.wait_for(answered, None), closed.wait())
        if not answered.done() or answered.cancelled():
            raise SocketIOError("the connection is gone")
        answer: dict[str, Any] = answered.result()
        return answer

    def put(self, name: str, **payload: Any) -> Outgoing:
        """Into the outbox, with an id of our own."""
        client_id = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        outgoing = Outgoing(name, {"id": client_id, **payload})
        self.outbox.append(outgoing)
        self.sent.append(outgoing)
        self._waiting.set()
        return outgoing

    async def _post(self) -> None:
        while not self._stopped:
            if not self.outbox:
                self._waiting.clear()
                await self._waiting.wait()
            outgoing = self.outbox[0]
            await self._welcomed.wait()
            outgoing.tries += 1
            self.resent += outgoing.tries > 1
            try:
                answer = await self.call(outgoing.name, outgoing.payload)
            except (SocketIOError, TimeoutError, aiohttp.ClientError, OSError):
                await asyncio.sleep(0.02)
                continue
            if not answer["ok"] and answer["error"]["code"] in TRANSIENT:
                await asyncio.sleep(min(0.5, answer["error"].get("retry_after", 0.1)))
                continue
            outgoing.answer = answer
            self.outbox.popleft()
            outgoing.done.set()

    @staticmethod
    async def _any(*waits: Any) -> None:
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class VisitorClient(Client):
    """A shop's page."""

    namespace = "/visitor"

    def __init__(self, name: str, url: str, rng: random.Random, **auth: Any) -> None:
        super().__init__(name, url, rng)
        self.token: str | None = None
        self.visitor_id: str | None = None
        self._auth = auth

    def auth(self) -> dict[str, Any]:
        """Who we are and how far we have read."""
        known = {"token": self.token, "log": self.log, "cursor": self.cursor}
        given = {key: value for key, value in known.items() if value is not None}
        return {"protocol": 1, "site": "demo", **self._auth, **given}

    def welcomed(self, data: Mapping[str, Any]) -> None:
        """Keep the token."""
        if self.visitor_id is not None and data["visitor_id"] != self.visitor_id:
            self.faults.append(f"{self.name}: became another visitor")
        self.token, self.visitor_id = data["token"], data["visitor_id"]
        if self.cursor is None:
            self.cursor = 0  # whatever there is follows; a visitor's log starts with us

    def say(self, text: str) -> Outgoing:
        """Write a message."""
        return self.put("message", text=text)


class OperatorClient(Client):
    """A console. ``opened``: the conversations that it looks at, with the cursor since when;
    ``asked``: those that it has asked for, answered or not."""

    namespace = "/operator"

    def __init__(self, name: str, url: str, rng: random.Random, token: str) -> None:
        super().__init__(name, url, rng)
        self.token = token
        self.operator_id = ""
        self.mine: set[str] = set()
        self.waiting: set[str] = set()
        self.opened: dict[str, int] = {}
        self.asked: set[str] = set()
        self.since: int | None = None
        self.on_waiting: Callable[[str], None] = lambda _conversation_id: None

    def auth(self) -> dict[str, Any]:
        """The session, how far we have read and what we look at."""
        known = {"log": self.log, "cursor": self.cursor}
        given = {key: value for key, value in known.items() if value is not None}
        return {"protocol": 1, "token": self.token, "open": list(self.opened), **given}

    def clear(self) -> None:
        """Also what followed from the timeline."""
        super().clear()
        self.since = None
        self.mine.clear()
        self.waiting.clear()

    def welcomed(self, data: Mapping[str, Any]) -> None:
        """Without a cursor no old events come: what we see starts at the head."""
        self.operator_id = data["operator"]["id"]
        if self.cursor is None:
            self.cursor = data["head"]
        if self.since is None:
            self.since = self.cursor

    def applied(self, event: Event) -> None:
        """Whose conversation it is now."""
        conversation_id = event["conversation_id"]
        kind = event["type"]
        if kind == "queued":
            self.waiting.add(conversation_id)
            self.on_waiting(conversation_id)
        elif kind in {"assigned", "transferred"}:
            owner = event["operator" if kind == "assigned" else "to"]["id"]
            self.waiting.discard(conversation_id)
            (self.mine.add if owner == self.operator_id else self.mine.discard)(conversation_id)
        elif kind == "closed":
            self.waiting.discard(conversation_id)
            self.mine.discard(conversation_id)

    def say(self, conversation_id: str, text: str) -> Outgoing:
        """Answer in a conversation."""
        return self.put("message", conversation_id=conversation_id, text=text)

    def claim(self, conversation_id: str) -> Outgoing:
        """Take a conversation."""
        return self.put("claim", conversation_id=conversation_id)

    def transfer(self, conversation_id: str, operator_id: str) -> Outgoing:
        """Hand a conversation over."""
        return self.put("transfer", conversation_id=conversation_id, operator_id=operator_id)

    async def open(self, conversation_id: str) -> None:
        """Look at a conversation: its newest page, then whatever happens in it."""
        self.asked.add(conversation_id)
        answer = await self.call("open", {"conversation_id": conversation_id})
        if answer["ok"]:
            for event in answer["events"]:
                self.apply(event, moves=False)
            first = answer["events"][0]["cursor"] if answer["events"] else 0
            self.opened.setdefault(conversation_id, first)
