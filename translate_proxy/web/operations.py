"""What the REST API can do: one entry routes it and describes it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

JSON = "application/json"
PRIVATE = {"Cache-Control": "no-store"}
"""On every answer that is somebody's own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what routes it and what ``openapi.json`` says of it.

    ``media``: the type of the answer; of another one than JSON ``answer`` is one piece (a line, the
    data of an event). ``upload``: the body is a file as it is. ``role``: who may. ``if_match``: the
    revision that is changed is sent along.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    handler: Callable[[Request], Awaitable[Response]]
    answer: type[BaseModel]
    errors: tuple[int, ...]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    signed_in: bool = True
    role: Literal["operator", "admin"] = "operator"
    status: int = 200
    media: str = JSON
    upload: bool = False
    if_match: bool = False

    @property
    def name(self) -> str:
        """``models_install`` for ``/api/models/install``, ``sites_key_patch`` where the method says
        what is done: names it in client libraries."""
        words = re.findall(r"\w+", self.path.removeprefix("/api/"))
        said = self.method in {"PATCH", "DELETE"} or self.status == 201
        return "_".join([*words, self.method.lower()] if said else words)

    @property
    def places(self) -> list[str]:
        """The names in the path: ``id`` in ``/api/jobs/{id}``."""
        return re.findall(r"\{(\w+)\}", self.path)

    def route(self) -> Route:
        """As Starlette takes it."""
        return Route(self.path, self.handler, methods=[self.method])
