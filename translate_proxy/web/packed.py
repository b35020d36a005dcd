"""Files as a browser loads them: gzipped for whoever takes that, once for all who ask.

Without it a shop's page would load three times as much wherever no proxy does it. What is packed
are the builds' own files, which hold no secret that the length of an answer could tell.
"""

from __future__ import annotations

import asyncio
import gzip
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PACKED = frozenset({".css", ".html", ".js", ".json", ".svg"})
"""Suffixes of what becomes smaller; pictures and sounds do not."""
SMALLEST = 512
"""Bytes below which a file is sent as it is."""


class PackedFiles(StaticFiles):
    """A folder whose texts are sent gzipped. Parts (Range) are those of the file as it is."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file. HTTPException 404 without one."""
        response = await super().get_response(path, scope)
        if response.status_code not in {200, 304}:
            return response
        response.headers.add_vary_header("Accept-Encoding")  # on a 304 too
        if not isinstance(response, FileResponse) or response.stat_result is None:
            return response
        file, stat, asked = Path(response.path), response.stat_result, Headers(scope=scope)
        if file.suffix not in PACKED or stat.st_size < SMALLEST or "range" in asked:
            return response
        if not takes_gzip(asked.get("accept-encoding", "")):
            return response
        content = await asyncio.to_thread(_packed, file, stat.st_mtime_ns, stat.st_size)
        packed = Response(content, media_type=response.media_type)
        for name in ("last-modified", "vary"):
            packed.headers[name] = response.headers[name]
        packed.headers["content-encoding"] = "gzip"
        packed.headers["etag"] = f"W/{response.headers['etag']}"  # other bytes, the same content
        return packed


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header names gzip and does not refuse it (``q=0``)."""
    for one in accepted.split(","):
        name, _, parameters = one.partition(";")
        if name.strip().lower() == "gzip":
            quality = parameters.replace(" ", "").lower().removeprefix("q=")
            return quality.strip("0.") != "" or quality == ""
    return False


@lru_cache(maxsize=128)
def _packed(file: Path, _changed_ns: int, _size: int) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)
