"""The database behind the store: engines, pragmas, and whether its schema is ours.

SQLite runs in WAL mode with ``synchronous=FULL``: a commit that was acknowledged survives a power
cut. Its writing transactions begin ``IMMEDIATE``: a deferred one that upgrades to writing ignores
``busy_timeout`` and fails at once.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary, WeakSet

import msgspec
import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url

from translate_proxy.storage import tables

BUSY_TIMEOUT_S = 5.0
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_305_808_869_229_538_407  # "translat": PostgreSQL's advisory lock of ours

IsolationLevel = Literal["READ COMMITTED", "REPEATABLE READ"]


class SchemaError(Exception):
    """The database cannot be used as it is; the message says what to do."""


def sqlite_url(data_dir: Path) -> URL:
    """The embedded database of a data folder."""
    return URL.create("sqlite", database=str(data_dir / "translate_proxy.sqlite3"))


def _written(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def writer_engine(url: URL | str) -> Engine:
    """One connection, for the writer's thread alone. On PostgreSQL each of its statements sees
    what was committed before: after the head's lock is had, everything the other nodes wrote."""
    return _engine(make_url(url), pool_size=1, begin="BEGIN IMMEDIATE", level="READ COMMITTED")


def reader_engine(url: URL | str, size: int) -> Engine:
    """``size`` connections for reading; each transaction sees one state of the log."""
    return _engine(make_url(url), pool_size=size, begin="BEGIN", level="REPEATABLE READ")


def _engine(url: URL, *, pool_size: int, begin: str, level: IsolationLevel) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            json_serializer=_written,
            json_deserializer=msgspec.json.decode,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,  # an error must not carry message text into the log
            connect_args={"timeout": BUSY_TIMEOUT_S},
        )
        event.listen(engine, "connect", _prepare_sqlite)

        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine, "begin", on_begin)
        return engine
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        isolation_level=level,
        json_serializer=_written,
        json_deserializer=msgspec.json.decode,
        pool_pre_ping=True,  # a server that was restarted is met with a new connection
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            # A server that stopped answering must not hang the writer for ever.
            "options": "-c statement_timeout=10000 -c lock_timeout=5000",
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    made: WeakSet[Any] = WeakSet()
    _connections[engine] = made
    event.listen(engine, "connect", lambda connection, _record: made.add(connection))
    return engine


_connections: WeakKeyDictionary[Engine, WeakSet[Any]] = WeakKeyDictionary()


def cut(engine: Engine) -> None:
    """End the connections to a PostgreSQL that does not answer under those who wait for it: a
    stopped process answers no time-out either, for its kernel still does. SQLite has its own."""
    for connection in list(_connections.get(engine, ())):
        with (
            suppress(OSError, psycopg.Error),  # closed meanwhile
            socket.socket(fileno=os.dup(connection.fileno())) as link,
        ):
            link.shutdown(socket.SHUT_RDWR)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we begin ourselves, see the module's docstring
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, on a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Bring the schema up to date, whole or not at all. SchemaError for a database that a newer
    version has written, or in which only a part of a schema is found."""
    with engine.begin() as connection:
        config = alembic_config(connection)
        script = ScriptDirectory.from_config(config)
        if connection.dialect.name == "postgresql":
            # Nodes that start together take turns, however long a migration takes.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        current = revision(connection, script)
        if current != script.get_current_head():
            command.upgrade(config, "head")
        missing = set(tables.metadata.tables) - set(inspect(connection).get_table_names())
        if missing:
            raise _half(f"the tables {', '.join(sorted(missing))} are missing")


def revision(connection: Connection, script: ScriptDirectory) -> str | None:
    """The schema's revision; None for a database without one. SchemaError as ``migrate``."""
    found = MigrationContext.configure(connection).get_current_heads()
    if len(found) > 1:
        raise _half(f"it has the schemas {', '.join(sorted(found))}")
    if not found:
        present = set(tables.metadata.tables) & set(inspect(connection).get_table_names())
        if present:
            raise _half(f"the table {min(present)} is there without a schema's number")
        return None
    (current,) = found
    if current not in {revision.revision for revision in script.walk_revisions()}:
        raise SchemaError(
            f"the database was written by a newer translate-proxy (schema {current}): "
            "install that version, or restore a backup made by this one"
        )
    return current


def _half(what: str) -> SchemaError:
    return SchemaError(
        f"the database is half migrated, {what}: restore a backup, or finish the migration with "
        "the version that began it"
    )
