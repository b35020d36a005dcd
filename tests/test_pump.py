"""The pump and the tail: in order, once each, whatever wakes it and however it is interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.model import (
    ConversationId,
    Cursor,
    Event,
    OperatorId,
    Refused,
    SiteKey,
    VisitorId,
)
from translate_proxy.records import LogPage
from translate_proxy.sockets import delivery
from translate_proxy.sockets.delivery import Gone, Pump, Tail, concerns


def event(cursor: int, visitor: str = "v", owner: str | None = None) -> Event:
    return Event(
        cursor=Cursor(cursor),
        conversation_id=ConversationId(f"c-{visitor}"),
        type="message",
        at=0.0,
        body={},
        site=SiteKey("shop"),
        visitor_id=VisitorId(visitor),
        owner=None if owner is None else OperatorId(owner),
        owner_after=None if owner is None else OperatorId(owner),
    )


class Link:
    """A log of events 1 to ``newest`` and a socket that keeps what it is sent."""

    def __init__(self, newest: int = 0) -> None:
        self.newest = newest
        self.reads = 0
        self.sent: list[tuple[str, Any]] = []
        self.refusals = 0
        self.gone_after: int | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def read(self, after: Cursor) -> LogPage:
        self.reads += 1
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise Refused("unavailable", "away", 1.0)
        until = min(self.newest, after + 10)
        events = tuple(event(cursor) for cursor in range(after + 1, until + 1))
        return LogPage(events, Cursor(max(until, after)), until < self.newest)

    async def send(self, name: str, data: dict[str, Any]) -> None:
        await self.open.wait()
        if self.gone_after is not None and len(self.sent) >= self.gone_after:
            raise Gone
        self.sent.append((name, data))
        await asyncio.sleep(0)

    @property
    def cursors(self) -> list[int]:
        return [data["cursor"] for name, data in self.sent if name == "event"]


class Memory(Link):
    """A link whose newest events are in memory from ``since`` on; ``full``: the client has too
    much to read."""

    def __init__(self, newest: int, since: int) -> None:
        super().__init__(newest)
        self.since = since
        self.full = False
        self.handed: list[list[int]] = []

    def peek(self, after: Cursor) -> LogPage | None:
        if after < self.since:
            return None
        found = tuple(event(cursor) for cursor in range(after + 1, self.newest + 1))
        return LogPage(found, Cursor(max(self.newest, after)), more=False)

    def hand(self, events: Sequence[Event]) -> bool:
        if not self.full:
            self.handed.append([one.cursor for one in events])
            self.sent += [("event", one.wire()) for one in events]
        return not self.full


async def settled(link: Link, count: int) -> None:
    async with asyncio.timeout(60):
        while len(link.sent) < count:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)  # whatever there may be too much would come now


async def test_the_welcome_comes_first_then_everything_in_order() -> None:
    link = Link(newest=37)
    pump = Pump(Cursor(5), link.read, link.send)
    pump.begin({"head": 37}, [event(4), event(5)])
    await settled(link, 35)
    assert link.sent[0] == ("welcome", {"head": 37})
    assert link.cursors == [4, 5, *range(6, 38)]
    assert pump.position == 37


async def test_many_wakes_deliver_once() -> None:
    link = Link()
    pump = Pump(Cursor(0), link.read, link.send)
    for newest in range(1, 200):
        link.newest = newest
        pump.wake()
        if newest % 7 == 0:
            await asyncio.sleep(0)
    await settled(link, 199)
    assert link.cursors == list(range(1, 200))
    pump.wake()
    pump.wake()
    await asyncio.sleep(0.05)
    assert len(link.sent) == 199


async def test_it_reads_no_further_while_the_socket_is_full() -> None:
    link = Link(newest=100)
    link.open.clear()
    pump = Pump(Cursor(0), link.read, link.send)
    pump.wake()
    for _ in range(20):
        pump.wake()
        await asyncio.sleep(0)
    assert link.reads == 1
    link.open.set()
    await settled(link, 100)
    assert link.cursors == list(range(1, 101))


async def test_a_store_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RETRY_S", 0.01)
    link = Link(newest=3)
    link.refusals = 3
    Pump(Cursor(0), link.read, link.send).wake()
    await settled(link, 3)
    assert link.cursors == [1, 2, 3]


async def test_a_socket_that_is_gone_ends_it() -> None:
    link = Link(newest=9)
    link.gone_after = 4
    pump = Pump(Cursor(0), link.read, link.send)
    pump.wake()
    await settled(link, 4)
    reads = link.reads
    pump.wake()
    await asyncio.sleep(0.02)
    assert link.cursors == [1, 2, 3, 4]
    assert link.reads == reads
    assert pump.position == 4


async def test_stopped_is_stopped() -> None:
    link = Link(newest=9)
    link.open.clear()
    pump = Pump(Cursor(0), link.read, link.send)
    pump.wake()
    await asyncio.sleep(0.01)
    pump.stop()
    link.open.set()
    pump.wake()
    await asyncio.sleep(0.02)
    assert link.sent == []


# -- the tail -----------------------------------------------------------------------------------


def seen(log: Sequence[Event], after: int, visitor: str) -> list[int]:
    return [one.cursor for one in log if one.cursor > after and one.visitor_id == visitor]


@given(
    told=st.lists(st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=40),
    after=st.integers(0, 60),
    limit=st.integers(1, 5),
    size=st.integers(1, 8),
)
def test_what_the_tail_answers_is_what_the_log_has(
    told: list[tuple[int, str]], after: int, limit: int, size: int
) -> None:
    """``told`` are (cursors that another node took before, visitor): those are never told."""
    tail = Tail(size)
    log: list[Event] = []
    hidden: set[int] = set()
    for gap, visitor in told:
        for _ in range(gap):
            log.append(event(len(log) + 1, visitor))
            hidden.add(len(log))
        log.append(event(len(log) + 1, visitor))
        tail.add(log[-1])
    page = tail.page(Cursor(after), limit, lambda one: one.visitor_id == "a")
    if page is None:
        return
    assert page.looked_to >= after
    expected = [cursor for cursor in seen(log, after, "a") if cursor <= page.looked_to]
    assert [one.cursor for one in page.events] == expected
    assert not hidden & set(range(after + 1, page.looked_to + 1))
    assert len(page.events) <= limit
    assert page.more == bool(seen(log, page.looked_to, "a"))


def test_the_tail_answers_what_it_was_told_last() -> None:
    tail = Tail(10)
    for cursor in range(1, 100):
        tail.add(event(cursor))
    for after in range(90, 99):
        page = tail.page(Cursor(after), 100, lambda _event: True)
        assert page is not None
        assert [one.cursor for one in page.events] == list(range(after + 1, 100))
    assert tail.page(Cursor(5), 100, lambda _event: True) is None
    assert tail.page(Cursor(100), 100, lambda _event: True) is None


def test_the_tail_forgets() -> None:
    tail = Tail()
    tail.add(event(1))
    tail.forget()
    assert tail.page(Cursor(0), 100, lambda _event: True) is None
    tail.add(event(2))
    page = tail.page(Cursor(1), 100, lambda _event: True)
    assert page is not None
    assert [one.cursor for one in page.events] == [2]


@pytest.mark.parametrize(
    ("owner", "opened", "expected"),
    [(None, (), True), ("o", (), True), ("other", (), False), ("other", ("c-v",), True)],
)
def test_whom_an_event_concerns(
    owner: str | None, opened: tuple[str, ...], *, expected: bool
) -> None:
    assert concerns("o", [SiteKey("shop")], opened, event(1, owner=owner)) is expected
    assert not concerns("o", [SiteKey("elsewhere")], opened, event(1, owner=owner))


async def test_what_memory_holds_is_handed_over_together_and_nothing_is_read() -> None:
    link = Memory(newest=3, since=0)
    pump = Pump(Cursor(0), link.read, link.send, link.peek, link.hand)
    for _ in range(3):
        pump.wake()
    await settled(link, 3)
    assert (link.handed, link.reads) == ([[1, 2, 3]], 0)
    link.newest = 4
    pump.wake()
    await settled(link, 4)
    assert link.cursors == [1, 2, 3, 4]
    assert link.reads == 0


@pytest.mark.parametrize("full", [True, False])
async def test_what_memory_does_not_hold_or_the_client_cannot_take_is_sent_as_ever(
    full: bool,
) -> None:
    link = Memory(newest=25, since=0 if full else 20)
    link.full = full
    pump = Pump(Cursor(0), link.read, link.send, link.peek, link.hand)
    pump.wake()
    await settled(link, 25)
    link.full = False
    link.newest = 26
    pump.wake()
    await settled(link, 26)
    assert link.cursors == list(range(1, 27))
    assert link.handed == [[26]]


async def test_a_client_that_is_gone_is_handed_nothing_more() -> None:
    link = Memory(newest=1, since=0)
    tried = []

    def hand(events: Sequence[Event]) -> bool:
        tried.append(events)
        raise Gone

    pump = Pump(Cursor(0), link.read, link.send, link.peek, hand)
    pump.wake()
    await asyncio.sleep(0.02)
    pump.wake()
    await asyncio.sleep(0.02)
    assert (len(tried), link.reads) == (1, 0)


def test_the_json_of_an_event_is_what_goes_over_the_wire() -> None:
    one = event(7)
    assert json.loads(one.json()) == one.wire()
    assert one.json() is one.json()
