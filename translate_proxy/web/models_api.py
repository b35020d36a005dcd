"""Models over the REST API, for administrators.

Whatever changes a model is a job: it answers 202 at once, goes on when the browser is closed, and
is looked at again under ``/api/jobs/{id}``. Its events are a stream of the whole job as it is now,
not of what has changed: whoever comes late or again needs nothing of what was said before, and a
browser's ``EventSource`` may connect anew as often as it likes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from translate_proxy.model import Operator, Refused
from translate_proxy.web import admin_schemas as shapes
from translate_proxy.web.bodies import read_json
from translate_proxy.web.callers import Callers
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.jobs import Job
from translate_proxy.web.operations import PRIVATE, Operation

CHUNK_SECONDS = 30.0
"""An upload from which nothing arrives for so long is refused."""
_ADMIN = (401, 403, 429, 503)
_CHANGE = (400, 401, 403, 409, 413, 429, 503)
_UPLOAD_TYPES = frozenset({"application/octet-stream", "application/zip"})


class ModelsApi:
    """The handlers."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._callers = Callers(deps)
        self._receiving = False

    def operations(self) -> tuple[Operation, ...]:
        """Models and jobs."""

        def change(path: str, summary: str, handler: Any, **more: Any) -> Operation:
            given = {"errors": _CHANGE, "role": "admin", "status": 202, **more}
            return Operation("POST", path, summary, handler, shapes.JobAnswer, **given)

        def look(path: str, summary: str, handler: Any, answer: Any, **more: Any) -> Operation:
            given = {"errors": _ADMIN, "role": "admin", **more}
            return Operation("GET", path, summary, handler, answer, **given)

        one = {"errors": (*_ADMIN, 404)}
        return (
            look("/api/models", "What is installed", self.installed, shapes.ModelsAnswer),
            look(
                "/api/models/available",
                "What the index offers",
                self.available,
                shapes.OffersAnswer,
            ),
            change(
                "/api/models/install",
                "Install a direction that the index offers",
                self.install,
                body=shapes.PairRequest,
            ),
            change(
                "/api/models/upload",
                "Install the package file that is the body",
                self.upload,
                upload=True,
            ),
            change(
                "/api/models/remove",
                "Remove a direction",
                self.remove,
                body=shapes.PairRequest,
            ),
            change(
                "/api/models/optimise",
                "Make a direction faster with a vocabulary map",
                self.optimise,
                body=shapes.OptimiseRequest,
            ),
            change(
                "/api/models/verify",
                "Compare every installed file with what was installed",
                self.verify,
                errors=(*_ADMIN, 409),
            ),
            look("/api/jobs", "What runs and what has run", self.jobs, shapes.JobsAnswer),
            look("/api/jobs/{id}", "How far a job is", self.job, shapes.JobAnswer, **one),
            look(
                "/api/jobs/{id}/events",
                "The same, after every change until it is over",
                self.events,
                shapes.JobAnswer,
                media="text/event-stream",
                **one,
            ),
            change(
                "/api/jobs/{id}/cancel",
                "Stop a job",
                self.cancel,
                status=200,
                errors=(*_ADMIN, 404),
            ),
        )

    async def installed(self, request: Request) -> Response:
        """What is on disk."""
        await self._callers.admin(request)
        return JSONResponse({"models": await self._ask("models.list")}, headers=PRIVATE)

    async def available(self, request: Request) -> Response:
        """What could be."""
        await self._callers.admin(request)
        return JSONResponse({"offers": await self._ask("models.available")}, headers=PRIVATE)

    async def install(self, request: Request) -> Response:
        """By pair only: a path would be one of the server's own files."""
        admin = await self._callers.server_admin(request)
        pair = _written((await read_json(request, shapes.PairRequest)).pair)
        return self._begin("install", pair, admin, "models.fetch", {"pair": pair})

    async def upload(self, request: Request) -> Response:
        """The body is the file. It is kept while it arrives, and checked as every file is."""
        admin = await self._callers.server_admin(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() not in _UPLOAD_TYPES:
            raise Refused(
                "bad_request", "Send the file itself with Content-Type: application/octet-stream."
            )
        self._deps.jobs.require_free("upload")
        if self._receiving:
            raise Refused("already_claimed", "Another package is being uploaded at this moment.")
        self._receiving = True
        try:
            name = await self._deps.administration.receive(_chunks(request))
        finally:
            self._receiving = False
        try:
            return self._begin("upload", "upload", admin, "models.install_received", {"file": name})
        except Refused:
            self._deps.administration.discard(name)
            raise

    async def remove(self, request: Request) -> Response:
        """A job too: it may have to wait for another one."""
        admin = await self._callers.server_admin(request)
        pair = _written((await read_json(request, shapes.PairRequest)).pair)
        return self._begin("remove", pair, admin, "models.remove", {"pair": pair})

    async def optimise(self, request: Request) -> Response:
        """With sentences of one's own, if any were sent."""
        admin = await self._callers.server_admin(request)
        given = await read_json(request, shapes.OptimiseRequest)
        pair = _written(given.pair)
        arguments = {"pair": pair, "texts": given.sample}
        return self._begin("optimise", pair, admin, "models.optimise", arguments)

    async def verify(self, request: Request) -> Response:
        """Reads every byte of every model."""
        admin = await self._callers.server_admin(request)
        return self._begin("verify", "all models", admin, "models.verify", {})

    async def jobs(self, request: Request) -> Response:
        """All that are known."""
        await self._callers.admin(request)
        every = [job.wire() for job in self._deps.jobs.every()]
        return JSONResponse({"jobs": every}, headers=PRIVATE)

    async def job(self, request: Request) -> Response:
        """One."""
        await self._callers.admin(request)
        return _answer(self._deps.jobs.get(request.path_params["id"]))

    async def cancel(self, request: Request) -> Response:
        """One that is over stays as it is."""
        await self._callers.server_admin(request)
        job = self._deps.jobs.get(request.path_params["id"])
        await self._deps.jobs.cancel(job)
        return _answer(job)

    async def events(self, request: Request) -> Response:
        """Server-sent events, each with the whole job."""
        await self._callers.admin(request)
        job = self._deps.jobs.get(request.path_params["id"])
        # X-Accel-Buffering: nginx would keep the events until there are many.
        headers = {**PRIVATE, "X-Accel-Buffering": "no"}
        stream = self._stream(job, lambda: self._callers.still_admin(request))
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _stream(self, job: Job, allowed: Callable[[], Any]) -> AsyncIterator[str]:
        async for state in self._deps.jobs.follow(job):
            if state is not None:
                name = "progress" if state["state"] == "running" else "end"
                yield f"event: {name}\ndata: {json.dumps({'job': state})}\n\n"
            elif await allowed():
                yield ": still there\n\n"
            else:
                return

    def _begin(
        self, kind: str, subject: str, by: Operator, command: str, arguments: Mapping[str, Any]
    ) -> Response:
        job = self._deps.jobs.start(kind, subject, by.name, command, arguments)
        return _answer(job, 202)

    async def _ask(self, command: str) -> Any:
        return await self._deps.administration.run(command, {}, lambda _progress: None)


def _answer(job: Job, status: int = 200) -> Response:
    headers = {**PRIVATE, "Location": f"/api/jobs/{job.id}"} if status == 202 else PRIVATE
    return JSONResponse({"job": job.wire()}, status, headers)


def _written(pair: str) -> str:
    """One way to write a direction, so that it is one subject: ``en_PT`` is ``en-pt``."""
    return pair.replace("_", "-").lower()


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives. Refused ``bad_request`` when nothing comes any more."""
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(CHUNK_SECONDS):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused("bad_request", "The upload took too long to arrive.") from None
        except ClientDisconnect:
            raise Refused("bad_request", "The request ended before the file did.") from None
        yield chunk
