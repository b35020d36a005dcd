"""The database behind the store: engines, pragmas, and whether its schema is ours.

SQLite runs in WAL mode with ``synchronous=FULL``: a commit that was acknowledged survives a power
cut. Its writing transactions begin ``IMMEDIATE``: a deferred one that upgrades to writing ignores
``busy_timeout`` and fails at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_S = 5.0
MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(Exception):
    """The database cannot be used as it is; the message says what to do."""


def sqlite_url(data_dir: Path) -> URL:
    """The embedded database of a data folder."""
    return URL.create("sqlite", database=str(data_dir / "translate_proxy.sqlite3"))


def writer_engine(url: URL | str) -> Engine:
    """One connection, for the writer's thread alone."""
    return _engine(make_url(url), pool_size=1, begin="BEGIN IMMEDIATE")


def reader_engine(url: URL | str, size: int) -> Engine:
    """``size`` connections for reading; each transaction sees one state of the log."""
    return _engine(make_url(url), pool_size=size, begin="BEGIN")


def _engine(url: URL, *, pool_size: int, begin: str) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
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
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            # A server that stopped answering must not hang the writer for ever.
            "options": "-c statement_timeout=10000 -c lock_timeout=5000",
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
        },
    )


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


def migrate(engine: Engine) -> None:
    """Bring the schema up to date. SchemaError for a database that a newer version has written."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        script = ScriptDirectory.from_config(config)
        current = MigrationContext.configure(connection).get_current_revision()
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise SchemaError(
                f"the database was written by a newer translate-proxy (schema {current}): "
                "install that version, or restore a backup made by this one"
            )
        if current == script.get_current_head():
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
