"""The one writer: shared commits, faults that hit only their own, databases that go away."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests import servers
from tests.contract.people import EVA, SHOP, Clock, Person, answer, texts
from translate_proxy.model import ConversationId, Refused, new_id
from translate_proxy.storage import accounts, database
from translate_proxy.storage.database import migrate, sqlite_url, writer_engine
from translate_proxy.storage.store import Store
from translate_proxy.storage.transaction import Transaction
from translate_proxy.storage.writer import BATCH, Writer

BUSY_S = 0.2


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(sqlite_url(tmp_path), Clock())
    await opened.open([SHOP])
    await opened.add_operator(EVA, "hash")
    yield opened
    await opened.close()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = writer_engine(sqlite_url(tmp_path))
    store = Store(made.url, Clock())
    await store.open()
    await store.close()
    yield made
    made.dispose()


class Valve:
    """Holds the writer's thread inside a function until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, _transaction: Transaction) -> None:
        self.entered.set()
        self.open.wait(30)


async def held(writer: Writer) -> tuple[Valve, asyncio.Task[None]]:
    """The writer is busy; what is appended now waits."""
    valve = Valve()
    task = asyncio.create_task(writer.run(valve, counted=False))
    await asyncio.to_thread(valve.entered.wait, 30)
    return valve, task


def commits(engine: Engine) -> list[None]:
    """Grows with each commit."""
    seen: list[None] = []
    event.listen(engine, "commit", lambda _connection: seen.append(None))
    return seen


async def test_what_waits_shares_one_commit(engine: Engine) -> None:
    seen = commits(engine)
    writer = Writer(engine, Clock(), 1000)
    valve, task = await held(writer)
    waiting = [asyncio.create_task(writer.run(lambda t: t.now)) for _ in range(BATCH)]
    await asyncio.sleep(0)
    assert writer.waiting == BATCH
    valve.open.set()
    assert len(set(await asyncio.gather(*waiting))) == 1
    await task
    assert len(seen) == 2
    await writer.close()


async def test_who_stops_waiting_does_not_keep_others_from_learning_of_it(engine: Engine) -> None:
    writer = Writer(engine, Clock(), 1000)
    valve, task = await held(writer)
    heard: list[str] = []

    def refuses(_transaction: Transaction) -> str:
        raise Refused("closed", "no")

    patient = asyncio.create_task(writer.run(lambda _t: "first", told=heard.append))
    gone = asyncio.create_task(writer.run(lambda _t: "second", told=heard.append))
    refused = asyncio.create_task(writer.run(refuses, told=heard.append))
    last = asyncio.create_task(writer.run(lambda _t: "last", told=heard.append))
    await asyncio.sleep(0)
    gone.cancel()
    valve.open.set()
    assert [await patient, await last] == ["first", "last"]
    assert heard == ["first", "second", "last"]
    results = await asyncio.gather(gone, refused, task, return_exceptions=True)
    assert [type(result) for result in results[:2]] == [asyncio.CancelledError, Refused]
    await writer.close()


async def test_a_fault_hits_only_its_own(engine: Engine) -> None:
    seen = commits(engine)
    writer = Writer(engine, Clock(), 1000)
    valve, task = await held(writer)

    def fails(_transaction: Transaction) -> None:
        raise ZeroDivisionError

    def refuses(_transaction: Transaction) -> None:
        raise Refused("closed", "no")

    jobs = [asyncio.create_task(writer.run(job)) for job in (fails, refuses, lambda _t: "done")]
    await asyncio.sleep(0)
    valve.open.set()
    results = await asyncio.gather(*jobs, return_exceptions=True)
    await task
    assert isinstance(results[0], ZeroDivisionError)
    assert isinstance(results[1], Refused)
    assert results[1].code == "closed"
    assert results[2] == "done"
    assert len(seen) == 3  # the batch was run again, each by itself; the fault has no commit
    await writer.close()


async def test_a_refusal_after_a_change_is_undone_whole(store: Store) -> None:
    """No command does so; if one ever did, nothing of it may stay."""
    person = await Person.arrives(store)
    conversation_id = await person.begins()

    def half(transaction: Transaction) -> None:
        transaction.emit(transaction.conversation(conversation_id), "note", {"note": {}})
        raise Refused("closed", "too late")

    results = await asyncio.gather(
        person.says("before"),
        store._write(half),
        person.says("after"),
        return_exceptions=True,
    )
    assert isinstance(results[1], Refused)
    assert texts(await person.sees()) == ["Olá", "before", "after"]
    history = await store.history(conversation_id, "operator", None, 50)
    assert "note" not in [one.type for one in history.events]


async def test_a_full_queue_refuses_clients_and_nobody_else(engine: Engine) -> None:
    writer = Writer(engine, Clock(), capacity=2)
    valve, task = await held(writer)
    waiting = [asyncio.create_task(writer.run(lambda _t: None)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refused) as caught:
        await writer.run(lambda _t: None)
    assert (caught.value.code, caught.value.retry_after) == ("overloaded", 1.0)
    waiting.append(asyncio.create_task(writer.run(lambda _t: None, counted=False)))
    await asyncio.sleep(0)
    valve.open.set()
    await asyncio.gather(task, *waiting)
    await writer.run(lambda _t: None)
    await writer.close()


async def test_the_relays_appends_keep_no_client_out(engine: Engine) -> None:
    writer = Writer(engine, Clock(), capacity=2)
    valve, task = await held(writer)
    ours = [asyncio.create_task(writer.run(lambda _t: 1, counted=False)) for _ in range(50)]
    theirs = [asyncio.create_task(writer.run(lambda _t: 1)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refused):
        await writer.run(lambda _t: None)
    valve.open.set()
    assert sum(await asyncio.gather(*ours, *theirs)) == 52
    await task
    await writer.close()


async def test_what_nobody_waits_for_any_more_still_takes_its_place(engine: Engine) -> None:
    writer = Writer(engine, Clock(), capacity=2)
    valve, task = await held(writer)
    for _ in range(2):
        gone = asyncio.create_task(writer.run(lambda _t: None))
        await asyncio.sleep(0)
        gone.cancel()
    await asyncio.sleep(0)
    with pytest.raises(Refused) as caught:
        await writer.run(lambda _t: None)
    assert caught.value.code == "overloaded"
    valve.open.set()
    await task
    await writer.run(lambda _t: None, counted=False)
    await writer.run(lambda _t: None)
    await writer.close()


async def test_closing_commits_what_waits(engine: Engine) -> None:
    writer = Writer(engine, Clock(), 1000)
    valve, task = await held(writer)
    waiting = asyncio.create_task(writer.run(lambda _t: "done"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(Refused) as caught:
        await writer.run(lambda _t: None)
    assert caught.value.code == "unavailable"
    valve.open.set()
    assert await waiting == "done"
    await asyncio.gather(task, closing)
    await writer.close()  # twice does no harm


async def test_who_gives_up_waiting_loses_only_the_answer(store: Store) -> None:
    person = await Person.arrives(store)
    client_id = new_id()
    valve, task = await held(store._writer)
    sending = asyncio.create_task(person.says("Olá", client_id))
    await asyncio.sleep(0)
    sending.cancel()
    valve.open.set()
    await task
    again = await person.says("Olá", client_id)
    assert again.repeated
    assert texts(await person.sees()) == ["Olá"]


async def test_a_locked_database_is_unavailable_until_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", BUSY_S)
    store = Store(sqlite_url(tmp_path), Clock())
    await store.open([SHOP])
    person = await Person.arrives(store)
    client_id = new_id()
    other = sqlite3.connect(tmp_path / "translate_proxy.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for attempt in (person.says("Olá", client_id), store.check()):
        with pytest.raises(Refused) as caught:
            await attempt
        assert caught.value.code == "unavailable"
    assert await store.visitor(person.id)  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert not (await person.says("Olá", client_id)).repeated
    await store.close()


async def test_a_full_disk_is_unavailable_and_nothing_is_lost(store: Store) -> None:
    person = await Person.arrives(store)
    await person.says("before")

    def limit(pages: str) -> None:
        with store._write_engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await asyncio.to_thread(limit, "1")  # SQLite answers as if the disk were full
    with pytest.raises(Refused) as caught:
        await asyncio.gather(*(person.says("x" * 100_000) for _ in range(5)))
    assert caught.value.code == "unavailable"
    assert texts(await person.sees()) == ["before"]
    await asyncio.to_thread(limit, "1000000")
    await person.says("after")
    assert texts(await person.sees()) == ["before", "after"]


async def wait_until_open(store: Store) -> None:
    """Ask until the store can append again: it recovers by itself."""
    while True:
        try:
            await store.check()
        except Refused:
            await asyncio.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_restarted_postgresql_is_met_again(
    own_postgres_server: servers.PostgresServer, how: signal.Signals
) -> None:
    store = Store(own_postgres_server.new_database(), Clock())
    await store.open([SHOP])
    await store.add_operator(EVA, "hash")
    person = await Person.arrives(store)
    conversation_id = await person.begins("before")
    client_id = new_id()
    await asyncio.to_thread(own_postgres_server.stop, how)
    for attempt in (person.says("during", client_id), store.head(), store.check()):
        with pytest.raises(Refused) as caught:
            await attempt
        assert caught.value.code == "unavailable"
    await asyncio.to_thread(own_postgres_server.start)
    await wait_until_open(store)
    await person.says("during", client_id)
    await answer(store, conversation_id, "after")
    assert texts(await person.sees()) == ["before", "during", "after"]
    await store.close()


async def test_acknowledged_messages_survive_a_postgresql_that_is_killed(
    own_postgres_server: servers.PostgresServer,
) -> None:
    store = Store(own_postgres_server.new_database(), Clock())
    await store.open([SHOP])
    person = await Person.arrives(store)
    acknowledged: list[str] = []

    async def send(number: int) -> None:
        client_id = new_id()
        done = False
        while not done:
            with suppress(Refused):
                await person.says(f"{number}", client_id)
                done = True
            await asyncio.sleep(0.02)
        acknowledged.append(f"{number}")

    sending = [asyncio.create_task(send(number)) for number in range(200)]
    while len(acknowledged) < 20:
        await asyncio.sleep(0.001)
    await asyncio.to_thread(own_postgres_server.restart, signal.SIGQUIT)
    await asyncio.gather(*sending)
    assert sorted(texts(await person.sees()), key=int) == [f"{number}" for number in range(200)]
    await store.close()


def processes_of(server: servers.PostgresServer) -> list[int]:
    """The server and everything it has started."""
    assert server.process is not None
    main = server.process.pid
    children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii")
    return [main, *map(int, children.split())]


async def test_a_postgresql_that_does_not_answer_keeps_nobody_from_closing(
    own_postgres_server: servers.PostgresServer,
) -> None:
    store = Store(own_postgres_server.new_database(), Clock())
    await store.open([SHOP])
    person = await Person.arrives(store)
    await person.says("before")
    pids = processes_of(own_postgres_server)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        waiting = [
            asyncio.create_task(person.says("during")),
            asyncio.create_task(store.head()),
            asyncio.create_task(store.check()),
        ]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in waiting)
        await store.close()
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, Refused)
            assert outcome.code == "unavailable"
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    await store.open([SHOP])
    assert texts(await person.sees()) == ["before"]
    await store.close()


async def test_a_commit_sees_what_other_nodes_committed(postgres_url: str) -> None:
    """The head is locked before anything is read, so a claim never works on an old state."""
    nodes = [Store(postgres_url, Clock()) for _ in range(2)]
    for node in nodes:
        await node.open([SHOP])
    person = await Person.arrives(nodes[0])
    for turn in range(10):
        sent = await person.says(f"{turn}", store=nodes[turn % 2])
        conversation = await nodes[0].conversation(ConversationId(sent.answer["conversation_id"]))
        assert conversation is not None
        assert conversation.last_cursor == sent.answer["cursor"]
    assert await nodes[0].head() == await nodes[1].head()
    for node in nodes:
        await node.close()


def test_a_new_database_needs_no_file(tmp_path: Path) -> None:
    engine = writer_engine(sqlite_url(tmp_path))
    migrate(engine)
    with engine.begin() as connection:
        assert accounts.everyone(connection) == []
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
    engine.dispose()
