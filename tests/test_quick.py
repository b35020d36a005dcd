"""Statements past SQLAlchemy's execution: the same rows, the same errors, the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from translate_proxy.storage import quick, tables
from translate_proxy.storage.database import migrate, sqlite_url, writer_engine
from translate_proxy.storage.statements import several, upsert

EVENTS = tables.events
FOUND = (
    select(EVENTS.c.cursor, EVENTS.c.at, EVENTS.c.body, EVENTS.c.owner)
    .where(EVENTS.c.cursor.in_(several()), EVENTS.c.type.in_(("message", "note")))
    .order_by(EVENTS.c.cursor)
)


def event(cursor: int, **values: Any) -> dict[str, Any]:
    return {
        "cursor": cursor,
        "conversation_id": "c",
        "type": "message",
        "at": 1.5,
        "message_id": None,
        "language": None,
        "body": {"text": "Olá \x00 \U0001f600", "deep": [1, {"a": None}]},
        "site": "shop",
        "visitor_id": "v",
        "owner": None,
        "owner_after": None,
    } | values


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = writer_engine(sqlite_url(tmp_path))
    migrate(engine)
    with engine.connect() as opened:
        driver: Any = opened.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        yield opened
        opened.rollback()
    engine.dispose()


def test_rows_are_those_of_sqlalchemy(connection: Connection) -> None:
    rows = [event(1), event(2, body={}), event(3, type="note", at=2), event(4, type="queued")]
    quick.run(connection, insert(EVENTS), rows)
    for wanted in ([1], [1, 2, 3, 4], [9]):
        mine = quick.rows(connection, FOUND, {"wanted": wanted})
        theirs = connection.execute(FOUND, {"wanted": wanted}).all()
        assert [one._asdict() for one in mine] == [one._asdict() for one in theirs]
    assert [one.cursor for one in quick.rows(connection, FOUND, {"wanted": [3, 1]})] == [1, 3]


def test_what_is_written_is_read_back_and_changed(connection: Connection) -> None:
    state = upsert(connection, tables.beliefs, "conversation_id", "author_id", replacing="state")
    for weight in (1, 2):
        row = {"conversation_id": "c", "author_id": "a", "state": {"weight": weight}}
        quick.run(connection, state, [row])
    assert connection.execute(select(tables.beliefs.c.state)).scalar_one() == {"weight": 2}
    moved = update(EVENTS).where(EVENTS.c.cursor == bindparam("row")).values(body=bindparam("new"))
    quick.run(connection, insert(EVENTS), [event(1), event(2)])
    quick.run(connection, moved, [{"row": 1, "new": {"a": 1}}, {"row": 2, "new": []}])
    assert connection.execute(select(EVENTS.c.body)).scalars().all() == [{"a": 1}, []]
    quick.run(connection, delete(EVENTS).where(EVENTS.c.cursor.in_(several())), [{"wanted": [1]}])
    assert connection.execute(select(EVENTS.c.cursor)).scalars().all() == [2]
    quick.run(connection, insert(EVENTS), [])


def test_it_is_part_of_the_connections_transaction(connection: Connection) -> None:
    quick.run(connection, insert(EVENTS), [event(1)])
    connection.rollback()
    assert connection.execute(select(EVENTS.c.cursor)).scalars().all() == []


def test_errors_are_sqlalchemys_and_carry_no_values(connection: Connection) -> None:
    quick.run(connection, insert(EVENTS), [event(1)])
    with pytest.raises(IntegrityError) as twice:
        quick.run(connection, insert(EVENTS), [event(1, body={"text": "secret"})])
    assert "secret" not in str(twice.value)
    connection.exec_driver_sql("DROP TABLE events")
    with pytest.raises(OperationalError):
        quick.rows(connection, FOUND, {"wanted": [1]})
    with pytest.raises(UnicodeError):
        quick.run(
            connection,
            insert(tables.pending),
            [{"message_id": "\ud800", "conversation_id": "c", "cursor": 1}],
        )
