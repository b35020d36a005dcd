"""``translate-proxy shop``: handed out as a file, taken in from one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_cli import CONFIG, CommandLine


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def test_a_shop_is_handed_out_and_taken_in_by_another_server(
    run: CommandLine, tmp_path: Path
) -> None:
    file, other = tmp_path / "shop.toml", ("--data-dir", str(tmp_path / "other"))
    assert run("shop", "export", str(file), "--secrets").out == f"The shop is in {file}.\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "exists" in run.refused("shop", "export", str(file))
    words = ("shop", "import", str(file), *other)
    planned = run(*words, "--dry-run", at=False)
    assert planned.out == "site shop  created\nNothing was changed.\n"
    assert run(*words, at=False).out == "site shop  created\n"
    assert run(*words, at=False).out == "site shop  unchanged\n"
    assert run("shop", "export", "--secrets", *other, at=False).out == file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace('"Shop"', '"New"'), "utf-8")
    assert run(*words, at=False).out == "site shop  changed: name\n"
    # Where the configuration has the site, it alone changes it.
    assert "configuration file" in run.refused("shop", "import", str(file))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[sites]]\nkey = 'x'", "sites.0.name"),
        ("[[shops]]\nkey = 'x'", "shops"),
        ("sites = 3", "sites"),
        ("[[sites]", "not valid TOML"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_shop_changes_nothing(
    run: CommandLine, tmp_path: Path, text: str | None, said: str
) -> None:
    file = tmp_path / "shop.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    assert said in run.refused("shop", "import", str(file))


def test_a_file_that_names_a_site_of_the_console_stops_the_start(
    run: CommandLine, tmp_path: Path
) -> None:
    other = tmp_path / "shop.toml"
    other.write_text(CONFIG.replace('"shop"', '"outlet"'), "utf-8")
    assert run("shop", "import", str(other)).out == "site outlet  created\n"
    run.config.write_text(other.read_text("utf-8"), "utf-8")
    assert "outlet was made in the console" in run.refused("serve", "--port", "0")
