"""Whom an operator is shown, and what is left of a session that has ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hosted import Hosted, hosted
from tests.sockets.client import Client, operator
from tests.webapp import EVA, OTHER, PASSWORD
from translate_proxy.model import Operator, OperatorId, new_id

EVE = Operator(OperatorId(new_id()), "eve@example.com", "Eve", ("en",), EVA.sites)
OLE = Operator(OperatorId(new_id()), "ole@example.com", "Ole", ("en",), (OTHER.key,))
ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(tmp_path) as started:
        hashed = await started.app.passwords.hash(PASSWORD)
        for one in (EVA, EVE, OLE, ADA):
            await started.app.store.add_operator(one, hashed)
        yield started


async def token(server: Hosted, who: Operator) -> str:
    given, _, _ = await server.app.sessions.sign_in(who.email, PASSWORD)
    return given


def names(roster: Any) -> set[str]:
    return {one["name"] for one in roster}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (EVA, {"Eva", "Eve", "Ada"}),
        (OLE, {"Ole", "Ada"}),
        (ADA, {"Eva", "Eve", "Ole", "Ada"}),
    ],
)
async def test_the_roster_is_of_those_with_a_site_in_common(
    server: Hosted, who: Operator, seen: set[str]
) -> None:
    async with operator(server.http, await token(server, who)) as desk:
        assert names((await desk.hear("welcome"))["operators"]) == seen
        assert names((await desk.hear("presence"))["operators"]) == seen


async def log_out(server: Hosted, given: str) -> None:
    headers = {"Authorization": f"Bearer {given}"}
    async with httpx.AsyncClient(base_url=server.http) as client:
        assert (await client.post("/api/logout", headers=headers)).status_code == 200


async def test_a_log_out_ends_the_sockets_of_this_session_at_once(server: Hosted) -> None:
    first, second = await token(server, EVA), await token(server, EVA)
    async with (
        operator(server.http, first) as out,
        operator(server.http, first) as tab,
        operator(server.http, second) as stays,
        operator(server.http, await token(server, EVE)) as colleague,
    ):
        await log_out(server, first)
        for client in (out, tab):
            assert "signed out" in (await client.hear("signed_out"))["reason"]
            await client.closed.wait()
        await calls(stays)
        await calls(colleague)
        assert len(server.app.sockets.operators.connections) == 2


async def calls(client: Client) -> None:
    assert (await client.call("sync", {"cursor": 0}))["ok"]


async def test_all_sessions_of_an_operator_end_together(server: Hosted) -> None:
    """After another password, role or sites, or when somebody is no operator any more."""
    given = [await token(server, EVA) for _ in range(2)]
    async with (
        operator(server.http, given[0]) as one,
        operator(server.http, given[1]) as two,
        operator(server.http, await token(server, EVE)) as colleague,
    ):
        await server.app.sessions.end_all(EVA.id)
        for client in (one, two):
            await client.hear("signed_out")
            await client.closed.wait()
        await calls(colleague)
    for old in given:
        async with httpx.AsyncClient(base_url=server.http) as http:
            answer = await http.get("/api/me", headers={"Authorization": f"Bearer {old}"})
            assert answer.status_code == 401
