"""One store per test, on every backend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import servers
from tests.contract.people import EVA, OTHER, SHOP, TIM, Clock, OpenStore, Person
from translate_proxy.storage import tables
from translate_proxy.storage.database import migrate, sqlite_url, writer_engine
from translate_proxy.storage.store import Store


@pytest.fixture(scope="session")
def migrated_engine(postgres_server: servers.PostgresServer) -> Iterator[Engine]:
    """A PostgreSQL database with the schema, for all of these tests one after the other."""
    engine = writer_engine(postgres_server.new_database())
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path).render_as_string()
    engine: Engine = request.getfixturevalue("migrated_engine")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(tables.metadata.tables)}")
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def clock() -> Clock:
    """A clock that only the test moves."""
    return Clock()


@pytest.fixture
async def open_store(database_url: str, clock: Clock) -> AsyncIterator[OpenStore]:
    """Opens one more store on the test's database, like another node; closed after the test."""
    async with AsyncExitStack() as stack:

        async def opened(*, demo: bool = False, append_queue: int = 2000) -> Store:
            store = Store(database_url, clock, demo=demo, append_queue=append_queue)
            await store.open([SHOP, OTHER])
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    """A store with two sites and two operators, Eva (of the shop) and Tim (of every site)."""
    opened = await open_store()
    for operator in (EVA, TIM):
        await opened.add_operator(operator, "hash")
    return opened


@pytest.fixture
async def person(store: Store) -> Person:
    """A visitor of the shop who has not said anything."""
    return await Person.arrives(store)
