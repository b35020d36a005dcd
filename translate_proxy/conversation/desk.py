"""Who is at the desk: which operators are connected, how they feel about it, what they look at.

Kept in memory: presence is true only while a socket is open. Everything here runs on the event
loop and returns at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from translate_proxy.model import Availability, ConversationId, Language, Operator, OperatorId

MAX_WAITING_LANGUAGES = 3


@dataclass(slots=True)
class _Seat:
    operator: Operator
    opened: set[ConversationId] = field(default_factory=set)


class Desk:
    """Seats are sockets: one operator may have several. ``changed`` is called after every change
    of somebody's availability."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.changed = changed
        self._seats: dict[str, _Seat] = {}
        self._chosen: dict[OperatorId, Availability] = {}

    def arrive(self, socket_id: str, operator: Operator) -> None:
        """An operator's socket has connected; their last choice of availability still holds."""
        self._seats[socket_id] = _Seat(operator)
        self.changed()

    def leave(self, socket_id: str) -> None:
        """The socket is gone."""
        if self._seats.pop(socket_id, None) is not None:
            self.changed()

    def choose(self, operator_id: OperatorId, availability: Availability) -> None:
        """The operator says how they are."""
        self._chosen[operator_id] = availability
        self.changed()

    def open(self, socket_id: str, conversation_id: ConversationId) -> None:
        """A conversation is looked at on this socket."""
        self._seats[socket_id].opened.add(conversation_id)

    def put_away(self, socket_id: str, conversation_id: ConversationId) -> None:
        """It no longer is."""
        self._seats[socket_id].opened.discard(conversation_id)

    def opened(self, socket_id: str) -> tuple[ConversationId, ...]:
        """What this socket looks at."""
        seat = self._seats.get(socket_id)
        return () if seat is None else tuple(sorted(seat.opened))

    def availability_of(self, operator_id: OperatorId) -> Availability:
        """``offline`` without a socket; ``online`` with one until they choose otherwise."""
        if self.present(operator_id) is None:
            return "offline"
        return self._chosen.get(operator_id, "online")

    def availability_at(self, site: str) -> Availability:
        """The best availability among a site's operators."""
        found = {self.availability_of(operator.id) for operator in self._serving(site)}
        if "online" in found:
            return "online"
        return "away" if "away" in found else "offline"

    def online(self, site: str) -> list[Operator]:
        """Who is online for a site, in order of arrival."""
        return [
            operator
            for operator in self._serving(site)
            if self.availability_of(operator.id) == "online"
        ]

    def looking_at(self, conversation_id: ConversationId) -> list[Operator]:
        """Who has this conversation open."""
        return _unique(
            seat.operator for seat in self._seats.values() if conversation_id in seat.opened
        )

    def roster(self, operator: Operator, everyone: Sequence[Operator]) -> list[dict[str, Any]]:
        """An operator and their colleagues, those with whom they share a site, in wire form."""
        return [
            {
                "id": one.id,
                "name": one.name,
                "languages": list(one.languages),
                "availability": self.availability_of(one.id),
            }
            for one in everyone
            if one.shares_site(operator)
        ]

    def present(self, operator_id: OperatorId) -> Operator | None:
        """The operator, if a socket of theirs is open."""
        seats = (seat.operator for seat in self._seats.values())
        return next((operator for operator in seats if operator.id == operator_id), None)

    def _serving(self, site: str) -> list[Operator]:
        return _unique(seat.operator for seat in self._seats.values() if seat.operator.serves(site))


def _unique(operators: Any) -> list[Operator]:
    return list({operator.id: operator for operator in operators}.values())


def waiting_readers(
    online: Sequence[Operator], everyone: Sequence[Operator], site: str
) -> list[Operator]:
    """For whom a message that nobody has taken is translated: operators online, at most three
    reading languages. With nobody online, those of the site's operators, so that whoever comes
    finds the queue readable."""
    candidates = online or [operator for operator in everyone if operator.serves(site)]
    languages: list[Language] = []
    for operator in candidates:
        if operator.reads not in languages:
            languages.append(operator.reads)
    kept = languages[:MAX_WAITING_LANGUAGES]
    return [operator for operator in candidates if operator.reads in kept]
