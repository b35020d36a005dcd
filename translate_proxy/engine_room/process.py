"""The engine room as a process of its own: watched, replaced, and asked again for what it lost.

After a death (a crash, a hang, a stuck batch) another process is started. What the dead one had in
hand is suspect: it is run again one by one, with nothing beside it; a job that is alone in two
deaths is given up, and for a while the same text is refused at once. Everything else that was asked
is asked again when the suspects are through. A model that ends the process while it is being loaded
is put aside.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from translate_proxy.engine_room import frames
from translate_proxy.engine_room.account import Account
from translate_proxy.engine_room.child import Child
from translate_proxy.engine_room.ledger import Entry, Work
from translate_proxy.engine_room.poison import Poison
from translate_proxy.interfaces import LanguageContext, Seen, Translated, TranslationJob
from translate_proxy.model import Language, SiteKey, UntranslatedReason
from translate_proxy.settings import Settings
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.packages.suspects import Suspects
from translate_proxy.watchdog import ABOUT

WATCH_S = 0.25
SILENT_S = 3.0
"""Three heartbeats missed: the process is replaced."""
START_S = 40.0
"""Until the first of them, libraries are read: on a slow disk that takes its time."""
WARMING_S = 10.0
"""Between two of them while the models are loaded and the phrases read."""
LOOK_S = 10.0
"""A text whose language cannot be looked at for so long is judged by what is known besides: its
translation has a deadline of its own."""
LOAD_TIMES = 10
"""A model may take so many times ``stuck_seconds`` to load."""
MARGIN_BYTES = 512 * 2**20
"""What a process may hold beside its models (``model_memory_mb``) before it is replaced, idle."""
ALONE = 2
"""Deaths in which a job was alone before it is given up."""
STARTS = 5
"""Deaths in a row before the first that could be used: then the server does not start."""
LATE_S = 1.0
"""A room keeps its jobs' deadlines itself; one that does not is not waited for any longer."""
_PAUSES_S = (0.0, 0.0, 0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Before the next start, by how many have died in a row without an answer."""

WordsOf = Callable[[SiteKey], frames.Words | None]
"""The words of a site now; None when it has none."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    """Something asked, until it is answered. ``until``: seconds of the monotonic clock."""

    frame: frames.Translate | frames.Observe
    answer: asyncio.Future[Any]
    until: float
    sent: bool = False
    deaths_alone: int = 0


def _unanswered(frame: frames.Translate | frames.Observe, reason: UntranslatedReason) -> Any:
    if isinstance(frame, frames.Translate):
        return Translated(frame.job.text, "untranslated", reason)
    return ()


class RoomError(Exception):
    """The engine process cannot be started; one line for whoever started the server."""


class ProcessRoom:
    """One engine process and its successors. ``words``: of which site; asked when a job of it is
    sent."""

    def __init__(self, settings: Settings, words: WordsOf) -> None:
        self._settings = settings
        self._words = words
        self._child: Child | None = None
        self._ready = False
        self._warmed = False
        self._warm: asyncio.Future[None] | None = None
        self._numbers = itertools.count(1)
        self._jobs: dict[int, _Job] = {}
        self._suspects: deque[int] = deque()
        self._trial: int | None = None
        self._languages: tuple[Language, ...] = ()
        self._forgotten = 0
        self._asked: dict[tuple[str, int], asyncio.Future[None]] = {}
        self._ending = ""
        self._in_a_row = 0
        self._aside = Suspects(settings.server.packages_dir)
        self._poison = Poison(time.monotonic)
        self._watched = time.monotonic()
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.inventory = Inventory(settings.pairs)
        """What can be translated, as the room has said last."""
        self.deaths: Counter[str] = Counter()
        """Processes that were replaced, by the reason."""
        self.figures: Mapping[str, float] = {}
        """What the room has said of itself last."""
        self.account = Account(time.monotonic)

    # -- life --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Returns when the models are warm. RoomError when no process can be started or stays."""
        self._warm = asyncio.get_running_loop().create_future()
        await asyncio.to_thread(self._aside.try_again, self._settings.translation)
        try:
            await self._start_child()
        except OSError as error:
            raise RoomError(f"the engine process cannot be started: {error}") from error
        self._spawn(self._watch())
        await self._warm

    async def close(self) -> None:
        """End the process; whoever still waits is told ``failed``."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for number in tuple(self._jobs):
            self._give_up(number)
        child, self._child = self._child, None
        if child is not None:
            await child.leave(within_s=2.0)

    @property
    def pid(self) -> int:
        """The process's number now; 0 while there is none."""
        child = self._child
        return child.pid if child is not None and child.status is None else 0

    @property
    def usable(self) -> bool:
        """Whether a job would be taken now."""
        return self._open

    @property
    def beats(self) -> bool:
        """Whether the process there is now has been heard of."""
        return self._child is not None and self._child.has_beaten

    @property
    def waiting(self) -> int:
        """Jobs that are not answered yet."""
        return len(self._jobs)

    @property
    def memory(self) -> int:
        """Bytes that the process holds in memory; 0 while there is none."""
        child = self._child
        return child.memory if child is not None and child.status is None else 0

    @property
    def newest(self) -> int:
        """The number of the job that was asked last; 0 when none waits."""
        return next(reversed(self._jobs), 0)

    def in_hand(self) -> Sequence[Entry]:
        """What the process is busy with, about."""
        child = self._child
        return child.in_hand() if child is not None and child.status is None else ()

    async def _start_child(self) -> None:
        child = Child(self._take, self._died)
        self._child, self._ready, self._warmed, self._ending = child, False, False, ""
        await child.start(self._for_the_room(), self._aside.reasons, self._forgotten)
        child.link.send(frames.Warm(0, self._languages))
        log.info("engine_room.started", pid=child.pid)

    def _for_the_room(self) -> Settings:
        """What the room needs to know; no secrets, no sites."""
        given = self._settings
        server = type(given.server)(
            data_dir=given.server.data_dir.absolute(),
            log_level=given.server.log_level,
            log_format=given.server.log_format,
        )
        return type(given)(
            server=server,
            translation=given.translation,
            language=given.language,
            outbound=given.outbound,
            remote=given.remote,
            pairs=given.pairs,
        )

    # -- what is asked -----------------------------------------------------------------------

    async def translate(self, job: TranslationJob) -> Translated:
        """Never raises for anything the text or the room does; cancelling cancels the job."""
        words = self._words(job.site)
        frame = frames.Translate(
            next(self._numbers),
            job,
            0 if words is None else words.revision,
            self._forgotten,
            ABOUT.get(),
        )
        answer: Translated = await self._ask(frame, job.deadline_s)
        return answer

    async def look(self, text: str, context: LanguageContext) -> Sequence[Seen]:
        """See ``interfaces.Look``."""
        frame = frames.Observe(next(self._numbers), text, context, ABOUT.get())
        within_s = min(LOOK_S, self._settings.translation.deadline_seconds)
        answer: Sequence[Seen] = await self._ask(frame, within_s)
        return answer

    async def _ask(self, frame: frames.Translate | frames.Observe, within_s: float) -> Any:
        if self._poison.holds(frame):
            log.warning("engine_room.known_text_refused", about=frame.about)
            return _unanswered(frame, "failed")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        job = self._jobs[frame.id] = _Job(frame, answer, time.monotonic() + within_s)
        if self._open:
            self._send(job)
        try:
            return await answer
        except asyncio.CancelledError:
            if self._jobs.pop(frame.id, None) is not None and job.sent and self._child is not None:
                self._child.link.send(frames.Cancel((frame.id,)))
            raise

    async def warm(self, languages: Sequence[Language]) -> None:
        """Have the room read what these languages need; returns when it has."""
        self._languages = tuple(languages)
        number = next(self._numbers)
        await self._control(frames.Warm(number, self._languages), ("stock", number))

    def has_words(self, site: SiteKey) -> bool:
        """Whether the site has words of its own."""
        return self._words(site) is not None

    async def reload(self) -> None:
        """Packages have changed: returns when the room uses what is there."""
        number = next(self._numbers)
        await self._control(frames.Reload(number), ("stock", number))

    async def forget(self) -> None:
        """Returns when no room remembers anything that was translated before, or will."""
        self._forgotten += 1
        await self._control(frames.Forget(self._forgotten), ("forgotten", self._forgotten))

    async def _control(self, frame: frames.Frame, key: tuple[str, int]) -> None:
        """Returns when the room has done it, or another that never knew has taken its place."""
        if self._child is None or self._child.status is not None or self._closed:
            return
        done = self._asked[key] = asyncio.get_running_loop().create_future()
        self._child.link.send(frame)
        try:
            await done
        finally:
            self._asked.pop(key, None)

    # -- sending -----------------------------------------------------------------------------

    @property
    def _open(self) -> bool:
        """Whether a job goes to the room at once."""
        return self._ready and not self._suspects and self._trial is None

    def _send(self, job: _Job) -> None:
        child = self._child
        if child is None:
            return
        frame = job.frame
        if isinstance(frame, frames.Translate):
            words = self._words(frame.job.site)
            if words is not None and child.words.get(words.site) != words.revision:
                child.words[words.site] = words.revision
                child.link.send(words)
            frame = frames.Translate(
                frame.id,
                replace(frame.job, deadline_s=max(0.001, job.until - time.monotonic())),
                0 if words is None else words.revision,
                frame.forgotten,
                frame.about,
            )
        job.sent = True
        child.link.send(frame)

    def _go_on(self) -> None:
        """The next suspect, alone; when there is none, everything that waits."""
        if not self._ready or self._trial is not None:
            return
        while self._suspects:
            number = self._suspects.popleft()
            if number in self._jobs:
                self._trial = number
                self._send(self._jobs[number])
                return
        for job in self._jobs.values():
            if not job.sent:
                self._send(job)

    # -- what is answered --------------------------------------------------------------------

    def _take(self, frame: frames.FromRoom) -> None:
        match frame:
            case frames.Done():
                self._answer(frame.id, frame.result)
            case frames.Observed():
                self._answer(frame.id, frame.seen)
            case frames.Beat():
                self.figures = frame.figures
                self.account.beat(frame.figures)
            case frames.Stock():
                self._take_stock(frame)
            case frames.NeedWords():
                if self._child is not None and (job := self._jobs.get(frame.id)) is not None:
                    self._child.words.pop(frame.site, None)
                    self._send(job)
            case frames.Forgotten():
                for key in [key for key in self._asked if key[0] == "forgotten"]:
                    if key[1] <= frame.forgotten:
                        self._done(key)

    def _answer(self, number: int, result: Any) -> None:
        self._in_a_row = 0
        job = self._jobs.pop(number, None)
        if job is not None and not job.answer.done():
            job.answer.set_result(result)
        if number == self._trial:
            self._trial = None
            self._go_on()

    def _take_stock(self, stock: frames.Stock) -> None:
        self.inventory = Inventory(
            self._settings.pairs, stock.offered, stock.engines, stock.loaded, stock.failures
        )
        if not self._ready:
            self._ready = True
            self._go_on()
        self._warmed = self._warmed or stock.warm
        if stock.warm and self._warm is not None and not self._warm.done():
            self._warm.set_result(None)
        self._done(("stock", stock.number))

    def _done(self, key: tuple[str, int]) -> None:
        asked = self._asked.get(key)
        if asked is not None and not asked.done():
            asked.set_result(None)

    # -- watching ----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                self._look_after()
            except Exception:
                log.exception("engine_room.unwatched")

    def _look_after(self) -> None:
        now = time.monotonic()
        late, self._watched = now - self._watched - WATCH_S, now
        for number, job in tuple(self._jobs.items()):
            if now > job.until + LATE_S:
                self._expire(number, job)
        child = self._child
        if child is None or child.status is not None or self._ending:
            return
        if late > 1.0:  # it is we who have not listened
            child.heard = now
        silent = SILENT_S if self._warmed else WARMING_S if child.has_beaten else START_S
        silence = now - child.heard
        if silence > silent or (silence > SILENT_S and child.stopped):
            self._end(child, "silent")
            return
        stuck = self._settings.translation.stuck_seconds
        for entry in child.in_hand():
            age = now - entry.since
            if (entry.work is Work.BATCH and age > stuck) or (
                entry.work is Work.LOAD and age > stuck * LOAD_TIMES
            ):
                self._end(child, "stuck")
                return
        most = self._settings.translation.model_memory_mb * 2**20 + MARGIN_BYTES
        if not self._jobs and child.memory > most:
            self._end(child, "grown")

    def _expire(self, number: int, job: _Job) -> None:
        self._jobs.pop(number, None)
        if job.sent and self._child is not None:
            self._child.link.send(frames.Cancel((number,)))
        if not job.answer.done():
            job.answer.set_result(_unanswered(job.frame, "timed_out"))
        if number == self._trial:
            self._trial = None
            self._go_on()

    def _end(self, child: Child, reason: str) -> None:
        self._ending = reason
        child.kill()

    # -- deaths ------------------------------------------------------------------------------

    def _died(self, child: Child) -> None:
        """A process has ended, whoever wanted it."""
        if child is not self._child or self._closed:
            return
        status = child.status or 0
        reason = self._ending or ("killed" if status == -signal.SIGKILL else "crashed")
        in_hand = child.in_hand() if reason != "grown" else ()
        child.let_go()
        self.deaths[reason] += 1
        self._in_a_row += 1
        self._ready = False
        self._lay_at_a_door(in_hand, reason)
        log.error(
            "engine_room.died",
            reason=reason,
            status=status,
            jobs=len(self._jobs),
            suspects=len(self._suspects),
            about=self._about(in_hand),
        )
        for job in self._jobs.values():
            job.sent = False
        for key in tuple(self._asked):
            self._done(key)
        if self._warm is not None and not self._warm.done() and self._in_a_row >= STARTS:
            self._warm.set_exception(
                RoomError(f"the engine process ends as soon as it is started ({reason}: {status})")
            )
            return
        self._spawn(self._replace())

    def _about(self, in_hand: Sequence[Entry]) -> Sequence[str]:
        """Which messages a process was busy with, or the numbers of jobs that are none's."""
        numbers = {number for entry in in_hand for number in entry.jobs}
        jobs = {number: self._jobs[number] for number in sorted(numbers) if number in self._jobs}
        return [job.frame.about or f"job {number}" for number, job in jobs.items()]

    def _lay_at_a_door(self, in_hand: Sequence[Entry], reason: str) -> None:
        loading = {entry.model for entry in in_hand if entry.work is Work.LOAD}
        batches = [entry for entry in in_hand if entry.work in {Work.BATCH, Work.LOOK}]
        sure = reason in {"crashed", "stuck"} and not batches
        if self._aside.blame(loading, sure=sure):
            self._in_a_row = 0  # the next one gets further
        trial, self._trial = self._trial, None
        if trial is not None and trial in self._jobs:
            if batches or not loading:
                self._jobs[trial].deaths_alone += 1
            if self._jobs[trial].deaths_alone >= ALONE:
                frame = self._jobs[trial].frame
                log.error("engine_room.job_given_up", about=frame.about or f"job {trial}")
                self._poison.keep(frame)
                self._give_up(trial)
            else:
                self._suspects.appendleft(trial)
            return
        if loading and not batches:
            return  # what waited for the model is not to blame
        # Only a text that holds the loop for ever ends it without being in a batch.
        guilty = in_hand if reason == "silent" or not batches else batches
        known = set(self._suspects)
        for entry in sorted(guilty, key=lambda one: one.since):
            for number in entry.jobs:
                if number in self._jobs and number not in known:
                    known.add(number)
                    self._suspects.append(number)

    def _give_up(self, number: int) -> None:
        job = self._jobs.pop(number)
        if not job.answer.done():
            job.answer.set_result(_unanswered(job.frame, "failed"))

    async def _replace(self) -> None:
        while not self._closed:
            await asyncio.sleep(_PAUSES_S[min(self._in_a_row, len(_PAUSES_S) - 1)])
            try:
                await self._start_child()
            except OSError as error:
                self._in_a_row += 1
                log.error("engine_room.not_started", error=str(error))  # noqa: TRY400
            else:
                return

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
