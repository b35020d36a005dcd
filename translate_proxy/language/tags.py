"""Language tags: what a browser sends, what a site configures, what a detector calls it.

Configured tags are never rewritten; everything else is compared with them here. Source of the
rules: RFC 4647 (lookup) and the aliases of the IANA language subtag registry.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from translate_proxy.model import Language

_ALIASES: Final = {
    "no": "nb",  # a browser's "Norwegian" is bokmål
    "nn": "nb",  # bokmål readers read it, and no model tells them apart on a short text
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "mo": "ro",
    "tl": "fil",
    "pb": "pt",  # Argos's name for Brazilian Portuguese
    "zt": "zh",  # Argos's name for traditional Chinese
}
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})


@lru_cache(maxsize=1024)
def primary(tag: str) -> str:
    """The language itself, lower case, without aliases: ``nb`` for ``no-NO``."""
    subtag = tag.replace("_", "-").split("-", 1)[0].strip().lower()
    return _ALIASES.get(subtag, subtag)


def is_traditional_chinese(tag: str) -> bool:
    """Whether the tag asks for traditional characters (``zh-Hant``, ``zh-TW``, Argos's ``zt``)."""
    parts = tag.replace("_", "-").lower().split("-")
    return parts[0] == "zt" or (
        parts[0] == "zh" and "hans" not in parts and not _TRADITIONAL.isdisjoint(parts[1:])
    )


def match(tag: str | None, candidates: Sequence[Language]) -> Language | None:
    """The candidate that ``tag`` means, or None: exact, then shortened from the right, then any
    candidate of the same language (``pt-BR`` finds ``pt``, ``pt`` finds ``pt-PT``)."""
    if not tag:
        return None
    wanted = tag.replace("_", "-").strip().lower()
    if primary(tag) == "zh" and is_traditional_chinese(tag):
        written = tuple(candidate for candidate in candidates if is_traditional_chinese(candidate))
        candidates = written or tuple(candidates)
    lowered = {candidate.lower(): candidate for candidate in reversed(candidates)}
    while wanted:
        if wanted in lowered:
            return lowered[wanted]
        wanted = wanted.rpartition("-")[0]
    same = [candidate for candidate in candidates if primary(candidate) == primary(tag)]
    same.sort(
        key=lambda candidate: is_traditional_chinese(candidate) != is_traditional_chinese(tag)
    )
    return same[0] if same else None
