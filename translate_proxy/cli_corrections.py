"""Commands for what operators made of translations: shown, changed, forgotten, handed out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from translate_proxy.cli_options import Context, Run, options, say


@click.group()
def corrections() -> None:
    """What operators made of translations, used again for the same text."""


@corrections.command("list")
@options
@click.option("--site", help="Only those of one site.")
@click.pass_obj
def corrections_list(
    run: Run, config: Path | None, data_dir: Path | None, site: str | None
) -> None:
    """Show them, oldest first, each with its id."""
    settings = Context(config, data_dir).settings()
    for one in run(settings, "corrections.list", {"site": site}):
        pair = f"{one['source']} -> {one['target']}"
        say(f"{one['id']}  {one['site']}  {pair}  {_line(one['original'])}")
        say(f"    {_line(one['text'])}  ({one['operator']}, {one['at']})")


@corrections.command("change")
@options
@click.argument("id_", metavar="ID")
@click.argument("text")
@click.pass_obj
def corrections_change(
    run: Run, config: Path | None, data_dir: Path | None, id_: str, text: str
) -> None:
    """Use other words from the next time on."""
    settings = Context(config, data_dir).settings()
    run(settings, "corrections.change", {"id": id_, "text": text})
    say(f"Changed {id_}.")


@corrections.command("remove")
@options
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.pass_obj
def corrections_remove(
    run: Run, config: Path | None, data_dir: Path | None, ids: tuple[str, ...]
) -> None:
    """Forget them: the machine translates those texts again."""
    settings = Context(config, data_dir).settings()
    for id_ in ids:
        run(settings, "corrections.remove", {"id": id_})
        say(f"Removed {id_}.")


@corrections.command("export")
@options
@click.option("--site", help="Only those of one site.")
@click.pass_obj
def corrections_export(
    run: Run, config: Path | None, data_dir: Path | None, site: str | None
) -> None:
    """Write them to standard output, one JSON object a line."""
    settings = Context(config, data_dir).settings()
    for one in run(settings, "corrections.list", {"site": site}):
        say(json.dumps(one, ensure_ascii=False))


def _line(text: str) -> str:
    """A text of several lines on one."""
    return " ".join(text.split())
