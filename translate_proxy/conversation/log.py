"""Append to the log and tell those who follow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from translate_proxy.commands import Command, Receipt
from translate_proxy.interfaces import Log
from translate_proxy.model import Event
from translate_proxy.records import Arrived, VisitorArrival

Follower = Callable[[Sequence[Event]], None]
"""Told of new events after their commit, in commit order; must not block."""

log = structlog.get_logger(__name__)


class ConversationLog:
    """The only way to append. Followers learn of an event after it is durable; a follower that
    fails is logged and does not undo what is stored. Whoever stops waiting for an append (a call
    that takes too long is answered without it) stops neither it nor the followers from learning
    of it: the relay would not translate the message before the next start."""

    def __init__(self, store: Log) -> None:
        self.store = store
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """Tell this follower of every event from now on."""
        self._followers.append(follower)

    async def append(self, command: Command) -> Receipt:
        """Returns after the commit; Refused as ``Log.append``."""
        return await self.store.append(command, self._told)

    async def arrive(
        self, arrival: VisitorArrival, told: Callable[[Arrived], None] = lambda _arrived: None
    ) -> Arrived:
        """As ``Log.arrive``, with the events of a merge told before ``told``."""

        def both(arrived: Arrived) -> None:
            self._told(arrived)
            told(arrived)

        return await self.store.arrive(arrival, both)

    def _told(self, outcome: Receipt | Arrived) -> None:
        self.tell(outcome.events)

    def tell(self, events: Sequence[Event]) -> None:
        """What the store has appended, to everyone who follows."""
        if not events:
            return
        for follower in self._followers:
            try:
                follower(events)
            except Exception:
                log.exception("log.follower_failed", cursor=events[-1].cursor)
