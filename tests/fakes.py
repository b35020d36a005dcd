"""A translator for tests that need a quick, slow or failing one, written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from translate_proxy.interfaces import PairStatus, Translated, TranslationJob


class QuickTranslator:
    """Says ``[target] text``; what starts with a word of ``answers`` gets that answer instead, and
    nothing is answered while ``open`` is cleared."""

    def __init__(self) -> None:
        self.jobs: list[TranslationJob] = []
        self.answers: dict[str, Translated] = {}
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def translate(self, job: TranslationJob) -> Translated:
        """See the class."""
        self.jobs.append(job)
        self.asked.set()
        await self.open.wait()
        special = self.answers.get(job.text.split()[0])
        if special is not None:
            return special
        if job.source == job.target:
            return Translated(job.text, "same_language")
        route = (job.source, job.target)
        return Translated(f"[{job.target}] {job.text}", "translated", route=route, engine="quick")

    def route(self, source: str, target: str) -> tuple[str, ...] | None:
        """Every route exists."""
        return (source, target)

    def pairs(self) -> Sequence[PairStatus]:
        """Nothing is installed."""
        return ()

    async def start(self) -> None:
        """Nothing to warm."""

    async def close(self) -> None:
        """Nothing to free."""

    async def refresh(self) -> None:
        """Nothing is installed."""

    async def forget(self) -> None:
        """Nothing is remembered."""
