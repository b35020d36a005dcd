"""The embedded database as files: its backup, its restore, and its journal after an erasure."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, update

from translate_proxy.model import Refused
from translate_proxy.storage import tables
from translate_proxy.storage.database import BUSY_TIMEOUT_S

RESTORED = ""
"""The log's id in a backup: whoever opens it as a database gives it a new one."""
JOURNAL_TRIES = 3
ROOM_BYTES = 8 * 1024 * 1024

COMPANIONS = ("", "-wal", "-shm")


def begin_anew_after_restore(connection: Connection, log_id: str) -> None:
    """A new id for the log of a database that came out of a backup: its clients know a future
    that never happened here."""
    connection.execute(
        update(tables.log_head).where(tables.log_head.c.log_id == RESTORED).values(log_id=log_id)
    )


def require_room(engine: Engine) -> None:
    """Refused ``unavailable`` when the files of the database could not grow by what a full commit
    takes. A commit alone does not show it: it may find its place in the journal as it is. Of
    PostgreSQL, whose files are not ours, nothing is known beforehand."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with tempfile.TemporaryFile(dir=Path(str(engine.url.database)).parent) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM_BYTES)
    except OSError as error:
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            return  # for this moment nothing is known: the database has its files open
        raise Refused(
            "unavailable",
            f"The message store has no room to grow: {error.strerror or error}.",
            2.0,
        ) from error


def empty_journal(engine: Engine) -> bool:
    """Write everything into the database file and cut the write-ahead log to nothing, so that
    removed rows (overwritten with zeros there, ``secure_delete``) are in no file. False when a
    long reader prevents it. True on PostgreSQL, whose files are not ours."""
    if engine.dialect.name != "sqlite":
        return True
    own = sqlite3.connect(str(engine.url.database), timeout=BUSY_TIMEOUT_S, isolation_level=None)
    with closing(own):
        for _ in range(JOURNAL_TRIES):
            [(busy, _pages, _written)] = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not busy:
                return True
    return False


def backup(engine: Engine, file: Path) -> None:
    """Copy the database into a new file with SQLite's online backup, in one reading transaction:
    appends go on meanwhile. Refused ``bad_request`` when the file exists, cannot be written, or
    the database is PostgreSQL."""
    if engine.dialect.name != "sqlite":
        raise Refused(
            "bad_request",
            "The database is PostgreSQL: use pg_dump, and run renew-log after restoring it.",
        )
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise Refused("bad_request", f"{file} exists already: choose another name.") from None
    except OSError as error:
        raise Refused("bad_request", f"{file}: {error.strerror}.") from error
    part: Path | None = None
    try:
        handle, made = tempfile.mkstemp(".part", f"{file.name}.", file.parent)
        os.close(handle)
        part = Path(made)
        _copy(str(engine.url.database), part)
        part.replace(file)
        _sync(file.parent)
    except BaseException as error:
        file.unlink()
        if part is not None:
            part.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error | OSError):
            raise Refused("bad_request", f"{file}: {error}.") from error
        raise


def _copy(source: str, part: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        copy.execute("UPDATE log_head SET log_id = ?", (RESTORED,))
        copy.commit()
        _check(copy)
    _sync(part)


def restore(file: Path, database: Path, aside: str) -> Path | None:
    """Put a backup in the place of a database that nobody has open; what was there is moved to
    ``aside`` beside it, which is returned. Refused ``bad_request`` when the file is not a backup
    of ours."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            _check(copy)
            [(log_id,)] = copy.execute("SELECT log_id FROM log_head").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise Refused("bad_request", f"{file} is not a backup: {error}.") from error
    if log_id != RESTORED:
        raise Refused("bad_request", f"{file} is a database, not a backup of one.")
    part = database.with_name(f"{database.name}.part")
    with file.open("rb") as source, part.open("wb") as target:
        part.chmod(0o600)
        while block := source.read(1024 * 1024):
            target.write(block)
    _sync(part)
    kept = database.with_name(aside) if database.exists() else None
    for companion in COMPANIONS if kept is not None else ():
        with suppress(FileNotFoundError):
            database.with_name(database.name + companion).rename(f"{kept}{companion}")
    part.replace(database)
    _sync(database.parent)
    return kept


def _check(connection: sqlite3.Connection) -> None:
    [(verdict,), *_] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
