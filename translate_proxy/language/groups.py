"""Languages so close that a short text may be either.

Within a group the belief changes its mind later (nobody switches from Norwegian to Danish in the
middle of a chat; the text was only ambiguous so far), and where the admin permits it
(``[language] neighbours``) a visitor of a language that the site does not serve is taken for one of
the neighbouring language that it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from translate_proxy.model import Language
from translate_proxy.text.tags import primary

GROUPS: Final = (
    frozenset({"nb", "da", "sv"}),
    frozenset({"cs", "sk"}),
    frozenset({"hr", "sr", "bs", "cnr"}),
    frozenset({"et", "fi"}),
    frozenset({"pt", "gl"}),
    frozenset({"ru", "uk", "be"}),
    frozenset({"bg", "mk"}),
    frozenset({"nl", "af"}),
    frozenset({"id", "ms"}),
)
"""Primary subtags; variants of one language (``pt``, ``pt-BR``) are close without being listed."""
UNDERSTOOD: Final = {
    "nb": ("da", "sv"),
    "da": ("nb", "sv"),
    "sv": ("nb", "da"),
    "cs": ("sk",),
    "sk": ("cs",),
    "hr": ("bs", "sr"),
    "bs": ("hr", "sr"),
    "sr": ("bs", "hr"),
    "cnr": ("sr", "hr"),
    "gl": ("pt", "es"),
    "be": ("ru", "uk"),
    "mk": ("bg",),
    "af": ("nl",),
    "ms": ("id",),
    "id": ("ms",),
}
"""Whose model serves a language that has none, best first. Estonian and Finnish are close to a
detector, not to a reader."""


@lru_cache(maxsize=4096)
def close(one: Language, other: Language) -> bool:
    """Whether the two tags are of one language or of one group."""
    pair = {primary(one), primary(other)}
    return len(pair) == 1 or any(pair <= group for group in GROUPS)


def neighbour(tag: str | None, candidates: Sequence[Language]) -> Language | None:
    """The candidate whose model may serve a reader of ``tag``; None without one."""
    if not tag:
        return None
    served = {primary(candidate): candidate for candidate in reversed(candidates)}
    found = (served[near] for near in UNDERSTOOD.get(primary(tag), ()) if near in served)
    return next(found, None)
