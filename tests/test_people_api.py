"""Operators over the REST API: who may change whom, what is refused, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.webapp import EVA, OTHER, PASSWORD, SHOP, Web, error, running
from translate_proxy.model import Operator, OperatorId, new_id
from translate_proxy.web import shop_schemas as shapes

ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")
NEA = Operator(OperatorId(new_id()), "nea@example.com", "Nea", ("en",), (SHOP.key,), role="admin")
ALL = Operator(OperatorId(new_id()), "tim@example.com", "Tim", ("en",))
NEW: dict[str, Any] = {
    "email": "Ola@example.com",
    "name": "Ola",
    "languages": ["fi", "en"],
    "sites": [SHOP.key],
    "role": "supervisor",
    "password": PASSWORD,
}
ANY = {"If-Match": "*"}
PATH = "/api/operators"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    """Ada administers every site, Nea that of Eva; Tim serves all."""
    async with running(tmp_path, operators=(EVA, ADA, NEA, ALL)) as made:
        made.client.headers.update(await made.bearer(ADA))
        yield made


async def add(web: Web, **fields: Any) -> dict[str, Any]:
    """A new operator."""
    answer = await web.client.post(PATH, json=NEW | fields)
    assert answer.status_code == 201, answer.text
    shapes.OneOperatorAnswer.model_validate(answer.json(), extra="forbid")
    return dict(answer.json()["operator"])


async def test_somebody_is_added_changed_and_removed(web: Web) -> None:
    made = await add(web)
    one = f"{PATH}/{made['id']}"
    known = {name: value for name, value in NEW.items() if name != "password"}
    assert made == known | {
        "id": made["id"],
        "email": "ola@example.com",
        "active": True,
        "revision": 1,
    }
    token, _, _ = await web.sessions.sign_in("ola@example.com", PASSWORD)
    change = {"name": "Ola B.", "role": "operator", "sites": []}
    answer = await web.client.patch(one, json=change, headers={"If-Match": '"1"'})
    assert answer.json() == {"operator": made | change | {"revision": 2}}
    assert answer.headers["etag"] == '"2"'
    signed_out = {"Authorization": f"Bearer {token}"}
    error(await web.client.get("/api/me", headers=signed_out), 401, "unauthorized")
    stale = await web.client.patch(one, json={"name": "x"}, headers={"If-Match": '"1"'})
    error(stale, 412, "conflict")
    assert (await web.client.patch(one, json={"name": "x"})).status_code == 428
    error(await web.client.post(PATH, json=NEW), 409, "conflict")
    off = await web.client.patch(one, json={"active": False}, headers=ANY)
    assert off.json()["operator"]["active"] is False
    assert (await web.client.get(one)).json() == off.json()
    error(await web.client.delete(one, headers={"If-Match": '"1"'}), 412, "conflict")
    assert (await web.client.delete(one, headers=ANY)).json() == {"ok": True}
    error(await web.client.get(one), 404, "not_found")
    audit = (await web.client.get("/api/audit")).json()["items"]
    about = [change for change in audit if change["key"] == made["id"]]
    assert [change["action"] for change in about] == ["removed", "changed", "changed", "created"]
    assert {change["by"]["name"] for change in about} == {ADA.name}
    assert PASSWORD not in str(audit)
    assert "argon2" not in str(audit)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "x" * 250 + "@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"languages": []}, "languages"),
        ({"languages": ["e n"]}, "languages"),
        ({"languages": "en"}, "languages"),
        ({"sites": ["none"]}, "none"),
        ({"sites": None}, "sites"),
        ({"role": "owner"}, "role"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 2000}, "password"),
        ({"id": new_id()}, "id"),
        ({"revision": 7}, "revision"),
        ({"demo": True}, "demo"),
    ],
)
async def test_what_nobody_can_be_is_refused_by_name(
    web: Web, fields: dict[str, Any], named: str
) -> None:
    refused = await web.client.post(PATH, json=NEW | fields)
    assert named in error(refused, 400, "bad_request")["detail"].lower()
    change = await web.client.patch(f"{PATH}/{EVA.id}", json=fields, headers=ANY)
    assert named in error(change, 400, "bad_request")["detail"].lower()
    assert await web.store.operator(EVA.id) == EVA


async def test_nothing_named_changes_nothing(web: Web) -> None:
    refused = await web.client.patch(f"{PATH}/{EVA.id}", json={}, headers=ANY)
    error(refused, 400, "bad_request")


async def test_who_has_sites_changes_those_whose_sites_are_all_theirs(web: Web) -> None:
    other = await add(web, email="x@example.com", sites=[OTHER.key])
    both = await add(web, email="y@example.com", sites=[SHOP.key, OTHER.key])
    web.client.headers.update(await web.bearer(NEA))
    page = await web.client.get(PATH)
    shapes.OperatorsAnswer.model_validate(page.json(), extra="forbid")
    assert [one["name"] for one in page.json()["items"]] == ["Eva", "Nea"]
    for id_ in (other["id"], both["id"], ALL.id, ADA.id, new_id(), "x"):
        for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
            answer = await web.client.request(method, f"{PATH}/{id_}", json=body, headers=ANY)
            error(answer, 404, "not_found")
    for sites in ([], [OTHER.key], [SHOP.key, OTHER.key]):
        error(await web.client.post(PATH, json=NEW | {"sites": sites}), 403, "forbidden")
        widened = await web.client.patch(f"{PATH}/{EVA.id}", json={"sites": sites}, headers=ANY)
        error(widened, 403, "forbidden")
    await add(web)
    named = await web.client.patch(f"{PATH}/{EVA.id}", json={"name": "Eva B."}, headers=ANY)
    assert named.status_code == 200


async def test_nobody_changes_their_own_role_and_the_last_administrator_stays(web: Web) -> None:
    for who in (ADA, NEA):
        web.client.headers.update(await web.bearer(who))
        change = {"role": "operator"}
        own = await web.client.patch(f"{PATH}/{who.id}", json=change, headers=ANY)
        assert "own role" in error(own, 403, "forbidden")["detail"]
    web.client.headers.update(await web.bearer(ADA))
    fewer: tuple[dict[str, Any], ...] = ({"active": False}, {"sites": [SHOP.key]})
    for less in fewer:
        last = await web.client.patch(f"{PATH}/{ADA.id}", json=less, headers=ANY)
        assert "last administrator" in error(last, 403, "forbidden")["detail"]
    gone = await web.client.delete(f"{PATH}/{ADA.id}", headers=ANY)
    assert "last administrator" in error(gone, 403, "forbidden")["detail"]


@pytest.mark.parametrize(("who", "status"), [(None, 401), (EVA, 403), (ALL, 403)])
async def test_operators_are_for_administrators(
    web: Web, who: Operator | None, status: int
) -> None:
    del web.client.headers["Authorization"]
    if who is not None:
        web.client.headers.update(await web.bearer(who))
    one = f"{PATH}/{EVA.id}"
    for method, path, body in (
        ("GET", PATH, None),
        ("POST", PATH, NEW),
        ("GET", one, None),
        ("PATCH", one, {"name": "x"}),
        ("DELETE", one, None),
    ):
        answer = await web.client.request(method, path, json=body, headers=ANY)
        assert answer.status_code == status


async def test_operators_come_in_pages(web: Web) -> None:
    found, after = [], None
    for _ in range(4):
        asked = {"limit": 1} | ({"after": after} if after else {})
        page = (await web.client.get(PATH, params=asked)).json()
        found += [one["name"] for one in page["items"]]
        after = page["next"]
    assert (found, after) == (["Ada", "Eva", "Nea", "Tim"], None)
