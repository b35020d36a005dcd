"""The routes together."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from translate_proxy.web import health, metrics, openapi, pages
from translate_proxy.web.api import Api
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.errors import HANDLERS
from translate_proxy.web.launcher import Launcher
from translate_proxy.web.libretranslate import LibreTranslate
from translate_proxy.web.models_api import ModelsApi
from translate_proxy.web.operations import Operation
from translate_proxy.web.people_api import PeopleApi
from translate_proxy.web.shop_api import ShopApi
from translate_proxy.web.words_api import WordsApi


def routes(deps: WebDeps) -> list[BaseRoute]:
    """Every route of the plain HTTP side."""
    rest = operations(deps)
    return [
        *(operation.route() for operation in rest),
        openapi.route(rest, deps.version),
        *LibreTranslate(deps, time.monotonic).routes(),
        *health.routes(deps.readiness),
        metrics.route(deps.registry, deps.settings.server),
        Launcher(deps.audience, deps.desk, deps.static / "widget").route(),
        *pages.routes(deps.settings, deps.static, deps.demo_pages),
    ]


def operations(deps: WebDeps) -> list[Operation]:
    """Everything under ``/api/`` but ``openapi.json`` itself."""
    rooms = (Api(deps), ShopApi(deps), PeopleApi(deps), ModelsApi(deps), WordsApi(deps))
    return [operation for room in rooms for operation in room.operations()]


def application(deps: WebDeps) -> Starlette:
    """The routes with one form for their errors. It goes behind ``security.headers.secured``,
    beside the Socket.IO server; it has no lifespan of its own."""
    return Starlette(routes=routes(deps), exception_handlers=dict(HANDLERS))
