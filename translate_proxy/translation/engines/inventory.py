"""What can be translated now: the pairs that the engines offer, how each of them is, and the routes
between them. A value without engines, so that whoever has none can answer from it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from translate_proxy.interfaces import PairStatus
from translate_proxy.model import Language
from translate_proxy.settings import PairSettings
from translate_proxy.text import tags
from translate_proxy.translation.engines.engine import EnginePair
from translate_proxy.translation.engines.routes import DEFAULT_ENGINE, Routes


@dataclass(frozen=True)
class Inventory:
    """``configured`` are the admin's pairs, ``engines`` the names of those there are. ``loaded``
    and ``failures`` (why the last try to load failed, one sentence) go by a pair's key."""

    configured: tuple[PairSettings, ...]
    offered: tuple[EnginePair, ...] = ()
    engines: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def routes(self) -> Routes:
        """The routes between what is offered."""
        return Routes(self.offered, self.configured)

    def route(self, source: Language, target: Language) -> tuple[Language, ...] | None:
        """``(source, ..., target)``; None without a route. The same language needs none."""
        if tags.same(source, target):
            return (source, target)
        found = self.routes.find(source, target)
        return found.languages if found else None

    def pairs(self) -> Sequence[PairStatus]:
        """Installed pairs first, then configured ones that cannot be served."""
        rules = {
            (tags.canonical(rule.source), tags.canonical(rule.target)): rule
            for rule in self.configured
        }
        found = [self._status(pair, (pair.source, pair.target) in rules) for pair in self.offered]
        for rule in self.configured:
            if not rule.enabled or self.routes.find(rule.source, rule.target):
                continue
            engine = rule.engine or DEFAULT_ENGINE
            ends = (tags.canonical(rule.source), tags.canonical(rule.target))
            if any((one.source, one.target, one.engine) == (*ends, engine) for one in found):
                continue  # told already, with the engine's own reason
            problem = (
                f"no installed model leads from {rule.source} to {rule.target}"
                if engine in self.engines
                else f"there is no engine named {engine}"
            )
            found.append(PairStatus(rule.source, rule.target, engine, None, True, False, problem))
        return found

    def _status(self, pair: EnginePair, configured: bool) -> PairStatus:
        return PairStatus(
            source=pair.source,
            target=pair.target,
            engine=pair.engine,
            version=pair.version,
            configured=configured,
            loaded=pair.key in self.loaded,
            problem=pair.problem or self.failures.get(pair.key),
        )
