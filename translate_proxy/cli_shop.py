"""Commands for the shop as a whole: handed out as a file, taken in from one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click
import tomli_w

from translate_proxy.cli_options import Context, Run, fail, options, say, write_new


@click.group()
def shop() -> None:
    """The shop's data: its sites."""


@shop.command("export")
@options
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--secrets", is_flag=True, help="Also what is secret.")
@click.pass_obj
def shop_export(
    run: Run, config: Path | None, data_dir: Path | None, file: Path | None, *, secrets: bool
) -> None:
    """Write it as TOML into a new FILE, or to standard output."""
    settings = Context(config, data_dir).settings()
    text = tomli_w.dumps(run(settings, "shop.export", {"secrets": secrets}))
    if file is None:
        click.echo(text, nl=False)
    else:
        write_new(file, text)
        say(f"The shop is in {file}.")


@shop.command("import")
@options
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be changed.")
@click.pass_obj
def shop_import(
    run: Run, config: Path | None, data_dir: Path | None, file: Path, *, dry_run: bool
) -> None:
    """Check FILE, say what it changes, and change it: all of it or nothing. What it does not name
    stays; secrets that it leaves out too."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f"{file}: not valid TOML: {error}")
    settings = Context(config, data_dir).settings()
    found = run(settings, "shop.import", {"data": data, "dry_run": dry_run})
    for one in found:
        fields = f": {', '.join(one['fields'])}" if one["fields"] else ""
        say(f"site {one['key']}  {one['action']}{fields}")
    if dry_run:
        say("Nothing was changed.")
