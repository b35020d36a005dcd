"""A look at a database that changes nothing: no migration, no pragma, no file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from translate_proxy.model import Operator, Site, SiteKey
from translate_proxy.storage import accounts, privacy, shop
from translate_proxy.storage.database import BUSY_TIMEOUT_S, MIGRATIONS, reader_engine, revision


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. ``outdated``: a start would bring the schema up to date, and nothing further
    was read; ``new``: there is no schema yet."""

    new: bool = False
    outdated: bool = False
    sites: Sequence[Site] = ()
    operators: Sequence[Operator] = ()
    retention: Mapping[SiteKey, int] = field(default_factory=dict)


def look(url: URL | str) -> Looked:
    """The active sites, and those who may sign in there. SchemaError for a database that cannot be
    brought up to date, or the driver's error when it cannot be read."""
    url = make_url(url)
    file = Path(url.database or "")
    embedded = url.get_backend_name() == "sqlite"
    if embedded and not file.exists():
        return Looked(new=True)
    with _reading(_embedded(file) if embedded else reader_engine(url, 1)) as connection:
        script = ScriptDirectory(str(MIGRATIONS))
        current = revision(connection, script)
        if current is None:
            return Looked(new=True)
        if current != script.get_current_head():
            return Looked(outdated=True)
        sites = shop.shop(connection).sites
        demo = any(site.demo for site in sites)
        return Looked(
            sites=sites,
            operators=[
                one
                for one in accounts.everyone(connection)
                if one.active and (demo or not one.demo)
            ],
            retention=privacy.retention(connection),
        )


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _embedded(file: Path) -> Engine:
    # Reading a database in WAL mode makes its companions unless they are there. A journal with
    # something in it must be read; without one nobody has the database open.
    journal = file.with_name(f"{file.name}-wal")
    quiet = not journal.exists() or not journal.stat().st_size
    mode = "immutable=1" if quiet else "mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"file:{quote(str(file))}?{mode}", timeout=BUSY_TIMEOUT_S, uri=True)

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)
