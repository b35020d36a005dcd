"""What the commands of the command line have in common."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol

import click

from translate_proxy.settings import Server, Settings, load
from translate_proxy.text.plain import printable


class Context:
    """What every command was given: the settings are read when a command needs them."""

    def __init__(self, config: Path | None, data_dir: Path | None) -> None:
        self.config = config
        self.data_dir = data_dir

    @property
    def options(self) -> str:
        """What was given, for a command that is named to a person: " --config shop.toml"."""
        given = (("--config", self.config), ("--data-dir", self.data_dir))
        words = [word for name, path in given if path is not None for word in (name, str(path))]
        return f" {shlex.join(words)}" if words else ""

    def settings(self, *, demo: bool = False, **server: Any) -> Settings:
        """SettingsError with one line."""
        given = {"data_dir": self.data_dir, **server}
        return load(self.config, os.environ, given, demo=demo)


class Run(Protocol):
    """Runs a command of ``Admin`` through the running server, or on the locked data folder when
    none runs. ``click.pass_obj`` hands it over."""

    def __call__(self, settings: Settings, command: str, arguments: Mapping[str, Any]) -> Any:
        """The command's answer; Refused when it cannot be done."""


def options(command: Any) -> Any:
    """``--config`` and ``--data-dir``, before or after the command's name."""
    for option in (
        click.option("--data-dir", type=click.Path(path_type=Path), help="Where data is kept."),
        click.option("--config", type=click.Path(path_type=Path), help="A TOML file."),
    ):
        command = option(command)
    return command


def say(text: str, *, err: bool = False) -> None:
    """Lines for a person: what people or packages have written steers no terminal."""
    click.echo("\n".join(printable(line) for line in text.split("\n")), err=err)


def say_where(settings: Settings) -> None:
    """Which folder a command works on where none was named and no server is there: it may be
    another than the one that is meant."""
    folder = settings.server.data_dir
    if folder == Server().data_dir:
        say(
            f"No server runs on the data folder {folder.absolute()}: working on that folder itself "
            "(--config or --data-dir names another).",
            err=True,
        )


def fail(message: str) -> NoReturn:
    """One line on stderr, exit status 1."""
    say(f"translate-proxy: {message}", err=True)
    sys.exit(1)


def write_new(file: Path, text: str | bytes) -> None:
    """A file of its owner alone that was not there before."""
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    with os.fdopen(handle, "wb") as target:
        target.write(text if isinstance(text, bytes) else text.encode("utf-8"))
