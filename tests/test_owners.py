"""Whose presence a visitor is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from translate_proxy.conversation.desk import Desk
from translate_proxy.model import (
    ConversationId,
    Cursor,
    Event,
    Operator,
    OperatorId,
    SiteKey,
    VisitorId,
)
from translate_proxy.sockets.owners import Owners

ANA = Operator(OperatorId("ana"), "ana@x.example", "Ana", ("en",))
GUEST = VisitorId("guest")
Owner = tuple[OperatorId, str] | None


def event(type_: str, **body: object) -> Event:
    return Event(
        Cursor(1), ConversationId("c"), type_, 0.0, body, SiteKey("shop"), GUEST, None, None
    )


TAKEN = event("assigned", operator={"id": ANA.id, "name": ANA.name})
GIVEN = event("transferred", to={"id": "kai", "name": "Kai"})
CLOSED = event("closed", by={"from": "visitor"})


def slow(*answers: Owner) -> tuple[Callable[[], asyncio.Future[Owner]], list[Callable[[], None]]]:
    """Looks up, each time when it is let; what it is asked first it answers first."""
    left, letting = list(answers), []

    def ask() -> asyncio.Future[Owner]:
        answer: asyncio.Future[Owner] = asyncio.get_running_loop().create_future()
        letting.append(lambda: answer.set_result(left.pop(0)))
        return answer

    return ask, letting


async def test_who_takes_a_conversation_while_its_visitor_arrives_is_not_missed() -> None:
    desk = Desk()
    desk.arrive("socket", ANA)
    for told, before, after, shown in (
        (TAKEN, None, (ANA.id, "Ana"), {"name": "Ana", "here": True}),
        (GIVEN, (ANA.id, "Ana"), (OperatorId("kai"), "Kai"), {"name": "Kai", "here": False}),
        (CLOSED, (ANA.id, "Ana"), None, None),
    ):
        owners = Owners(desk)
        ask, letting = slow(before, after)
        adding = asyncio.create_task(owners.add(GUEST, ask))
        await asyncio.sleep(0)
        assert not owners.follow([told])  # nobody to tell yet
        letting.pop()()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        letting.pop()()
        await adding
        assert owners.of(GUEST) == shown


async def test_what_happens_afterwards_is_followed_until_the_visitor_is_gone() -> None:
    owners = Owners(Desk())
    ask, letting = slow(None)
    adding = asyncio.create_task(owners.add(GUEST, ask))
    await asyncio.sleep(0)
    letting.pop()()
    await adding
    assert owners.of(GUEST) is None
    assert owners.follow([event("message", message={}), TAKEN])
    assert owners.of(GUEST) == {"name": "Ana", "here": False}
    owners.remove(GUEST)
    assert not owners.follow([GIVEN])
    assert owners.of(GUEST) is None
