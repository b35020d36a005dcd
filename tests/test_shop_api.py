"""Sites over the REST API: who may see and change what, what is refused, and what is kept of it."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.people import Person
from tests.webapp import EVA, OTHER, SHOP, Web, error, running
from translate_proxy.model import Operator, OperatorId, SiteKey, new_id
from translate_proxy.records import Editor
from translate_proxy.shop.file import taken_in
from translate_proxy.web import shop_schemas as shapes

ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")
NEA = Operator(
    OperatorId(new_id()), "nea@example.com", "Nea", ("en",), (SiteKey("new"),), role="admin"
)
NEW: dict[str, Any] = {
    "key": "new",
    "name": "New shop",
    "origins": ["https://new.example"],
    "languages": ["en", "pt"],
    "default_language": "en",
    "identity_secret": "a secret of sixteen and more",
    "max_message_length": 500,
    "protected_terms": ["Lumo"],
    "retention_days": 0,
    "appearance": {"color": "#0a5", "position": "left"},
    "texts": {"en": {"title": "Ask us"}},
    "phrases": {"thanks": {"en": ["Thanks", "thx"], "pt": ["Obrigado"]}},
    "glossary": [{"from": "en", "to": "pt", "terms": {"lamp": "candeeiro"}}],
}
ANY = {"If-Match": "*"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    """Two sites of the file; Ada administers all, Nea what Ada makes, Eva answers at one."""
    async with running(tmp_path, operators=(EVA, ADA, NEA)) as made:
        made.client.headers.update(await made.bearer(ADA))
        yield made


async def make(web: Web, **fields: Any) -> dict[str, Any]:
    """A new site, made by Ada."""
    answer = await web.client.post("/api/sites", json=NEW | fields)
    assert answer.status_code == 201, answer.text
    shapes.SiteAnswer.model_validate(answer.json())
    assert answer.headers["etag"] == f'"{answer.json()["site"]["revision"]}"'
    return dict(answer.json()["site"])


def audited(answer: httpx.Response) -> list[dict[str, Any]]:
    """The changes of sites on a page of the audit."""
    return [one for one in answer.json()["items"] if one["kind"] == "site"]


async def test_a_site_is_made_and_in_force(web: Web) -> None:
    made = await make(web)
    assert made == NEW | {"managed_by": "console", "revision": 1}
    assert (await web.client.get("/api/sites/new")).json() == {"site": made}
    facts = await web.client.get("/widget/site/new.json", headers={"Origin": "https://new.example"})
    assert facts.json()["appearance"] == NEW["appearance"]
    words = (await web.client.get("/api/words?site=new")).json()["sites"]
    assert words[0]["phrases"] == NEW["phrases"]
    copied = {name: made[name] for name in NEW} | {"key": "copy"}
    assert {**await make(web, **copied), "key": "new"} == made
    taken = await web.client.post("/api/sites", json=NEW)
    assert "already" in error(taken, 409, "conflict")["detail"]
    of_file = await web.client.post("/api/sites", json=NEW | {"key": SHOP.key})
    error(of_file, 409, "conflict")


async def test_fields_that_are_sent_are_changed_and_the_others_stay(web: Web) -> None:
    made = await make(web)
    change: dict[str, Any] = {"name": "Newer", "identity_secret": None, "retention_days": 7}
    answer = await web.client.patch("/api/sites/new", json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == '"2"'
    assert answer.json() == {"site": made | change | {"revision": 2}}
    assert web.store.shop().by_key[SiteKey("new")].name == "Newer"
    same = await web.client.patch("/api/sites/new", json={"name": "Newer"}, headers=ANY)
    assert same.json()["site"]["revision"] == 2  # nothing was changed


async def test_whoever_changes_says_of_which_revision(web: Web) -> None:
    await make(web)
    change = {"name": "Newer"}
    for method in ("PATCH", "DELETE"):
        body = change if method == "PATCH" else None
        said = await web.client.request(method, "/api/sites/new", json=body)
        assert said.status_code == 428
        for wrong in ("1", "new", 'W/"1"', '"1", "2"', '"12345678901"', ""):
            tag = {"If-Match": wrong}
            refused = await web.client.request(method, "/api/sites/new", json=body, headers=tag)
            error(refused, 400, "bad_request")
        stale = {"If-Match": '"7"'}
        refused = await web.client.request(method, "/api/sites/new", json=body, headers=stale)
        assert "meanwhile" in error(refused, 412, "conflict")["detail"]
    assert (await web.client.get("/api/sites/new")).json()["site"]["name"] == "New shop"


async def test_what_somebody_else_has_just_changed_is_not_lost(web: Web) -> None:
    """A script's ``*`` changes its own fields of whatever there is now."""
    await make(web)
    site = await web.store.site(SiteKey("new"))
    assert site is not None
    by = Editor(ADA.id, ADA.name)
    await web.store.change_site(replace(site, max_message_length=9), by)  # another process
    answer = await web.client.patch("/api/sites/new", json={"name": "Newer"}, headers=ANY)
    assert answer.json()["site"]["max_message_length"] == 9


async def test_a_site_of_the_file_is_shown_and_not_changed(web: Web) -> None:
    shown = (await web.client.get(f"/api/sites/{SHOP.key}")).json()["site"]
    assert (shown["managed_by"], shown["name"]) == ("file", SHOP.name)
    changed = await web.client.patch(f"/api/sites/{SHOP.key}", json={"name": "x"}, headers=ANY)
    assert "configuration file" in error(changed, 409, "managed_by_file")["detail"]
    removed = await web.client.delete(f"/api/sites/{SHOP.key}", headers=ANY)
    error(removed, 409, "managed_by_file")


async def test_a_site_is_removed_once_nobody_is_talked_to_there(web: Web) -> None:
    made = await make(web)
    person = await Person.arrives(web.store, web.store.shop().by_key[SiteKey("new")])
    await person.begins()
    busy = await web.client.delete("/api/sites/new", headers={"If-Match": '"1"'})
    assert "open" in error(busy, 409, "conflict")["detail"]
    await person.closes()
    gone = await web.client.delete("/api/sites/new", headers={"If-Match": '"1"'})
    assert gone.json() == {"ok": True}
    error(await web.client.get("/api/sites/new"), 404, "not_found")
    error(await web.client.get("/widget/site/new.json"), 404, "unknown_site")
    again = await web.client.delete("/api/sites/new", headers=ANY)
    error(again, 404, "not_found")
    assert (await make(web))["revision"] > made["revision"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"key": "a/b"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "x" * 65}, "key"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"origins": ["https://new.example/"]}, "origins"),
        ({"origins": ["javascript:alert(1)"]}, "origins"),
        ({"origins": "https://new.example"}, "origins"),
        ({"languages": []}, "languages"),
        ({"languages": ["e"]}, "languages"),
        ({"languages": ["fi"]}, "default_language"),
        ({"default_language": "fi"}, "default_language"),
        ({"identity_secret": "short"}, "identity_secret"),
        ({"max_message_length": 8001}, "max_message_length"),
        ({"max_message_length": "500"}, "max_message_length"),
        ({"retention_days": -1}, "retention_days"),
        ({"appearance": {"color": "red;}"}}, "appearance.color"),
        ({"appearance": {"position": "top"}}, "appearance.position"),
        ({"appearance": {"logo": "http://new.example/x.png"}}, "appearance.logo"),
        ({"appearance": {"script": "x"}}, "appearance.script"),
        ({"texts": {"en": {"title": ["x"]}}}, "texts.en.title"),
        ({"phrases": {"x": {"en": []}}}, "phrases"),
        ({"phrases": [["x"]]}, "phrases"),
        ({"glossary": [{"from": "en", "to": "pt"}]}, "glossary.0.terms"),
        ({"glossary": [{"from": "en", "to": "pt", "terms": {" ": "x"}}]}, "glossary.0.terms"),
        ({"revision": 3}, "revision"),
        ({"managed_by": "file"}, "managed_by"),
        ({"demo": True}, "demo"),
    ],
)
async def test_what_no_site_can_be_is_refused_by_name(
    web: Web, fields: dict[str, Any], named: str
) -> None:
    refused = await web.client.post("/api/sites", json=NEW | fields)
    assert named in error(refused, 400, "bad_request")["detail"]
    made = await make(web)
    changed = await web.client.patch("/api/sites/new", json=fields, headers=ANY)
    assert named in error(changed, 400, "bad_request")["detail"]
    assert (await web.client.get("/api/sites/new")).json() == {"site": made}


async def test_bodies_that_are_none(web: Web) -> None:
    await make(web)
    json = {"Content-Type": "application/json", **ANY}
    for body in (b"", b"[]", b"null", b'"x"', b"{", b"[" * 100_000, b'{"name": "\xff"}'):
        for method, path in (("POST", "/api/sites"), ("PATCH", "/api/sites/new")):
            refused = await web.client.request(method, path, content=body, headers=json)
            error(refused, 400, "bad_request")
    huge = {"texts": {"en": {"x": "y" * 1_100_000}}}
    error(await web.client.post("/api/sites", json=NEW | huge), 413, "too_long")
    long = {"texts": {"en": {"x": "y" * 200_000}}}
    assert (await web.client.patch("/api/sites/new", json=long, headers=ANY)).status_code == 200


async def test_who_may_do_what(web: Web) -> None:
    await make(web)
    assert [one["key"] for one in (await web.client.get("/api/sites")).json()["items"]] == [
        "new",
        OTHER.key,
        SHOP.key,
    ]
    calls = (
        ("GET", "/api/sites", None),
        ("GET", "/api/sites/new", None),
        ("POST", "/api/sites", NEW),
        ("PATCH", "/api/sites/new", {"name": "Newer"}),
        ("DELETE", "/api/sites/new", None),
        ("GET", "/api/audit", None),
    )
    expected = {
        None: (401, 401, 401, 401, 401, 401),
        EVA: (200, 404, 403, 403, 403, 403),
        NEA: (200, 200, 403, 200, 403, 200),
        ADA: (200, 200, 409, 200, 200, 200),
    }
    for who, statuses in expected.items():
        web.client.headers.pop("Authorization", None)
        if who is not None:
            web.client.headers.update(await web.bearer(who))
        for (method, path, body), status in zip(calls, statuses, strict=True):
            answer = await web.client.request(method, path, json=body, headers=ANY)
            assert answer.status_code == status, (who, method, path, answer.text)


async def test_only_administrators_see_secrets_and_nobody_other_sites(web: Web) -> None:
    await make(web)
    eve = replace(EVA, id=OperatorId(new_id()), email="eve@example.com", sites=NEA.sites)
    await web.add_operator(eve)
    web.client.headers.update(await web.bearer(eve))
    page = await web.client.get("/api/sites")
    shapes.SitesAnswer.model_validate(page.json())
    assert [one["key"] for one in page.json()["items"]] == ["new"]
    assert "identity_secret" not in (await web.client.get("/api/sites/new")).json()["site"]
    assert NEW["identity_secret"] not in page.text
    error(await web.client.get(f"/api/sites/{SHOP.key}"), 404, "not_found")
    web.client.headers.update(await web.bearer(NEA))
    assert (await web.client.get("/api/sites")).json()["items"][0]["identity_secret"]
    change = {"name": "x"}
    other = await web.client.patch(f"/api/sites/{SHOP.key}", json=change, headers=ANY)
    error(other, 404, "not_found")


async def test_a_page_of_another_origin_changes_nothing(web: Web) -> None:
    await make(web)
    foreign = {**ANY, "Origin": "https://evil.example"}
    for method in ("PATCH", "DELETE"):
        refused = await web.client.request(method, "/api/sites/new", json={}, headers=foreign)
        error(refused, 403, "origin_not_allowed")


async def test_sites_come_in_pages(web: Web) -> None:
    await make(web)
    found, after = [], None
    for _ in range(3):
        asked = {"limit": 1} | ({"after": after} if after else {})
        page = (await web.client.get("/api/sites", params=asked)).json()
        found += [one["key"] for one in page["items"]]
        after = page["next"]
    assert (found, after) == (["new", OTHER.key, SHOP.key], None)
    error(await web.client.get("/api/sites?limit=0"), 400, "bad_request")


async def test_changes_are_kept_with_who_made_them(web: Web) -> None:
    await make(web)
    web.client.headers.update(await web.bearer(NEA))
    await web.client.patch("/api/sites/new", json={"name": "Newer"}, headers=ANY)
    answer = await web.client.get("/api/audit")
    shapes.AuditAnswer.model_validate(answer.json())
    changed, created = audited(answer)  # nothing of the other sites
    assert changed["by"] == {"id": NEA.id, "name": NEA.name}
    assert (changed["action"], changed["kind"], changed["key"]) == ("changed", "site", "new")
    assert (changed["before"], changed["after"]) == ({"name": "New shop"}, {"name": "Newer"})
    assert (created["action"], created["by"]["name"]) == ("created", ADA.name)
    assert NEW["identity_secret"] not in answer.text
    web.client.headers.update(await web.bearer(ADA))
    found, after = [], None
    while True:
        asked = {"limit": 3} | ({"after": after} if after else {})
        page = (await web.client.get("/api/audit", params=asked)).json()
        found += page["items"]
        if (after := page["next"]) is None:
            break
    sites = [one["key"] for one in found if one["kind"] == "site"]
    assert sites == ["new", "new", OTHER.key, SHOP.key]
    assert found[-1]["by"] == {"id": None, "name": "the configuration file"}


async def test_every_call_has_a_name_of_its_own(web: Web) -> None:
    described = (await web.client.get("/api/openapi.json")).json()
    names = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names)
    named = described["components"]["schemas"]["SiteChange"]
    assert "required" not in named
    assert named["additionalProperties"] is False


async def test_changes_are_forgotten_after_their_days(web: Web) -> None:
    await make(web)
    day = 86_400.0
    await web.deps.shop.expire_audit(None, 1)  # the clock is in doubt
    await web.deps.shop.expire_audit(web.clock.now + day, 2)
    assert len(audited(await web.client.get("/api/audit"))) == 3
    await web.deps.shop.expire_audit(web.clock.now + day + 1, 1)
    assert (await web.client.get("/api/audit")).json() == {"items": [], "next": None}


async def test_the_whole_shop_is_handed_out(web: Web) -> None:
    await make(web)
    answer = await web.client.get("/api/shop/export")
    assert answer.headers["content-type"].startswith("application/toml")
    kept = tomllib.loads(answer.text)
    assert [one["key"] for one in kept["sites"]] == ["new", OTHER.key, SHOP.key]
    secret = {"identity_secret"}
    assert kept["sites"][0] == {name: NEW[name] for name in NEW if name not in secret}
    full = tomllib.loads((await web.client.get("/api/shop/export?secrets=true")).text)
    assert full["sites"][0] == NEW
    assert taken_in(full)[0] == replace(
        web.store.shop().by_key[SiteKey("new")], managed_by="file", revision=1
    )
    for who in (EVA, NEA):
        web.client.headers.update(await web.bearer(who))
        error(await web.client.get("/api/shop/export"), 403, "forbidden")
