"""What a browser loads: the widget, the console, the demo shop."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from translate_proxy.settings import Settings
from translate_proxy.web.packed import PackedFiles

SHORT = "public, max-age=300"
"""For the loader: its name never changes, so a new version arrives within five minutes."""
FOREVER = "public, max-age=31536000, immutable"
"""For files that carry their content's hash in their name."""
ASK = "no-cache"
"""For pages: kept, but asked for at every load."""

_CHUNK = re.compile(r"[A-Za-z0-9_-]{8,64}\.js", re.ASCII)
# Shops' pages load these from another origin, some of them isolated (COEP).
_FOR_SHOPS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_NOT_BUILT = (
    "This part of translate_proxy has not been built yet.\n\n"
    "Run `make build` (or `make run`) in the project's folder and load this page again.\n"
)


def routes(settings: Settings, static: Path, demo_pages: Path) -> list[BaseRoute]:
    """Every page and file. ``/demo/`` exists in demo mode only."""
    start = "/demo/" if settings.demo else "/console/"
    public_url = settings.server.public_url
    made: list[BaseRoute] = [
        Route("/", _redirect(start)),
        Route("/console", _redirect("/console/")),
        Mount("/console", Pages(static / "console", public_url, images="'self'")),
        Route("/widget.js", OneFile(static / "widget" / "widget.js")),
        Mount("/widget", Chunks(static / "widget")),
    ]
    if settings.demo:
        made.append(Route("/demo", _redirect("/demo/")))
        made.append(Mount("/demo", Pages(demo_pages, public_url, images="'self' https:")))
    return made


def page_policy(scope: Scope, public_url: str | None, images: str) -> str:
    """The Content-Security-Policy of our own pages: nothing inline, nothing from elsewhere, but
    for ``images`` (a shop's logo is wherever the shop keeps it). WebSockets are named because not
    every browser takes ``'self'`` to include them; the Host was checked before it got here."""
    request = Request(scope)
    sockets = {f"{'wss' if request.url.scheme == 'https' else 'ws'}://{request.headers['host']}"}
    if public_url is not None:
        sockets.add(re.sub("^http", "ws", public_url))
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {images}",
            "font-src 'self'",
            "media-src 'self'",
            f"connect-src 'self' {' '.join(sorted(sockets))}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            # Text reaches a page through textContent: the browser refuses every other way.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


class Pages(PackedFiles):
    """A folder of pages with their policy, ``index.html`` for a folder. Files under ``assets/``
    are immutable."""

    def __init__(self, folder: Path, public_url: str | None, images: str) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._images = images
        self._index = folder / "index.html"
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or say that the folder has not been built."""
        if scope["type"] == "http" and not self._index.is_file():
            await _not_built()(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file with its caching and its policy. HTTPException 404 without one."""
        response = await super().get_response(path, scope)
        immutable = path.startswith("assets/") and response.status_code in {200, 304}
        response.headers["Cache-Control"] = FOREVER if immutable else ASK
        response.headers["Content-Security-Policy"] = page_policy(
            scope, self._public_url, self._images
        )
        return response


class Chunks(PackedFiles):
    """The widget's parts, named by their content's hash: for any origin and for ever."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or say that the widget has not been built."""
        if scope["type"] == "http" and not self._folder.is_dir():
            await _not_built()(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A chunk. HTTPException 404 without one; the loader is not one: its name stays."""
        if path == "widget.js" or not _CHUNK.fullmatch(path):
            raise HTTPException(404)
        return _with(await super().get_response(path, scope), FOREVER, _FOR_SHOPS)


class OneFile(PackedFiles):
    """The widget's loader, under an address of its own and for any origin."""

    def __init__(self, file: Path) -> None:
        super().__init__(directory=file.parent, check_dir=False)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it, or say that it has not been built."""
        if not self._file.is_file():
            await _not_built(_FOR_SHOPS)(scope, receive, send)
            return
        response = await self.get_response(self._file.name, scope)
        await _with(response, SHORT, _FOR_SHOPS)(scope, receive, send)


def _with(response: Response, caching: str, headers: Mapping[str, str]) -> Response:
    # Also on a 304: a browser takes over the headers of the answer that confirms its copy.
    response.headers["Cache-Control"] = caching
    response.headers.update(headers)
    return response


def _redirect(target: str) -> Callable[[Request], Awaitable[Response]]:
    async def redirect(_request: Request) -> Response:
        return RedirectResponse(target, 307, {"Cache-Control": ASK})

    return redirect


def _not_built(headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store", **(headers or {})})
