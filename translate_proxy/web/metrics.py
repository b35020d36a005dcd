"""``/metrics`` for Prometheus: from this machine, or with the token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from translate_proxy import watchdog
from translate_proxy.model import Refused
from translate_proxy.security.forwarding import is_loopback
from translate_proxy.security.headers import FORWARDED
from translate_proxy.security.origins import is_loopback_host
from translate_proxy.settings import Server


def new_registry(version: str) -> CollectorRegistry:
    """A registry with what every process tells: memory, CPU, file descriptors, version. The rooms
    add their own figures; nothing is global, so that a test has a registry of its own."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    registry.register(_Held())
    Info("translate_proxy", "The running version.", registry=registry).info({"version": version})
    return registry


class _Held(Collector):
    """What this process's watchdog has counted; an engine process tells its own."""

    def collect(self) -> Iterator[Metric]:
        """See ``Collector``."""
        held = CounterMetricFamily(
            "translate_proxy_held",
            "Stages of a text that held a thread of the server for over a second.",
            labels=["stage"],
        )
        for stage, count in watchdog.counts().items():
            held.add_metric([stage], count)
        yield held


def route(registry: CollectorRegistry, server: Server) -> Route:
    """The route."""

    async def metrics(request: Request) -> Response:
        _check(request, server)
        headers = {"Cache-Control": "no-store"}
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers=headers)

    return Route("/metrics", metrics)


def _check(request: Request, server: Server) -> None:
    token = server.metrics_token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        if hmac.compare_digest(given.strip().encode(), token.encode()):
            return
        raise Refused("unauthorized", "That is not the metrics token.")
    # A proxy on this machine that is not declared as trusted connects from loopback too. What it
    # adds to the request, or the Host it passes on, tells it from a local scrape; but it may do
    # neither, so a server that has a public address believes nobody without the token.
    public = server.public_url is not None and not is_loopback_host(
        server.public_url.partition("//")[2]
    )
    local = (
        not public
        and request.client is not None
        and is_loopback(request.client.host)
        and is_loopback_host(request.headers.get("host", ""))
        and not request.scope.get(FORWARDED, False)
    )
    if not local:
        raise Refused(
            "unauthorized",
            "Metrics need the metrics_token; this machine may do without it while there is no "
            "public_url.",
        )
