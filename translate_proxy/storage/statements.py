"""Statements of more than one module: rows by their ids, and what both databases know but
SQLAlchemy writes per dialect."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from translate_proxy.storage import tables

Insert = postgresql.Insert | sqlite.Insert


def several(name: str = "wanted") -> BindParameter[Any]:
    """Values of an ``IN``, given when the statement is run."""
    return bindparam(name, expanding=True)


# Made once: writing a statement anew costs as much as running it.
VISITORS = select(tables.visitors).where(tables.visitors.c.id.in_(several()))
CONVERSATIONS = select(tables.conversations).where(tables.conversations.c.id.in_(several()))


def insert(connection: Connection, table: Table) -> Insert:
    """``INSERT`` that can be given an ``ON CONFLICT``."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """``INSERT`` of a row whose key may be there already: then nothing happens."""
    return insert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table, *keys: str, replacing: str) -> Insert:
    """``INSERT`` of a row that replaces one column where the key is there already. Run it with the
    values as parameters: made once, it costs nothing the next time."""
    return _upsert(connection.dialect.name, table, keys, replacing)


@cache
def _upsert(dialect: str, table: Table, keys: tuple[str, ...], replacing: str) -> Insert:
    statement: Insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    new = {replacing: statement.excluded[replacing]}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)
