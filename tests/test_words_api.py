"""Corrections and the words of the sites over the REST API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.people import Person, judged
from tests.webapp import EVA, OTHER, SHOP, Web, error, running
from translate_proxy import commands as c
from translate_proxy.model import (
    Glossary,
    MessageId,
    Operator,
    OperatorId,
    Site,
    SiteKey,
    new_id,
)
from translate_proxy.web import admin_schemas

ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")
OLA = Operator(OperatorId(new_id()), "ola@example.com", "Ola", ("en",), (OTHER.key,), role="admin")


WORDY = Site(
    key=SiteKey("wordy"),
    name="Wordy",
    origins=("https://wordy.example",),
    languages=("en", "pt"),
    default_language="en",
    protected_terms=("SuperWidget",),
    phrases={"gift_wrap": {"en": ("Do you wrap gifts?", "gift wrap?"), "pt": ("Embrulham?",)}},
    glossary=(Glossary("en", "pt", {"size chart": "tabela de medidas"}),),
)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    """Three corrections of one site; Ada administers every site, Ola another one."""
    async with running(tmp_path, operators=(EVA, ADA, OLA), sites=(SHOP, OTHER, WORDY)) as made:
        for number in range(3):
            person = await Person.arrives(made.store, SHOP)
            sent = await person.says(f"Texto número {number}")
            await judged(made.store, sent, person.id, "pt")
            message_id = MessageId(sent.answer["message_id"])
            await made.store.append(c.Correct(new_id(), EVA, message_id, "en", f"Text {number}"))
        made.client.headers.update(await made.bearer(ADA))
        yield made


async def listed(web: Web, **query: Any) -> list[dict[str, Any]]:
    """A page of corrections."""
    answer = await web.client.get("/api/corrections", params=query)
    assert answer.headers["cache-control"] == "no-store"
    admin_schemas.CorrectionsAnswer.model_validate(answer.json(), extra="forbid")
    found: list[dict[str, Any]] = answer.json()["corrections"]
    return found


async def test_corrections_are_listed_changed_removed_and_exported(web: Web) -> None:
    first, second, third = await listed(web)
    assert (first["original"], first["text"], first["site"]) == ("Texto número 0", "Text 0", "shop")
    assert (first["source"], first["target"], first["operator"]) == ("pt", "en", "Eva")
    given = {"id": second["id"], "text": "Text number 1"}
    answer = await web.client.post("/api/corrections/change", json=given)
    assert answer.json() == {"ok": True}
    assert await web.store.correction(SHOP.key, "pt", "en", "Texto número 1") == "Text number 1"
    both = {"ids": [first["id"], third["id"], first["id"]]}
    assert (await web.client.post("/api/corrections/remove", json=both)).json() == {"ok": True}
    assert await web.store.correction(SHOP.key, "pt", "en", "Texto número 0") is None
    exported = await web.client.get("/api/corrections/export", params={"site": "shop"})
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert "attachment" in exported.headers["content-disposition"]
    assert [json.loads(line) for line in exported.text.splitlines()] == await listed(web)
    assert exported.text.count("número") == 1


async def test_a_long_list_comes_in_pages(web: Web) -> None:
    whole = await listed(web)
    answer = (await web.client.get("/api/corrections", params={"limit": 2})).json()
    assert (answer["corrections"], answer["more"]) == (whole[:2], True)
    rest = {"limit": 2, "after": whole[1]["id"]}
    answer = (await web.client.get("/api/corrections", params=rest)).json()
    assert (answer["corrections"], answer["more"]) == (whole[2:], False)
    answer = await web.client.get("/api/corrections", params={"after": new_id()})
    error(answer, 404, "not_found")


async def test_what_does_not_fit_is_refused_and_changes_nothing(web: Web) -> None:
    whole = await listed(web)
    id_ = whole[0]["id"]
    for body in ({"id": id_, "text": ""}, {"id": "x", "text": "x"}, {"id": id_}):
        error(await web.client.post("/api/corrections/change", json=body), 400, "bad_request")
    blank = await web.client.post("/api/corrections/change", json={"id": id_, "text": " \n"})
    error(blank, 400, "empty")
    unknown = {"ids": [id_, new_id()]}
    answer = await web.client.post("/api/corrections/remove", json=unknown)
    error(answer, 404, "not_found")
    error(await web.client.get("/api/corrections", params={"limit": 0}), 400, "bad_request")
    assert await listed(web) == whole


async def test_an_administrator_sees_and_changes_what_is_of_their_sites(web: Web) -> None:
    whole = await listed(web)
    ola = await web.bearer(OLA)
    answer = await web.client.get("/api/corrections", headers=ola)
    assert answer.json() == {"corrections": [], "more": False}
    for path in ("corrections", "corrections/export", "words"):
        answer = await web.client.get(f"/api/{path}", params={"site": "shop"}, headers=ola)
        error(answer, 404, "not_found")
    id_ = whole[0]["id"]
    for path, body in (("change", {"id": id_, "text": "x"}), ("remove", {"ids": [id_]})):
        answer = await web.client.post(f"/api/corrections/{path}", json=body, headers=ola)
        error(answer, 404, "not_found")
    assert await listed(web) == whole
    sites = (await web.client.get("/api/words", headers=ola)).json()["sites"]
    assert [one["site"] for one in sites] == ["other"]


async def test_only_administrators_may(web: Web) -> None:
    eva = await web.bearer(EVA)
    for path in ("corrections", "corrections/export", "words"):
        error(await web.client.get(f"/api/{path}", headers=eva), 403, "forbidden")
    for path in ("change", "remove"):
        answer = await web.client.post(f"/api/corrections/{path}", headers=eva)
        error(answer, 403, "forbidden")


async def test_the_words_of_a_site_are_shown_as_they_are_configured(web: Web) -> None:
    answer = await web.client.get("/api/words", params={"site": "wordy"})
    admin_schemas.WordsAnswer.model_validate(answer.json(), extra="forbid")
    assert answer.json() == {
        "sites": [
            {
                "site": "wordy",
                "phrases": {
                    "gift_wrap": {
                        "en": ["Do you wrap gifts?", "gift wrap?"],
                        "pt": ["Embrulham?"],
                    }
                },
                "glossary": [
                    {"source": "en", "target": "pt", "terms": {"size chart": "tabela de medidas"}}
                ],
                "protected_terms": ["SuperWidget"],
            }
        ]
    }
    every = (await web.client.get("/api/words")).json()["sites"]
    assert {one["site"] for one in every} == {"shop", "other", "wordy"}
