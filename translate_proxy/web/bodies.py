"""Reading requests: JSON bodies and query strings into typed values, with a limit on everything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from translate_proxy.model import Refused
from translate_proxy.shop.checked import invalid

MAX_BODY = 64 * 1024
"""Bytes of a request body."""

READ_SECONDS = 10.0
"""A body that takes longer to arrive is refused."""

_TAG = re.compile(r'"([0-9]{1,9})"')

ModelT = TypeVar("ModelT", bound=BaseModel)
_T = TypeVar("_T")


async def read_json(request: Request, model: type[ModelT], most: int = MAX_BODY) -> ModelT:
    """The body as ``model``. Refused ``bad_request`` when it is not JSON of that shape, or slow;
    ``too_long`` above ``most`` bytes."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused("bad_request", "Send JSON with Content-Type: application/json.")
    body = await read_body(request, most)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise invalid(error) from None


async def read_body(request: Request, most: int = MAX_BODY) -> bytes:
    """The body as it is. Refused ``bad_request`` when it is slow or ends early, ``too_long`` above
    ``most`` bytes."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(request, most)
    except TimeoutError:
        raise Refused("bad_request", "The request body took too long to arrive.") from None
    except ClientDisconnect:
        raise Refused("bad_request", "The request ended before its body did.") from None


def read_query(request: Request, model: type[ModelT]) -> ModelT:
    """The query string as ``model``. Refused ``bad_request`` when it does not fit."""
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise invalid(error) from None


def if_match(request: Request) -> int | None:
    """The revision that is to be changed; None for ``*``, whatever it is. HTTPException 428 without
    the header, Refused ``bad_request`` for another one."""
    given = request.headers.get("if-match")
    if given is None:
        raise HTTPException(
            428, "Say what you change: send its ETag as If-Match, or * for whatever it is now"
        )
    if given.strip() == "*":
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise Refused("bad_request", 'If-Match: an ETag such as "3", or *.')
    return int(tag[1])


async def while_connected(request: Request, work: Awaitable[_T]) -> _T:
    """Do ``work`` and cancel it when the client goes away: nobody waits for the answer. Raises
    ``ClientDisconnect`` then. The body must have been read."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        doing.cancel()
        leaving.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Refused("too_long", f"A request body has at most {most} bytes.")
    return bytes(body)
