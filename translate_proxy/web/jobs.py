"""Long work that a request starts and does not wait for: installing a model, making it faster.

A job belongs to the server, not to the connection that asked for it: whoever started it may go away
and look again later, from another device too. What it does is a command of ``Administration``, the
same that the command line runs. Jobs live in memory: a server that starts again has none, and what
they were about shows in what is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, Literal

import structlog

from translate_proxy.interfaces import Administration, Clock
from translate_proxy.model import Refused, new_id, rfc3339

KEPT = 50
"""Jobs that are over and can still be asked about; the oldest goes first."""
PAUSE_S = 0.2
"""Seconds between two looks at one job, at least."""
HEARTBEAT_S = 15.0
"""Seconds after which a follower hears that nothing has happened."""
CLOSE_S = 3.0
"""Seconds that a server which stops waits for its jobs."""

State = Literal["running", "done", "failed", "cancelled"]

_log = structlog.get_logger(__name__)


class Job:
    """One piece of work. ``subject``: what no two jobs may be about at a time."""

    def __init__(self, kind: str, subject: str, by: str, started_at: float) -> None:
        self.id = new_id()
        self.kind = kind
        self.subject = subject
        self.by = by
        self.state: State = "running"
        self.progress: Mapping[str, Any] | None = None
        self.result: Any = None
        self.error: Mapping[str, Any] | None = None
        self.started_at = started_at
        self.ended_at: float | None = None
        self.revision = 0
        self._changed = asyncio.Event()

    def wire(self) -> dict[str, Any]:
        """As clients see it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "by": self.by,
            "state": self.state,
            "progress": self.progress,
            "result": self.result,
            "error": self.error,
            "started_at": rfc3339(self.started_at),
            "ended_at": None if self.ended_at is None else rfc3339(self.ended_at),
        }

    def told(self, progress: Mapping[str, Any]) -> None:
        """How far it is (``Report``)."""
        self.progress = dict(progress)
        self.touch()

    def touch(self) -> None:
        """Something about it is new."""
        self.revision += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait for the next one."""
        await self._changed.wait()


class Jobs:
    """What runs and what has run. All state belongs to the event loop."""

    def __init__(self, administration: Administration, clock: Clock) -> None:
        self._administration = administration
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Future[Any]] = {}

    def start(
        self, kind: str, subject: str, by: str, command: str, arguments: Mapping[str, Any]
    ) -> Job:
        """Begin. Refused ``already_claimed`` while another job is about the same subject."""
        self.require_free(subject)
        job = Job(kind, subject, by, self._clock())
        self._jobs[job.id] = job
        work = self._administration.run(command, arguments, job.told)
        task = self._tasks[job.id] = asyncio.ensure_future(work)
        task.add_done_callback(partial(self._over, job))
        self._forget_old()
        return job

    def require_free(self, subject: str) -> None:
        """Refused ``already_claimed`` while a job is about this subject."""
        for other in self._jobs.values():
            if other.subject == subject and other.state == "running":
                raise Refused(
                    "already_claimed",
                    f"{subject}: {other.kind} is under way already, see job {other.id}.",
                )

    def get(self, id_: str) -> Job:
        """Refused ``not_found``, also when it was long ago."""
        job = self._jobs.get(id_)
        if job is None:
            raise Refused("not_found", "There is no such job, or it was over long ago.")
        return job

    def every(self) -> list[Job]:
        """The newest first."""
        return list(reversed(self._jobs.values()))

    async def follow(self, job: Job) -> AsyncIterator[dict[str, Any] | None]:
        """The job as it is now and after every change, some changes left out, until it is over;
        None from time to time when nothing changes."""
        seen = -1
        while True:
            if job.revision != seen:
                seen = job.revision
                over = job.state != "running"
                yield job.wire()
                if over:
                    return
                await asyncio.sleep(PAUSE_S)
            elif not await self._changes(job):
                yield None

    async def cancel(self, job: Job) -> None:
        """Stop it where it is; what it was about is as it was before. A job that is over stays."""
        task = self._tasks.get(job.id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Stop every job; one that does not stop in time is left behind."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)

    async def _changes(self, job: Job) -> bool:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await job.change()
        except TimeoutError:
            return False
        return True

    def _over(self, job: Job, task: asyncio.Future[Any]) -> None:
        del self._tasks[job.id]
        error = None if task.cancelled() else task.exception()
        if task.cancelled():
            job.state = "cancelled"
        elif error is None:
            job.state, job.result = "done", task.result()
        else:
            job.state = "failed"
            if not isinstance(error, Refused):
                _log.error("job.failed", job=job.id, kind=job.kind, exc_info=error)
                error = Refused("internal", "Something went wrong here; it has been logged.")
            job.error = error.wire()
        job.ended_at = self._clock()
        job.touch()
        _log.info("job.over", job=job.id, kind=job.kind, subject=job.subject, state=job.state)

    def _forget_old(self) -> None:
        over = [job for job in self._jobs.values() if job.state != "running"]
        for job in over[: max(0, len(over) - KEPT)]:
            del self._jobs[job.id]
