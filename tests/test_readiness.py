"""What a probe is answered with, and what it costs."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.contract.people import EVA, SHOP, Clock
from tests.fakes import QuickTranslator
from translate_proxy import lifecycle
from translate_proxy.lifecycle import Lifecycle
from translate_proxy.model import Refused
from translate_proxy.storage import database
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    opened = Store(sqlite_url(tmp_path), Clock())
    await opened.open([SHOP])
    await opened.add_operator(EVA, "hash")
    yield opened
    await opened.close()


async def test_probes_cost_no_commit(store: Store) -> None:
    health = Lifecycle(store, QuickTranslator())
    health.state = "ready"
    assert await health.problems() == ["The message store has not been looked at yet."]
    await health.check()
    commits: list[None] = []
    event.listen(store._write_engine, "commit", lambda _connection: commits.append(None))
    for _ in range(50):
        assert await health.problems() == []
        health.warnings()
    assert commits == []
    await health.check()
    assert len(commits) == 1


async def test_a_probe_while_a_check_is_made_gets_the_last_answer(store: Store) -> None:
    health = Lifecycle(store, QuickTranslator())
    health.state = "ready"
    await health.check()
    seen: list[object] = []

    class Slow(Store):
        async def check(self, now: float | None = None) -> None:
            seen.append(await health.problems())
            await super().check(now)

    store.__class__ = Slow
    await health.check()
    assert seen == [[]]


async def test_a_locked_store_is_a_problem_until_it_is_not(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = Lifecycle(store, QuickTranslator())
    health.state = "ready"
    with closing(
        sqlite3.connect(tmp_path / "translate_proxy.sqlite3", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        await health.check()
        assert await health.problems() == ["The message store cannot be reached; try again."]
        monkeypatch.setattr(lifecycle, "CHECK_S", 0.0)
        await health.check()
        assert "did not answer" in (await health.problems())[0]
        monkeypatch.undo()
        other.execute("ROLLBACK")
    await health.check()
    assert await health.problems() == []


async def test_a_store_that_cannot_grow_is_a_problem(store: Store) -> None:
    """Within what the journal has already, a commit still succeeds."""
    health = Lifecycle(store, QuickTranslator())
    health.state = "ready"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 1024 * 1024, hard))
    try:
        await store._write(lambda transaction: transaction.touch(None))
        with pytest.raises(Refused, match="no room"):
            await store.check()
        await health.check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room" in (await health.problems())[0]
    await health.check()
    assert await health.problems() == []


async def test_a_write_that_failed_is_known_before_the_next_look(
    store: Store, tmp_path: Path
) -> None:
    health = Lifecycle(store, QuickTranslator())
    health.state = "ready"
    await health.check()
    assert await health.problems() == []
    with closing(
        sqlite3.connect(tmp_path / "translate_proxy.sqlite3", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused):
            await store._write(lambda transaction: transaction.touch(None))
        assert await health.problems() == ["The message store took no write."]
        other.execute("ROLLBACK")
    await store._write(lambda transaction: transaction.touch(None))
    assert await health.problems() == []
