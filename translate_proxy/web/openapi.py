"""``/api/openapi.json``: the API described by the same table that routes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from translate_proxy.security.sessions import COOKIE
from translate_proxy.web.operations import JSON, Operation
from translate_proxy.web.schemas import ErrorAnswer

PATH = "/api/openapi.json"
_REF = "#/components/schemas/{model}"


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what was read, or `*` for whatever it is now.",
    "schema": {"type": "string"},
}


def route(operations: Iterable[Operation], version: str) -> Route:
    """The route of the description, which is made once."""
    described = describe(tuple(operations), version)

    async def show(_request: Request) -> Response:
        return JSONResponse(described, headers={"Cache-Control": "no-cache"})

    return Route(PATH, show, methods=["GET"])


def describe(operations: tuple[Operation, ...], version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    models: dict[type[BaseModel], None] = {ErrorAnswer: None}
    for operation in operations:
        models[operation.answer] = None
        if operation.body is not None:
            models[operation.body] = None
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "translate_proxy",
            "version": version,
            "description": "Sign-in, lists and previews for operators; sites, models and words for "
            "administrators. Conversations themselves go over Socket.IO: see docs/protocol.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"bearer": []}, {"cookie": []}] if operation.signed_in else [],
        "responses": {
            str(operation.status): _content("It worked.", operation.answer, operation.media),
            **{str(status): _content("Refused.", ErrorAnswer) for status in operation.errors},
        },
    }
    if operation.body is not None:
        made["requestBody"] = {"required": True, **_content(None, operation.body)}
    if operation.upload:
        file = {"schema": {"type": "string", "format": "binary"}}
        made["requestBody"] = {"required": True, "content": {"application/octet-stream": file}}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in operation.places
    ]
    if operation.query is not None:
        parameters += _parameters(operation.query)
    if operation.if_match:
        parameters.append(_IF_MATCH)
    if parameters:
        made["parameters"] = parameters
    if operation.role == "admin":
        made["description"] = "For administrators."
    return made


def _content(description: str | None, model: type[BaseModel], media: str = JSON) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model.__name__)}
    made: dict[str, Any] = {"content": {media: {"schema": schema}}}
    return made if description is None else {"description": description, **made}


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": described.get("description", ""),
            "schema": {key: value for key, value in described.items() if key != "description"},
        }
        for name, described in schema["properties"].items()
    ]
