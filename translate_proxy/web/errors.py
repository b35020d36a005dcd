"""One form for every error: ``{"error": {"code", "detail", "retry_after"?}}`` and a fitting
status."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from translate_proxy.model import ErrorCode, Refused, Stale

STATUS: Mapping[ErrorCode, int] = {
    "bad_request": 400,
    "unsupported_version": 400,
    "unknown_event": 404,
    "unknown_site": 404,
    "origin_not_allowed": 403,
    "bad_token": 401,
    "bad_identity": 401,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "already_claimed": 409,
    "conflict": 409,
    "managed_by_file": 409,
    "closed": 409,
    "empty": 400,
    "too_long": 413,
    "rate_limited": 429,
    "overloaded": 503,
    "unavailable": 503,
    "internal": 500,
}
"""The HTTP status of each of the contract's codes."""

_CODES: Mapping[int, ErrorCode] = {401: "unauthorized", 403: "forbidden", 404: "not_found"}


def refusal(refused: Refused) -> Response:
    """A refusal as an answer."""
    headers = {"Cache-Control": "no-store"}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry_after)))
    if refused.code == "unauthorized":
        headers["WWW-Authenticate"] = "Bearer"
    status = 412 if isinstance(refused, Stale) else STATUS[refused.code]
    return JSONResponse({"error": refused.wire()}, status, headers)


async def on_refused(_request: Request, error: Exception) -> Response:
    """The handler of ``Refused``."""
    assert isinstance(error, Refused)  # noqa: S101  (Starlette calls it for nothing else)
    return refusal(error)


async def on_http(_request: Request, error: Exception) -> Response:
    """The handler of what Starlette itself refuses: no such path, wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101
    refused = Refused(_CODES.get(error.status_code, "bad_request"), error.detail + ".")
    headers = {**(error.headers or {}), "Cache-Control": "no-store"}
    return JSONResponse({"error": refused.wire()}, error.status_code, headers)


async def on_fault(_request: Request, _error: Exception) -> Response:
    """The handler of a fault of ours: nothing of it is shown, the server's log has it."""
    return refusal(Refused("internal", "Something went wrong here; it has been logged."))


async def on_gone(_request: Request, _error: Exception) -> Response:
    """The handler of ``ClientDisconnect``: nobody reads this."""
    return Response(status_code=499)


HANDLERS: Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: on_refused,
    HTTPException: on_http,
    ClientDisconnect: on_gone,
    Exception: on_fault,
}
"""For Starlette's ``exception_handlers``."""
