"""Who answers a visitor, and whether that person is at the desk: theirs is the presence that a
visitor is shown, not the shop's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from translate_proxy.conversation.desk import Desk
from translate_proxy.model import Event, OperatorId, VisitorId

_TAKES = {"assigned": "operator", "transferred": "to"}
"""Events after which somebody else answers, and the field that names them."""
_ENDS = frozenset({"closed", "erased", "queued"})


class Owners:
    """Of the visitors that have been added; in memory, kept up by the log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._owners: dict[VisitorId, tuple[OperatorId, str] | None] = {}
        self._changes = 0

    async def add(
        self,
        visitor_id: VisitorId,
        ask: Callable[[], Awaitable[tuple[OperatorId, str] | None]],
    ) -> None:
        """A visitor connects; ``ask`` looks up which operator (id, name) answers them. The visitor
        is in here when this returns, whoever took or left a conversation while it was looked up."""
        while True:
            changes = self._changes
            operator = await ask()
            if changes == self._changes:
                break
        self._owners[visitor_id] = operator

    def remove(self, visitor_id: VisitorId) -> None:
        """The visitor's last socket is gone."""
        self._owners.pop(visitor_id, None)

    def follow(self, events: Sequence[Event]) -> bool:
        """Learn who answers whom now; whether that changed anything."""
        changed = False
        for event in events:
            if event.type in _TAKES or event.type in _ENDS:
                self._changes += 1
            if event.visitor_id not in self._owners:
                continue
            if event.type in _TAKES:
                who = event.body[_TAKES[event.type]]
                self._owners[event.visitor_id] = OperatorId(who["id"]), who["name"]
                changed = True
            elif event.type in _ENDS:
                self._owners[event.visitor_id] = None
                changed = True
        return changed

    def of(self, visitor_id: VisitorId) -> dict[str, Any] | None:
        """``{name, here}``: ``here`` while they are online. None while nobody answers."""
        owner = self._owners.get(visitor_id)
        if owner is None:
            return None
        operator_id, name = owner
        return {"name": name, "here": self._desk.availability_of(operator_id) == "online"}
