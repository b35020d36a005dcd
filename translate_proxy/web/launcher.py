"""``/widget/site/{key}.json``: what a shop's page must know before anybody opens the chat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.model import Language, Refused, Site, SiteKey
from translate_proxy.security.origins import check_site_origin, own_origin, request_origin
from translate_proxy.text.tags import canonical

SOON = "public, max-age=15"
"""Long enough for a walk through the shop's pages, short enough for a desk that opens."""
TEXTS = "launcher.json"
"""The launcher's own texts by language, as the widget's build leaves them."""
STAND_IN = "en"

Texts = Mapping[Language, Mapping[str, str]]


class Launcher:
    """Answers for one server. ``folder`` holds the built widget. Nothing is stored and no engine
    runs: each page of each shop may ask."""

    def __init__(self, audience: Audience, desk: Desk, folder: Path) -> None:
        self._audience = audience
        self._desk = desk
        self._file = folder / TEXTS
        self._read: tuple[int, Texts] = (0, {})

    def route(self) -> Route:
        """The route."""
        return Route("/widget/site/{key}.json", self._answer)

    async def _answer(self, request: Request) -> Response:
        """Refused ``unknown_site``, and ``origin_not_allowed`` for pages of other origins."""
        site = self._audience.site(SiteKey(request.path_params["key"]))
        if site is None:
            raise Refused("unknown_site", "There is no site with this key.")
        origin = request_origin(request.scope)
        if origin is None and request.headers.get("sec-fetch-site") == "same-origin":
            origin = own_origin(request.scope)  # browsers leave it out, here but not of sockets
        check_site_origin(site, origin)
        language = request.query_params.get("lang") or site.default_language
        body = json.dumps(await self._facts(site, language), ensure_ascii=False).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"Cache-Control": SOON, "ETag": tag, "Vary": "Origin"}
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
        known = request.headers.get("if-none-match", "")
        if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    async def _facts(self, site: Site, language: Language) -> dict[str, Any]:
        return {
            "revision": revision(site),
            "availability": {"status": self._desk.availability_at(site.key)},
            "appearance": dict(site.appearance),
            "unserved": list(await self._audience.unserved(site)),
            "texts": self._texts(site, language),
        }

    def _texts(self, site: Site, language: Language) -> Mapping[str, str]:
        """In this language, else in English; empty before the widget is built."""
        try:
            changed = self._file.stat().st_mtime_ns
            if changed != self._read[0]:  # built anew while the server runs
                self._read = (changed, json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        texts = self._read[1]
        primary = canonical(language).partition("-")[0]
        found = texts.get(primary) or texts.get(STAND_IN, {})
        own = {**site.texts.get(primary, {}), **site.texts.get(language, {})}  # the shop's words
        return {name: own.get(name, text) for name, text in found.items()}


def revision(site: Site) -> int:
    """Another number, below 2**53, whenever a site's facts have changed; the same on every node
    and after a restart."""
    facts = repr((site.name, site.origins, site.languages, site.default_language))
    looks = json.dumps([dict(site.appearance), site.texts], sort_keys=True, default=dict)
    return int.from_bytes(hashlib.sha256(f"{facts}{looks}".encode()).digest()[:6])
