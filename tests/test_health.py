import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.webapp import Web, running
from translate_proxy.web import health


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with running(tmp_path) as made:
        yield made


async def test_live_says_that_the_process_answers(web: Web) -> None:
    for state in ("starting", "ready", "draining"):
        web.health.state = state
        answer = await web.client.get("/health/live")
        assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_ready(web: Web) -> None:
    answer = await web.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "problems": [], "warnings": []}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_missing_route_is_a_warning(web: Web) -> None:
    web.health.missing = ["There is no route from fi to en."]
    answer = await web.client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["warnings"] == ["There is no route from fi to en."]


async def test_a_problem_is_a_503(web: Web) -> None:
    web.health.bad = ["The store cannot be written."]
    answer = await web.client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not_ready"
    assert answer.json()["problems"] == ["The store cannot be written."]


@pytest.mark.parametrize("state", ["starting", "draining"])
async def test_starting_and_draining_are_not_ready(web: Web, state: str) -> None:
    web.health.state = state
    answer = await web.client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, state)


async def test_a_check_that_hangs_is_a_problem(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(health, "PATIENCE_S", 0.01)
    web.health.problems = hang  # type: ignore[method-assign]
    answer = await web.client.get("/health/ready")
    assert answer.status_code == 503
    assert "check itself" in answer.json()["problems"][0]
