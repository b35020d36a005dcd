"""The relay on the real store and judge, for its tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes import QuickTranslator
from translate_proxy import commands as c
from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.conversation.relay import Relay
from translate_proxy.language.judge import Judge
from translate_proxy.model import (
    ConversationId,
    Operator,
    OperatorId,
    Site,
    SiteKey,
    VisitorId,
    new_id,
)
from translate_proxy.records import VisitorArrival
from translate_proxy.settings import LanguageSettings
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

SHOP = SiteKey("shop")
SITE = Site(SHOP, "Shop", (), ("en", "pt", "fi"), "en")
ANA = Operator(OperatorId(new_id()), "ana@shop.example", "Ana", ("en",))
KAI = Operator(OperatorId(new_id()), "kai@shop.example", "Kai", ("fi", "pt"))


@dataclass
class Rig:
    """One server's worth of conversation, without sockets."""

    store: Store
    log: ConversationLog
    relay: Relay
    desk: Desk
    translator: QuickTranslator

    async def visitor(self, locale: str) -> VisitorId:
        arrival = VisitorArrival(SHOP, None, locale, (locale,), locale, None)
        return (await self.log.arrive(arrival)).visitor.id

    async def visitor_says(self, visitor: VisitorId, text: str) -> Any:
        return (await self.log.append(c.SendVisitorMessage(new_id(), SHOP, visitor, text))).answer

    async def operator_says(self, one: Operator, where: ConversationId, text: str) -> Any:
        return (await self.log.append(c.SendOperatorMessage(new_id(), one, where, text))).answer

    async def events(self, where: ConversationId, type_: str) -> list[dict[str, Any]]:
        page = await self.store.history(where, "operator", None, 200)
        return [event.wire() for event in page.events if event.type == type_]

    async def settled(self) -> None:
        async with asyncio.timeout(120):
            while self.relay.unfinished:
                await self.relay.drain(1)


Start = Callable[..., Any]


def warm_judge() -> Iterator[Judge]:
    """For a module's fixture: loading the detector is not what is tested."""
    judge = Judge(LanguageSettings(time_box_seconds=5), time.monotonic)
    asyncio.run(judge.start(SITE.languages))
    yield judge
    asyncio.run(judge.close())


def starter(folder: Path, judge: Judge) -> Start:
    """A context manager that starts a rig on the test's data folder; again is a restart."""

    @asynccontextmanager
    async def rig(translator: QuickTranslator | None = None) -> AsyncIterator[Rig]:
        store = Store(sqlite_url(folder), time.time)
        await store.open([SITE])
        for one in (ANA, KAI):
            if await store.operator(one.id) is None:
                await store.add_operator(one, "hash")
        quick = translator or QuickTranslator()
        log, desk = ConversationLog(store), Desk()
        audience = Audience(store, desk, judge, quick)
        relay = Relay(log, judge, quick, audience, deadline_s=30)
        await relay.start()
        try:
            yield Rig(store, log, relay, desk, quick)
        finally:
            await relay.close()
            await store.close()

    return rig
