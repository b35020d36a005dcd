"""The shop's data over the REST API: its sites, and what was changed of them by whom."""

from __future__ import annotations

from typing import Any

import tomli_w
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from translate_proxy.model import Operator, Site, rfc3339
from translate_proxy.records import Audited
from translate_proxy.shop.file import ShopFile
from translate_proxy.shop.site import SiteChange, SiteSettings, written
from translate_proxy.web import shop_schemas as shapes
from translate_proxy.web.admin_schemas import DoneAnswer
from translate_proxy.web.bodies import if_match, read_json, read_query
from translate_proxy.web.callers import Callers
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.operations import PRIVATE, Operation

TOML = "application/toml"
MAX_SITE = 1024 * 1024
"""Bytes of a site's body: its phrases and glossary may be long."""


class ShopApi:
    """The handlers. An administrator of some sites changes what is theirs."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._callers = Callers(deps)

    def operations(self) -> tuple[Operation, ...]:
        """Sites and the audit."""
        return (
            Operation(
                "GET",
                "/api/sites",
                "Your sites",
                self.sites,
                shapes.SitesAnswer,
                (400, 401, 429, 503),
                query=shapes.SitesQuery,
            ),
            Operation(
                "POST",
                "/api/sites",
                "Make a site; for administrators of all sites",
                self.add,
                shapes.SiteAnswer,
                (400, 401, 403, 409, 413, 429, 503),
                body=SiteSettings,
                role="admin",
                status=201,
            ),
            Operation(
                "GET",
                "/api/sites/{key}",
                "One of your sites",
                self.site,
                shapes.SiteAnswer,
                (401, 404, 429, 503),
            ),
            Operation(
                "PATCH",
                "/api/sites/{key}",
                "Change the fields that are sent, each as a whole",
                self.change,
                shapes.SiteAnswer,
                (400, 401, 403, 404, 409, 412, 413, 428, 429, 503),
                body=SiteChange,
                role="admin",
                if_match=True,
            ),
            Operation(
                "DELETE",
                "/api/sites/{key}",
                "Remove a site without open conversations; for administrators of all sites",
                self.remove,
                DoneAnswer,
                (400, 401, 403, 404, 409, 412, 428, 429, 503),
                role="admin",
                if_match=True,
            ),
            Operation(
                "GET",
                "/api/shop/export",
                "The whole shop as a TOML file; for administrators of all sites",
                self.export,
                ShopFile,
                (400, 401, 403, 429, 503),
                query=shapes.ExportQuery,
                role="admin",
                media=TOML,
            ),
            Operation(
                "GET",
                "/api/audit",
                "What was changed of your sites, and by whom",
                self.audit,
                shapes.AuditAnswer,
                (400, 401, 403, 429, 503),
                query=shapes.AuditQuery,
                role="admin",
            ),
        )

    async def sites(self, request: Request) -> Response:
        """A page of them."""
        operator = await self._callers.operator(request)
        asked = read_query(request, shapes.SitesQuery)
        after = asked.after or ""
        found = [one for one in self._deps.shop.sites(operator) if one.key > after]
        page = found[: asked.limit]
        body = {
            "items": [_wire(one, operator) for one in page],
            "next": page[-1].key if len(found) > len(page) else None,
        }
        return JSONResponse(body, headers=PRIVATE)

    async def site(self, request: Request) -> Response:
        """As it is now, with its revision as the ETag."""
        operator = await self._callers.operator(request)
        return _answer(await self._deps.shop.site(operator, _key(request)), operator)

    async def add(self, request: Request) -> Response:
        """In force when this answers."""
        admin = await self._callers.server_admin(request)
        given = await read_json(request, SiteSettings, MAX_SITE)
        return _answer(await self._deps.shop.add_site(admin, given), admin, 201)

    async def change(self, request: Request) -> Response:
        """In force when this answers."""
        admin = await self._callers.admin(request)
        revision = if_match(request)
        given = await read_json(request, SiteChange, MAX_SITE)
        key = _key(request)
        return _answer(await self._deps.shop.change_site(admin, key, given, revision), admin)

    async def remove(self, request: Request) -> Response:
        """Its pages' widgets are disconnected; what was said stays for as long as it is kept."""
        admin = await self._callers.server_admin(request)
        await self._deps.shop.remove_site(admin, _key(request), if_match(request))
        return JSONResponse({"ok": True}, headers=PRIVATE)

    async def export(self, request: Request) -> Response:
        """As ``translate-proxy shop export`` writes it."""
        await self._callers.server_admin(request)
        asked = read_query(request, shapes.ExportQuery)
        text = tomli_w.dumps(self._deps.shop.export(secrets=asked.secrets))
        headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="shop.toml"'}
        return Response(text, media_type=TOML, headers=headers)

    async def audit(self, request: Request) -> Response:
        """A page of it."""
        admin = await self._callers.admin(request)
        asked = read_query(request, shapes.AuditQuery)
        found = await self._deps.shop.audit(admin, asked.after, asked.limit + 1)
        page = found[: asked.limit]
        body = {
            "items": [_audited(one) for one in page],
            "next": page[-1].id if len(found) > len(page) else None,
        }
        return JSONResponse(body, headers=PRIVATE)


def _key(request: Request) -> str:
    return str(request.path_params["key"])


def _answer(site: Site, operator: Operator, status: int = 200) -> Response:
    headers = {**PRIVATE, "ETag": f'"{site.revision}"'}
    return JSONResponse({"site": _wire(site, operator)}, status, headers)


def _wire(site: Site, operator: Operator) -> dict[str, Any]:
    wire = {
        "key": site.key,
        **written(site),
        "managed_by": site.managed_by,
        "revision": site.revision,
    }
    if operator.role != "admin":
        del wire["identity_secret"]
    return wire


def _audited(one: Audited) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": rfc3339(one.at),
        "by": {"id": one.editor.id, "name": one.editor.name},
        "action": one.action,
        "kind": one.kind,
        "key": one.key,
        "site": one.site,
        "before": one.before,
        "after": one.after,
    }
