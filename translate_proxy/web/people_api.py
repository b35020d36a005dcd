"""Operators over the REST API, for administrators."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from translate_proxy.model import Operator
from translate_proxy.shop.people import NewOperator, OperatorFields
from translate_proxy.web import shop_schemas as shapes
from translate_proxy.web.admin_schemas import DoneAnswer
from translate_proxy.web.bodies import if_match, read_json, read_query
from translate_proxy.web.callers import Callers
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.operations import PRIVATE, Operation

_ONE = "/api/operators/{id}"


class PeopleApi:
    """The handlers. An administrator of some sites changes whose sites are all theirs."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._callers = Callers(deps)

    def operations(self) -> tuple[Operation, ...]:
        """Operators."""
        return (
            Operation(
                "GET",
                "/api/operators",
                "Whom you may change",
                self.listed,
                shapes.OperatorsAnswer,
                (400, 401, 403, 429, 503),
                query=shapes.OperatorsQuery,
                role="admin",
            ),
            Operation(
                "POST",
                "/api/operators",
                "Add somebody who answers",
                self.add,
                shapes.OneOperatorAnswer,
                (400, 401, 403, 409, 413, 429, 503),
                body=NewOperator,
                role="admin",
                status=201,
            ),
            Operation(
                "GET",
                _ONE,
                "One of them",
                self.one,
                shapes.OneOperatorAnswer,
                (401, 403, 404, 429, 503),
                role="admin",
            ),
            Operation(
                "PATCH",
                _ONE,
                "Change the fields that are sent; whoever is changed is signed out",
                self.change,
                shapes.OneOperatorAnswer,
                (400, 401, 403, 404, 412, 413, 428, 429, 503),
                body=OperatorFields,
                role="admin",
                if_match=True,
            ),
            Operation(
                "DELETE",
                _ONE,
                "Remove somebody; what they wrote stays, under their name",
                self.remove,
                DoneAnswer,
                (400, 401, 403, 404, 412, 428, 429, 503),
                role="admin",
                if_match=True,
            ),
        )

    async def listed(self, request: Request) -> Response:
        """A page of them, by name."""
        admin = await self._callers.admin(request)
        asked = read_query(request, shapes.OperatorsQuery)
        found = list(await self._deps.people.listed(admin))
        if asked.after is not None:
            ids: list[str] = [one.id for one in found]
            found = found[ids.index(asked.after) + 1 :] if asked.after in ids else []
        page = found[: asked.limit]
        body = {
            "items": [_wire(one) for one in page],
            "next": page[-1].id if len(found) > len(page) else None,
        }
        return JSONResponse(body, headers=PRIVATE)

    async def one(self, request: Request) -> Response:
        """With their revision as the ETag."""
        admin = await self._callers.admin(request)
        return _answer(await self._deps.people.one(admin, _id(request)))

    async def add(self, request: Request) -> Response:
        """They may sign in when this answers."""
        admin = await self._callers.admin(request)
        given = await read_json(request, NewOperator)
        return _answer(await self._deps.people.add(admin, given), 201)

    async def change(self, request: Request) -> Response:
        """Open conversations that they may not answer any more wait again."""
        admin = await self._callers.admin(request)
        revision = if_match(request)
        given = await read_json(request, OperatorFields)
        return _answer(await self._deps.people.change(admin, _id(request), given, revision))

    async def remove(self, request: Request) -> Response:
        """As ``change``."""
        admin = await self._callers.admin(request)
        await self._deps.people.remove(admin, _id(request), if_match(request))
        return JSONResponse({"ok": True}, headers=PRIVATE)


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _answer(operator: Operator, status: int = 200) -> Response:
    headers = {**PRIVATE, "ETag": f'"{operator.revision}"'}
    return JSONResponse({"operator": _wire(operator)}, status, headers)


def _wire(one: Operator) -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "languages": list(one.languages),
        "sites": list(one.sites),
        "role": one.role,
        "active": one.active,
        "revision": one.revision,
    }
