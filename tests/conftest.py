"""Fixtures that every test may ask for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import servers
from tests.product import COMMAND, Product, running

# No test depends on how fast the machine is: two cores may be shared, and the first use of text
# on a fresh checkout makes tables for a second or two. A change is judged by the same examples
# everywhere; ``--hypothesis-profile=explore`` looks for new ones.
hypothesis.settings.register_profile(
    "explore",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    print_blob=True,
)
hypothesis.settings.register_profile(
    "here", hypothesis.settings.get_profile("explore"), derandomize=True
)
hypothesis.settings.load_profile("here")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on at the moment."""
    return servers.free_port()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresServer]:
    """One PostgreSQL server for the whole session. A test that stops or restarts it starts its
    own instead (``own_postgres_server``)."""
    with servers.temporary_folder("pg") as folder:
        server = servers.PostgresServer(folder)
        with servers.running(server):
            yield server


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database, dropped after the test."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def own_postgres_server() -> Iterator[servers.PostgresServer]:
    """A PostgreSQL server of the test's own, to stop, restart or kill."""
    with servers.temporary_folder("pg") as folder:
        server = servers.PostgresServer(folder)
        with servers.running(server):
            yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    """One Redis server for the whole session."""
    with servers.temporary_folder("redis") as folder:
        server = servers.RedisServer(folder)
        with servers.running(server):
            yield server


@pytest.fixture
def redis_url(redis_server: servers.RedisServer) -> str:
    """The URL of an empty Redis database."""
    redis_server.command("FLUSHALL")
    return redis_server.url


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One demo server for the whole session, the real command; each test is its own visitor."""
    folder = tmp_path_factory.mktemp("demo")
    with running(Product(folder / "data", "--demo", "--port", "0")) as product:
        yield product


@pytest.fixture(scope="session")
def token(demo: Product) -> str:
    """A session of the demo operator."""
    return demo.token()


@pytest.fixture(scope="session")
def colleague(demo: Product) -> str:
    """The session of a second operator of the demo, Maria."""
    login = {"email": "maria@example.com", "password": "a-colleague-of-the-demo"}
    subprocess.run(
        [
            str(COMMAND),
            *("operators", "add", "--data-dir", str(demo.data_dir)),
            *("--email", login["email"], "--name", "Maria", "--languages", "en"),
            "--password-stdin",
        ],
        input=login["password"],
        text=True,
        check=True,
        capture_output=True,
        timeout=300,
    )
    return demo.token(login)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what starts the real command or asks PostgreSQL: ``make check`` leaves it to ``make
    test``."""
    for item in items:
        module = item.getparent(pytest.Module)
        started = {"demo", "token", "colleague"} & set(getattr(item, "fixturenames", ()))
        if (
            started
            or "postgresql" in item.name
            or (module is not None and hasattr(module.obj, "Product"))
        ):
            item.add_marker(pytest.mark.server)
