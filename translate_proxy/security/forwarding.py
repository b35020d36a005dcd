"""Who is really asking when a reverse proxy stands in front."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import structlog
from starlette.datastructures import Headers

from translate_proxy.settings import Server

_FORWARDING = frozenset(
    {
        "cdn-loop",
        "cf-connecting-ip",
        "cf-ray",
        "client-ip",
        "fastly-client-ip",
        "fly-client-ip",
        "forwarded",
        "ngrok-trace-id",
        "true-client-ip",
        "via",
        "x-amzn-trace-id",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-envoy-external-address",
        "x-real-ip",
    }
)
_FORWARDING_STARTS = (
    "cf-connecting-",
    "fastly-",
    "fly-",
    "ngrok-",
    "x-amz-cf-",
    "x-amzn-",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
    "x-proxy",
    "x-vercel-",
)


log = structlog.get_logger(__name__)


class TrustedProxies:
    """The addresses and networks whose forwarding headers are believed.

    ValueError when one of ``addresses`` is neither an address nor a network.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ip_network(address, strict=False) for address in addresses
        )

    def __contains__(self, address: object) -> bool:
        parsed = _parse(address) if isinstance(address, str) else None
        return parsed is not None and any(parsed in network for network in self._networks)


def client_address(scope: Mapping[str, Any], trusted: TrustedProxies) -> str:
    """The address of the client behind an ASGI scope (or the environ that engine.io makes of it).

    Without a trusted proxy at the other end this is the peer. With one, ``X-Forwarded-For`` is
    read from right to left and the first hop that is not trusted is the client: everything to its
    left was written by that client and proves nothing. ``unknown`` when the server gave no peer.
    """
    scope = scope.get("asgi.scope", scope)
    peer = scope.get("client")
    if peer is None:
        return "unknown"
    address = normal_address(peer[0])
    for hop in reversed(_forwarded_for(scope["headers"])):
        if address not in trusted:
            break
        parsed = _parse(hop)
        if parsed is None:
            break
        address = str(parsed)
    return address


def forwarded_scheme(scope: Mapping[str, Any], trusted: TrustedProxies) -> str:
    """The scheme the client used: ``X-Forwarded-Proto`` of a trusted proxy, else the scope's."""
    scheme = str(scope["scheme"])
    peer = scope.get("client")
    if peer is None or normal_address(peer[0]) not in trusted:
        return scheme
    said = Headers(raw=list(scope["headers"])).get("x-forwarded-proto", "")
    # With several proxies the last entry is the nearest one's, the only one we know.
    secure = {"https": True, "http": False}.get(said.rpartition(",")[2].strip().lower())
    if secure is None:
        return scheme
    if scope["type"] == "websocket":
        return "wss" if secure else "ws"
    return "https" if secure else "http"


class UndeclaredProxies:
    """Peers that forward what others ask for, and that ``trusted_proxies`` does not name. Anybody
    may claim to be one, so a few are remembered, each said once."""

    MOST = 5

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def saw(self, address: str) -> None:
        """A request with forwarding headers came from this peer."""
        if address not in self._seen and len(self._seen) < self.MOST:
            self._seen[address] = None
            log.warning("proxy.undeclared", address=address, detail=_undeclared(address))

    def warnings(self) -> list[str]:
        """One sentence for each."""
        return [_undeclared(address) for address in self._seen]


def _undeclared(address: str) -> str:
    return (
        f"Requests that were forwarded come from {address}, which server.trusted_proxies does not "
        "name: if it is your proxy, name it there, or all visitors count as one address."
    )


def missing_proxy(server: Server) -> str | None:
    """What the settings alone tell: this server speaks no https itself."""
    if (server.public_url or "").startswith("https:") and not server.trusted_proxies:
        return (
            "server.public_url is https, so a proxy stands in front, but server.trusted_proxies "
            "names none: all visitors count as one address."
        )
    return None


def is_forwarding_header(name: bytes) -> bool:
    """Whether an ASGI header name (lower-case) is one that proxies and tunnels add."""
    text = name.decode("latin-1")
    return text in _FORWARDING or text.startswith(_FORWARDING_STARTS)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own loopback."""
    parsed = _parse(address)
    return parsed is not None and parsed.is_loopback


def normal_address(address: str) -> str:
    """One spelling per address: IPv4 in IPv6 is IPv4, no zone, no upper case."""
    parsed = _parse(address)
    return address if parsed is None else str(parsed)


def _forwarded_for(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    joined = ",".join(Headers(raw=list(headers)).getlist("x-forwarded-for"))
    return joined.split(",") if joined else []


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: bare, with a port, in brackets, with a zone."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed
