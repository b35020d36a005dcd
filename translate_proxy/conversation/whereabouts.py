"""Where visitors are: the page each has open, those before it, and whether they are here at all.

Kept in memory: it is true only while a socket is open, and shortly after, since every step from one
page of a shop to the next closes a socket and opens another. Everything here runs on the event loop
and returns at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from translate_proxy.model import VisitorId, rfc3339

Here = Literal["here", "away", "gone"]
"""A page is open; the last one was closed a moment ago, perhaps for the next; none is."""
GONE_S = 60.0
"""How long somebody without an open page is ``away`` before they are ``gone``."""
PAGES = 20
"""How many earlier pages are kept of a visitor,"""
PAGES_CHARACTERS = 8_000
"""and how much text of them."""


@dataclass(slots=True)
class _Visit:
    page: Mapping[str, Any] | None = None
    since: float = 0.0
    pages: list[dict[str, Any]] = field(default_factory=list)
    tabs: int = 0
    left_at: float = 0.0


class Whereabouts:
    """``clock``: UTC epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._visits: dict[VisitorId, _Visit] = {}
        self._changed: set[VisitorId] = set()

    def arrive(self, visitor_id: VisitorId, page: Mapping[str, Any] | None) -> None:
        """A socket of theirs has connected. ``page`` in wire form, with the cart."""
        self._visits.setdefault(visitor_id, _Visit()).tabs += 1
        self.move(visitor_id, page)

    def move(self, visitor_id: VisitorId, page: Mapping[str, Any] | None) -> None:
        """They are on another page, or the page has changed."""
        visit = self._visits.get(visitor_id)
        if visit is None:
            return
        self._changed.add(visitor_id)
        if page is None:
            return
        before = visit.page
        if before is None or before.get("url") != page.get("url"):
            if before is not None:
                seen = {key: before[key] for key in ("url", "title") if key in before}
                visit.pages.append({**seen, "at": rfc3339(visit.since)})
                _shorten(visit.pages)
            visit.since = self._clock()
        visit.page = page

    def leave(self, visitor_id: VisitorId) -> None:
        """A socket of theirs has closed."""
        visit = self._visits.get(visitor_id)
        if visit is None:
            return
        visit.tabs -= 1
        if visit.tabs <= 0:
            visit.left_at = self._clock()
            self._changed.add(visitor_id)

    def forget(self, visitor_id: VisitorId) -> None:
        """Erased: nothing of them is kept."""
        self._visits.pop(visitor_id, None)
        self._changed.discard(visitor_id)

    def take_changes(self) -> dict[VisitorId, dict[str, Any]]:
        """Who is elsewhere since the last time this was asked, in wire form. Visits that ended a
        while ago are told as ``gone``, once, and forgotten."""
        now = self._clock()
        over = [
            visitor_id
            for visitor_id, visit in self._visits.items()
            if visit.tabs <= 0 and now - visit.left_at >= GONE_S
        ]
        changed, self._changed = self._changed | set(over), set()
        told = {visitor_id: self.of(visitor_id) for visitor_id in changed}
        for visitor_id in over:
            del self._visits[visitor_id]
        return told

    def of(self, visitor_id: VisitorId) -> dict[str, Any]:
        """``{here, page?, pages?, cart?}``: what is not known any more is left out."""
        visit = self._visits.get(visitor_id)
        if visit is None:
            return {"here": "gone"}
        told: dict[str, Any] = {"here": self._here(visit), "pages": list(visit.pages)}
        if visit.page is not None:
            told["page"] = {key: value for key, value in visit.page.items() if key != "cart"}
            told["cart"] = visit.page.get("cart")
        return told

    def _here(self, visit: _Visit) -> Here:
        if visit.tabs > 0:
            return "here"
        return "gone" if self._clock() - visit.left_at >= GONE_S else "away"


def _shorten(pages: list[dict[str, Any]]) -> None:
    """Keep the newest that fit."""
    del pages[:-PAGES]
    while sum(len(text) for page in pages for text in page.values()) > PAGES_CHARACTERS:
        del pages[0]
