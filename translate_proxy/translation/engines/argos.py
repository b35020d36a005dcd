"""The Argos engine: what the installed packages offer, without the libraries that read models.

Those come with the first model that is loaded (``argos_model``): whoever only asks what there is
maps none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from translate_proxy.settings import Translation
from translate_proxy.translation.engines.engine import EngineError, EnginePair, Uninstalled
from translate_proxy.translation.packages import packages

if TYPE_CHECKING:
    from translate_proxy.translation.engines.argos_model import ArgosModel

_NO_MAP_COST = 1.5
"""A package without a vocabulary map, on chat messages in batches (docs/translation.md)."""


class ArgosEngine:
    """All packages of one folder."""

    name = "argos"

    def __init__(self, packages_dir: Path, settings: Translation) -> None:
        self._packages_dir = packages_dir
        self._settings = settings

    def pairs(self) -> Sequence[EnginePair]:
        """Every installed package of type ``translate``."""
        return [self.pair(package) for package in packages.installed(self._packages_dir)]

    def pair(self, package: packages.InstalledPackage) -> EnginePair:
        """What one of them offers."""
        mapped = (package.path / "model" / "vmap.txt").is_file()
        digests = (package.digest, package.map_digest)
        digest = "".join(f"+{one[:12]}" for one in digests if one)
        return EnginePair(
            engine=self.name,
            source=package.source,
            target=package.target,
            version=package.version + digest,
            cost=1.0 if mapped else _NO_MAP_COST,
            problem=package.problem,
        )

    def load(self, pair: EnginePair) -> ArgosModel:
        """Load a package's model and run it once, so that the first message does not pay for it.

        Where a package was replaced meanwhile it is the new one: whoever has found a route a
        moment ago gets a translation, and ``pairs`` offers the new one to everybody else.
        """
        from translate_proxy.translation.engines import argos_model  # noqa: PLC0415  (see above)

        with packages.in_place(self._packages_dir):
            ends = (pair.source, pair.target)
            found = [
                package
                for package in packages.installed(self._packages_dir)
                if (package.source, package.target) == ends
            ]
            if not found:
                raise Uninstalled(f"{pair.source} to {pair.target} is not installed any more")
            package = next((one for one in found if self.pair(one) == pair), found[0])
            problem = package.problem or packages.verify(package)
            if problem:
                raise EngineError(f"{package.path.name}: {problem}")
            try:
                model = argos_model.ArgosModel(package, self._settings, argos_model.device())
                model.translate(["1"])
            except Exception as error:
                # Whatever a damaged file makes the libraries say: one sentence, for this pair only.
                raise EngineError(f"{package.path.name} cannot be loaded: {error}") from error
            return model
