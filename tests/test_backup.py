"""A copy of the database while people talk, and what becomes of clients when it is put back."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.people import EVA, SHOP, Clock, Person, claim, texts
from translate_proxy.model import Refused, new_id
from translate_proxy.storage import embedded
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store


def database(folder: Path) -> Path:
    return Path(str(sqlite_url(folder).database))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await open_in(tmp_path / "live")
    await opened.add_operator(EVA, "hash")
    yield opened
    await opened.close()


async def open_in(folder: Path) -> Store:
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    store = Store(sqlite_url(folder), Clock())
    await store.open([SHOP])
    return store


async def restored(tmp_path: Path, copy: Path) -> Store:
    """A store on what the backup holds."""
    folder = tmp_path / "restored"
    await asyncio.to_thread(folder.mkdir)
    assert await asyncio.to_thread(embedded.restore, copy, database(folder), "aside") is None
    return await open_in(folder)


async def test_a_restored_database_has_everything_and_a_new_log(
    store: Store, tmp_path: Path
) -> None:
    person = await Person.arrives(store)
    client_id = new_id()
    sent = await person.says("Olá", client_id)
    copy = tmp_path / "copy.sqlite3"
    await store.backup(copy)
    await person.says("after the backup")
    again = await restored(tmp_path, copy)
    log_id, head = await again.head()
    assert log_id != (await store.head())[0]
    assert head == sent.answer["cursor"]
    back = Person(again, person.id)
    assert texts(await back.sees()) == ["Olá"]
    resent = await back.says("Olá", client_id)
    assert (resent.repeated, resent.answer) == (True, sent.answer)
    await claim(again, (await back.says("goes on")).answer["conversation_id"])
    await again.close()
    reopened = await open_in(tmp_path / "restored")
    assert (await reopened.head())[0] == log_id  # new once, not at every start
    await reopened.close()


async def test_each_restore_of_a_backup_has_its_own_log(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    await store.backup(copy)
    first = await restored(tmp_path, copy)
    log_id, _ = await first.head()
    await first.close()
    embedded.restore(copy, database(tmp_path / "restored"), "aside.sqlite3")
    second = await open_in(tmp_path / "restored")
    assert (await second.head())[0] != log_id
    await second.close()


async def test_a_backup_is_of_one_moment_while_appends_go_on(store: Store, tmp_path: Path) -> None:
    people = [await Person.arrives(store) for _ in range(5)]
    copying = True

    async def write(person: Person) -> int:
        count = 0
        while copying:
            await person.says(f"{count}")
            count += 1
        return count

    writing = [asyncio.create_task(write(person)) for person in people]
    copies = [tmp_path / f"{number}.sqlite3" for number in range(3)]
    for copy in copies:
        await store.backup(copy)
    copying = False
    assert min(await asyncio.gather(*writing)) > 0
    heads = []
    for copy in copies:
        with closing(sqlite3.connect(copy)) as connection:
            [(cursor,)] = connection.execute("SELECT cursor FROM log_head").fetchall()
            found = [row[0] for row in connection.execute("SELECT cursor FROM events ORDER BY 1")]
            assert found == list(range(1, cursor + 1))
            [(messages,)] = connection.execute(
                "SELECT count(*) FROM events WHERE type = 'message'"
            ).fetchall()
            assert connection.execute("SELECT count(*) FROM commands").fetchall() == [(messages,)]
            heads.append(cursor)
    assert heads == sorted(heads)
    assert (await store.head())[1] >= heads[-1]


async def test_a_backup_is_one_private_file(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    await asyncio.to_thread(folder.mkdir)
    await store.backup(folder / "copy.sqlite3")
    [file] = folder.iterdir()
    assert file.name == "copy.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


async def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("precious", encoding="utf-8")
    with pytest.raises(Refused, match="exists already") as caught:
        await store.backup(there)
    assert caught.value.code == "bad_request"
    assert there.read_text(encoding="utf-8") == "precious"


async def test_a_backup_that_fails_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file"):
        await store.backup(tmp_path / "missing" / "copy")
    person = await Person.arrives(store)
    await asyncio.gather(*(person.says("x" * 3000) for _ in range(50)))
    await store.scrub()
    with database(tmp_path / "live").open("r+b") as damaged:
        damaged.seek(10 * 4096)
        damaged.write(b"\xff" * 4096 * 20)
    folder = tmp_path / "backups"
    await asyncio.to_thread(folder.mkdir)
    with pytest.raises(Refused):
        await store.backup(folder / "copy")
    assert list(folder.iterdir()) == []


async def test_a_restore_moves_aside_what_was_there(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    person = await Person.arrives(store)
    await store.backup(copy)
    await person.says("only in the live one")
    await store.close()
    live = database(tmp_path / "live")
    kept = embedded.restore(copy, live, "before.sqlite3")
    assert kept == live.with_name("before.sqlite3")
    old = Store(f"sqlite:///{kept}", Clock())
    await old.open([SHOP])
    assert texts(await Person(old, person.id).sees()) == ["only in the live one"]
    await old.close()
    await store.open([SHOP])
    assert texts(await person.sees()) == []


async def test_a_restore_takes_the_journal_of_the_old_database_along(
    store: Store, tmp_path: Path
) -> None:
    """A write-ahead log that stayed would be played into the restored database."""
    copy = tmp_path / "copy.sqlite3"
    await store.backup(copy)
    await (await Person.arrives(store)).says("in the journal")
    folder = tmp_path / "crashed"  # as a killed server leaves it
    await asyncio.to_thread(shutil.copytree, tmp_path / "live", folder)
    assert (folder / f"{database(folder).name}-wal").stat().st_size > 0
    assert embedded.restore(copy, database(folder), "before.sqlite3") is not None
    assert not (folder / f"{database(folder).name}-wal").exists()
    again = await open_in(folder)
    assert (await again.head())[1] == 0
    await again.close()
    before = Store(f"sqlite:///{folder / 'before.sqlite3'}", Clock())
    await before.open([SHOP])
    assert (await before.head())[1] == 2
    await before.close()


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_only_a_backup_is_restored(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    live = tmp_path / "live.sqlite3"
    live.write_bytes(b"stays")
    with pytest.raises(Refused, match="is not a backup"):
        embedded.restore(file, live, "aside")
    assert live.read_bytes() == b"stays"


async def test_a_live_database_is_not_taken_for_a_backup(store: Store, tmp_path: Path) -> None:
    await store.close()
    with pytest.raises(Refused, match="not a backup of one"):
        embedded.restore(database(tmp_path / "live"), tmp_path / "other", "aside")
    await store.open([SHOP])


async def test_postgresql_is_backed_up_by_its_own_tools(postgres_url: str, tmp_path: Path) -> None:
    store = Store(postgres_url, Clock())
    await store.open([SHOP])
    with pytest.raises(Refused, match=r"pg_dump.*renew-log"):
        await store.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    await store.close()
