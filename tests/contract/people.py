"""Who the contract tests are about, and short words for what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from translate_proxy import commands as c
from translate_proxy.model import (
    ConversationId,
    Event,
    MessageId,
    Operator,
    OperatorId,
    Site,
    SiteKey,
    Translation,
    TranslationStatus,
    VisitorId,
    new_id,
)
from translate_proxy.records import VisitorArrival
from translate_proxy.storage.store import Store

START = 1_800_000_000.0
SHOP = Site(SiteKey("shop"), "Shop", ("https://shop.example",), ("pt", "fi", "en"), "pt", "s" * 16)
OTHER = Site(SiteKey("other"), "Other", ("https://other.example",), ("en",), "en")
EVA = Operator(OperatorId(new_id()), "eva@example.com", "Eva", ("en",), (SHOP.key,))
TIM = Operator(OperatorId(new_id()), "tim@example.com", "Tim", ("fi", "en"), role="supervisor")
PAT = Operator(OperatorId(new_id()), "pat@example.com", "Pat", ("en",), (SHOP.key,))


@dataclass
class Clock:
    """A clock that only the test moves. Seconds."""

    now: float = START

    def __call__(self) -> float:
        return self.now


class OpenStore(Protocol):
    """Opens one more store on the same database."""

    async def __call__(self, *, demo: bool = False, append_queue: int = 2000) -> Store: ...


def arrival(site: Site = SHOP, visitor_id: VisitorId | None = None, **known: Any) -> VisitorArrival:
    """A connecting page."""
    told: dict[str, Any] = {
        "locale": None,
        "browser_languages": (),
        "page_language": None,
        "page": None,
    }
    return VisitorArrival(site=site.key, visitor_id=visitor_id, **told | known)


@dataclass
class Person:
    """A visitor and the store they talk to."""

    store: Store
    id: VisitorId
    site: Site = SHOP

    @classmethod
    async def arrives(cls, store: Store, site: Site = SHOP, **known: Any) -> Person:
        arrived = await store.arrive(arrival(site, **known))
        return cls(store, arrived.visitor.id, site)

    async def says(
        self, text: str = "Olá", client_id: str | None = None, store: Store | None = None
    ) -> c.Receipt:
        command = c.SendVisitorMessage(client_id or new_id(), self.site.key, self.id, text)
        return await (store or self.store).append(command)

    async def begins(self, text: str = "Olá") -> ConversationId:
        """Says something; the conversation."""
        return ConversationId((await self.says(text)).answer["conversation_id"])

    async def closes(self) -> c.Receipt:
        return await self.store.append(c.CloseByVisitor(new_id(), self.id))

    async def sees(self, after: int = 0) -> list[Event]:
        """Everything in the visitor's stream."""
        page = await self.store.read_visitor(self.id, after, 1000)  # type: ignore[arg-type]
        assert not page.more
        return list(page.events)


async def claim(
    store: Store, conversation_id: ConversationId, operator: Operator = EVA
) -> c.Receipt:
    return await store.append(c.Claim(new_id(), operator, conversation_id))


async def answer(
    store: Store, conversation_id: ConversationId, text: str = "Hi", operator: Operator = EVA
) -> c.Receipt:
    return await store.append(c.SendOperatorMessage(new_id(), operator, conversation_id, text))


async def translated(
    store: Store,
    sent: c.Receipt,
    text: str = "Hello",
    language: str = "en",
    status: TranslationStatus = "translated",
    *,
    settles: bool = False,
) -> c.Receipt:
    """The relay's translation of a message that was sent."""
    made = Translation(MessageId(sent.answer["message_id"]), language, text, status)
    conversation_id = ConversationId(sent.answer["conversation_id"])
    return await store.append(c.RecordTranslation(conversation_id, made, settles))


async def judged(
    store: Store, sent: c.Receipt, visitor_id: str, language: str = "pt", **state: Any
) -> c.Receipt:
    """The relay's finding of a message's language."""
    return await store.append(
        c.RecordLanguage(
            conversation_id=ConversationId(sent.answer["conversation_id"]),
            of="visitor",
            author_id=visitor_id,
            message_id=MessageId(sent.answer["message_id"]),
            language=language,
            confidence=0.9,
            source="detected",
            changed=True,
            message_language=language,
            state=state,
        )
    )


def types(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


def texts(events: Sequence[Event]) -> list[str]:
    """Of the messages among them."""
    return [event.body["message"]["text"] for event in events if event.type == "message"]
