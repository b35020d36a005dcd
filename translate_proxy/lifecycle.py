"""Start, ready, drain, stop: when the server may be used, and what it says when it may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from translate_proxy.interfaces import Store, Translator
from translate_proxy.model import Operator, Refused
from translate_proxy.needs import of_sites
from translate_proxy.security.forwarding import UndeclaredProxies

EVERY_S = 5.0
"""Seconds between two looks at the message store. A probe is answered from the last one: who
probes often, and anybody may, costs no commit."""
CHECK_S = 3.0

log = structlog.get_logger(__name__)


class Lifecycle:
    """The state and what stands behind it (``Readiness``). ``believed``: the time, UTC epoch
    seconds, or None while it is in doubt. ``options``: what commands that help have to be given, so
    that they work on this server: " --config shop.toml"."""

    def __init__(
        self,
        store: Store,
        translator: Translator,
        believed: Callable[[], float | None] = lambda: None,
        options: str = "",
    ) -> None:
        self._options = options
        self._store = store
        self._translator = translator
        self._believed = believed
        self._operators: Sequence[Operator] = ()
        self.undeclared = UndeclaredProxies()
        self._unusable: str | None = "The message store has not been looked at yet."
        self.state: Literal["starting", "ready", "draining"] = "starting"

    async def check(self) -> None:
        """Look whether messages can be stored; to be called every ``EVERY_S`` seconds."""
        found: str | None = "The message store could not be checked."
        try:
            async with asyncio.timeout(CHECK_S):
                await self._store.check(self._believed())
                self._operators = await self._store.operators()
            found = None
        except Refused as refused:
            found = refused.detail
        except TimeoutError:
            found = f"The message store did not answer within {CHECK_S:.0f} seconds."
        finally:
            if found not in {None, self._unusable}:
                log.warning("store.unusable", detail=found)
            self._unusable = found

    async def problems(self) -> Sequence[str]:
        """Why the server cannot be used, one sentence each; the store as it was last seen, or as a
        write that failed since has found it."""
        if self.state != "ready":
            return [f"The server is {self.state}."]
        found = [
            f"The model {pair.source} -> {pair.target} ({pair.engine}): {pair.problem}"
            for pair in self._translator.pairs()
            if pair.configured and pair.problem is not None and pair.version is not None
        ]
        if self._unusable is not None:
            return [*found, self._unusable]
        return [*found, "The message store took no write."] if self._store.failing else found

    def missing(self) -> Sequence[str]:
        """What a shop needs and a new one has not got yet, each with the command that helps."""
        found = []
        if not any(self._operators):
            found.append(
                "Nobody can sign in. What helps, for each who answers: "
                f"translate-proxy operators add{self._options}"
            )
        if all(pair.version is None for pair in self._translator.pairs()):
            found.append(
                "No language packages are installed, so that nothing is translated. What helps: "
                f"translate-proxy models install PAIR{self._options}"
            )
        if not self._store.shop().sites:
            found.append(
                "No sites are configured, so that no page can show the widget: add [[sites]] to "
                "the file that --config names, and check it: "
                f"translate-proxy config check{self._options}"
            )
        return found

    def warnings(self) -> Sequence[str]:
        """Configured directions without an installed model, models that nobody has asked for and
        that cannot be used, languages that a visitor may speak and an operator cannot read yet, or
        the reverse, and proxies that nobody declared."""
        missing = {
            (pair.source, pair.target): f"{pair.source} -> {pair.target}: {pair.problem}"
            for pair in self._translator.pairs()
            if pair.problem is not None and not (pair.configured and pair.version is not None)
        }
        for need in of_sites(self._store.shop().sites, self._operators):
            source, target = need.source, need.target
            if self._translator.route(source, target) is None:
                missing[source, target] = (
                    f"No installed model translates {source} -> {target} "
                    f"(site {need.site}): messages are shown untranslated. What helps: "
                    f"translate-proxy models install --for {need.site}{self._options}"
                )
        return [*missing.values(), *self.undeclared.warnings()]


class Gate:
    """Answers 503 to everything but health checks until the server has started; a WebSocket is
    closed before it opens."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self._app = app
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path: str = scope.get("path", "")
        if self._lifecycle.state != "starting" or path.startswith("/health/"):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1013})
        else:
            headers = [(b"content-type", b"application/json"), (b"retry-after", b"2")]
            body = b'{"error":{"code":"unavailable","detail":"The server is starting."}}'
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": body})
