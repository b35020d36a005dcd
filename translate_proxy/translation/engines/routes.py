"""Which models lead from one language to another.

A graph of what the engines offer and what the admin configured. The cheapest path wins: a model
costs what its engine says (an Argos model 1.0) and every further leg ``PIVOT_COST`` more, because a
second translation doubles the errors, so a direct model always comes before a pivot. A configured
pair can forbid its direction, pin its engine, or name its pivots.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from translate_proxy.model import Language
from translate_proxy.settings import PairSettings
from translate_proxy.text import tags
from translate_proxy.translation.engines.engine import EnginePair

PIVOT_COST = 10.0
"""Added for every leg after the first."""
_OTHER_VARIANT = 0.5
"""Added where a regional variant stands in for another: ``pt-BR`` for ``pt``."""
MAX_LEGS = 3
"""Longer routes are not looked for; a configured ``via`` may be longer."""
DEFAULT_ENGINE = "argos"


@dataclass(frozen=True)
class Route:
    """``languages``: as the caller wrote the ends, with the pivots between; one leg per step."""

    languages: tuple[Language, ...]
    legs: tuple[EnginePair, ...]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Name the models of the legs, for caches."""
        return tuple(leg.key for leg in self.legs)

    @cached_property
    def engine(self) -> str:
        """The engines of the legs, each once: ``argos`` or ``argos+firefox``."""
        return "+".join(dict.fromkeys(leg.engine for leg in self.legs))


class Routes:
    """Answers from one snapshot of pairs; made anew when packages change."""

    def __init__(self, offered: Sequence[EnginePair], configured: Sequence[PairSettings]) -> None:
        self._rules = {
            (tags.canonical(rule.source), tags.canonical(rule.target)): rule for rule in configured
        }
        self._edges: dict[Language, list[EnginePair]] = {}
        for pair in offered:
            if pair.problem is None and self._allowed(pair):
                self._edges.setdefault(pair.source, []).append(pair)
        self._found: dict[tuple[Language, Language], Route | None] = {}

    def _allowed(self, pair: EnginePair) -> bool:
        rule = self._rules.get((pair.source, pair.target))
        pinned = rule.engine if rule and rule.engine else DEFAULT_ENGINE
        return (rule is None or rule.enabled) and pair.engine == pinned

    def find(self, source: Language, target: Language) -> Route | None:
        """The route that is used; None when there is none or the admin forbade the direction."""
        if (source, target) not in self._found:
            if len(self._found) > 10_000:  # tags come from browsers: do not keep them for ever
                self._found.clear()
            self._found[source, target] = self._search(source, target)
        return self._found[source, target]

    def forbidden(self, source: Language, target: Language) -> bool:
        """Whether the admin has switched this direction off."""
        rule = self._rule(source, target)
        return rule is not None and not rule.enabled

    def _search(self, source: Language, target: Language) -> Route | None:
        if self.forbidden(source, target):
            return None
        rule = self._rule(source, target)
        if rule is None or not rule.via:
            return self._cheapest(source, target, MAX_LEGS)
        stops = (source, *rule.via, target)
        parts = [self._cheapest(*step, 1) for step in pairwise(stops)]
        if any(part is None for part in parts):
            return None
        return Route(stops, tuple(leg for part in parts if part for leg in part.legs))

    def _rule(self, source: Language, target: Language) -> PairSettings | None:
        for start in tags.lookups(source):
            for end in tags.lookups(target):
                if (start, end) in self._rules:
                    return self._rules[start, end]
        return None

    def _cheapest(self, source: Language, target: Language, most: int) -> Route | None:
        """Dijkstra over languages; a queue entry is (cost, tie-break, place, legs)."""
        ends = self._stand_ins(target)
        queue: list[tuple[float, int, Language, tuple[EnginePair, ...]]] = []
        for place, extra in self._stand_ins(source).items():
            heapq.heappush(queue, (extra, len(queue), place, ()))
        order = len(queue)
        best: dict[tuple[Language, int], float] = {}
        while queue:
            cost, _, place, legs = heapq.heappop(queue)
            if legs and place == _FINISH:
                pivots = tuple(leg.target for leg in legs[:-1])
                return Route((source, *pivots, target), legs)
            if best.get((place, len(legs)), cost + 1) <= cost:
                continue
            best[place, len(legs)] = cost
            if legs and place in ends:
                order += 1
                heapq.heappush(queue, (cost + ends[place], order, _FINISH, legs))
            if len(legs) == most:
                continue
            for pair in self._edges.get(place, ()):
                if any(pair.target == leg.source for leg in legs):
                    continue
                order += 1
                step = pair.cost + (PIVOT_COST if legs else 0.0)
                heapq.heappush(queue, (cost + step, order, pair.target, (*legs, pair)))
        return None

    def _stand_ins(self, tag: Language) -> dict[Language, float]:
        """The graph's languages that can be read or written as ``tag``, with what it costs."""
        places = set(self._edges) | {p.target for pairs in self._edges.values() for p in pairs}
        exact = tags.canonical(tag)
        return {
            place: 0.0 if place == exact else _OTHER_VARIANT
            for place in sorted(places)
            if tags.same(place, exact)
        }


_FINISH = "\0finish"
