"""Forgetting people: on request, and when the time that a shop keeps conversations is over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from translate_proxy.background import each
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.interfaces import Keeping
from translate_proxy.model import Event, SiteKey, VisitorId
from translate_proxy.records import Erased

DAY_S = 86_400.0
SWEEP_S = 3600.0
"""Seconds between two sweeps."""
SILENT_DAYS = 7
"""So long visitors who have no conversation are known."""
LOOKED_AT = 500
AT_ONCE = 50
"""Conversations removed in one transaction: others append in between."""

log = structlog.get_logger(__name__)


class Erasure:
    """``forget`` empties every cache of texts, whole: what was translated for one person is not
    marked as theirs. ``clock``: UTC epoch seconds, None while the time is in doubt."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        store: Keeping,
        forget: Callable[[], Awaitable[None]],
        clock: Callable[[], float | None],
    ) -> None:
        self._log = conversation_log
        self._store = store
        self._forget = forget
        self._clock = clock
        self._unscrubbed = True  # a process that was killed may have left something
        self._taken_back = asyncio.Event()
        self._looked_to: dict[SiteKey, tuple[float, str]] = {}

    async def erase(self, visitor_id: VisitorId) -> tuple[Erased, bool]:
        """Remove a visitor and all that was said with them; tell whoever is connected. What was
        removed, and whether nothing of it is left in the database's files (a long reader may
        prevent that for a while). Refused ``not_found`` when there is no such visitor."""
        erased = await self._store.erase(visitor_id)
        await self._done(erased)
        log.info("visitor.erased", conversations=len(erased.conversation_ids))
        return erased, await self._scrub()

    def follow(self, events: Sequence[Event]) -> None:
        """Follows the log: what was taken back is to be cleared up after."""
        if any(event.type == "redacted" for event in events):
            self._unscrubbed = True
            self._taken_back.set()

    async def clear_up(self) -> None:
        """Wait until something is taken back, then leave nothing of it in caches or files."""
        await self._taken_back.wait()
        self._taken_back.clear()
        try:
            await self._forget()
            await self._scrub()
        except BaseException:
            self._taken_back.set()
            raise

    async def sweep(self) -> int:
        """Remove what each site keeps no longer; the number of conversations removed. Nothing while
        the time is in doubt."""
        now = self._clock()
        if now is None:
            log.warning("retention.postponed", reason="the clock is in doubt")
            return 0
        swept = Counter[str]()

        async def sweep_site(site: SiteKey) -> None:
            before = now - kept[site] * DAY_S
            while True:
                erased = await self._store.expire(site, before, AT_ONCE)
                await self._done(erased)
                swept["conversations"] += len(erased.conversation_ids)
                swept["visitors"] += erased.visitors
                if len(erased.conversation_ids) < AT_ONCE > erased.visitors:
                    break

        async def sweep_silent(site: SiteKey) -> None:
            before, more = now - SILENT_DAYS * DAY_S, True
            while more:
                place = self._looked_to.get(site, (0.0, ""))
                found = await self._store.expire_silent(site, before, place, LOOKED_AT)
                self._looked_to[site], more = found.place, found.more
                swept["visitors"] += found.removed
                self._unscrubbed |= found.removed > 0

        kept = await self._store.retention()
        silent = await self._store.known_sites()
        work = [partial(sweep_site, site) for site in kept]
        work += [partial(sweep_silent, site) for site in silent]
        try:
            await each(work, lambda sweep: sweep())
        finally:
            if self._unscrubbed:
                await self._scrub()
            if swept.total():
                log.info("retention.swept", **swept)
        return swept["conversations"]

    async def _done(self, erased: Erased) -> None:
        if erased.conversation_ids or erased.visitors:
            self._unscrubbed = True
            await self._forget()
        self._log.tell(erased.events)

    async def _scrub(self) -> bool:
        scrubbed = await self._store.scrub()
        self._unscrubbed = not scrubbed
        if not scrubbed:
            log.warning(
                "erasure.journal_kept",
                detail="a reader holds the journal; it is tried again "
                "with the next erasure or sweep and when the server stops",
            )
        return scrubbed
