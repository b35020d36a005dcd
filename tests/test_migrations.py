"""The schema: what migrations make is what the code expects, and rows survive them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, inspect, select, text

from tests.contract.people import SHOP, Clock, Person
from translate_proxy.storage import tables
from translate_proxy.storage.database import (
    MIGRATIONS,
    SchemaError,
    alembic_config,
    migrate,
    sqlite_url,
    writer_engine,
)
from translate_proxy.storage.store import Store

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database without a schema."""
    url = (
        sqlite_url(tmp_path)
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    made = writer_engine(url)
    yield made
    made.dispose()


def upgrade(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), revision)


def test_the_migrated_schema_is_the_tables(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        checks = {
            name: {check["name"] for check in inspect(connection).get_check_constraints(name)}
            for name in ("conversations", "log_head")
        }
    assert checks == {
        "conversations": {"ck_conversations_status"},
        "log_head": {"ck_log_head_one_row"},
    }


def test_every_migration_can_be_taken_back(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    migrate(engine)


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)


@pytest.mark.parametrize(
    "revision", ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"]
)
def test_a_database_of_an_earlier_schema_keeps_every_row(engine: Engine, revision: str) -> None:
    stored: dict[str, list[dict[str, Any]]] = json.loads(
        (FIXTURES / f"schema_{revision}.json").read_text(encoding="utf-8")
    )
    upgrade(engine, revision)
    then = MetaData()
    with engine.begin() as connection:
        then.reflect(connection)
        for name, rows in stored.items():
            assert rows, f"the fixture has no {name}"
            connection.execute(then.tables[name].insert(), rows)
    migrate(engine)
    with engine.connect() as connection:
        for name, rows in stored.items():
            table = tables.metadata.tables[name]
            columns = [table.c[column] for column in rows[0]]
            kept = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            order = sorted(rows[0], key=lambda column: column not in table.primary_key.columns)
            assert sorted(kept, key=lambda row: [str(row[column]) for column in order]) == sorted(
                rows, key=lambda row: [str(row[column]) for column in order]
            ), name


def test_what_was_translated_late_is_as_old_as_it_was(engine: Engine) -> None:
    stored = json.loads((FIXTURES / "schema_0004.json").read_text(encoding="utf-8"))
    upgrade(engine, "0004")
    then = MetaData()
    with engine.begin() as connection:
        then.reflect(connection)
        for name, rows in stored.items():
            connection.execute(then.tables[name].insert(), rows)
        late = {"at": 1_800_000_500.0}
        connection.execute(text("UPDATE events SET at = :at WHERE cursor = 15"), late)
        connection.execute(
            text("UPDATE conversations SET updated_at = :at WHERE last_cursor = 15"), late
        )
    migrate(engine)
    columns = ("last_cursor", "activity_cursor", "updated_at")
    with engine.connect() as connection:
        found = connection.execute(
            select(*(tables.conversations.c[name] for name in columns)).order_by("last_cursor")
        )
        assert [tuple(row) for row in found] == [
            (14, 14, 1_800_000_061.0),  # rated
            (15, 9, 1_800_000_000.0),  # closed, and much later opened by a reader of Finnish
        ]


def test_there_is_a_fixture_for_every_earlier_schema() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    earlier = {one.revision for one in script.walk_revisions()} - {script.get_current_head()}
    assert {path.stem.removeprefix("schema_") for path in FIXTURES.glob("schema_*")} == earlier


async def test_an_upgraded_database_goes_on(engine: Engine) -> None:
    upgrade(engine, "0001")
    store = Store(engine.url, Clock())
    await store.open([SHOP])
    sent = await (await Person.arrives(store)).says()
    assert sent.answer["cursor"] == 2
    await store.close()


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaError, match=r"newer translate-proxy \(schema 9999\).*install"):
        migrate(engine)


def test_a_schema_without_its_number_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(SchemaError, match=r"half migrated.*restore a backup"):
        migrate(engine)


def test_a_schema_with_a_table_missing_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE pending"))
    with pytest.raises(SchemaError, match="half migrated, the tables pending are missing"):
        migrate(engine)


def test_a_schema_with_two_numbers_is_refused(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    with pytest.raises(SchemaError, match="half migrated"):
        migrate(engine)


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(engine, "0001")
    with engine.begin() as connection:  # in the way of what the next migration makes
        connection.execute(text("CREATE TABLE _alembic_tmp_events (x INTEGER)"))
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("ALTER TABLE events RENAME CONSTRAINT fk_events_conversation_id TO other")
            )
    with pytest.raises(Exception, match=r"_alembic_tmp_events|fk_events_conversation_id"):
        migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == "0001"
        assert inspect(connection).get_foreign_keys("events")


async def test_a_store_that_cannot_open_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "translate_proxy.sqlite3").write_bytes(b"not a database" * 100)
    before = threading.active_count()
    with pytest.raises(Exception, match="not a database"):
        await Store(sqlite_url(tmp_path), Clock()).open()
    assert threading.active_count() <= before + 1  # asyncio's own


def test_nodes_that_start_together_migrate_once(postgres_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        engine = writer_engine(postgres_url)
        try:
            migrate(engine)
        except BaseException as error:  # noqa: BLE001  (shown below)
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
