"""Installing, removing and checking models, from files, folders and indexes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from translate_proxy.model import Refused
from translate_proxy.security.outbound import Outbound, OutboundError
from translate_proxy.settings import Settings
from translate_proxy.translation import codes, index, optimise, packages
from translate_proxy.translation.index import Offer
from translate_proxy.translation.packages import InstalledPackage, PackageError
from translate_proxy.translation.phrases import PhraseError

Report = Callable[[Mapping[str, Any]], None]
"""Progress of long work: ``{"step", "pair"?, "bytes" or "done"?, "of"?}``; may be called often."""


async def _nothing() -> None:
    return None


class Catalogue:
    """The packages of one data folder. ``changed`` is awaited after every change, so that a running
    server uses what is there from the next message on."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        changed: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._index = settings.models.index
        self._translation = settings.translation
        self._folder = folder
        self._outbound = Outbound(settings.outbound)
        self._changed = changed
        self._lock = asyncio.Lock()

    async def installed(self) -> Sequence[InstalledPackage]:
        """What is on disk, broken ones with their problem."""
        return await asyncio.to_thread(packages.installed, self._folder)

    async def available(self) -> Sequence[Offer]:
        """What the index offers. Refused ``unavailable`` when it cannot be read."""
        place = Path(self._index)
        try:
            if self._index.startswith(("http://", "https://")):
                return index.parse(await self._outbound.text(self._index))
            if await asyncio.to_thread(place.is_dir):
                return await asyncio.to_thread(index.folder, place)
            return index.parse(await asyncio.to_thread(place.read_text, "utf-8"))
        except (OutboundError, PackageError, OSError, UnicodeDecodeError) as error:
            raise Refused("unavailable", f"The index {self._index}: {error}") from error

    async def install(self, what: str, report: Report) -> InstalledPackage:
        """Install a file, or a pair such as ``fi-en`` that the index offers. Refused ``not_found``,
        ``bad_request`` or ``unavailable``, with the package that was there before untouched."""
        async with self._lock:  # one at a time: two would fill the disk and race for one place
            file = Path(what)
            try:
                if await asyncio.to_thread(file.is_file):
                    done = await asyncio.to_thread(packages.install_file, file, self._folder)
                else:
                    done = await self._install_offer(await self._offer(what), report)
            except PackageError as error:
                raise Refused("bad_request", str(error)) from error
            except OutboundError as error:
                raise Refused("unavailable", f"{error}: run it again to continue.") from error
            await self._changed()
            return done

    async def remove(self, pair: str) -> InstalledPackage:
        """Remove one direction. Refused ``not_found``."""
        async with self._lock:
            source, target = _directions(pair)
            for package in await self.installed():
                if (package.source, package.target) == (source, target):
                    # Out of sight at once; a batch that still runs keeps its files until it ends.
                    gone = package.path.with_name(f".removed-{package.path.name}")
                    await asyncio.to_thread(package.path.rename, gone)
                    await self._changed()
                    await asyncio.to_thread(shutil.rmtree, gone)
                    return package
        raise Refused("not_found", f"{pair} is not installed.")

    async def optimise(self, pair: str, file: Path | None, report: Report) -> optimise.Outcome:
        """Give one installed direction a vocabulary map made from the model itself. ``file``: text
        of its source language, a line each, beside what the phrase book has. Refused
        ``not_found``, or ``bad_request`` with the figures when the map would cost quality."""
        source, target = _directions(pair)
        async with self._lock:
            every = await self.installed()
            package = next(
                (one for one in every if (one.source, one.target) == (source, target)), None
            )
            if package is None:
                raise Refused("not_found", f"{pair} is not installed.")
            if package.problem:
                raise Refused("bad_request", f"{pair}: {package.problem}")

            def told(step: str, done: int, of: int) -> None:
                report({"step": step, "pair": pair, "done": done, "of": of})

            def work() -> optimise.Outcome:
                told("sample text", 0, 1)
                texts = optimise.sample(package, every, self._translation)
                if file is not None:
                    texts += file.read_text(encoding="utf-8").splitlines()
                return optimise.make(package, texts, self._translation.threads, told)

            try:
                outcome = await asyncio.to_thread(work)
            except (PackageError, PhraseError) as error:
                raise Refused("bad_request", f"{error}.") from error
            except (OSError, UnicodeDecodeError, RuntimeError) as error:
                raise Refused("bad_request", f"{pair} cannot be optimised: {error}") from error
            await self._changed()
            return outcome

    async def verify(self) -> Sequence[tuple[InstalledPackage, str | None]]:
        """Every package with what is wrong with it, None when it is as it was installed."""
        return [
            (package, package.problem or await asyncio.to_thread(packages.verify, package))
            for package in await self.installed()
        ]

    async def _offer(self, pair: str) -> Offer:
        source, target = _directions(pair)
        for offer in await self.available():
            if (offer.source, offer.target) == (source, target):
                return offer
        raise Refused("not_found", f"{pair}: no such file, and the index does not offer it.")

    async def _install_offer(self, offer: Offer, report: Report) -> InstalledPackage:
        if not offer.link.startswith(("http://", "https://")):
            return await asyncio.to_thread(packages.install_file, Path(offer.link), self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f".download-{offer.pair}-{offer.version}.argosmodel"

        def told(done: int, whole: int | None) -> None:
            report({"step": "download", "pair": offer.pair, "bytes": done, "of": whole})

        await self._outbound.file(offer.link, part, told)
        report({"step": "install", "pair": offer.pair})
        try:
            return await asyncio.to_thread(packages.install_file, part, self._folder)
        finally:  # whole but bad: fetching its end again would not mend it
            part.unlink(missing_ok=True)


def _directions(pair: str) -> tuple[str, str]:
    source, separator, target = pair.replace("_", "-").partition("-")
    if not separator or not source or not target:
        raise Refused("not_found", f"{pair}: no such file, and not a pair such as fi-en.")
    return codes.canonical(source), codes.canonical(target)
