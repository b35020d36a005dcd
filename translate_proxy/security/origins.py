"""Origins: which page is asking. Compared exactly, as the browser serialises them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from translate_proxy.model import Refused, Site

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::\d{1,5})?", re.ASCII)
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def check_site_origin(site: Site, origin: str | None) -> None:
    """Let a visitor of ``site`` in. Refused ``origin_not_allowed`` for a foreign origin or
    ``null`` (a sandboxed frame, a file); None means that the header is missing: not a browser."""
    if origin is not None and origin.lower() not in site.origins:
        raise Refused(
            "origin_not_allowed", "This page's origin is not one of the site's configured origins."
        )


def request_origin(scope: Mapping[str, Any]) -> str | None:
    """The Origin header of an ASGI ``http`` or ``websocket`` scope, None without one. Several
    headers come back joined, which no origin equals."""
    found = Headers(raw=list(scope["headers"])).getlist("origin")
    return ", ".join(found) if found else None


def is_own_origin(scope: Mapping[str, Any], origin: str, public_url: str | None) -> bool:
    """Whether ``origin`` is this server's own: that of ``public_url``, or the scheme and Host of
    this very request (sound because the Host was checked before)."""
    origin = origin.lower()
    if public_url is not None and origin == origin_of(public_url):
        return True
    return origin == own_origin(scope)


def own_origin(scope: Mapping[str, Any]) -> str | None:
    """The scheme and Host of this very request as an origin; None without a Host."""
    host = Headers(raw=list(scope["headers"])).get("host", "").lower()
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return origin_of(f"{scheme}://{host}") if host else None


def origin_of(url: str) -> str:
    """``https://Shop.example:443/x`` -> ``https://shop.example``: what a browser would send."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def host_name(host: str) -> str | None:
    """The name in a Host header, lower-case, without port and brackets; None when malformed."""
    found = _HOST.fullmatch(host.lower())
    return None if found is None else (found["ipv6"] or found["name"].rstrip("."))


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this machine: 127.0.0.1, localhost or [::1], any port."""
    return host_name(host) in _LOOPBACK_NAMES
