"""The wheel, built once from the source distribution as ``make build`` does, and the lock files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from scripts.docs.licence_tables import direct, normal, read_lock

LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")


@pytest.fixture(scope="module")
def wheel(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as an unchanged checkout gives it."""
    built = [
        repo_root / "translate_proxy" / "static" / name
        for name in ("widget/widget.js", "console/index.html")
    ]
    missing = [path for path in built if not path.exists()]
    assert not missing, "the front ends are not built: run make front-ends"
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(repo_root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(list(folder.glob("translate_proxy-*.tar.gz"))) == 1
    return next(folder.glob("translate_proxy-*-py3-none-any.whl"))


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_module_and_page_of_the_checkout(wheel: Path, repo_root: Path) -> None:
    ours = {
        path.relative_to(repo_root).as_posix()
        for path in (repo_root / "translate_proxy").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "translate_proxy/static/widget/widget.js" in ours
    assert "translate_proxy/static/console/index.html" in ours
    assert any(name.startswith("translate_proxy/web/demo/") for name in ours)
    assert any(name.startswith("translate_proxy/storage/migrations/versions/") for name in ours)
    assert ours <= names_in(wheel)


def test_the_wheel_has_the_starter_models_and_the_default_configuration(
    wheel: Path, repo_root: Path
) -> None:
    packed = names_in(wheel)
    for folder in ("models", "config"):
        files = [path for path in (repo_root / folder).rglob("*") if path.is_file()]
        assert files
        for path in files:
            name = path.relative_to(repo_root).as_posix()
            assert f"translate_proxy/bundled/{name}" in packed


def test_the_wheel_has_the_licence_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(info).decode()
        licence = archive.read(info.replace("METADATA", "licenses/LICENSE")).decode()
        commands = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "Copyright 2026 the translate_proxy authors" in licence
    assert "translate-proxy = translate_proxy.cli:main" in commands


def test_the_wheel_holds_nothing_of_the_machine_that_built_it(wheel: Path, repo_root: Path) -> None:
    packed = names_in(wheel)
    assert not [name for name in packed if re.search(r"node_modules|\.venv|/data/|\.sqlite3", name)]
    with zipfile.ZipFile(wheel) as archive:
        for name in packed:
            if name.endswith((".py", ".js", ".html", ".css", ".toml", "METADATA")):
                assert str(repo_root).encode() not in archive.read(name), name


def test_the_command_runs_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(target), str(wheel)], check=True)
    where = "import translate_proxy; print(translate_proxy.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(target)}
    for command in (["-c", where], ["-m", "translate_proxy", "--help"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert str(target) in done.stdout or "serve" in done.stdout


def test_the_locks_cover_what_the_project_asks_for(repo_root: Path) -> None:
    locked = {
        name: {entry.name for entry in read_lock((repo_root / name).read_text(encoding="utf-8"))}
        for name in LOCKS
    }
    assert set(direct(repo_root)) <= locked["requirements.txt"]
    assert locked["requirements.txt"] <= locked["requirements-dev.txt"]
    project = tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    for lock, group in (("requirements-build.txt", "build"), ("requirements-dev.txt", "dev")):
        asked = {normal(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in groups[group]}
        assert asked <= locked[lock], "run scripts/lock"


def test_the_three_locks_agree_on_every_version(repo_root: Path) -> None:
    versions: dict[str, set[tuple[str, ...]]] = {}
    for lock in LOCKS:
        here: dict[str, list[str]] = {}
        for entry in read_lock((repo_root / lock).read_text(encoding="utf-8")):
            here.setdefault(entry.name, []).append(entry.version)
        for name, found in here.items():
            versions.setdefault(name, set()).add(tuple(sorted(found)))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_locked_version_has_hashes_and_no_address(repo_root: Path) -> None:
    for lock in LOCKS:
        text = (repo_root / lock).read_text(encoding="utf-8")
        for block in re.split(r"\n(?=[A-Za-z0-9])", text)[1:]:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]
        assert not re.search(r"https?://|^-|index-url|find-links", text, re.MULTILINE)
