"""People's words over the REST API, for administrators: corrections, phrases, glossaries.

Corrections are changed here. A site's phrases, canned answers among them, its glossary and its
protected terms are shown here, and changed where the site is: in the configuration file or over
``/api/sites``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from translate_proxy.model import Operator, Refused, Site, SiteKey
from translate_proxy.web import admin_schemas as shapes
from translate_proxy.web.bodies import read_json, read_query
from translate_proxy.web.callers import Callers
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.operations import PRIVATE, Operation

_ADMIN = (400, 401, 403, 404, 429, 503)
_CHANGE = (400, 401, 403, 404, 413, 429, 503)
LINES = "application/x-ndjson"


class WordsApi:
    """The handlers. An administrator of some sites sees and changes what is theirs."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._callers = Callers(deps)

    def operations(self) -> tuple[Operation, ...]:
        """Corrections and the words of the sites."""
        return (
            Operation(
                "GET",
                "/api/corrections",
                "What operators made of translations",
                self.corrections,
                shapes.CorrectionsAnswer,
                _ADMIN,
                query=shapes.CorrectionsQuery,
                role="admin",
            ),
            Operation(
                "GET",
                "/api/corrections/export",
                "All of them, one JSON object a line",
                self.export,
                shapes.CorrectionShape,
                _ADMIN,
                query=shapes.SiteQuery,
                role="admin",
                media=LINES,
            ),
            Operation(
                "POST",
                "/api/corrections/change",
                "Use other words from the next time on",
                self.change,
                shapes.DoneAnswer,
                _CHANGE,
                body=shapes.ChangeRequest,
                role="admin",
            ),
            Operation(
                "POST",
                "/api/corrections/remove",
                "Forget corrections: the machine translates those texts again",
                self.remove,
                shapes.DoneAnswer,
                _CHANGE,
                body=shapes.RemoveRequest,
                role="admin",
            ),
            Operation(
                "GET",
                "/api/words",
                "Phrases, canned answers, glossary and protected terms of your sites",
                self.words,
                shapes.WordsAnswer,
                _ADMIN,
                query=shapes.SiteQuery,
                role="admin",
            ),
        )

    async def corrections(self, request: Request) -> Response:
        """A page of them."""
        admin = await self._callers.admin(request)
        asked = read_query(request, shapes.CorrectionsQuery)
        found = await self._corrections(admin, asked.site)
        start = 0
        if asked.after is not None:
            ids = [one["id"] for one in found]
            if asked.after not in ids:
                raise Refused("not_found", "There is no such correction any more: begin anew.")
            start = ids.index(asked.after) + 1
        end = start + asked.limit
        body = {"corrections": found[start:end], "more": end < len(found)}
        return JSONResponse(body, headers=PRIVATE)

    async def export(self, request: Request) -> Response:
        """As ``translate-proxy corrections export`` writes them."""
        admin = await self._callers.admin(request)
        asked = read_query(request, shapes.SiteQuery)
        lines = [
            json.dumps(one, ensure_ascii=False) + "\n"
            for one in await self._corrections(admin, asked.site)
        ]
        headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="corrections.ndjson"'}
        return Response("".join(lines), media_type=LINES, headers=headers)

    async def change(self, request: Request) -> Response:
        """What was shown stays."""
        admin = await self._callers.admin(request)
        given = await read_json(request, shapes.ChangeRequest)
        await self._require(admin, [given.id])
        await self._run("corrections.change", {"id": given.id, "text": given.text})
        return JSONResponse({"ok": True}, headers=PRIVATE)

    async def remove(self, request: Request) -> Response:
        """All of them, or none when one of them is not there."""
        admin = await self._callers.admin(request)
        given = await read_json(request, shapes.RemoveRequest)
        ids = list(dict.fromkeys(given.ids))
        await self._require(admin, ids)
        for id_ in ids:
            await self._run("corrections.remove", {"id": id_})
        return JSONResponse({"ok": True}, headers=PRIVATE)

    async def words(self, request: Request) -> Response:
        """As they are in force."""
        admin = await self._callers.admin(request)
        asked = read_query(request, shapes.SiteQuery)
        self._check(admin, asked.site)
        found = [
            _words(site)
            for site in self._deps.conversations.shop().sites
            if admin.serves(site.key) and asked.site in {None, site.key}
        ]
        return JSONResponse({"sites": found}, headers=PRIVATE)

    def _check(self, admin: Operator, site: str | None) -> None:
        """Another's site is as one that is not there."""
        known = {one.key for one in self._deps.conversations.shop().sites if admin.serves(one.key)}
        if site is not None and site not in known:
            raise Refused("not_found", f"You have no site {site}.")

    async def _corrections(self, admin: Operator, site: str | None) -> Sequence[Mapping[str, Any]]:
        self._check(admin, site)
        found: Sequence[Mapping[str, Any]] = await self._run("corrections.list", {"site": site})
        return [one for one in found if admin.serves(SiteKey(one["site"]))]

    async def _require(self, admin: Operator, ids: Sequence[str]) -> None:
        theirs = {one["id"] for one in await self._corrections(admin, None)}
        if not theirs.issuperset(ids):
            raise Refused("not_found", "There is no such correction.")

    async def _run(self, command: str, arguments: Mapping[str, Any]) -> Any:
        return await self._deps.administration.run(command, arguments, lambda _progress: None)


def _words(site: Site) -> dict[str, Any]:
    return {
        "site": site.key,
        "phrases": {
            key: {language: list(texts) for language, texts in said.items()}
            for key, said in site.phrases.items()
        },
        "glossary": [
            {"source": one.source, "target": one.target, "terms": dict(one.terms)}
            for one in site.glossary
        ],
        "protected_terms": list(site.protected_terms),
    }
