"""Argos packages on disk: what is installed, and installing one from a file.

Layout: ``<packages_dir>/<type>-<from>_<to>/`` holds one unpacked package and beside its own files
``installed.json``: the archive's SHA-256, and that of each file. Everything is staged in a hidden
folder of the same directory, checked there, and renamed into place.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import lzma
import os
import shutil
import stat
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

from translate_proxy.model import Language
from translate_proxy.text import tags

MAX_UNPACKED = 4 * 2**30
"""Bytes of an unpacked package at most; the largest Argos package has about 0.5 GiB."""
MAX_RATIO = 100
"""Unpacked bytes per packed byte at most; models compress to a half, lists of words to a tenth."""
MAX_FILES = 1000
"""Files in an archive at most; packages with a Stanza splitter have about twenty."""
RECORD = "installed.json"
_CHUNK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)


class PackageError(Exception):
    """A file is not a package that can be installed; the message is one sentence for the admin."""


class _Places:
    """Held by one thread at a time, which may come again."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.depth = 0


_places = _Places()


@contextmanager
def in_place(packages_dir: Path) -> Iterator[None]:
    """Held while a package is put in its place or taken away, and by whoever reads several files
    of one and must not get some of another's; over all threads and processes. What cannot be
    locked (a folder that is not there, or not ours to write) is held within this process alone."""
    with _places.lock, ExitStack() as stack:
        _places.depth += 1
        try:
            if _places.depth == 1:
                with suppress(OSError):
                    beside = packages_dir.with_name(f".{packages_dir.name}.lock")
                    handle = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
                    stack.callback(os.close, handle)
                    fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            _places.depth -= 1


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """One direction on disk. ``digest`` is the SHA-256 of the archive, None for a folder that was
    not installed by us; ``problem`` is one sentence, None when it can be used."""

    path: Path
    source: Language
    target: Language
    version: str
    from_code: str
    to_code: str
    target_prefix: str
    digest: str | None
    problem: str | None = None
    map_digest: str | None = None
    """The SHA-256 of a vocabulary map that was made here, None where the archive's own is used."""


def installed(packages_dir: Path) -> Sequence[InstalledPackage]:
    """Every package in the folder, by name; broken ones carry their ``problem``. A missing folder
    holds none."""
    if not packages_dir.is_dir():
        return ()
    folders = sorted(
        path for path in packages_dir.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    return tuple(package for folder in folders if (package := _read(folder)) is not None)


def _read(folder: Path) -> InstalledPackage | None:
    """One folder; None for package types that do not translate."""
    try:
        found = _metadata(folder)
        if found.type != "translate":
            return None
        return _described(folder, found)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return InstalledPackage(
            folder, folder.name, "", "", "", "", "", None, f"metadata.json: {error}"
        )


def _described(folder: Path, found: Any) -> InstalledPackage:
    """Raises what metadata of other shapes than an Argos package's brings up."""
    return InstalledPackage(
        path=folder,
        source=tags.canonical(str(found.from_code or "")),
        target=tags.canonical(str(found.to_code or "")),
        version=str(found.package_version or "0"),
        from_code=str(found.from_code or ""),
        to_code=str(found.to_code or ""),
        target_prefix=str(found.target_prefix or ""),
        digest=_record(folder).get("archive"),
        problem=_what_is_missing(folder, found),
        map_digest=_record(folder).get("made", {}).get("digest"),
    )


def _metadata(folder: Path) -> SimpleNamespace:
    """What ``metadata.json`` says, with Argos' own defaults. Read here: ``argostranslate.package``
    brings the libraries along that a server must not map. Raises OSError, ValueError, and
    RecursionError for what is far too deep."""
    given = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    if not isinstance(given, dict):
        raise TypeError("it is not an object")
    return SimpleNamespace(
        type=given.get("type", "translate"),
        from_code=given.get("from_code"),
        to_code=given.get("to_code"),
        package_version=given.get("package_version", ""),
        target_prefix=given.get("target_prefix", ""),
    )


def _what_is_missing(folder: Path, found: Any) -> str | None:
    if not all(code and isinstance(code, str) for code in (found.from_code, found.to_code)):
        return "metadata.json names no languages"
    if tags.canonical(found.from_code) == tags.canonical(found.to_code):
        return "it translates a language into itself"
    if not (folder / "model" / "model.bin").is_file():
        return "it has no model/model.bin"
    if not (folder / "sentencepiece.model").is_file() and not (folder / "bpe.model").is_file():
        return "it has no tokenizer (sentencepiece.model or bpe.model)"
    return None


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def verify(package: InstalledPackage) -> str | None:
    """Compare every file with the digests taken at the install: one sentence about the first
    difference, None when all is as it was (or nothing was recorded)."""
    with in_place(package.path.parent):
        digests = _record(package.path).get("files")
        if not isinstance(digests, dict):
            return None
        for name, digest in sorted(digests.items()):
            try:
                if _digest(package.path / name) != digest:
                    return f"{name} is not the file that was installed"
            except OSError as error:
                return f"{name}: {error.strerror or error}"
    return None


def record(folder: Path, name: str, facts: Mapping[str, Any]) -> None:
    """Write down a file that was made for an unpacked package here, so that ``verify`` knows it."""
    told = _record(folder)
    digest = _digest(folder / name)
    files = {**told.get("files", {}), name: digest}
    made = {"file": name, "digest": digest, **facts}
    (folder / RECORD).unlink(missing_ok=True)  # it may be a link to the installed package's own
    text = json.dumps({**told, "files": files, "made": made}, indent=1)
    (folder / RECORD).write_text(text, encoding="utf-8")


def tidy(packages_dir: Path) -> None:
    """Clear away what a process left behind that was killed while it changed packages; a package
    that was on its way out to make room for another one is back. Downloads stay: they go on where
    they broke off. Only for whoever holds the data folder. PackageError when it cannot be done."""
    if not packages_dir.is_dir():
        return
    try:
        clear_staging(packages_dir)
        for upload in packages_dir.glob(".upload-*"):
            upload.unlink()
    except OSError as error:
        reason = error.strerror or error
        raise PackageError(f"{packages_dir} cannot be tidied up: {reason}") from error


def clear_staging(packages_dir: Path) -> None:
    """The same after one change that was broken off, for whoever lets no other begin. Raises
    OSError."""
    for replaced in packages_dir.glob(".staging-*/replaced"):
        package = _read(replaced)
        place = package and packages_dir / _folder_name(package)
        if place and not place.exists():
            replaced.rename(place)
    for pattern in (".staging-*", ".removed-*"):
        for folder in packages_dir.glob(pattern):
            shutil.rmtree(folder)


def _folder_name(package: InstalledPackage) -> str:
    return f"translate-{package.from_code}_{package.to_code}".lower()


def _place(package: InstalledPackage, packages_dir: Path) -> Path:
    """Where a package goes: to the one of its direction, however that one writes its codes."""
    ends = (package.source, package.target)
    same = (one for one in installed(packages_dir) if (one.source, one.target) == ends)
    other = next(same, None)
    return packages_dir / _folder_name(package) if other is None else other.path


def install_file(
    path: Path,
    packages_dir: Path,
    check: Callable[[InstalledPackage], None] = lambda _package: None,
) -> InstalledPackage:
    """Install one ``.argosmodel`` file, in place of an installed package of the same direction.
    ``check`` is given the unpacked package before that, to refuse it.

    PackageError says in one sentence why a file is refused; then nothing is left behind and what
    was installed before is untouched.
    """
    packages_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=packages_dir))
    try:
        package = _unpack(path, staging)
        check(package)
        place = _place(package, packages_dir)
        replace(package.path, place, staging / "replaced")
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or error
        raise PackageError(f"{path.name} cannot be unpacked: {reason}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    done = _read(place)
    if done is None or done.problem:  # another process took it away: say so instead of guessing
        raise PackageError(f"{path.name} was installed but cannot be read back")
    return done


def take_away(package: InstalledPackage, aside: Path) -> None:
    """Take an installed package out of its place, all on one file system. Raises OSError."""
    with in_place(package.path.parent):
        package.path.rename(aside)


def replace(new: Path, place: Path, aside: Path) -> None:
    """Put a folder in the place of an installed package, if there is one, which goes ``aside``, all
    on one file system; the old one is back when that fails. Raises OSError."""
    with in_place(place.parent):
        if place.exists():
            place.rename(aside)
        try:
            new.rename(place)
        except OSError:
            if aside.exists():
                aside.rename(place)
            raise


def _unpack(path: Path, staging: Path) -> InstalledPackage:
    """The archive's content in ``staging``, checked and recorded."""
    files: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        root = _check_entries(path.name, archive.infolist())
        budget = min(MAX_UNPACKED, MAX_RATIO * max(path.stat().st_size, 1 << 16))
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            name = PurePosixPath(entry.filename)
            place = staging.joinpath("unpacked", *name.parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with place.open("xb") as out:
                for chunk in _read_chunks(archive, entry):
                    budget -= len(chunk)  # what is really there: a header can say anything
                    if budget < 0:
                        raise PackageError(f"{path.name} unpacks to far more than it should")
                    digest.update(chunk)
                    out.write(chunk)
            files[str(name.relative_to(root))] = digest.hexdigest()
    folder = staging / "unpacked" / root
    if not (folder / "metadata.json").is_file():
        raise PackageError(f"{path.name} has no metadata.json: it is not an Argos package")
    package = _read(folder)
    if package is None:
        raise PackageError(f"{path.name} is not of type translate")
    if package.problem:
        raise PackageError(f"{path.name}: {package.problem}")
    for code in (package.from_code, package.to_code):
        if not code.replace("-", "").replace("_", "").isalnum() or not code.isascii():
            raise PackageError(f"{path.name}: {code!r} is not a language code")
    record = {"archive": _digest(path), "files": files}
    (folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return package


def _read_chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise PackageError(f"{entry.filename} is encrypted") from error


def _refusal(entry: zipfile.ZipInfo, name: PurePosixPath) -> str | None:
    strange = any(mark in entry.filename for mark in ("\\", ":")) or "\0" in entry.orig_filename
    if name.is_absolute() or ".." in name.parts or strange:
        return "an entry that leaves its folder"
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "a link or a device in it"
    if not name.parts or (len(name.parts) < 2 and not entry.is_dir()):
        return "a file outside a folder"
    if name.name == RECORD and len(name.parts) == 2:
        return "a file of ours in it"
    return None


def _check_entries(archive: str, entries: Sequence[zipfile.ZipInfo]) -> str:
    """The one root folder; PackageError for anything that could leave it."""
    if len(entries) > MAX_FILES:
        raise PackageError(f"{archive} has more than {MAX_FILES} files")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise PackageError(f"{archive} would unpack to more than {MAX_UNPACKED >> 30} GiB")
    names = [PurePosixPath(entry.filename) for entry in entries]
    for entry, name in zip(entries, names, strict=True):
        reason = _refusal(entry, name)
        if reason:
            raise PackageError(f"{archive} has {reason}: {entry.filename!r}")
    if len({str(name).casefold() for name in names}) != len(names):
        raise PackageError(f"{archive} has the same entry twice")
    roots = {name.parts[0] for name in names}
    if len(roots) != 1:
        raise PackageError(f"{archive} must hold exactly one folder, it has {len(roots)}")
    root = roots.pop()
    if root.startswith("."):
        raise PackageError(f"{archive}: the folder's name must not begin with a dot")
    return root


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
