"""Statements that are run with every message, without what SQLAlchemy does around each.

On SQLite the statement itself takes a few microseconds and its way through ``Connection.execute``
tens of them, twenty times a message. So the statement is compiled once, with what turns its values
into the database's and back, and handed to the driver. It runs on the same connection, in the same
transaction, with the same errors. On PostgreSQL the way to the server is what costs: there it is
executed as ever.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Plan:
    """``places``: what to write for each question mark. ``made`` makes a row, whose columns are
    read with ``converts``."""

    sql: str
    places: tuple[Callable[[Values], Any], ...]
    made: Callable[..., Any]
    converts: tuple[tuple[int, Callable[[Any], Any]], ...]

    def written(self, values: Values) -> list[Any]:
        """The values in their order."""
        return [place(values) for place in self.places]

    def read(self, row: Sequence[Any]) -> Any:
        """A row with its columns' names."""
        if not self.converts:
            return self.made(*row)
        columns = list(row)
        for number, convert in self.converts:
            columns[number] = convert(columns[number])
        return self.made(*columns)


def rows(connection: Connection, statement: Select[Any], values: Values) -> Sequence[Any]:
    """What a query finds; columns are attributes."""
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, values).all()
    plan = _plan(statement, connection.dialect, _shape(values))
    try:
        found = _driver(connection).execute(plan.sql, plan.written(values)).fetchall()
    except sqlite3.Error as error:
        raise _wrapped(error, plan.sql, connection) from error
    return [plan.read(row) for row in found]


def run(connection: Connection, statement: Executable, many: Sequence[Values]) -> None:
    """Write, once with each of these values; all have the same names."""
    if not many:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, many if len(many) > 1 else many[0])
        return
    plan = _plan(statement, connection.dialect, _shape(many[0]))
    try:
        _driver(connection).executemany(plan.sql, [plan.written(values) for values in many])
    except sqlite3.Error as error:
        raise _wrapped(error, plan.sql, connection) from error


def _shape(values: Values) -> tuple[tuple[str, int | None], ...]:
    """The names of the values, with the lengths of those that an ``IN`` is given."""
    return tuple(
        (name, len(value) if isinstance(value, list) else None) for name, value in values.items()
    )


def _driver(connection: Connection) -> sqlite3.Connection:
    if not connection.in_transaction():
        connection.begin()  # as SQLAlchemy does by itself
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(type(driver))
    return driver


def _wrapped(error: sqlite3.Error, sql: str, connection: Connection) -> Exception:
    """As SQLAlchemy raises it; without the values, which must not come into a log."""
    wrapped = DBAPIError.instance(
        sql, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
    )
    return wrapped if isinstance(wrapped, Exception) else error


@lru_cache(maxsize=2048)
def _plan(
    statement: Executable, dialect: Dialect, shape: tuple[tuple[str, int | None], ...]
) -> _Plan:
    scalars = {name for name, length in shape if length is None}
    lists = {name: [None] * length for name, length in shape if length is not None}
    names = [name for name, _ in shape]
    given: Any = statement
    compiled: SQLCompiler = given.compile(dialect=dialect, column_keys=names)
    state = compiled.construct_expanded_state({**dict.fromkeys(scalars), **lists})
    columns = list(given.selected_columns) if isinstance(given, Select) else []
    readers = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]

    def place(name: str) -> Callable[[Values], Any]:
        if name in scalars:
            convert = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            return itemgetter(name) if convert is None else lambda these: convert(these[name])
        of, _, number = name.rpartition("_")  # one of a list, counted from 1
        if of in lists:
            return lambda these: these[of][int(number) - 1]
        constant = state.parameters[name]  # of the statement itself
        return lambda _these: constant

    return _Plan(
        sql=state.statement,
        places=tuple(map(place, state.positiontup or ())),
        made=namedtuple("Row", [str(column.key) for column in columns]),
        converts=tuple((n, reader) for n, reader in enumerate(readers) if reader is not None),
    )
