"""``doctor``: what is installed, what works, what is missing, in plain words."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from translate_proxy import advice
from translate_proxy.app import configured_sites, database_url
from translate_proxy.control import ask
from translate_proxy.engine_room import making
from translate_proxy.interfaces import PairStatus
from translate_proxy.model import Operator, Refused
from translate_proxy.needs import Need, of_sites
from translate_proxy.security.forwarding import missing_proxy
from translate_proxy.serving import is_locked
from translate_proxy.settings import Settings
from translate_proxy.storage.database import SchemaError
from translate_proxy.storage.embedded import ROOM_BYTES
from translate_proxy.storage.look import Looked, look
from translate_proxy.translation.engines.engine import EngineError
from translate_proxy.translation.engines.inventory import Inventory
from translate_proxy.translation.packages import packages, trial
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.spelling_files import SpellingBook

MARKS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination."""

    level: Literal["ok", "warning", "problem"]
    text: str

    def __str__(self) -> str:
        return MARKS[self.level] + self.text


async def examine(settings: Settings, options: str = "") -> list[Finding]:
    """Look at the configuration, the data folder, the models and the routes between them, beside a
    running server too. Nothing is changed, not even made. ``options``: what the commands that help
    are given."""
    return [
        replace(one, text=one.text + options) if "translate-proxy " in one.text else one
        for one in await _examined(settings)
    ]


async def _examined(settings: Settings) -> list[Finding]:
    """A command that helps stands at the end of its line."""
    data_dir = settings.server.data_dir
    found = [Finding("ok", f"configuration: {len(settings.sites)} sites")]
    found.append(Finding("ok", f"data folder: {data_dir.absolute()}"))
    if proxy := missing_proxy(settings.server):
        found.append(Finding("warning", proxy))
    books = (*PhraseBook().problems(), *SpellingBook().problems())
    found += [Finding("warning", text) for text in books]
    aside = await _tried(settings)
    installed = await advice.inventory(settings, aside)  # what was tried was tried elsewhere
    running = is_locked(data_dir)
    if running:
        found.append(Finding("ok", f"a server is running on {data_dir}: see its /health/ready"))
        found += await _engine_room(data_dir)
    sites, operators = configured_sites(settings), list[Operator]()
    try:
        looked = await asyncio.to_thread(look, database_url(settings))
    except SchemaError as error:
        found.append(Finding("problem", str(error)))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        found.append(Finding("problem", f"the database cannot be used: {reason}"))
    else:
        found += _kept(settings, looked)
        operators += looked.operators
        if running or not sites:  # a server has the sites that it was started with
            sites = list(looked.sites)
        else:
            sites += [site for site in looked.sites if site.managed_by == "console"]
    if not sites:
        found.append(Finding("warning", "no sites: add [[sites]] to the configuration"))
    found += _models(installed.pairs())
    return found + await _missing(settings, of_sites(sites, operators), installed)


async def _engine_room(data_dir: Path) -> list[Finding]:
    """The running server's engine process, if it has one and can be asked."""
    try:
        told = await ask(data_dir, "engine_room", {}, lambda _progress: None)
    except (OSError, Refused) as error:
        return [Finding("warning", f"engine process: the server cannot be asked ({error})")]
    if told is None:
        return [Finding("ok", "engine process: none, the server runs the models itself")]
    figures, lately = told["figures"], told["a_second"]
    replaced = ", ".join(f"{count} {why}" for why, count in sorted(told["replaced"].items()))
    stages = sorted(
        (name.removeprefix("in "), seconds)
        for name, seconds in figures.items()
        if name.startswith("in ")
    )
    said = (
        f"engine process: {told['pid']}, {told['resident_bytes'] >> 20} MiB, "
        f"replaced: {replaced or 'never'}; {told['jobs']} jobs wait; since its start "
        f"{figures.get('observed', 0):.0f} texts looked at ({lately['observed']:.1f} a second "
        f"lately), {figures.get('translated', 0):.0f} translated ({lately['translated']:.1f})"
    )
    found = [Finding("ok" if told["up"] else "problem", said)]
    if stages:
        spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages)
        found.append(Finding("ok", f"engine process, seconds in each stage: {spent}"))
    return found


async def _tried(settings: Settings) -> dict[str, str]:
    """The models that cannot be used, each with the reason."""
    # Where it is needed: a command that only asks a server must not read what engines are made of.
    from translate_proxy.translation.engines.argos import ArgosEngine  # noqa: PLC0415

    engine = ArgosEngine(settings.server.packages_dir, settings.translation)
    found = {}
    for package in packages.installed(settings.server.packages_dir):
        if package.problem is None:
            problem = packages.verify(package) or await asyncio.to_thread(trial.problem_of, package)
            if problem is not None:
                found[engine.pair(package).key] = problem
    return found | await asyncio.to_thread(_asked, settings)


def _asked(settings: Settings) -> dict[str, str]:
    """The same of other engines: what one of them loads does not end this process."""
    found = {}
    for engine in making.other_engines(settings):
        for pair in engine.pairs():
            if pair.problem is None:
                try:
                    engine.load(pair).close()
                except EngineError as error:
                    found[pair.key] = str(error)
    return found


def _models(pairs: Sequence[PairStatus]) -> list[Finding]:
    installed = [pair for pair in pairs if pair.version is not None]
    found = [
        Finding(
            "ok" if pair.problem is None else "problem" if pair.configured else "warning",
            f"{pair.source} -> {pair.target} ({pair.engine} {pair.version}): "
            + (pair.problem or "works"),
        )
        for pair in installed
    ]
    found += [
        Finding("warning", f"{pair.source} -> {pair.target}: {pair.problem}")
        for pair in pairs
        if pair.version is None
    ]
    if not installed:
        found.append(Finding("warning", "no models installed: translate-proxy models install FILE"))
    return found


async def _missing(
    settings: Settings, needs: Sequence[Need], installed: Inventory
) -> list[Finding]:
    advised = await advice.advise(settings, needs, installed)
    found = []
    for lack in advised.lacks:
        text = f"site {lack.need.site}: no installed model translates {lack}: "
        if lack.offers:
            helps = " ".join(advice.what(offer) for offer in lack.offers)
            text += f"translate-proxy models install {helps}"
        elif advised.problem:
            text += (
                f"once the index can be read, translate-proxy models install --for {lack.need.site}"
            )
        else:
            text += "neither models/ nor the index has one"
        found.append(Finding("warning", text))
    if advised.problem:
        found.append(Finding("warning", advised.problem))
    return found


def _kept(settings: Settings, looked: Looked) -> list[Finding]:
    if looked.new:
        found = [Finding("ok", "no database yet: the first start makes it")]
    elif looked.outdated:
        text = "the database is of an earlier version: it would be migrated at the next start"
        return [Finding("ok", text)]
    else:
        found = [_room(settings)]
    if looked.operators:
        found.append(Finding("ok", f"operators: {len(looked.operators)}"))
    else:
        found.append(Finding("warning", "no operators: translate-proxy operators add"))
    kept = {site.key: site.retention_days for site in configured_sites(settings)}
    for site, days in sorted({**looked.retention, **kept}.items()):
        if days is not None:
            found.append(Finding("ok", f"site {site}: closed conversations are kept {days} days"))
    return found


def _room(settings: Settings) -> Finding:
    """Whether an embedded database may be written and has room; the files of another one are not
    ours."""
    url = make_url(database_url(settings))
    if url.get_backend_name() != "sqlite":
        return Finding("ok", "the database answers")
    file = Path(str(url.database))
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return Finding("problem", f"the message store cannot be written: {file} is read-only")
    if shutil.disk_usage(file.parent).free < ROOM_BYTES:
        return Finding("problem", "the message store has no room to grow: the disk is full")
    return Finding("ok", "the message store can be written")
