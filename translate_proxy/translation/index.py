"""An index of packages that can be installed: Argos's own, a mirror's, a file or a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from translate_proxy.model import Language
from translate_proxy.text import tags
from translate_proxy.translation.packages import PackageError


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
        offers = [
            Offer(
                source=tags.canonical(entry["from_code"]),
                target=tags.canonical(entry["to_code"]),
                version=str(entry["package_version"]),
                link=next(link for link in entry["links"] if link.startswith("http")),
            )
            for entry in entries
            if entry.get("type", "translate") == "translate"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise PackageError("this is not an index of Argos packages") from error
    return _newest(offers)


def folder(path: Path) -> list[Offer]:
    """The packages lying in a folder, by their names ``translate-<from>_<to>-<version>``."""
    offers = []
    for file in sorted(path.glob("*.argosmodel")):
        _, _, rest = file.stem.partition("translate-")
        pair, _, version = rest.partition("-")
        source, _, target = pair.partition("_")
        if source and target:
            offers.append(
                Offer(
                    tags.canonical(source),
                    tags.canonical(target),
                    version.replace("_", ".") or "0",
                    str(file),
                )
            )
    return _newest(offers)


def _newest(offers: Sequence[Offer]) -> list[Offer]:
    best: dict[tuple[Language, Language], Offer] = {}
    for offer in offers:
        known = best.get((offer.source, offer.target))
        if known is None or _numbers(offer.version) > _numbers(known.version):
            best[offer.source, offer.target] = offer
    return [best[key] for key in sorted(best)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
