"""The routes together."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from translate_proxy.web import health, metrics, openapi, pages
from translate_proxy.web.api import Api
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.errors import HANDLERS
from translate_proxy.web.libretranslate import LibreTranslate


def routes(deps: WebDeps) -> list[BaseRoute]:
    """Every route of the plain HTTP side."""
    api = Api(deps)
    return [
        *api.routes(),
        openapi.route(api.operations(), deps.version),
        *LibreTranslate(deps, time.monotonic).routes(),
        *health.routes(deps.readiness),
        metrics.route(deps.registry, deps.settings.server.metrics_token),
        *pages.routes(deps.settings, deps.static, deps.demo_pages),
    ]


def application(deps: WebDeps) -> Starlette:
    """The routes with one form for their errors. It goes behind ``security.headers.secured``,
    beside the Socket.IO server; it has no lifespan of its own."""
    return Starlette(routes=routes(deps), exception_handlers=dict(HANDLERS))
