"""Installing, removing and checking models, from files, folders and indexes."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from translate_proxy.interfaces import Report
from translate_proxy.model import Refused
from translate_proxy.security.outbound import Outbound, OutboundError
from translate_proxy.settings import Settings
from translate_proxy.text import tags
from translate_proxy.translation.engines.threads import Threads
from translate_proxy.translation.packages import (
    apart,
    index,
    packages,
    trial,
)
from translate_proxy.translation.packages.apart import Apart
from translate_proxy.translation.packages.index import Offer
from translate_proxy.translation.packages.outcome import Outcome
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError

MAX_ARCHIVE = 2**30
"""Bytes of an uploaded package at most; the largest Argos package has about a third."""
OPTIMISE_S = 6 * 3600.0
"""The longest that making a map may take."""
_RECEIVED = ".upload-"
_OFFLINE = "Without the Internet: install files, or set models.index to a folder of them."
_T = TypeVar("_T")


async def _nothing() -> None:
    return None


class Catalogue:
    """The packages of one data folder. ``changed`` is awaited after every change, so that a running
    server uses what is there from the next message on. ``run`` does work with models elsewhere."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        changed: Callable[[], Awaitable[None]] = _nothing,
        run: Apart = apart.run,
    ) -> None:
        self._run = run
        self._trials = trial.Trials()
        self._index = settings.models.index
        self._translation = settings.translation
        self._folder = folder
        self._outbound = Outbound(settings.outbound)
        self._changed = changed
        self._lock = asyncio.Lock()
        # Minutes of work: its thread must not keep a process that stops, as a pool's would.
        self._threads = Threads(1, "optimise")

    async def installed(self) -> Sequence[InstalledPackage]:
        """What is on disk, broken ones with their problem."""

        def look() -> Sequence[InstalledPackage]:
            with packages.in_place(self._folder):  # not between the two renames of a replacement
                return packages.installed(self._folder)

        return await asyncio.to_thread(look)

    async def available(self) -> Sequence[Offer]:
        """What the index offers. Refused ``unavailable`` when it cannot be read."""
        place = Path(self._index)
        try:
            if self._index.startswith(("http://", "https://")):
                return index.parse(await self._outbound.text(self._index))
            if await asyncio.to_thread(place.is_dir):
                return await asyncio.to_thread(index.folder, place)
            return index.parse(await asyncio.to_thread(place.read_text, "utf-8"))
        except OutboundError as error:  # names the address
            raise Refused(
                "unavailable", f"The index cannot be read: {error}. {_OFFLINE}"
            ) from error
        except OSError as error:
            reason = error.strerror or error
            raise Refused("unavailable", f"The index {self._index}: {reason}.") from error
        except (PackageError, UnicodeDecodeError) as error:
            raise Refused("unavailable", f"The index {self._index}: {error}.") from error

    async def install(self, what: str, report: Report) -> InstalledPackage:
        """Install a file, or a pair such as ``fi-en`` that the index offers. Refused ``not_found``,
        ``bad_request`` or ``unavailable``, with the package that was there before untouched."""
        file = Path(what)
        if await asyncio.to_thread(file.is_file):
            return await self.install_file(file, report)
        return await self.fetch(what, report)

    async def install_file(self, file: Path, report: Report) -> InstalledPackage:
        """Install a file. Refused ``bad_request``."""
        async with self._alone(report):
            report({"step": "install"})
            return await _settled(self._put_in_place(file))

    async def fetch(self, pair: str, report: Report) -> InstalledPackage:
        """Install a pair that the index offers, whatever files are called like it. Refused
        ``not_found``, ``bad_request`` or ``unavailable``."""
        async with self._alone(report):
            return await self._install_offer(await self._offer(pair), report)

    async def receive(self, chunks: AsyncIterator[bytes]) -> str:
        """See ``Administration.receive``."""
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
            handle, path = await asyncio.to_thread(
                tempfile.mkstemp, prefix=_RECEIVED, suffix=".argosmodel", dir=self._folder
            )
            size, whole = 0, False
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > MAX_ARCHIVE:
                        raise Refused("too_long", f"A package has at most {MAX_ARCHIVE} bytes.")
                    await asyncio.to_thread(_write_all, handle, chunk)
                whole = True
            finally:
                os.close(handle)
                if not whole:
                    await asyncio.to_thread(Path(path).unlink)
        except OSError as error:
            detail = f"The package cannot be kept: {error.strerror or error}."
            raise Refused("unavailable", detail) from error
        return Path(path).name

    async def install_received(self, name: str, report: Report) -> InstalledPackage:
        """Install what ``receive`` has kept, and keep it no longer. Refused ``bad_request``."""
        try:
            return await self.install_file(self._received(name), report)
        finally:
            self.discard(name)

    def discard(self, name: str) -> None:
        """See ``Administration.discard``."""
        self._received(name).unlink(missing_ok=True)

    def _received(self, name: str) -> Path:
        if not name.startswith(_RECEIVED) or Path(name).name != name:
            raise Refused("not_found", "There is no such upload.")
        return self._folder / name

    async def remove(self, pair: str, report: Report) -> InstalledPackage:
        """Remove one direction. Refused ``not_found``."""
        async with self._alone(report):
            source, target = _directions(pair)
            for package in await self.installed():
                if (package.source, package.target) == (source, target):
                    await _settled(self._take_away(package))
                    return package
        raise Refused("not_found", f"{pair} is not installed.")

    async def optimise(
        self, pair: str, file: Path | None, report: Report, texts: Sequence[str] = ()
    ) -> Outcome:
        """Give one installed direction a vocabulary map made from the model itself. ``file``: text
        of its source language, a line each, and ``texts``, beside the phrase book's. Refused
        ``not_found``, or ``bad_request`` with the figures when the map would cost quality."""
        source, target = _directions(pair)
        async with self._alone(report):
            every = await self.installed()
            package = next(
                (one for one in every if (one.source, one.target) == (source, target)), None
            )
            if package is None:
                raise Refused("not_found", f"{pair} is not installed.")
            if package.problem:
                raise Refused("bad_request", f"{pair}: {package.problem}")
            loop = asyncio.get_running_loop()
            stop = threading.Event()

            def told(progress: Mapping[str, Any]) -> None:
                loop.call_soon_threadsafe(report, {**progress, "pair": pair})

            def work() -> Outcome:
                more = [] if file is None else file.read_text(encoding="utf-8").splitlines()
                given = {
                    "packages_dir": str(self._folder),
                    "source": source,
                    "target": target,
                    "texts": [*texts, *more],
                    "settings": self._translation.model_dump(mode="json"),
                }
                return Outcome(**self._run("map", given, within_s=OPTIMISE_S, told=told, stop=stop))

            try:
                # A thread cannot be cancelled: it ends its process, and then itself.
                outcome = await _settled(self._threads.run(work), stop.set)
            except apart.Stopped as stopped:
                raise Refused("unavailable", "It was stopped.") from stopped
            except (apart.ErrandError, UnicodeDecodeError, OSError) as error:
                raise Refused("bad_request", f"{pair} cannot be optimised: {error}") from error
            finally:
                await asyncio.to_thread(packages.clear_staging, self._folder)
            await self._changed()
            return outcome

    @asynccontextmanager
    async def _alone(self, report: Report) -> AsyncIterator[None]:
        """One change at a time: two would fill the disk and race for one place."""
        if self._lock.locked():
            report({"step": "waiting"})
        async with self._lock:
            try:
                yield
            except PackageError as error:
                raise Refused("bad_request", f"{error}.") from error
            except OutboundError as error:
                raise Refused("unavailable", f"{error}: run it again to continue.") from error
            except OSError as error:
                reason = error.strerror or error
                raise Refused(
                    "unavailable", f"{self._folder} cannot be changed: {reason}."
                ) from error

    async def verify(self) -> Sequence[tuple[InstalledPackage, str | None]]:
        """Every package with what is wrong with it, None when it is as it was installed."""
        return [
            (package, package.problem or await asyncio.to_thread(packages.verify, package))
            for package in await self.installed()
        ]

    async def _put_in_place(self, file: Path) -> InstalledPackage:
        done = await asyncio.to_thread(
            packages.install_file, file, self._folder, self._trials.require_usable
        )
        await self._changed()
        return done

    async def _take_away(self, package: InstalledPackage) -> None:
        # Out of sight at once; a batch that still runs has its model in memory.
        gone = package.path.with_name(f".removed-{package.path.name}")
        await asyncio.to_thread(packages.take_away, package, gone)
        await self._changed()
        await asyncio.to_thread(shutil.rmtree, gone)

    async def _offer(self, pair: str) -> Offer:
        source, target = _directions(pair)
        for offer in await self.available():
            if (offer.source, offer.target) == (source, target):
                return offer
        raise Refused("not_found", f"{pair}: no such file, and the index does not offer it.")

    async def _install_offer(self, offer: Offer, report: Report) -> InstalledPackage:
        if not offer.link.startswith(("http://", "https://")):
            return await _settled(self._put_in_place(Path(offer.link)))
        self._folder.mkdir(parents=True, exist_ok=True)
        told_as = re.sub(r"[^\w.-]", "_", f"{offer.pair}-{offer.version}")  # whatever an index says
        part = self._folder / f".download-{told_as}.argosmodel"

        def told(done: int, whole: int | None) -> None:
            report({"step": "download", "pair": offer.pair, "bytes": done, "of": whole})

        await self._outbound.file(offer.link, part, told)
        report({"step": "install", "pair": offer.pair})
        try:
            return await _settled(self._put_in_place(part))
        finally:  # whole but bad: fetching its end again would not mend it
            part.unlink(missing_ok=True)


def _directions(pair: str) -> tuple[str, str]:
    source, separator, target = pair.replace("_", "-").partition("-")
    if not separator or not source or not target:
        raise Refused("not_found", f"{pair}: no such file, and not a pair such as fi-en.")
    return tags.canonical(source), tags.canonical(target)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


async def _settled(work: Awaitable[_T], cancelled: Callable[[], None] = lambda: None) -> _T:
    """``work`` to its end, also when whoever waits is cancelled: then ``cancelled`` is called, and
    the cancellation takes effect afterwards. Threads cannot be stopped half-way."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        cancelled()
        await asyncio.wait([task])
        raise
