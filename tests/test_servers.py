"""The test session's own PostgreSQL and Redis."""

from __future__ import annotations

import signal

import psycopg
import sqlalchemy as sa

from tests.servers import PostgresServer, RedisServer


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def test_every_test_gets_an_empty_database_of_its_own(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    other = postgres_server.new_database()
    try:
        with psycopg.connect(_plain(postgres_url)) as connection:
            connection.execute("CREATE TABLE t (x int)")
        engine = sa.create_engine(other)
        assert sa.inspect(engine).get_table_names() == []
        engine.dispose()
    finally:
        postgres_server.drop_database(other)


def test_a_postgres_restarted_after_a_crash_keeps_its_rows(
    own_postgres_server: PostgresServer,
) -> None:
    url = own_postgres_server.new_database()
    with psycopg.connect(_plain(url)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS x")
    own_postgres_server.restart(signal.SIGQUIT)
    with psycopg.connect(_plain(url)) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]


def test_every_test_gets_an_empty_redis(redis_url: str, redis_server: RedisServer) -> None:
    assert redis_url.startswith("redis://127.0.0.1:")
    assert redis_server.command("DBSIZE") == ":0"
    assert redis_server.command("SET", "left-over", "1") == "+OK"


def test_a_redis_restarted_answers_again(redis_server: RedisServer, redis_url: str) -> None:
    redis_server.restart()
    assert redis_server.url == redis_url
    assert redis_server.command("DBSIZE") == ":0"
