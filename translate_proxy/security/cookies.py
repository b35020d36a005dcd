"""Our cookies: none that another host of the same domain, or plain http, could have set.

Over https a cookie's name begins with ``__Host-``: browsers take such a one only from this very
host, over https and for every path. Over plain http (the demo on loopback) that is not to be had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from translate_proxy.security.origins import is_loopback_host


def is_secure(scope: Mapping[str, Any], public_url: str | None) -> bool:
    """Whether the client of an ASGI ``http`` or ``websocket`` scope uses https, also when a proxy
    does not say so: unless it is on this machine, it can only have come by ``public_url``."""
    if scope["scheme"] in {"https", "wss"}:
        return True
    host = Headers(raw=list(scope["headers"])).get("host", "")
    return (public_url or "").startswith("https:") and not is_loopback_host(host)


def cookie_name(name: str, scope: Mapping[str, Any], public_url: str | None) -> str:
    """What the cookie is called for this client."""
    return f"__Host-{name}" if is_secure(scope, public_url) else name


def read_cookie(name: str, scope: Mapping[str, Any], public_url: str | None) -> str | None:
    """Its value; None without one, and with two: one of them is not ours."""
    wanted = cookie_name(name, scope, public_url)
    pairs = [
        pair.strip().partition("=")
        for header in Headers(raw=list(scope["headers"])).getlist("cookie")
        for pair in header.split(";")
    ]
    found = [value for key, _, value in pairs if key == wanted]
    return found[0] or None if len(found) == 1 else None


def set_cookie(
    response: Response,
    name: str,
    value: str,
    scope: Mapping[str, Any],
    public_url: str | None,
    *,
    lifetime_s: int,
) -> None:
    """Set it, out of reach of scripts and other sites; a lifetime of 0 deletes it."""
    response.set_cookie(
        cookie_name(name, scope, public_url),
        value,
        max_age=lifetime_s,
        httponly=True,
        samesite="strict",
        secure=is_secure(scope, public_url),
    )
