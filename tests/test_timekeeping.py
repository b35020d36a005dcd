"""A clock that is ahead removes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.contract.people import OTHER, SHOP, START, Clock, Person, texts
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store
from translate_proxy.timekeeping import Timekeeper

HOUR, DAY, YEAR = 3600.0, 86_400.0, 365 * 86_400.0


class Machine:
    """A server on one database that is started again and again. ``wall`` may be set, ``ran`` only
    goes on."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.wall, self.ran = Clock(), Clock(0.0)

    async def start(self) -> None:
        self.store = Store(self.url, self.wall)
        await self.store.open([replace(SHOP, retention_days=30), OTHER])
        self.time = Timekeeper(self.wall, self.ran, lambda: self.store.last_used)
        log = ConversationLog(self.store)
        self.erasure = Erasure(log, self.store, nothing_to_forget, self.time.believed)

    async def goes_on(self, seconds: float) -> int:
        """Sweeps and checks as a server does, every hour; conversations removed."""
        removed = 0
        while seconds >= 0:
            removed += await self.erasure.sweep()
            await self.store.check(self.time.believed())
            seconds -= HOUR
            self.wall.now += HOUR
            self.ran.now += HOUR
        return removed


async def nothing_to_forget() -> None:
    """No cache is there."""


@pytest.fixture
async def machine(database_url: URL) -> AsyncIterator[Machine]:
    made = Machine(database_url)
    await made.start()
    yield made
    await made.store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: URL = request.getfixturevalue("postgres_url")
    return url


async def closed(machine: Machine) -> Person:
    person = await Person.arrives(machine.store)
    await person.says("kept")
    await person.closes()
    return person


async def kept(machine: Machine, person: Person) -> bool:
    return texts(await Person(machine.store, person.id).sees()) == ["kept"]


@pytest.mark.parametrize("ahead", [31 * DAY, YEAR, 30 * YEAR])
async def test_a_start_with_a_clock_that_is_ahead_removes_nothing(
    machine: Machine, ahead: float
) -> None:
    person = await closed(machine)
    await machine.goes_on(2 * HOUR)
    right = machine.wall.now
    machine.wall.now += ahead
    for _ in range(3):  # started again while it still is ahead: what happens then proves nothing
        await machine.store.close()
        await machine.start()
        assert await machine.goes_on(6 * HOUR) == 0
        await Person.arrives(machine.store)
    assert await kept(machine, person)
    machine.wall.now = right + DAY
    assert await machine.goes_on(20 * DAY) == 0
    assert await kept(machine, person)
    assert await machine.goes_on(12 * DAY) == 1


async def test_a_clock_that_jumps_while_the_server_runs_removes_nothing(machine: Machine) -> None:
    person = await closed(machine)
    await machine.goes_on(2 * HOUR)
    machine.wall.now += YEAR
    assert await machine.goes_on(5 * HOUR) == 0
    machine.wall.now += YEAR  # and again, which begins the doubt anew
    assert await machine.goes_on(22 * HOUR) == 0
    assert await kept(machine, person)


async def test_a_server_that_was_off_for_long_sweeps_a_day_later(machine: Machine) -> None:
    await closed(machine)
    await machine.goes_on(HOUR)
    await machine.store.close()
    machine.wall.now += 60 * DAY
    await machine.start()
    assert await machine.goes_on(23 * HOUR) == 0
    assert await machine.goes_on(2 * HOUR) == 1


async def test_a_server_that_was_off_for_a_night_sweeps_at_the_start(machine: Machine) -> None:
    await closed(machine)
    await machine.goes_on(29 * DAY + 20 * HOUR)
    await machine.store.close()
    machine.wall.now += 12 * HOUR
    await machine.start()
    assert await machine.erasure.sweep() == 1


async def test_a_database_of_an_earlier_version_is_known_by_its_newest_event(
    machine: Machine,
) -> None:
    person = await closed(machine)
    machine.wall.now += YEAR
    await machine.store.close()
    await machine.start()
    assert machine.store.last_used == START
    assert await machine.goes_on(5 * HOUR) == 0
    assert await kept(machine, person)


async def test_a_clock_that_goes_back_is_believed(machine: Machine) -> None:
    await machine.goes_on(DAY)
    machine.wall.now -= YEAR
    assert machine.time.believed() == machine.wall.now
