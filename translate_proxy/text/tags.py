"""Tags of languages: what a browser sends, a site configures, a detector or a package calls it.

Argos uses ISO 639-1 with a few codes of its own (``pb`` for Brazilian Portuguese, ``zt`` for
traditional Chinese). Everywhere else this product speaks BCP 47. Tags compare by their canonical
form (``canonical``); on the wire and in the configuration they stay as they were written. Source of
the rules: RFC 4647 (lookup) and the aliases of the IANA language subtag registry.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Final

from translate_proxy.model import Language

ARGOS_TO_TAG: dict[str, Language] = {
    "nb": "nb",
    "pb": "pt-BR",
    "zh": "zh-Hans",
    "zt": "zh-Hant",
}
"""Argos codes whose BCP 47 tag is written differently; every other code is its own tag."""

_LANGUAGE_ALIASES: dict[str, str] = {
    "no": "nb",  # the macrolanguage; every Norwegian package in the index is bokmål
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "mo": "ro",
    "fil": "tl",
    "pb": "pt-BR",
    "zt": "zh-Hant",
}
"""Deprecated or package-only first subtags and what they mean today."""

_DEFAULT_SCRIPTS: dict[str, str] = {"zh": "Hans", "sr": "Cyrl", "pa": "Guru", "uz": "Latn"}
"""The script that a bare tag of these languages means; their scripts are told apart."""

_REGION_SCRIPTS: dict[tuple[str, str], str] = {
    ("zh", "TW"): "Hant",
    ("zh", "HK"): "Hant",
    ("zh", "MO"): "Hant",
    ("sr", "ME"): "Latn",
    ("pa", "PK"): "Arab",
}
"""Regions that imply another script than the language's default."""


@functools.lru_cache(maxsize=4096)
def canonical(tag: Language) -> Language:
    """The form in which two tags are compared: ``PT_br`` -> ``pt-BR``, ``no`` -> ``nb``,
    ``zh-TW`` -> ``zh-Hant``. Subtags after language, script and region are dropped, and for the
    languages that are written in two scripts the script replaces the region."""
    first, *rest = tag.replace("_", "-").split("-")
    head = _LANGUAGE_ALIASES.get(first.lower(), first.lower())
    language, *implied = head.split("-")
    script = region = ""
    for part in [*rest, *implied]:
        if len(part) == 4 and part.isalpha() and not script:
            script = part.title()
        elif (len(part) == 2 and part.isalpha()) or (len(part) == 3 and part.isdigit()):
            region = region or part.upper()
    if language in _DEFAULT_SCRIPTS:
        script = script or _REGION_SCRIPTS.get((language, region), _DEFAULT_SCRIPTS[language])
        return f"{language}-{script}"
    return "-".join(part for part in (language, region) if part)


@functools.lru_cache(maxsize=4096)
def base(tag: Language) -> Language:
    """The language without its region: ``pt-BR`` -> ``pt``, ``zh-TW`` -> ``zh-Hant``."""
    language, *rest = canonical(tag).split("-")
    return canonical(tag) if rest and len(rest[0]) == 4 else language


def same(one: Language, other: Language) -> bool:
    """Whether readers of one read the other: regional variants do, scripts are told apart."""
    return base(one) == base(other)


def from_argos(code: str) -> Language:
    """The BCP 47 tag of a package's language code."""
    return ARGOS_TO_TAG.get(code, canonical(code))


def lookups(tag: Language) -> Iterator[Language]:
    """The canonical tags that can stand for ``tag``, best first: itself, then its base."""
    exact, bare = canonical(tag), base(tag)
    yield exact
    if bare != exact:
        yield bare


_PRIMARY_ALIASES: Final = {
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


@functools.lru_cache(maxsize=1024)
def primary(tag: str) -> str:
    """The language itself, lower case, without aliases: ``nb`` for ``no-NO``."""
    subtag = tag.replace("_", "-").split("-", 1)[0].strip().lower()
    return _PRIMARY_ALIASES.get(subtag, subtag)


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
