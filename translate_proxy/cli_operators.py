"""Commands for those who answer."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

import click

from translate_proxy.cli_options import Context, Run, fail, options, say

_ROLES = click.Choice(["operator", "supervisor", "admin"])


@click.group()
def operators() -> None:
    """Who answers."""


@operators.command("add")
@options
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--languages", required=True, help="Comma-separated; the first is read, e.g. en,fi.")
@click.option("--sites", default="", help="Comma-separated site keys; none means all.")
@click.option("--role", type=_ROLES, default="operator")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def operators_add(
    run: Run, /, config: Path | None, data_dir: Path | None, password_stdin: bool, **given: str
) -> None:
    """Add an operator; asks for the password unless --password-stdin is given."""
    arguments = {
        "email": given["email"],
        "name": given["name"],
        "languages": _listed(given["languages"]),
        "sites": _listed(given["sites"]),
        "role": given["role"],
        "password": _password(stdin=password_stdin),
    }
    added = run(Context(config, data_dir).settings(), "operators.add", arguments)
    say(f"Added {added['email']}.")


@operators.command("list")
@options
@click.pass_obj
def operators_list(run: Run, config: Path | None, data_dir: Path | None) -> None:
    """Show who may sign in, and who is disabled."""
    for one in run(Context(config, data_dir).settings(), "operators.list", {}):
        say(_line(one))


@operators.command("set")
@options
@click.argument("email")
@click.option("--name")
@click.option("--languages", help="Comma-separated; the first is read, e.g. en,fi.")
@click.option("--sites", help="Comma-separated site keys; all for every site.")
@click.option("--role", type=_ROLES)
@click.option("--password", is_flag=True, help="Ask for a new password.")
@click.option("--password-stdin", is_flag=True, help="Read a new one from standard input.")
@click.pass_obj
def operators_set(
    run: Run,
    /,
    config: Path | None,
    data_dir: Path | None,
    password: bool,
    password_stdin: bool,
    **given: str | None,
) -> None:
    """Change an operator, who is signed out and can sign in anew; what is not named stays."""
    arguments: dict[str, Any] = {"email": given["email"]}
    for name in ("name", "role"):
        if given[name] is not None:
            arguments[name] = given[name]
    if (languages := given["languages"]) is not None:
        arguments["languages"] = _listed(languages)
    if (sites := given["sites"]) is not None:
        arguments["sites"] = [] if sites == "all" else _sites(sites)
    if password or password_stdin:
        arguments["password"] = _password(stdin=password_stdin)
    changed = run(Context(config, data_dir).settings(), "operators.set", arguments)
    say(f"Changed {_line(changed)}")


@operators.command("disable")
@options
@click.argument("email")
@click.pass_obj
def operators_disable(run: Run, config: Path | None, data_dir: Path | None, email: str) -> None:
    """Sign an operator out and let them in no more. Conversations that they answer wait again."""
    done = run(Context(config, data_dir).settings(), "operators.disable", {"email": email})
    say(f"Disabled {done['email']}.")


@operators.command("enable")
@options
@click.argument("email")
@click.pass_obj
def operators_enable(run: Run, config: Path | None, data_dir: Path | None, email: str) -> None:
    """Let an operator in again who was disabled."""
    done = run(Context(config, data_dir).settings(), "operators.enable", {"email": email})
    say(f"Enabled {done['email']}.")


@operators.command("remove")
@options
@click.argument("email")
@click.pass_obj
def operators_remove(run: Run, config: Path | None, data_dir: Path | None, email: str) -> None:
    """Remove an operator. What they wrote stays, under their name."""
    done = run(Context(config, data_dir).settings(), "operators.remove", {"email": email})
    say(f"Removed {done['email']}.")


def _line(one: dict[str, Any]) -> str:
    sites = ",".join(one["sites"]) or "all sites"
    shown = [one["email"], one["name"], ",".join(one["languages"]), sites, one["role"]]
    return "  ".join(shown if one["active"] else [*shown, "disabled"])


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sites(text: str) -> list[str]:
    """Nobody gets every site by an empty variable of a script."""
    return _listed(text) or fail("--sites names none: give site keys, or all")


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("no terminal to ask for the password: use --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        fail("the two passwords differ")
    return password
