"""An index of packages that can be installed: Argos's own, a mirror's, a file or a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from translate_proxy.model import Language
from translate_proxy.text import tags
from translate_proxy.translation.packages.packages import PackageError

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,39}", re.ASCII)
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_LINK = re.compile(r"https?://[!-~]{1,2000}")
_DIGITS = re.compile(r"(?<![^.])[0-9]{1,40}(?![^.])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """A package somebody offers. ``link`` is an https address or a file's path."""

    source: Language
    target: Language
    version: str
    link: str

    @property
    def pair(self) -> str:
        """As it is named on the command line: ``pt-en``."""
        return f"{self.source}-{self.target}"


def parse(text: str) -> list[Offer]:
    """The offers of an Argos index document, the newest version of each direction. PackageError
    when it is none."""
    try:
        entries = json.loads(text)
        if not isinstance(entries, list):
            raise TypeError("a list of packages")
        offers = [
            Offer(
                source=tags.canonical(_matching(_TAG, entry["from_code"])),
                target=tags.canonical(_matching(_TAG, entry["to_code"])),
                version=_matching(_VERSION, str(entry["package_version"])),
                link=_matching(
                    _LINK, next(one for one in entry["links"] if one.startswith("http"))
                ),
            )
            for entry in entries
            if entry.get("type", "translate") == "translate"
        ]
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        StopIteration,
    ) as error:
        raise PackageError("this is not an index of Argos packages") from error
    return _newest(offers)


def folder(path: Path) -> list[Offer]:
    """The packages lying in a folder, by their names ``translate-<from>_<to>-<version>``."""
    offers = []
    for file in sorted(path.glob("*.argosmodel")):
        _, _, rest = file.stem.partition("translate-")
        pair, _, version = rest.partition("-")
        source, _, target = pair.partition("_")
        if source and target and (not version or _VERSION.fullmatch(version)):
            offers.append(
                Offer(
                    tags.canonical(source),
                    tags.canonical(target),
                    version.replace("_", ".") or "0",
                    str(file),
                )
            )
    return _newest(offers)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("not what an index holds here")
    return text


def _newest(offers: Sequence[Offer]) -> list[Offer]:
    best: dict[tuple[Language, Language], Offer] = {}
    for offer in offers:
        if offer.source == offer.target:
            continue
        known = best.get((offer.source, offer.target))
        if known is None or _numbers(offer.version) > _numbers(known.version):
            best[offer.source, offer.target] = offer
    return [best[key] for key in sorted(best)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _DIGITS.findall(version))
