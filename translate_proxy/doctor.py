"""``doctor``: what is installed, what works, what is missing, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from translate_proxy.app import App, configured_sites, make_translator
from translate_proxy.interfaces import Translator
from translate_proxy.serving import ServeError, lock_data_dir
from translate_proxy.settings import Settings

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
    if not settings.sites:
        found.append(Finding("warning", "no [[sites]] configured: only --demo has one"))
    try:
        with lock_data_dir(data_dir):
            found += await _everything(settings)
    except ServeError:
        found.append(Finding("ok", f"a server is running on {data_dir}: see its /health/ready"))
        found += await _models_alone(settings)
    return found


async def _models_alone(settings: Settings) -> list[Finding]:
    translator = make_translator(settings)
    await translator.start()
    found = _models(translator)
    await translator.close()
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


async def _everything(settings: Settings) -> list[Finding]:
    app = App(settings, configured_sites(settings))
    await app.start()
    try:
        problems = [Finding("problem", text) for text in await app.lifecycle.problems()]
        operators = await app.store.operators()
        found = problems or [Finding("ok", "the message store can be written")]
        if operators:
            found.append(Finding("ok", f"operators: {len(operators)}"))
        else:
            found.append(Finding("warning", "no operators: translate-proxy operators add"))
        found += _models(app.translator)
        found += [Finding("warning", text) for text in app.lifecycle.warnings()]
        return found
    finally:
        await app.close()
