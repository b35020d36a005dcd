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

_ALIASES: Final = {
    "no": "nb",  # the macrolanguage: a browser's "Norwegian" and every package are bokmål
    "nn": "nb",  # bokmål readers read it, and no model tells them apart on a short text
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "jw": "jv",
    "mo": "ro",
    "sh": "sr-Latn",
    "fil": "tl",  # what browsers call the language that packages and word lists call Tagalog
    "pb": "pt-BR",  # Argos's name for Brazilian Portuguese
    "zt": "zh-Hant",  # Argos's name for traditional Chinese
}
"""First subtags that are deprecated, a package's own or nobody's but a browser's, and what they
mean. There is no other table of them."""

_TWO_LETTERS: Final = frozenset(  # one text is easier to read than 180 quoted codes
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy
    hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg
    li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or
    os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905
)
"""Every language of ISO 639-1."""

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
    first, *rest = tag.strip().replace("_", "-").split("-")
    head = _ALIASES.get(first.lower(), first.lower())
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


def is_language(tag: Language) -> bool:
    """Whether a well-formed tag can mean a language: of two letters not all do. Longer ones are
    taken as they are, there are thousands."""
    first = primary(tag)
    return len(first) != len("en") or first in _TWO_LETTERS


def same(one: Language, other: Language) -> bool:
    """Whether readers of one read the other: regional variants do, scripts are told apart."""
    return base(one) == base(other)


def lookups(tag: Language) -> Iterator[Language]:
    """The canonical tags that can stand for ``tag``, best first: itself, then its base."""
    exact, bare = canonical(tag), base(tag)
    yield exact
    if bare != exact:
        yield bare


def primary(tag: Language) -> str:
    """The language itself, whatever its region and script: ``nb`` for ``no-NO``, ``zh`` for
    ``zh-TW``."""
    return canonical(tag).partition("-")[0]


def is_traditional_chinese(tag: Language) -> bool:
    """Whether the tag asks for traditional characters (``zh-Hant``, ``zh-TW``, Argos's ``zt``)."""
    return canonical(tag) == "zh-Hant"


def match(tag: str | None, candidates: Sequence[Language]) -> Language | None:
    """The candidate that ``tag`` means, or None: exact, then shortened from the right, then any
    candidate of the same language (``pt-BR`` finds ``pt``, ``pt`` finds ``pt-PT``). One that its
    readers read (``same``) goes before one in another script."""
    if not tag:
        return None
    read = [candidate for candidate in candidates if same(candidate, tag)]
    lowered = {_written(candidate): candidate for candidate in reversed(read or candidates)}
    wanted = _written(tag)
    while wanted:
        if wanted in lowered:
            return lowered[wanted]
        wanted = wanted.rpartition("-")[0]
    if read:
        return read[0]
    return next((other for other in candidates if primary(other) == primary(tag)), None)


def _written(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()
