"""``/health/live`` and ``/health/ready``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from translate_proxy.interfaces import Readiness

PATIENCE_S = 5.0
"""Seconds the parts may take to say that they are well; a probe waits no longer."""

_FRESH = {"Cache-Control": "no-store"}


def routes(readiness: Readiness) -> list[Route]:
    """``live``: this process answers. ``ready``: it can serve; 503 with the problems when not,
    and warnings (missing routes of translation) in either."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"}, headers=_FRESH)

    async def ready(_request: Request) -> Response:
        problems = await _problems(readiness)
        state = readiness.state
        status = "not_ready" if problems and state == "ready" else state
        body = {"status": status, "problems": problems, "warnings": list(readiness.warnings())}
        return JSONResponse(body, 200 if status == "ready" else 503, _FRESH)

    return [Route("/health/live", live), Route("/health/ready", ready)]


async def _problems(readiness: Readiness) -> Sequence[str]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return list(await readiness.problems())
    except TimeoutError:
        return [f"The server could not check itself within {PATIENCE_S:.0f} seconds."]
