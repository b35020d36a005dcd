"""The one detection thread.

langdetect and others hold the interpreter while they work, and two busy threads make the event loop
wait, so there is exactly one. It is time-boxed: a message whose detection takes too long is judged
by what is known besides, and so is every other until the thread is free again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from translate_proxy.interfaces import Clock, Detector, LanguageContext, Seen
from translate_proxy.language.content import amount, language_text, segments, words
from translate_proxy.language.detectors import make_detector
from translate_proxy.model import Language
from translate_proxy.settings import LanguageSettings

_log = structlog.get_logger(__name__)


class Detection:
    """One detector on one thread. ValueError when the settings name a detector there is none of."""

    def __init__(
        self, settings: LanguageSettings, clock: Clock, detector: Detector | None = None
    ) -> None:
        self._detector = make_detector(settings.detector) if detector is None else detector
        self._time_box = settings.time_box_seconds
        self._clock = clock
        self._late: Future[list[Seen]] | None = None
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
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def look(self, text: str, context: LanguageContext) -> Sequence[Seen]:
        """See ``interfaces.Look``."""
        if self._late is not None and not self._late.done():
            return []
        begin = self._clock()
        job = self._thread.submit(observe, self._detector, text, context)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), self._time_box)
        except TimeoutError:
            self._late = job
            waited = round(self._clock() - begin, 3)
            _log.warning("detection timed out", detector=self._detector.name, seconds=waited)
        except Exception:  # noqa: BLE001  (whatever a detector does, the message must go on)
            _log.exception("detection failed", detector=self._detector.name)
        return []


def observe(detector: Detector, text: str, context: LanguageContext) -> list[Seen]:
    """Look at a message, sentence by sentence. Runs on the detection thread."""
    content = language_text(text, context.protected_terms)
    seen = [
        Seen(detector.probabilities(part, context.candidates), amount(words(part)))
        for part in segments(content)
    ]
    return [one for one in seen if one.found]
