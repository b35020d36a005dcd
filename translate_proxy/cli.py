"""The command line. Exit status 0, 1 (it could not be done: one line says why) or 2 (usage)."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from translate_proxy import __version__, advice, doctor, logs
from translate_proxy.admin import Admin
from translate_proxy.app import (
    App,
    configured_sites,
    make_catalogue,
    make_store,
)
from translate_proxy.cli_corrections import corrections
from translate_proxy.cli_data import DATA_COMMANDS
from translate_proxy.cli_operators import operators
from translate_proxy.cli_options import Context, fail, options, say, say_where
from translate_proxy.cli_shop import shop
from translate_proxy.control import SOCKET, ControlServer, ask
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.demo import (
    EMAIL,
    PASSWORD,
    add_demo_operator,
    demo_site,
    install_starter_packages,
)
from translate_proxy.engine_room.process import RoomError
from translate_proxy.interfaces import Report
from translate_proxy.model import Refused
from translate_proxy.needs import Need
from translate_proxy.security.keys import KeysError
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.serving import ServeError, Server, listen, lock_data_dir, uvicorn_config
from translate_proxy.settings import Settings, SettingsError
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.staff import Staff
from translate_proxy.storage.database import SchemaError
from translate_proxy.text.plain import printable
from translate_proxy.translation.packages import packages

KNOWN_ERRORS = (
    SettingsError,
    ServeError,
    SchemaError,
    KeysError,
    packages.PackageError,
    RoomError,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    """Live chat in which each side reads and writes its own language."""
    logs.configure("error", "auto")  # a command says itself what there is to say
    context.obj = _command


for data_command in (*DATA_COMMANDS, corrections, operators, shop):
    cli.add_command(data_command)


@cli.command()
@options
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="TCP port; 0 takes a free one.")
@click.option("--demo", is_flag=True, help="A demo shop and operator, on this machine only.")
def serve(
    config: Path | None, data_dir: Path | None, host: str | None, port: int | None, demo: bool
) -> None:
    """Run the server."""
    context = Context(config, data_dir)
    settings = context.settings(demo=demo, host=host, port=port)
    logs.configure(settings.server.log_level, settings.server.log_format)
    server = settings.server
    with lock_data_dir(server.data_dir), listen(server.host, server.port) as listener:
        packages.tidy(settings.server.packages_dir)
        if demo:
            install_starter_packages(settings.server.packages_dir)
        actual_port = listener.getsockname()[1]
        sites = configured_sites(settings) + ([demo_site(actual_port)] if demo else [])
        app = App(settings, sites, options=context.options)
        control = ControlServer(server.data_dir, app.admin)

        async def prepare() -> None:
            if demo:
                await add_demo_operator(app.store, app.passwords)
            await control.start()

        async def ready() -> None:
            _announce(settings, actual_port)

        async def run() -> None:
            try:
                await Server(uvicorn_config(app), app, ready, prepare).serve([listener])
            finally:
                await control.close()

        asyncio.run(run())


def _announce(settings: Settings, port: int) -> None:
    host = settings.server.host
    base = settings.server.public_url or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = []
    if settings.demo:
        lines.append(f"Shop:     {base}/demo/")
    login = f"   ({EMAIL} / {PASSWORD})" if settings.demo else ""
    lines.append(f"Console:  {base}/console/{login}")
    lines.append(f"Health:   {base}/health/ready")
    say("\n".join(lines))
    sys.stdout.flush()


@cli.group()
def models() -> None:
    """Installed translation models (Argos packages)."""


@models.command("list")
@options
def models_list(config: Path | None, data_dir: Path | None) -> None:
    """Show what is installed."""
    found = _look(Context(config, data_dir).settings(), "models.list")
    for one in found:
        state = one["problem"] or "ok"
        say(f"{one['source']} -> {one['target']}  argos {one['version']}  {state}")
    if not found:
        say("No models are installed: translate-proxy models install FILE", err=True)


@models.command("available")
@options
def models_available(config: Path | None, data_dir: Path | None) -> None:
    """Show what the index offers."""
    settings = Context(config, data_dir).settings()
    for offer in _command(settings, "models.available", {}):
        say(f"{offer['pair']}  {offer['version']}")


@models.command("install")
@options
@click.option("--for", "site", metavar="SITE", help="What this site lacks, from models/ or index.")
@click.argument("what", nargs=-1, metavar="PAIR_FILE_OR_FOLDER...")
def models_install(
    config: Path | None, data_dir: Path | None, site: str | None, what: tuple[str, ...]
) -> None:
    """Install .argosmodel files, all of a folder, or pairs such as fi-en from the index; or with
    --for what a site's visitors and operators need to read each other."""
    if bool(what) == bool(site):
        raise click.UsageError("Name packages, or a site with --for.")
    settings = Context(config, data_dir).settings()
    if site:
        _install_for(settings, site)
    for one in _spread(what):
        _install(settings, one)


def _install(settings: Settings, what: str) -> None:
    given = str(Path(what).resolve()) if Path(what).is_file() else what
    done = _command(settings, "models.install", {"what": given})
    say(f"Installed {done['source']} -> {done['target']} ({done['version']}).")


def _install_for(settings: Settings, site: str) -> None:
    needs = [Need(**one) for one in _command(settings, "sites.needs", {"site": site})]

    async def find() -> advice.Advice:
        return await advice.advise(settings, needs, await advice.inventory(settings))

    found = asyncio.run(find())
    if not found.lacks:
        say(f"Site {site} has what it needs.")
    for lack in found.lacks:
        helps = ", then ".join(advice.where(offer) for offer in lack.offers)
        say(f"{lack}  {helps or 'is offered nowhere'}")
    for offer in found.offers:
        _install(settings, advice.what(offer))
    if any(not lack.offers for lack in found.lacks):
        fail(found.problem or f"Site {site} still lacks what is offered nowhere.")


@models.command("remove")
@options
@click.argument("pair")
def models_remove(config: Path | None, data_dir: Path | None, pair: str) -> None:
    """Remove one direction, e.g. fi-en."""
    settings = Context(config, data_dir).settings()
    gone = _command(settings, "models.remove", {"pair": pair})
    say(f"Removed {gone['source']} -> {gone['target']}.")


@models.command("optimise")
@options
@click.argument("pair")
@click.option(
    "--sample",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Text in the language that is translated from, a sentence a line: the more, the better.",
)
def models_optimise(
    config: Path | None, data_dir: Path | None, pair: str, sample: Path | None
) -> None:
    """Make one direction, e.g. fi-en, faster with a vocabulary map made from the model itself."""
    settings = Context(config, data_dir).settings()
    arguments = {"pair": pair, "sample": str(sample.resolve()) if sample else None}
    done = _command(settings, "models.optimise", arguments)
    say(f"{pair} has a vocabulary map now: {done['summary']}.")


@models.command("verify")
@options
def models_verify(config: Path | None, data_dir: Path | None) -> None:
    """Compare every installed file with what was installed."""
    problems = 0
    for one in _look(Context(config, data_dir).settings(), "models.verify"):
        problems += one["problem"] is not None
        say(f"{one['source']} -> {one['target']}  {one['problem'] or 'ok'}")
    if problems:
        fail(f"{problems} installed models are not as they were installed: install them again")


@cli.command("doctor")
@options
def doctor_command(config: Path | None, data_dir: Path | None) -> None:
    """What is installed, what works, what is missing, in plain words."""
    context = Context(config, data_dir)
    findings = asyncio.run(doctor.examine(context.settings(), context.options))
    for finding in findings:
        say(str(finding))
    if any(finding.level == "problem" for finding in findings):
        sys.exit(1)


# -- shared ------------------------------------------------------------------------------------


def _command(settings: Settings, command: str, arguments: Mapping[str, Any]) -> Any:
    """Through the running server, or on the locked data folder when none runs."""
    data_dir = settings.server.data_dir
    progress = _Progress()
    try:
        return asyncio.run(ask(data_dir, command, arguments, progress))
    except (ConnectionError, FileNotFoundError):
        say_where(settings)  # nobody listens: do it here
    finally:
        progress.end()

    with lock_data_dir(data_dir):
        try:
            return asyncio.run(_alone(settings, command, arguments, progress))
        finally:
            progress.end()


def _look(settings: Settings, command: str) -> Any:
    """A command that only reads the models: no server and no lock are asked."""
    if not (settings.server.data_dir / SOCKET).exists():
        say_where(settings)
    return asyncio.run(_alone(settings, command, {}, _Progress()))


async def _nothing() -> None:
    """A command has no caches."""


async def _alone(
    settings: Settings, command: str, arguments: Mapping[str, Any], report: Report
) -> Any:
    store, passwords = make_store(settings), Passwords()
    events = ConversationLog(store)
    erasure = Erasure(events, store, _nothing, time.time)
    staff = Staff(store, events, passwords, OperatorSessions(store, passwords, time.time))
    shop_admin = ShopAdmin(store, store.refresh_shop)
    admin = Admin(store, staff, make_catalogue(settings), erasure, shop_admin)
    if command.startswith("models."):  # the models need no database
        return await admin.run(command, arguments, report)
    await store.open(configured_sites(settings) or None)  # no file was named: not "no sites"
    try:
        return await admin.run(command, arguments, report)
    finally:
        await passwords.close()
        await store.close()


class _Progress:
    """One line on a terminal's stderr, written over; silent elsewhere."""

    def __init__(self) -> None:
        self._written = False

    def __call__(self, progress: Mapping[str, Any]) -> None:
        if not sys.stderr.isatty():
            return
        words = f"{progress['step']} {progress.get('pair', '')}"
        done, whole = progress.get("bytes"), progress.get("of")
        if done is not None:
            words += f"  {done / 2**20:.1f} MB"
        if "done" in progress and whole:
            words += f"  {100 * progress['done'] / whole:.0f} %"
        if done is not None and whole:
            words += f" of {whole / 2**20:.1f}  {100 * done / whole:.0f} %"
        click.echo(f"\r{printable(words):<70}", nl=False, err=True)
        self._written = True

    def end(self) -> None:
        """Take the line away."""
        if self._written:
            click.echo("\r" + " " * 70 + "\r", nl=False, err=True)
            self._written = False


def _spread(what: Sequence[str]) -> Iterator[str]:
    """A folder stands for the packages in it."""
    for one in what:
        if not Path(one).is_dir():
            yield one
            continue
        files = sorted(str(file) for file in Path(one).glob("*.argosmodel"))
        if not files:
            fail(f"{one} holds no .argosmodel files")
        yield from files


def main() -> None:
    """The ``translate-proxy`` command."""
    os.umask(0o077)  # messages, keys, password hashes: for the server's own user alone
    try:
        cli()
    except KNOWN_ERRORS as error:
        fail(str(error))
    except Refused as refused:
        fail(refused.detail)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        fail(f"the database cannot be used: {reason}")
