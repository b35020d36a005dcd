"""Statements that both databases know but SQLAlchemy writes per dialect."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert(connection: Connection, table: Table) -> Insert:
    """``INSERT`` that can be given an ``ON CONFLICT``."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """``INSERT`` of a row whose key may be there already: then nothing happens."""
    return insert(connection, table).on_conflict_do_nothing()
