"""Installing Argos packages: the real ones, damaged ones and hostile ones."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.translation_support import EN_PT, PT_EN, repackaged
from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.packages import packages
from translate_proxy.translation.packages.packages import PackageError

METADATA = {
    "package_version": "1.9",
    "argos_version": "1.9.0",
    "from_code": "pb",
    "to_code": "zt",
    "type": "translate",
}


def small(root: str = "pack", **metadata: object) -> dict[str, bytes]:
    """The files of a package that installs (its model is not one)."""
    return {
        f"{root}/metadata.json": json.dumps({**METADATA, **metadata}).encode(),
        f"{root}/sentencepiece.model": b"pieces",
        f"{root}/model/model.bin": b"weights",
    }


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_starter_package_is_installed_and_read_back(tmp_path: Path) -> None:
    package = packages.install_file(EN_PT, tmp_path)
    assert (package.source, package.target, package.version) == ("en", "pt", "1.1")
    assert package.digest == hashlib.sha256(EN_PT.read_bytes()).hexdigest()
    assert package.path == tmp_path / "translate-en_pt"
    assert package.problem is None
    assert packages.verify(package) is None
    assert list(packages.installed(tmp_path)) == [package]
    assert leftovers(tmp_path) == ["translate-en_pt"]


def test_argos_codes_become_tags(tmp_path: Path) -> None:
    package = packages.install_file(archive(tmp_path / "p.argosmodel", small()), tmp_path / "in")
    assert (package.source, package.target) == ("pt-BR", "zh-Hant")


def test_an_update_replaces_the_same_direction_only(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    packages.install_file(PT_EN, folder)
    first = packages.install_file(archive(tmp_path / "1.argosmodel", small()), folder)
    newer = small("other-name", package_version="2.0")
    second = packages.install_file(archive(tmp_path / "2.argosmodel", newer), folder)
    assert first.path == second.path
    assert [package.version for package in packages.installed(folder)] == ["2.0", "1.1"]


def test_an_archive_named_like_another_package_does_not_overwrite_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    before = packages.install_file(PT_EN, folder)
    packages.install_file(archive(tmp_path / "evil.argosmodel", small("translate-pt_en")), folder)
    assert packages.verify(before) is None
    assert before in packages.installed(folder)


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    package = packages.install_file(archive(tmp_path / "p.argosmodel", small()), tmp_path / "in")
    (package.path / "model" / "model.bin").write_bytes(b"other weights")
    assert packages.verify(package) == "model/model.bin is not the file that was installed"
    (package.path / "model" / "model.bin").unlink()
    assert "model.bin" in str(packages.verify(package))


def test_a_broken_folder_does_not_hide_the_others(tmp_path: Path) -> None:
    packages.install_file(EN_PT, tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "metadata.json").write_text("[1, 2")
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "metadata.json").write_text("[1, 2]")
    (tmp_path / "empty").mkdir()
    found = packages.installed(tmp_path)
    assert [package.problem is None for package in found] == [False, False, False, True]


def test_packages_of_other_types_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "sbd-en"
    folder.mkdir()
    (folder / "metadata.json").write_text(json.dumps({**METADATA, "type": "sbd"}))
    assert packages.installed(tmp_path) == ()
    assert packages.installed(tmp_path / "missing") == ()


def _with(extra: Mapping[str, bytes]) -> Callable[[Path], Path]:
    return lambda path: archive(path, {**small(), **extra})


def _only(files: Mapping[str, bytes]) -> Callable[[Path], Path]:
    return lambda path: archive(path, files)


def _link(path: Path) -> Path:
    archive(path, small())
    link = zipfile.ZipInfo("pack/model/shared_vocabulary.json")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as out:
        out.writestr(link, "/etc/passwd")
    return path


def _bomb(path: Path) -> Path:
    return archive(path, {**small(), "pack/model/zeros.bin": bytes(64 << 20)})


def _lying_bomb(path: Path) -> Path:
    """Says in its directory that the big file is small."""
    _bomb(path)
    raw = path.read_bytes()
    path.write_bytes(raw.replace((64 << 20).to_bytes(4, "little"), (64).to_bytes(4, "little")))
    return path


def _nested(path: Path) -> Path:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as out:
        out.writestr("x", b"y")
    return archive(path, {"pack/inner.zip": inner.getvalue()})


def _cut_short(path: Path) -> Path:
    archive(path, small())
    path.write_bytes(path.read_bytes()[:-40])
    return path


def _damaged(path: Path) -> Path:
    raw = bytearray(EN_PT.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 64] = bytes(64)
    path.write_bytes(raw)
    return path


def _many(path: Path) -> Path:
    return archive(path, {**small(), **{f"pack/{n}": b"" for n in range(packages.MAX_FILES)}})


def _twice(path: Path) -> Path:
    return archive(path, {**small(), "pack/MODEL/model.bin": b"other weights"})


def _encrypted(path: Path) -> Path:
    archive(path, small())
    raw = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(signature)
        while at != -1:
            raw[at + flags] |= 1
            at = raw.find(signature, at + 4)
    path.write_bytes(raw)
    return path


def _text(path: Path) -> Path:
    path.write_bytes(b"hello")
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "path traversal": (_with({"pack/../../evil.txt": b"x"}), "leaves its folder"),
    "absolute path": (_with({"/tmp/evil.txt": b"x"}), "leaves its folder"),
    "windows path": (_with({"pack\\..\\evil.txt": b"x"}), "leaves its folder"),
    "drive letter": (_with({"c:/evil.txt": b"x"}), "leaves its folder"),
    "symbolic link": (_link, "a link or a device"),
    "bomb": (_bomb, "far more than it should"),
    "bomb that lies": (_lying_bomb, ""),
    "two roots": (_with({"second/metadata.json": b"{}"}), "exactly one folder"),
    "file outside a folder": (_with({"readme.txt": b"x"}), "outside a folder"),
    "no metadata": (_only({"pack/model/model.bin": b"x"}), "no metadata.json"),
    "another archive inside": (_nested, "no metadata.json"),
    "empty": (_only({}), "exactly one folder"),
    "metadata is a list": (_with({"pack/metadata.json": b"[]"}), "metadata.json"),
    "metadata is deep": (_with({"pack/metadata.json": b"[" * 100_000}), "metadata.json"),
    "metadata is 2,000 deep": (
        _with(
            {
                "pack/metadata.json": b'{"type": "translate", "from_code": %b%b}'
                % (b"[" * 2000, b"]" * 2000)
            }
        ),
        "metadata.json",
    ),
    "a language is a list": (_only(small(from_code=["en"])), "names no languages"),
    "into itself": (_only(small(from_code="en", to_code="EN")), "a language into itself"),
    "metadata is not UTF-8": (_with({"pack/metadata.json": b"\xff\xfe{}"}), "metadata.json"),
    "wrong type": (_only(small(type="sbd")), "not of type translate"),
    "no languages": (_only(small(from_code=None)), "names no languages"),
    "a path as language": (_only(small(from_code="../en")), "not a language code"),
    "no model": (
        _only({k: v for k, v in small().items() if "model.bin" not in k}),
        "no model/model.bin",
    ),
    "no tokenizer": (
        _only({k: v for k, v in small().items() if "pieces" not in k and "piece" not in k}),
        "no tokenizer",
    ),
    "record of its own": (_with({"pack/installed.json": b"{}"}), "a file of ours"),
    "hidden root": (_only(small(".hidden")), "begin with a dot"),
    "file and folder of one name": (_with({"pack/model": b"x"}), "cannot be unpacked"),
    "same name twice": (_twice, "the same entry twice"),
    "too many files": (_many, "more than"),
    "cut short": (_cut_short, "cannot be unpacked"),
    "damaged": (_damaged, "cannot be unpacked"),
    "encrypted": (_encrypted, "encrypted"),
    "not an archive": (_text, "cannot be unpacked"),
    "missing": (lambda path: path, "cannot be unpacked"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_archive_is_refused_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    make, words = HOSTILE[name]
    folder = tmp_path / "in"
    kept = packages.install_file(archive(tmp_path / "good.argosmodel", small()), folder)
    path = make(tmp_path / "bad.argosmodel")
    before = leftovers(tmp_path)
    with pytest.raises(PackageError) as refusal:
        packages.install_file(path, folder)
    message = str(refusal.value)
    assert words in message
    assert "\n" not in message
    assert leftovers(folder) == [kept.path.name]
    assert packages.verify(kept) is None
    assert leftovers(tmp_path) == before


def test_a_package_loads_whole_while_newer_ones_take_its_place(tmp_path: Path) -> None:
    versions = [
        repackaged(PT_EN, tmp_path / f"{n}.argosmodel", package_version=f"2.{n}") for n in range(2)
    ]
    folder = tmp_path / "in"
    packages.install_file(PT_EN, folder)
    engine = ArgosEngine(folder, Translation())
    (found_a_moment_ago,) = engine.pairs()
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            for version in versions:
                packages.install_file(version, folder)

    with ThreadPoolExecutor(1) as other:
        replacing = other.submit(replace)
        try:
            for _ in range(8):
                model = engine.load(found_a_moment_ago)
                assert "ball" in model.translate(["A bola é azul."])[0]
                model.close()
        finally:
            stop.set()
        replacing.result()
    assert leftovers(folder) == ["translate-pt_en"]


def test_what_a_killed_process_left_is_cleared_away_and_no_package_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    packages.tidy(folder)
    kept = packages.install_file(PT_EN, folder)
    other = packages.install_file(archive(tmp_path / "p.argosmodel", small()), folder)
    # Killed between the two renames of a replacement, after those of another, while removing,
    # while receiving a file and while downloading one.
    for number, path in enumerate((other.path, kept.path)):
        (folder / f".staging-{number}" / "unpacked").mkdir(parents=True)
        shutil.copytree(path, folder / f".staging-{number}" / "replaced")
    shutil.rmtree(other.path)
    (folder / ".removed-translate-fi_en" / "model").mkdir(parents=True)
    (folder / ".upload-x.argosmodel").write_bytes(b"half")
    (folder / ".download-fi-en-1.0.argosmodel").write_bytes(b"half")
    packages.tidy(folder)
    assert set(packages.installed(folder)) == {kept, other}
    assert leftovers(folder) == [
        ".download-fi-en-1.0.argosmodel",
        "translate-pb_zt",
        "translate-pt_en",
    ]
