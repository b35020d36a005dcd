"""A plain python-socketio client that collects what it is sent."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import ConnectionError as SocketConnectionError

WAIT_SECONDS = 60.0
"""Reached only by what is broken."""
HEARD = (
    "welcome",
    "head",
    "typing",
    "queue",
    "visitor",
    "owner",
    "availability",
    "presence",
    "site",
    "sites",
    "draining",
    "signed_out",
    "connect_error",
)


class Client:
    """One socket in one namespace.

    ``http``: whoever opened it closes it. python-engineio may leave a session of its own open when
    the server's end of the connection and ``disconnect`` come together.
    """

    def __init__(
        self,
        url: str,
        namespace: str,
        auth: Any,
        headers: dict[str, str] | None,
        http: aiohttp.ClientSession,
    ) -> None:
        self.url = url
        self.namespace = namespace
        self.auth = auth
        self.headers = headers or {}
        self.events: list[dict[str, Any]] = []
        self.heard: list[tuple[str, Any]] = []
        self.closed = asyncio.Event()
        self._grown = asyncio.Condition()
        self.sio = socketio.AsyncClient(reconnection=False, http_session=http)
        self.sio.on("event", self._on_event, namespace=namespace)
        self.sio.on("disconnect", self._on_disconnect, namespace=namespace)
        for name in HEARD:
            self.sio.on(name, self._listener(name), namespace=namespace)

    def _listener(self, name: str) -> Callable[[Any], Any]:
        async def listen(data: Any) -> None:
            self.heard.append((name, data))
            await self._notify()

        return listen

    async def _on_event(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        await self._notify()

    async def _on_disconnect(self, *_reason: Any) -> None:
        self.closed.set()

    async def _notify(self) -> None:
        async with self._grown:
            self._grown.notify_all()

    async def until(self, condition: Callable[[], Any]) -> Any:
        """The condition's first true value."""
        async with asyncio.timeout(WAIT_SECONDS), self._grown:
            await self._grown.wait_for(condition)
        return condition()

    async def event(self, type_: str, **fields: Any) -> dict[str, Any]:
        """The first event of this type whose fields are these."""

        def find() -> dict[str, Any] | None:
            for event in self.events:
                matches = all(event.get(key) == value for key, value in fields.items())
                if event["type"] == type_ and matches:
                    return event
            return None

        found: dict[str, Any] = await self.until(find)
        return found

    async def hear(self, name: str) -> Any:
        """The first ephemeral of this name."""
        await self.until(lambda: any(heard == name for heard, _ in self.heard))
        return next(data for heard, data in self.heard if heard == name)

    async def call(self, name: str, *data: Any) -> dict[str, Any]:
        """The ack."""
        answer: dict[str, Any] = await self.sio.call(
            name,
            data[0] if len(data) == 1 else data,
            namespace=self.namespace,
            timeout=WAIT_SECONDS,
        )
        return answer

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Send a message that must be accepted."""
        answer = await self.call("message", {"id": str(uuid.uuid4()), "text": text, **fields})
        assert answer["ok"], answer
        return answer

    async def connect(self) -> None:
        """Connect, or raise socketio's ConnectionError."""
        await self.sio.connect(
            self.url,
            headers=self.headers,
            namespaces=[self.namespace],
            auth=self.auth,
            transports=["websocket"],
            wait_timeout=WAIT_SECONDS,
        )


@asynccontextmanager
async def connected(
    url: str, namespace: str, auth: Any, headers: dict[str, str] | None = None
) -> AsyncIterator[Client]:
    """Connected and welcomed."""
    async with aiohttp.ClientSession() as http:
        client = Client(url, namespace, auth, headers, http)
        try:
            await client.connect()
            await client.hear("welcome")
            yield client
        finally:
            await client.sio.disconnect()


def visitor(url: str, **auth: Any) -> Any:
    """A visitor of the demo shop, unless ``auth`` says otherwise."""
    return connected(url, "/visitor", {"protocol": 1, "site": "demo", **auth})


def operator(url: str, token: str, **auth: Any) -> Any:
    """An operator with this session."""
    return connected(url, "/operator", {"protocol": 1, "token": token, **auth})


async def refusal(
    url: str, namespace: str, auth: Any, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """The connect_error, ``{message, data}``, that this connection must get."""
    async with aiohttp.ClientSession() as http:
        client = Client(url, namespace, auth, headers, http)
        try:
            await client.connect()
        except SocketConnectionError:
            refused: dict[str, Any] = await client.hear("connect_error")
            return refused
        finally:
            await client.sio.disconnect()
    raise AssertionError("the connection was accepted")
