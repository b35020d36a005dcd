"""The one detection thread.

langdetect and others hold the interpreter while they work, and two busy threads make the event loop
wait, so there is exactly one. What waits is looked at in one go. It is time-boxed: a message whose
detection takes too long is judged by what is known besides, and so is every other until the thread
is free again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from translate_proxy.interfaces import Clock, Detector, LanguageContext, Seen
from translate_proxy.language.detection.content import (
    amount,
    language_text,
    segments,
    words,
)
from translate_proxy.language.detection.detectors import make_detector
from translate_proxy.model import Language
from translate_proxy.settings import LanguageSettings
from translate_proxy.watchdog import ABOUT, held

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Text:
    """One text that waits, and since when the thread looks at it (None: not yet)."""

    text: str
    context: LanguageContext
    seen: asyncio.Future[Sequence[Seen]]
    since: float | None = None
    about: str = ""


class Detection:
    """One detector on one thread. ValueError when the settings name a detector there is none of."""

    def __init__(
        self, settings: LanguageSettings, clock: Clock, detector: Detector | None = None
    ) -> None:
        self._detector = make_detector(settings.detector) if detector is None else detector
        self._time_box = settings.time_box_seconds
        self._clock = clock
        self._waiting: deque[_Text] = deque()
        self._now: _Text | None = None
        self._running = False
        self._late = False
        self._watching: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="detection")

    async def start(self, candidates: Sequence[Language]) -> None:
        """Load what the candidates need, before the first message."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._warm, tuple(dict.fromkeys(candidates)))

    def _warm(self, candidates: tuple[Language, ...]) -> None:
        self._detector.warm(candidates)
        if candidates:
            self._detector.probabilities("one two three", candidates)

    async def close(self) -> None:
        """Stop the thread; what it is busy with ends, what waits is dropped."""
        self._waiting.clear()
        if self._watching is not None:
            self._watching.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def look(self, text: str, context: LanguageContext) -> Sequence[Seen]:
        """See ``interfaces.Look``."""
        if self._late:
            return ()
        loop = asyncio.get_running_loop()
        one = _Text(text, context, loop.create_future(), about=ABOUT.get())
        self._waiting.append(one)
        if not self._running:
            self._running = True
            self._thread.submit(self._look_at_all, loop)
            if self._watching is None:
                self._watching = loop.call_later(self._time_box, self._watch, loop)
        return await one.seen

    # -- on the thread -----------------------------------------------------------------------

    def _look_at_all(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            try:
                one = self._waiting.popleft()
            except IndexError:
                break
            if one.seen.done():  # nobody waits for it any more
                continue
            one.since = self._clock()
            self._now = one
            try:
                with held("detection", one.about):
                    seen: Sequence[Seen] = observe(self._detector, one.text, one.context)
            except Exception:  # noqa: BLE001  (whatever a detector does, the message must go on)
                _log.exception("detection failed", detector=self._detector.name)
                seen = ()
            if not self._tell(loop, one, seen):
                return
        self._now = None
        self._tell(loop, None, ())

    def _tell(
        self, loop: asyncio.AbstractEventLoop, one: _Text | None, seen: Sequence[Seen]
    ) -> bool:
        try:
            loop.call_soon_threadsafe(self._seen, loop, one, seen)
        except RuntimeError:
            return False  # the loop is closed: nobody waits for anything any more
        return True

    # -- on the loop -------------------------------------------------------------------------

    def _seen(
        self, loop: asyncio.AbstractEventLoop, one: _Text | None, seen: Sequence[Seen]
    ) -> None:
        self._late = False
        if one is not None:
            if not one.seen.done():
                one.seen.set_result(seen)
        elif self._waiting:  # came while the thread was about to end
            self._thread.submit(self._look_at_all, loop)
        else:
            self._running = False

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up what takes too long, and with it what waits behind it."""
        self._watching = None
        if not self._running:
            return
        now = self._now
        if now is not None and now.since is not None and not now.seen.done():
            took = self._clock() - now.since
            if took >= self._time_box:
                self._late = True
                waited = round(took, 3)
                _log.warning("detection timed out", detector=self._detector.name, seconds=waited)
                for one in (now, *self._waiting):
                    if not one.seen.done():
                        one.seen.set_result(())
        self._watching = loop.call_later(self._time_box / 2, self._watch, loop)


def observe(detector: Detector, text: str, context: LanguageContext) -> list[Seen]:
    """Look at a message, sentence by sentence. Runs on the detection thread."""
    content = language_text(text, context.protected_terms)
    seen = [
        Seen(detector.probabilities(part, context.candidates), amount(words(part)))
        for part in segments(content)
    ]
    return [one for one in seen if one.found]
