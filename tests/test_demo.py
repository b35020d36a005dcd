"""Demo mode's packages: installed into an empty folder, brought up to date, else left alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.translation_support import EN_PT, MODELS, PT_EN, repackaged, starter_packages
from translate_proxy.demo import SUPERSEDED, install_starter_packages
from translate_proxy.translation.packages import packages

NOW = {("en", "pt"): "1.1", ("pt", "en"): "1.1"}


def versions(folder: Path) -> dict[tuple[str, str], str]:
    return {(one.source, one.target): one.version for one in packages.installed(folder)}


def amend(package: Path, **facts: object) -> None:
    record = package / packages.RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), **facts}))


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A folder into which a demo installed the starter packages of an earlier release."""
    folder = tmp_path / "models"
    for file, digest in zip((PT_EN, EN_PT), sorted(SUPERSEDED), strict=True):
        archive = repackaged(file, tmp_path / file.name, package_version="1.0")
        amend(packages.install_file(archive, folder).path, archive=digest)
    return folder


def test_an_empty_folder_gets_the_starter_packages_an_admins_choice_stays(tmp_path: Path) -> None:
    install_starter_packages(tmp_path / "new")
    assert versions(tmp_path / "new") == NOW
    shutil.copytree(starter_packages() / "translate-pt_en", tmp_path / "one" / "translate-pt_en")
    install_starter_packages(tmp_path / "one")
    assert versions(tmp_path / "one") == {("pt", "en"): "1.1"}


def test_earlier_starter_packages_are_replaced_one_that_was_removed_is_not(earlier: Path) -> None:
    shutil.copytree(earlier, earlier.parent / "one")
    shutil.rmtree(earlier.parent / "one" / "translate-en_pt")
    install_starter_packages(earlier)
    assert versions(earlier) == NOW
    install_starter_packages(earlier.parent / "one")
    assert versions(earlier.parent / "one") == {("pt", "en"): "1.1"}


@pytest.mark.parametrize(
    "change",
    [
        lambda package: amend(package, archive=hashlib.sha256(b"the admin's own").hexdigest()),
        lambda package: packages.record(package, "model/vmap.txt", {}),
        lambda package: (package / "model" / "vmap.txt").write_bytes(b"other\n"),
    ],
    ids=["another archive", "optimised", "a file changed by hand"],
)
def test_what_an_admin_changed_stays(earlier: Path, change: Callable[[Path], object]) -> None:
    change(earlier / "translate-pt_en")
    install_starter_packages(earlier)
    assert versions(earlier) == {**NOW, ("pt", "en"): "1.0"}


def test_the_read_me_names_the_files_that_are_there() -> None:
    text = (MODELS / "README.md").read_text(encoding="utf-8")
    for file in (EN_PT, PT_EN):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        assert f"`{file.name}`" in text
        assert f"`{digest}`" in text
    assert sorted(MODELS.glob("*.argosmodel")) == [EN_PT, PT_EN]
