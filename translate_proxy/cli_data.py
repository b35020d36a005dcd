"""Commands for what is kept: backup and restore, one person's data, the configuration file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import tomli_w

from translate_proxy.cli_options import Context, Run, fail, options, say, write_new
from translate_proxy.conversation.transcript import transcript
from translate_proxy.serving import lock_data_dir
from translate_proxy.settings import Settings, load
from translate_proxy.storage import embedded
from translate_proxy.storage.database import sqlite_url


@click.command()
@options
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup(run: Run, config: Path | None, data_dir: Path | None, file: Path) -> None:
    """Copy the embedded database into a new FILE, while the server runs."""
    settings = Context(config, data_dir).settings()
    run(settings, "backup", {"file": str(file.absolute())})
    say(f"Wrote {file}. The secret keys are not in it: keep secrets.json too.")


@click.command()
@options
@click.argument("file", type=click.Path(path_type=Path))
def restore(config: Path | None, data_dir: Path | None, file: Path) -> None:
    """Put a backup in the place of the embedded database, while the server is stopped."""
    settings = Context(config, data_dir).settings()
    _require_embedded(settings)
    folder = settings.server.data_dir
    aside = f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite3"
    with lock_data_dir(folder):
        kept = embedded.restore(file, Path(str(sqlite_url(folder).database)), aside)
    say(f"Restored {file}. Clients start anew when the server runs again.")
    if kept is not None:
        say(f"What was there is in {kept}: delete it when you do not need it any more.")


@click.command("renew-log")
@options
@click.pass_obj
def renew_log(run: Run, config: Path | None, data_dir: Path | None) -> None:
    """Give the log a new id, after a database was restored by other tools: clients start anew."""
    run(Context(config, data_dir).settings(), "log.renew", {})
    say("The log has a new id.")


@click.command()
@options
@click.argument("visitor")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the two files, made if need be; the present one by default.",
)
@click.pass_obj
def export(
    run: Run, config: Path | None, data_dir: Path | None, visitor: str, output: Path
) -> None:
    """Write everything stored of VISITOR (an id, an e-mail address or a signed identity) as JSON
    and as a page to read, in both languages."""
    settings = Context(config, data_dir).settings()
    exported = run(settings, "visitors.export", {"visitor": visitor})
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    stem = output / f"visitor-{exported['visitor_id']}"
    for file, text in (
        (stem.with_suffix(".json"), json.dumps(exported, ensure_ascii=False, indent=2) + "\n"),
        (stem.with_suffix(".html"), transcript(exported)),
    ):
        write_new(file, text)
        say(f"Wrote {file}.")


@click.command()
@options
@click.argument("visitor")
@click.pass_obj
def erase(run: Run, config: Path | None, data_dir: Path | None, visitor: str) -> None:
    """Erase VISITOR (an id, an e-mail address or a signed identity) and all that was said."""
    erased = run(Context(config, data_dir).settings(), "visitors.erase", {"visitor": visitor})
    say(f"Erased visitor {erased['visitor_id']}, conversations: {erased['conversations']}.")
    if not erased["scrubbed"]:
        say(
            "A reader still holds the database's journal, in which the texts are: they leave it "
            "with the next erasure, or when the server stops.",
            err=True,
        )


@click.group()
def config() -> None:
    """The configuration file."""


@config.command("check")
@options
def config_check(config: Path | None, data_dir: Path | None) -> None:
    """Say whether the configuration can be used."""
    settings = Context(config, data_dir).settings()
    say(f"The configuration is valid: {len(settings.sites)} sites.")


@config.command("export")
@options
def config_export(config: Path | None, data_dir: Path | None) -> None:
    """Print the configuration as it is in force: file, environment and defaults together. It
    holds the secrets of the sites and API keys."""
    settings = Context(config, data_dir).settings()
    kept = settings.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"demo"})
    click.echo(tomli_w.dumps(kept), nl=False)


@config.command("import")
@click.option("--config", type=click.Path(path_type=Path), required=True, help="What to replace.")
@click.argument("file", type=click.Path(path_type=Path))
def config_import(config: Path, file: Path) -> None:
    """Check FILE and put it in the place of --config; what was there is kept as CONFIG.bak. The
    server reads it when it starts."""
    load(file, {})
    text = file.read_bytes()
    part = config.with_name(f"{config.name}.part")
    write_new(part, text)
    if config.exists():
        config.replace(config.with_name(f"{config.name}.bak"))
    part.replace(config)
    say(f"{config} is replaced: restart the server.")


DATA_COMMANDS = (backup, restore, renew_log, export, erase, config)


def _require_embedded(settings: Settings) -> None:
    if settings.server.database_url is not None:
        fail("database_url is set: restore with that database's tools, then run renew-log")
