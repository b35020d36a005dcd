"""Ended in every way while people talk: nothing that was acknowledged is lost, nothing doubled.

Every run has a new seed, printed; FAULTS_SEED replays one. ``make faults`` runs the
same scenarios longer, and others besides.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults import scenarios
from tests.faults.world import World, database, new_seed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    "scenario", [scenarios.killed_sqlite, scenarios.killed_postgresql], ids=["sqlite", "postgresql"]
)
async def test_a_killed_server_loses_nothing(tmp_path: Path, scenario: scenarios.Scenario) -> None:
    seed = new_seed()
    print(f"seed {seed}")
    figures = await scenario(tmp_path, seed, 15)
    print(figures)
    assert figures.cycles == 15
    assert figures.messages > 50
    assert figures.synced == 0


async def test_messages_in_hand_at_every_kill_of_the_server_are_translated(tmp_path: Path) -> None:
    """The engine process, not the server, runs what may be hostile: the server's death says nothing
    against what was in hand."""
    with database("sqlite", tmp_path) as (url, _):
        async with World(tmp_path, url, new_seed(), visitors=2).open() as world:
            said = [
                visitor.say(" ".join(f"O candeeiro número {n} chegou partido." for n in numbers))
                for visitor in world.visitors
                for numbers in (range(first, first + 90) for first in (0, 90, 180, 270))
            ]
            await asyncio.gather(*(one.done.wait() for one in said))
            for _ in range(3):
                assert await asyncio.to_thread(world.pending)
                world.product.kill()
                await world.restart()
            await world.settle()


async def test_a_stopped_server_drains(tmp_path: Path) -> None:
    seed = new_seed()
    print(f"seed {seed}")
    figures = await scenarios.terminated_sqlite(tmp_path, seed, 2)
    print(figures)
    assert figures.cycles == 2


async def test_a_broken_engine_is_felt_by_nobody(tmp_path: Path) -> None:
    seed = new_seed()
    print(f"seed {seed}")
    figures = await scenarios.broken_engine(tmp_path, seed, 10)
    print(figures)
    assert figures.cycles == 10
    assert figures.messages > 20
