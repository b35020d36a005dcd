"""Positions in the queue: told to those for whom they have changed."""

from __future__ import annotations

import uuid
from pathlib import Path

from tests.hosted import hosted
from tests.sockets.client import Client, connected, operator
from tests.webapp import EVA, PASSWORD, SHOP

AUTH = {"protocol": 1, "site": SHOP.key}
ORIGIN = {"Origin": SHOP.origins[0]}


def positions(client: Client) -> list[int]:
    return [data["position"] for name, data in client.heard if name == "queue"]


def counted(client: Client) -> list[int]:
    """How many waited, as told when a conversation of the three was taken, and since."""
    counts = [data["waiting"] for name, data in client.heard if name == "queue"]
    return counts[counts.index(3) + 1 :] if 3 in counts else []


async def told(client: Client, *expected: int) -> None:
    await client.until(lambda: len(positions(client)) >= len(expected))
    assert positions(client) == list(expected)


async def test_only_changed_positions_are_told(tmp_path: Path) -> None:
    async with hosted(tmp_path) as server:
        app = server.app
        await app.store.add_operator(EVA, await app.passwords.hash(PASSWORD))
        token, _, _ = await app.sessions.sign_in(EVA.email, PASSWORD)
        async with (
            connected(server.http, "/visitor", AUTH, ORIGIN) as first,
            connected(server.http, "/visitor", AUTH, ORIGIN) as second,
            connected(server.http, "/visitor", AUTH, ORIGIN) as third,
            operator(server.http, token) as desk,
        ):
            taken = (await first.say("One"))["conversation_id"]
            await told(first, 1)
            await second.say("Two")
            await told(second, 2)
            await third.say("Three")
            await told(third, 3)
            assert positions(first) == [1]
            assert positions(second) == [2]

            assert (await desk.call("claim", {"id": str(uuid.uuid4()), "conversation_id": taken}))[
                "ok"
            ]
            await told(third, 3, 2)
            await told(second, 2, 1)
            assert positions(first) == [1]

            assert (await desk.until(lambda: counted(desk)))[-1] == 2

            # Whoever waits anew is told again.
            closed = {"id": str(uuid.uuid4()), "conversation_id": taken}
            assert (await desk.call("close", closed))["ok"]
            await first.say("Once more")
            await told(first, 1, 3)
            assert positions(second) == [2, 1]
