"""What every request passes before anything of ours looks at it, and what every answer carries.

Small ASGI classes in the manner of Starlette's own, one job each; ``secured`` puts them in order.
They wrap the whole application, the Socket.IO server too.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from translate_proxy.model import Refused
from translate_proxy.security.forwarding import (
    TrustedProxies,
    UndeclaredProxies,
    client_address,
    forwarded_scheme,
    is_forwarding_header,
    is_loopback,
    normal_address,
)
from translate_proxy.security.origins import (
    host_name,
    is_loopback_host,
    is_own_origin,
    request_origin,
)
from translate_proxy.security.ratelimit import Places, address_keys
from translate_proxy.security.sessions import session_cookie
from translate_proxy.settings import Settings

FORWARDED: Final = "translate_proxy.forwarded"
"""Scope key: True when the request carried forwarding headers, believed or not."""

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
"""The Content-Security-Policy of answers that are not pages."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_UNLESS_SET = {
    "Content-Security-Policy": API_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
}

_FOREIGN_HOST = Refused(
    "bad_request",
    "This server does not answer to that host name: use the one in public_url "
    "(TRANSLATE_PROXY_PUBLIC_URL), or 127.0.0.1 on the machine itself.",
)
_FORWARDED_DEMO = Refused(
    "bad_request", "Demo mode answers only to this machine, not through a proxy or a tunnel."
)
_TOO_MANY_SOCKETS = Refused(
    "overloaded", "Too many connections from your address.", retry_after=30.0
)
_CROSS_ORIGIN = Refused("origin_not_allowed", "A page of another origin must not do this.")


def secured(
    app: ASGIApp, settings: Settings, undeclared: UndeclaredProxies | None = None
) -> ASGIApp:
    """``app`` behind all of them, in the order in which they must run; ``undeclared`` is told of
    proxies that nobody declared.

    ValueError when ``trusted_proxies`` holds something that is no address.
    """
    public_url = settings.server.public_url
    trusted = TrustedProxies(settings.server.trusted_proxies)
    app = CrossOriginCheck(app, public_url)
    # Twice what the namespaces allow, so that it is they who answer whoever means well.
    app = SocketCap(app, 2 * settings.limits.sockets_per_address, trusted)
    app = RefuseForwarded(app) if settings.demo else Forwarding(app, trusted, undeclared)
    app = HostCheck(app, public_url)
    return SecurityHeaders(app)


class HostCheck:
    """400 unless Host is ``public_url``'s or loopback: a page whose name was rebound to this
    machine's address (DNS rebinding) must not reach it."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public = host_name(public_url.partition("//")[2]) if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"}:
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1 or not self._known(hosts[0]):
                await _refuse(scope, receive, send, 400, _FOREIGN_HOST)
                return
        await self._app(scope, receive, send)

    def _known(self, host: str) -> bool:
        if is_loopback_host(host):
            return True
        return self._public is not None and host_name(host) == self._public


class RefuseForwarded:
    """400 for a request that came through a proxy or a tunnel: demo mode has a public password."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in {"http", "websocket"} and any(
            is_forwarding_header(name) for name, _ in scope["headers"]
        ):
            await _refuse(scope, receive, send, 400, _FORWARDED_DEMO)
            return
        await self._app(scope, receive, send)


class Forwarding:
    """Puts the real client and scheme into the scope, believing trusted proxies only, and takes
    the forwarding headers out, so that nothing behind it can believe them by mistake."""

    def __init__(
        self, app: ASGIApp, trusted: TrustedProxies, undeclared: UndeclaredProxies | None = None
    ) -> None:
        self._app = app
        self._trusted = trusted
        self._undeclared = undeclared or UndeclaredProxies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as it was before the proxies."""
        if scope["type"] in {"http", "websocket"}:
            scope = self._resolved(scope)
        await self._app(scope, receive, send)

    def _resolved(self, scope: Scope) -> Scope:
        headers = [pair for pair in scope["headers"] if not is_forwarding_header(pair[0])]
        peer = scope.get("client")
        address = client_address(scope, self._trusted)
        forwarded = len(headers) != len(scope["headers"])
        if (
            forwarded
            and peer is not None
            and (near := normal_address(peer[0])) not in self._trusted
        ):
            self._undeclared.saw(near)
        same = peer is None or normal_address(peer[0]) == address
        return {
            **scope,
            "client": peer if same else (address, 0),
            "scheme": forwarded_scheme(scope, self._trusted),
            "headers": headers,
            FORWARDED: forwarded,
        }


class SocketCap:
    """429 for a WebSocket of an address that holds ``most`` already; loopback (a proxy that nobody
    declared) and trusted proxies themselves are not counted.

    The namespaces have a cap of their own and refuse in the contract's words. This one counts the
    transport, and so also those that connect and never say what they want.
    """

    def __init__(self, app: ASGIApp, most: int, trusted: TrustedProxies) -> None:
        self._app = app
        self._trusted = trusted
        self._places = Places(most, address_keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        peer = scope.get("client")
        address = normal_address(peer[0]) if peer else "unknown"
        if scope["type"] != "websocket" or is_loopback(address) or address in self._trusted:
            await self._app(scope, receive, send)
            return
        if not self._places.take(address):
            await _refuse(scope, receive, send, 429, _TOO_MANY_SOCKETS)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._places.give_back(address)


class CrossOriginCheck:
    """403 for a state-changing request that another origin's page made.

    A request without an Origin header is not a browser's cross-origin one; it may change state
    with a bearer token or a password in its body, but not with the session cookie. Sockets are
    checked in their connect handlers, per site.
    """

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if (
            scope["type"] == "http"
            and scope["method"] not in _SAFE_METHODS
            and not self._allowed(scope)
        ):
            await _refuse(scope, receive, send, 403, _CROSS_ORIGIN)
            return
        await self._app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        origin = request_origin(scope)
        if origin is not None:
            return is_own_origin(scope, origin, self._public_url)
        site = Headers(scope=scope).get("sec-fetch-site", "same-origin")
        return site in {"same-origin", "none"} and session_cookie(scope, self._public_url) is None


class SecurityHeaders:
    """Adds the headers that keep an answer in its place; a page brings its own policy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                for name, value in _UNLESS_SET.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, refused: Refused
) -> None:
    # Starlette's responses know the websocket denial extension; servers without it get a close.
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": 1008, "reason": refused.code})
        return
    response = JSONResponse({"error": refused.wire()}, status, {"Cache-Control": "no-store"})
    await response(scope, receive, send)
