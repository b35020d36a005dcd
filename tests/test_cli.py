"""The command line, alone on a data folder: what each command does, and its one line when not."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import alembic.command
import pytest

from tests.contract.people import EVA, OTHER, SHOP, Clock, Person
from tests.translation_support import EN_PT, PT_EN, repackaged
from translate_proxy.cli import main
from translate_proxy.doctor import examine
from translate_proxy.serving import lock_data_dir
from translate_proxy.settings import load
from translate_proxy.storage.database import alembic_config, sqlite_url, writer_engine
from translate_proxy.storage.store import Store
from translate_proxy.translation.packages import packages

CONFIG = """
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://shop.example"]
languages = ["pt", "fi", "en"]
default_language = "pt"
"""


@dataclass
class Done:
    """How a command ended."""

    status: int
    out: str
    err: str


class CommandLine:
    """``translate-proxy`` on a data folder of the test's own."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.data_dir = folder / "data"
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG, encoding="utf-8")
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, stdin: str = "", at: bool = True) -> Done:
        """Run one command; ``at``: with this folder and configuration."""
        where = ["--data-dir", str(self.data_dir), "--config", str(self.config)] if at else []
        self._monkeypatch.setattr(sys, "argv", ["translate-proxy", *words, *where])
        self._monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, out, err)

    def refused(self, *words: str, stdin: str = "", at: bool = True) -> str:
        """Run a command that must fail; its one line."""
        done = self(*words, stdin=stdin, at=at)
        assert done.status == 1
        assert done.out == ""
        [line] = done.err.splitlines()
        assert line.startswith("translate-proxy: ")
        return line.removeprefix("translate-proxy: ")


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[CommandLine]:
    before = os.umask(0o022)
    yield CommandLine(tmp_path, monkeypatch, capsys)
    os.umask(before)


def said(data_dir: Path, *texts: str, **known: Any) -> str:
    """A visitor who has written these; the id."""
    data_dir.mkdir(exist_ok=True)

    async def write() -> str:
        store = Store(sqlite_url(data_dir), Clock())
        await store.open([SHOP, OTHER])
        person = await Person.arrives(store, **known)
        for text in texts:
            await person.says(text)
        await store.close()
        return person.id

    return asyncio.run(write())


def test_operators_are_added_and_listed(run: CommandLine) -> None:
    added = run(
        *("operators", "add", "--email", "Ana@Shop.example", "--name", "Ana"),
        *("--languages", "en, fi", "--sites", "shop", "--role", "admin", "--password-stdin"),
        stdin="a long enough password\n",
    )
    assert (added.status, added.out) == (0, "Added ana@shop.example.\n")
    assert run("operators", "list").out == "ana@shop.example  Ana  en,fi  shop  admin\n"


def add(run: CommandLine, name: str, *words: str) -> None:
    """An operator ``name@shop.example`` who reads English."""
    who = ("--email", f"{name}@shop.example", "--name", name.title(), "--languages", "en")
    given = ("operators", "add", *who, *words, "--password-stdin")
    assert run(*given, stdin="a long password\n").status == 0


def test_operators_are_changed_disabled_enabled_and_removed(run: CommandLine) -> None:
    add(run, "ana", "--role", "admin")
    add(run, "eva", "--sites", "shop")
    eva = "eva@shop.example"
    changed = run(
        *("operators", "set", "EVA@shop.example", "--languages", "fi,en", "--role", "supervisor"),
        *("--name", "Eva K.", "--sites", "all", "--password-stdin"),
        stdin="another password\n",
    )
    assert changed.out == f"Changed {eva}  Eva K.  fi,en  all sites  supervisor\n"
    assert run("operators", "disable", eva).out == f"Disabled {eva}.\n"
    shown = f"{eva}  Eva K.  fi,en  all sites  supervisor  disabled\n"
    assert shown in run("operators", "list").out
    assert run("operators", "enable", eva).out == f"Enabled {eva}.\n"
    assert "disabled" not in run("operators", "list").out
    assert run("operators", "remove", eva).out == f"Removed {eva}.\n"
    assert run("operators", "list").out == "ana@shop.example  Ana  en  all sites  admin\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["set", "eva@shop.example", "--name", "Eva"], "There is no operator with the address"),
        (["disable", "eva@shop.example"], "There is no operator with the address eva@shop.exa"),
        (["remove", "eva@shop.example"], "There is no operator with the address eva@shop.example"),
        (["set", "ana@shop.example"], "Nothing to change was named."),
        (["set", "ana@shop.example", "--sites", "x"], "There is no site x."),
        (["set", "ana@shop.example", "--sites", ""], "--sites names none: give site keys, or all"),
        (["set", "ana@shop.example", "--sites", "shop"], "is the last administrator of all sites"),
        (["set", "ana@shop.example", "--role", "operator"], "is the last administrator of all"),
        (["disable", "ana@shop.example"], "is the last administrator of all sites: make another"),
        (["remove", "ana@shop.example"], "is the last administrator of all sites: make another"),
        (["set", "ana@shop.example", "--languages", "English!"], "is not a language tag such as"),
        (["set", "ana@shop.example", "--languages", "en,xx"], "there is no language 'xx'"),
        (["set", "ana@shop.example", "--password-stdin"], "A password has 8 to 1024 valid charac"),
    ],
)
def test_operators_that_cannot_be_changed(
    run: CommandLine, words: list[str], expected: str
) -> None:
    add(run, "ana", "--role", "admin")
    assert expected in run.refused("operators", *words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--email", "ana@shop.example", "--languages", "en"], "There is already an operator"),
        (["--email", "nobody", "--languages", "en"], "email: is not an e-mail address"),
        (["--email", "a@b.example", "--languages", "English!"], "'English!' is not a language tag"),
        (["--email", "a@b.example", "--languages", "qq-BR"], "there is no language 'qq-BR'"),
        (["--email", "a@b.example", "--languages", "en", "--sites", "x"], "There is no site x."),
    ],
)
def test_operators_that_cannot_be_added(run: CommandLine, words: list[str], expected: str) -> None:
    add = ("operators", "add", "--name", "Ana", "--password-stdin")
    run(*add, "--email", "ana@shop.example", "--languages", "en", stdin="a long password\n")
    assert expected in run.refused(*add, *words, stdin="a long password\n")


def test_an_export_is_two_private_files(run: CommandLine, tmp_path: Path) -> None:
    visitor = said(run.data_dir, "Olá", email="ana@example.com", identity_id="42")
    done = run("export", visitor, "--output", str(tmp_path / "new" / "out"))
    assert done.status == 0
    (tmp_path / "new" / "out").rename(tmp_path / "out")
    files = {file.suffix: file for file in (tmp_path / "out").iterdir()}
    assert set(files) == {".json", ".html"}
    for file in files.values():
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.name in done.out
        assert "Olá" in file.read_text(encoding="utf-8")
    exported = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert exported["visitor_id"] == visitor
    assert exported["exported_at"].endswith("Z")
    again = run("export", "ana@example.com", "--output", str(tmp_path / "out"))
    assert (again.status, "File exists" in again.err) == (1, True)


def test_a_long_conversation_is_exported_too(run: CommandLine, tmp_path: Path) -> None:
    visitor = said(run.data_dir, *("x" * 8000 for _ in range(200)))
    assert run("export", visitor, "--output", str(tmp_path)).status == 0
    assert (tmp_path / f"visitor-{visitor}.json").stat().st_size > 200 * 8000


def test_an_erased_visitor_is_gone(run: CommandLine) -> None:
    visitor = said(run.data_dir, "canary-bird", email="ana@example.com", identity_id="42")
    said(run.data_dir, "somebody else")
    done = run("erase", "ANA@example.com")
    assert done == Done(0, f"Erased visitor {visitor}, conversations: 1.\n", done.err)
    for file in run.data_dir.iterdir():
        assert b"canary-bird" not in file.read_bytes()
    assert "canary-bird" not in done.err
    assert run.refused("erase", visitor).startswith(f"There is no visitor {visitor}:")
    assert run.refused("export", "ana@example.com").startswith("There is no visitor ana@")


def test_an_ambiguous_name_lists_the_ids(run: CommandLine) -> None:
    ids = {
        said(run.data_dir, "Olá", email="ana@example.com", identity_id=number)
        for number in ("1", "2")
    }
    for command in ("erase", "export"):
        line = run.refused(command, "ana@example.com")
        assert line.startswith("Several visitors are ana@example.com: name one by its id: ")
        assert all(id_ in line for id_ in ids)


def test_backup_and_restore(run: CommandLine, tmp_path: Path) -> None:
    visitor = said(run.data_dir, "before")
    copy = tmp_path / "copy.sqlite3"
    assert run("backup", str(copy)).out.startswith(f"Wrote {copy}.")
    assert run.refused("backup", str(copy)).endswith("exists already: choose another name.")
    said(run.data_dir, "after")
    done = run("restore", str(copy))
    assert done.out.splitlines()[0] == (
        f"Restored {copy}. Clients start anew when the server runs again."
    )
    [aside] = run.data_dir.glob("before-restore-*.sqlite3")
    assert str(aside) in done.out
    assert run("export", visitor, "--output", str(tmp_path)).status == 0
    with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
        [(head,)] = connection.execute("SELECT cursor FROM log_head").fetchall()
    assert head == 2
    assert "is not a backup" in run.refused("restore", str(run.config))


def test_a_folder_in_use_is_not_restored_into(run: CommandLine, tmp_path: Path) -> None:
    said(run.data_dir, "before")
    copy = tmp_path / "copy.sqlite3"
    run("backup", str(copy))
    with lock_data_dir(run.data_dir):
        assert "in use by another translate-proxy" in run.refused("restore", str(copy))
        assert "in use by another translate-proxy" in run.refused("erase", "somebody")


def test_the_log_gets_a_new_id(run: CommandLine) -> None:
    said(run.data_dir, "Olá")

    def log_id() -> str:
        with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
            [(found,)] = connection.execute("SELECT log_id FROM log_head").fetchall()
        return str(found)

    before = log_id()
    assert run("renew-log").out == "The log has a new id.\n"
    assert log_id() != before


def test_another_database_has_its_own_tools(
    run: CommandLine, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATE_PROXY_DATABASE_URL", postgres_url)
    assert "use pg_dump" in run.refused("backup", str(tmp_path / "copy"))
    assert "run renew-log" in run.refused("restore", str(tmp_path / "copy"))
    assert run("renew-log").status == 0


def test_a_newer_database_is_one_line(run: CommandLine) -> None:
    said(run.data_dir, "Olá")
    with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    for words in (["operators", "list"], ["serve", "--port", "0"]):
        assert (
            "written by a newer translate-proxy (schema 9999)" in run(*words).err.splitlines()[-1]
        )


def test_a_file_that_is_no_database_is_one_line(run: CommandLine) -> None:
    run.data_dir.mkdir()
    Path(sqlite_url(run.data_dir).database or "").write_bytes(b"no database" * 100)
    assert run.refused("operators", "list") == (
        "the database cannot be used: file is not a database"
    )


def test_doctor_says_what_is_there_and_changes_nothing(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(tmp_path / "nowhere"))
    visitor = said(run.data_dir, "an old one")  # written years before the command's clock
    with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
        connection.execute("UPDATE conversations SET status = 'closed', closed_at = 0")
        connection.commit()
    run.config.write_text(f"{CONFIG}retention_days = 30\n", encoding="utf-8")
    done = run("doctor")
    assert done.status == 0
    for line in (
        "configuration: 1 sites",
        "the message store can be written",
        "no operators: translate-proxy operators add",
        "site shop: closed conversations are kept 30 days",
        "no models installed",
    ):
        assert line in done.out
    where = f" --config {run.config} --data-dir {run.data_dir}"
    helpful = [line for line in done.out.splitlines() if "translate-proxy " in line]
    assert len(helpful) >= 2
    assert all(line.endswith(where) for line in helpful)
    assert run("export", visitor, "--output", str(run.config.parent)).status == 0


def contents(folder: Path) -> dict[str, bytes | int]:
    """Every file there is, byte for byte, and when each folder was last changed."""
    return {
        str(one): one.read_bytes() if one.is_file() else one.stat().st_mtime_ns
        for one in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("at", [True, False], ids=["configured", "without a configuration"])
@pytest.mark.parametrize("revision", [None, "0001", "0005", "head"])
def test_doctor_changes_nothing_at_all(
    run: CommandLine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    revision: str | None,
    at: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(tmp_path / "nowhere"))
    if revision == "head":
        add(run, "ana")
    elif revision is not None:
        run.data_dir.mkdir()
        engine = writer_engine(sqlite_url(run.data_dir))
        with engine.begin() as connection:
            alembic.command.upgrade(alembic_config(connection), revision)
        engine.dispose()
    before = contents(tmp_path)
    done = run("doctor", at=at)
    assert done.status == 0
    assert contents(tmp_path) == before
    migrates = "it would be migrated at the next start" in done.out
    assert migrates == (revision in {"0001", "0005"})
    assert ("the first start makes it" in done.out) == (revision is None)


def test_doctor_beside_a_server_names_what_is_missing_and_what_would_serve(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    for name in ("fi_en", "en_pl"):
        (index / f"translate-{name}-1_0.argosmodel").touch()
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(index))
    add(run, "ana")  # reads English
    who = ("--email", "ola@shop.example", "--name", "Ola", "--languages", "pl", "--sites", "shop")
    run("operators", "add", *who, "--password-stdin", stdin="a long password\n")
    for beside in (False, True):
        if beside:
            lock = lock_data_dir(run.data_dir)
        where = f" --config {run.config} --data-dir {run.data_dir}"
        lines = [line.removesuffix(where) for line in run("doctor").out.splitlines()]
        said = {
            found[1]: found[2]
            for line in lines
            if (found := re.search(r"site shop: no installed model translates (.*?): (.*)", line))
        }
        assert len(said) == 10  # pt, fi, en to pl, pt, fi to en, and back
        assert said["pt -> en"] == f"translate-proxy models install {PT_EN}"
        fi_en, en_pl = (index / f"translate-{way}-1_0.argosmodel" for way in ("fi_en", "en_pl"))
        assert said["fi -> pl"] == f"translate-proxy models install {fi_en} {en_pl}"
        assert said["en -> fi"] == "neither models/ nor the index has one"
        assert any("a server is running on" in line for line in lines) == beside
    lock.close()


def test_doctor_says_once_why_the_index_cannot_be_read(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(tmp_path / "none.json"))
    add(run, "ana")
    said = run("doctor").out
    assert said.count("none.json") == 1
    assert said.count("translate-proxy models install --for shop") == said.count("once the index")
    assert said.count("once the index") > 1


def test_doctor_reads_what_a_server_has_not_written_into_the_file_yet(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(tmp_path / "nowhere"))

    async def examined() -> str:
        store = Store(sqlite_url(run.data_dir), Clock())
        await store.open([SHOP, OTHER])
        await store.add_operator(EVA, "hash")
        found = await examine(load(run.config, {}, {"data_dir": run.data_dir}))
        await store.close()
        return "\n".join(map(str, found))

    run.data_dir.mkdir()
    assert "operators: 1" in asyncio.run(examined())


def test_doctor_names_a_database_that_cannot_be_used(run: CommandLine) -> None:
    said(run.data_dir, "Olá")
    with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    done = run("doctor")
    assert done.status == 1
    assert "PROBLEM the database was written by a newer translate-proxy" in done.out


def test_a_configuration_is_checked(run: CommandLine) -> None:
    assert run("config", "check").out == "The configuration is valid: 1 sites.\n"
    run.config.write_text("[server]\nprot = 1\n", encoding="utf-8")
    assert "server.prot: there is no such setting" in run.refused("config", "check")


def test_an_exported_configuration_is_the_one_in_force(run: CommandLine, tmp_path: Path) -> None:
    exported = tmp_path / "exported.toml"
    exported.write_text(run("config", "export").out, encoding="utf-8")
    given = {"data_dir": run.data_dir}
    assert load(exported, {}, given) == load(run.config, {}, given)


def test_a_configuration_is_replaced_only_by_one_that_can_be_used(
    run: CommandLine, tmp_path: Path
) -> None:
    new = tmp_path / "new.toml"
    new.write_text(CONFIG.replace('"Shop"', '"New shop"'), encoding="utf-8")
    words = ("config", "import", str(new), "--config", str(run.config))
    assert run(*words, at=False).out == f"{run.config} is replaced: restart the server.\n"
    assert run.config.read_bytes() == new.read_bytes()
    assert (tmp_path / "config.toml.bak").read_text(encoding="utf-8") == CONFIG
    new.write_text("[[sites]]\nkey = 1\n", encoding="utf-8")
    assert run.refused(*words, at=False).startswith(f"{new}: sites.0.key: ")
    assert "New shop" in run.config.read_text(encoding="utf-8")


def test_wrong_usage_is_status_2(run: CommandLine) -> None:
    for words in (["backup"], ["erase"], ["serve", "--port", "many"], ["fly"]):
        assert run(*words, at=False).status == 2


def test_what_a_package_says_of_itself_steers_no_terminal(run: CommandLine, tmp_path: Path) -> None:
    version = "\x1b]0;evil\x07\x9b2J\u202e1.0"
    archive = repackaged(PT_EN, tmp_path / "p.argosmodel", package_version=version)
    shown = r"\x1b]0;evil\x07\x9b2J\u202e1.0"
    assert shown in run("models", "install", str(archive)).out
    listed = run("models", "list").out
    assert shown in listed
    assert not any(mark in listed for mark in "\x1b\x07\x9b\u202e")


def test_without_a_configuration_a_command_says_where_it_works_and_changes_no_site(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("operators", "list").err == ""  # makes the shop known on tmp_path/data
    for words in (["operators", "list"], ["models", "list"], ["doctor"]):
        done = run(*words, at=False)
        assert str(tmp_path / "data") in done.out + done.err
    with closing(sqlite3.connect(sqlite_url(run.data_dir).database or "")) as connection:
        assert connection.execute("SELECT key, active FROM sites").fetchall() == [("shop", 1)]


def test_what_a_site_needs_is_installed_and_what_nobody_offers_is_said(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATE_PROXY_MODELS_INDEX", str(tmp_path / "nowhere"))
    packages.install_file(EN_PT, run.data_dir / "models")
    add(run, "ana")  # reads English; the shop's visitors speak Portuguese, Finnish and English
    done = run("models", "install", "--for", "shop")
    assert done.status == 1
    pt, *others = done.out.splitlines()
    assert re.fullmatch(rf"pt -> en  \S+/{PT_EN.name}", pt)
    assert others == [
        "fi -> en  is offered nowhere",
        "en -> fi  is offered nowhere",
        "Installed pt -> en (1.1).",
    ]
    assert f"The index {tmp_path}/nowhere: No such file or directory." in done.err
    run.config.write_text(CONFIG.replace('"pt", "fi", "en"', '"pt", "en"'), encoding="utf-8")
    assert run("models", "install", "--for", "shop").out == "Site shop has what it needs.\n"


def test_an_install_names_packages_or_a_site_that_is_there(run: CommandLine) -> None:
    assert run.refused("models", "install", "--for", "x") == "There is no site x (shop)."
    assert run("models", "install").status == 2
    assert run("models", "install", "--for", "shop", "fi-en").status == 2


def test_a_folder_stands_for_the_packages_in_it(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    assert "holds no .argosmodel files" in run.refused(
        "models", "install", str(tmp_path / "packages")
    )
    (tmp_path / "packages" / PT_EN.name).symlink_to(PT_EN)
    done = run("models", "install", str(tmp_path / "packages"))
    assert done.out == "Installed pt -> en (1.1).\n"
