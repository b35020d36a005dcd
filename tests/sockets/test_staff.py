"""Operators who are changed or disabled while they are signed in, through the control socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.hosted import hosted
from tests.sockets.client import operator
from tests.webapp import EVA, PASSWORD, SHOP
from translate_proxy.control import ControlServer, ask
from translate_proxy.model import Operator, OperatorId, Refused, new_id

EVE = Operator(OperatorId(new_id()), "eve@example.com", "Eve", ("en",), EVA.sites)


@pytest.mark.parametrize(
    ("command", "change", "refusal"),
    [
        ("set", {"password": "another password"}, "is wrong"),
        ("set", {"role": "supervisor"}, None),
        ("set", {"sites": [SHOP.key]}, None),
        ("disable", {}, "disabled"),
        ("remove", {}, "is wrong"),
    ],
)
async def test_whoever_is_changed_is_signed_out_at_once(
    tmp_path: Path, command: str, change: dict[str, Any], refusal: str | None
) -> None:
    async with hosted(tmp_path) as server:
        app = server.app
        control = ControlServer(tmp_path, app.admin)
        await control.start()
        hashed = await app.passwords.hash(PASSWORD)
        for one in (EVA, EVE):
            await app.store.add_operator(one, hashed)
        token, _, _ = await app.sessions.sign_in(EVA.email, PASSWORD)
        other, _, _ = await app.sessions.sign_in(EVE.email, PASSWORD)
        try:
            async with (
                operator(server.http, token) as desk,
                operator(server.http, other) as colleague,
            ):
                await desk.hear("welcome")
                arguments = {"email": EVA.email, **change}
                await ask(tmp_path, f"operators.{command}", arguments, lambda _progress: None)
                assert "signed out" in (await desk.hear("signed_out"))["reason"]
                await desk.closed.wait()
                assert (await colleague.call("sync", {"cursor": 0}))["ok"]
        finally:
            await control.close()
        with pytest.raises(Refused, match="sign in again"):
            await app.sessions.resolve(token)
        if refusal is None:
            await app.sessions.sign_in(EVA.email, PASSWORD)
        else:
            with pytest.raises(Refused, match=refusal):
                await app.sessions.sign_in(EVA.email, PASSWORD)
            with pytest.raises(Refused, match="password is wrong"):
                await app.sessions.sign_in(EVA.email, "a wrong password")
