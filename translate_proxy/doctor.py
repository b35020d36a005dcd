"""``doctor``: what is installed, what works, what is missing, in plain words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from translate_proxy.app import configured_sites, make_store, make_translator, packages_dir
from translate_proxy.interfaces import Translator
from translate_proxy.lifecycle import Lifecycle
from translate_proxy.security.forwarding import missing_proxy
from translate_proxy.serving import ServeError, lock_data_dir
from translate_proxy.settings import Settings
from translate_proxy.storage.database import SchemaError
from translate_proxy.translation import packages, trial
from translate_proxy.translation.phrases import PhraseBook
from translate_proxy.translation.spelling_files import SpellingBook

MARKS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination."""

    level: Literal["ok", "warning", "problem"]
    text: str

    def __str__(self) -> str:
        return MARKS[self.level] + self.text


async def examine(settings: Settings) -> list[Finding]:
    """Look at the configuration, the data folder, the models and the routes between them. The
    store and the routes are examined only while no server holds the data folder."""
    data_dir = settings.server.data_dir
    found = [Finding("ok", f"configuration: {len(settings.sites)} sites")]
    found.append(Finding("ok", f"data folder: {data_dir.absolute()}"))
    if not settings.sites:
        found.append(Finding("warning", "no [[sites]] configured: only --demo has one"))
    if proxy := missing_proxy(settings.server):
        found.append(Finding("warning", proxy))
    books = (*PhraseBook().problems(), *SpellingBook().problems())
    found += [Finding("warning", text) for text in books]
    translator = make_translator(settings, aside=await _tried(settings))
    await translator.start()  # what would end this process is set aside
    try:
        with lock_data_dir(data_dir):
            found += await _kept(settings, translator)
    except ServeError:
        found.append(Finding("ok", f"a server is running on {data_dir}: see its /health/ready"))
    finally:
        found += _models(translator)
        await translator.close()
    return found


async def _tried(settings: Settings) -> dict[str, str]:
    """The Argos models that cannot be used, each with the reason."""
    # Where it is needed: a command that only asks a server must not read what engines are made of.
    from translate_proxy.translation.argos import ArgosEngine  # noqa: PLC0415

    engine = ArgosEngine(packages_dir(settings), settings.translation)
    found = {}
    for package in packages.installed(packages_dir(settings)):
        if package.problem is None:
            problem = packages.verify(package) or await asyncio.to_thread(trial.problem_of, package)
            if problem is not None:
                found[engine.pair(package).key] = problem
    return found


def _models(translator: Translator) -> list[Finding]:
    installed = [pair for pair in translator.pairs() if pair.version is not None]
    if not installed:
        return [Finding("warning", "no models installed: translate-proxy models install FILE")]
    return [
        Finding(
            "ok" if pair.problem is None else "problem" if pair.configured else "warning",
            f"{pair.source} -> {pair.target} ({pair.engine} {pair.version}): "
            + (pair.problem or "works"),
        )
        for pair in installed
    ]


async def _kept(settings: Settings, translator: Translator) -> list[Finding]:
    """The store, opened but not served: an examination takes up no work and removes nothing."""
    store = make_store(settings)
    try:
        await store.open(configured_sites(settings) or None)
    except SchemaError as error:
        return [Finding("problem", str(error))]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return [Finding("problem", f"the database cannot be used: {reason}")]
    try:
        lifecycle = Lifecycle(store, translator)
        lifecycle.state = "ready"
        await lifecycle.check()
        problems = [Finding("problem", text) for text in await lifecycle.problems()]
        found = problems or [Finding("ok", "the message store can be written")]
        operators = await store.operators()
        if operators:
            found.append(Finding("ok", f"operators: {len(operators)}"))
        else:
            found.append(Finding("warning", "no operators: translate-proxy operators add"))
        for site, days in sorted((await store.retention()).items()):
            found.append(Finding("ok", f"site {site}: closed conversations are kept {days} days"))
        return found + [Finding("warning", text) for text in lifecycle.warnings()]
    finally:
        await store.close()
