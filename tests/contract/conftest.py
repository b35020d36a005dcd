"""One store per test, on every backend."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import servers
from tests.contract.people import EVA, OTHER, SHOP, TIM, Clock, OpenStore, Person
from translate_proxy.storage.database import migrate, sqlite_url, writer_engine
from translate_proxy.storage.store import Store


@pytest.fixture(scope="session")
def migrated_template(postgres_server: servers.PostgresServer) -> str:
    """The name of a PostgreSQL database with the schema and nothing in it, to be copied."""
    url = postgres_server.new_database()
    engine = writer_engine(url)
    migrate(engine)
    engine.dispose()
    return url.rsplit("/", 1)[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path).render_as_string()
        return
    server: servers.PostgresServer = request.getfixturevalue("postgres_server")
    template: str = request.getfixturevalue("migrated_template")
    name = f"c_{uuid.uuid4().hex}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/{name}"
    yield url
    server.drop_database(url)


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
