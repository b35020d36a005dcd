"""Forgetting people: on request, and when the time that a shop keeps conversations is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from translate_proxy.conversation.log import ConversationLog
from translate_proxy.interfaces import Clock, Keeping
from translate_proxy.model import Refused, VisitorId
from translate_proxy.records import Erased

DAY_S = 86_400.0
RETRY_S = 60.0
AT_ONCE = 50
"""Conversations removed in one transaction: others append in between."""

log = structlog.get_logger(__name__)


class Erasure:
    """``forget`` empties every cache of texts, whole: what was translated for one person is not
    marked as theirs. ``clock``: UTC epoch seconds."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        store: Keeping,
        forget: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._log = conversation_log
        self._store = store
        self._forget = forget
        self._clock = clock

    async def erase(self, visitor_id: VisitorId) -> tuple[Erased, bool]:
        """Remove a visitor and all that was said with them; tell whoever is connected. What was
        removed, and whether nothing of it is left in the database's files (a long reader may
        prevent that for a while). Refused ``not_found`` when there is no such visitor."""
        erased = await self._store.erase(visitor_id)
        self._done(erased)
        log.info("visitor.erased", conversations=len(erased.conversation_ids))
        return erased, await self._scrub()

    async def sweep(self) -> int:
        """Remove what each site keeps no longer; the number of conversations removed."""
        conversations = people = 0
        for site, days in (await self._store.retention()).items():
            before = self._clock() - days * DAY_S
            while True:
                erased = await self._store.expire(site, before, AT_ONCE)
                self._done(erased)
                conversations += len(erased.conversation_ids)
                people += erased.visitors
                if len(erased.conversation_ids) < AT_ONCE > erased.visitors:
                    break
        if conversations or people:
            await self._scrub()
            log.info("retention.swept", conversations=conversations, visitors=people)
        return conversations

    async def run(self) -> None:
        """Sweep now and once a day."""
        while True:
            try:
                await self.sweep()
            except Refused as refused:
                log.warning("retention.postponed", reason=refused.code)
                await asyncio.sleep(RETRY_S)
            else:
                await asyncio.sleep(DAY_S)

    def _done(self, erased: Erased) -> None:
        if erased.conversation_ids or erased.visitors:
            self._forget()
        self._log.tell(erased.events)

    async def _scrub(self) -> bool:
        scrubbed = await self._store.scrub()
        if not scrubbed:
            log.warning(
                "erasure.journal_kept",
                detail="a reader holds the journal; it is tried "
                "again with the next erasure and when the server stops",
            )
        return scrubbed
