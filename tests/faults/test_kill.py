"""Ended in every way while people talk: nothing that was acknowledged is lost, nothing doubled.

Every run has a new seed, printed; FAULTS_SEED replays one. ``make faults`` runs the
same scenarios longer, and others besides.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import scenarios
from tests.faults.world import new_seed

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
