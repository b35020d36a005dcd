"""What a shop's page is told before anybody opens the chat."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.webapp import EVA, OTHER, SHOP, Web, error, running
from translate_proxy.web.launcher import revision

ADDRESS = "/widget/site/shop.json"
HERE = {"Origin": SHOP.origins[0]}
TEXTS = {tag: {"openChat": f"open {tag}", "cannotLoad": f"sorry {tag}"} for tag in ("en", "pt")}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    widget = tmp_path / "static" / "widget"
    widget.mkdir(parents=True)
    (widget / "launcher.json").write_text(json.dumps(TEXTS))
    own = {"fi": {"openChat": "Kysy"}, "pt": {"greeting": "Olá"}}
    green = replace(SHOP, appearance={"color": "#0a5", "position": "left"}, texts=own)
    async with running(tmp_path, static=tmp_path / "static", sites=(green, OTHER)) as made:
        yield made


async def ask(web: Web, query: str = "", **headers: str) -> httpx.Response:
    return await web.client.get(ADDRESS + query, headers={**HERE, **headers})


async def test_a_page_of_the_site_is_told_what_the_button_needs(web: Web) -> None:
    answer = await ask(web)
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("revision") > 0
    assert told == {
        "availability": {"status": "offline"},
        "appearance": {"color": "#0a5", "position": "left"},
        "unserved": ["pt", "fi"],
        "texts": TEXTS["pt"],
    }
    assert answer.headers["access-control-allow-origin"] == HERE["Origin"]
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    assert len(gzip.compress(answer.content)) < 2048


@pytest.mark.parametrize("origin", [OTHER.origins[0], "null", HERE["Origin"] + ".evil.example"])
async def test_a_page_of_another_origin_is_refused(web: Web, origin: str) -> None:
    answer = await ask(web, Origin=origin)
    error(answer, 403, "origin_not_allowed")
    assert "access-control-allow-origin" not in answer.headers


async def test_our_own_pages_are_held_to_the_same_list(web: Web) -> None:
    """A browser sends no Origin to the page's own server, yet does with the socket."""
    own = {"Sec-Fetch-Site": "same-origin"}
    error(await web.client.get(ADDRESS, headers=own), 403, "origin_not_allowed")
    assert (await web.client.get(ADDRESS)).status_code == 200  # not a browser


async def test_there_must_be_such_a_site(web: Web) -> None:
    for key in ("nobody", "shop.json", "%00", "sh%2Fop"):
        answer = await web.client.get(f"/widget/site/{key}.json", headers=HERE)
        assert answer.status_code == 404


async def test_what_has_not_changed_is_not_sent_again(web: Web) -> None:
    first = await ask(web)
    tag = first.headers["etag"]
    again = await ask(web, **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == HERE["Origin"]
    assert again.headers["vary"] == "Origin"
    web.deps.desk.arrive("socket", EVA)
    changed = await ask(web, **{"If-None-Match": tag})
    assert changed.json()["availability"] == {"status": "online"}
    assert (await ask(web, "?lang=en")).headers["etag"] != changed.headers["etag"]


@pytest.mark.parametrize(
    ("lang", "language"),
    [("pt-BR", "pt"), ("PT_br", "pt"), ("en", "en"), ("xx", "en"), ("", "pt")],
)
async def test_texts_follow_the_page(web: Web, lang: str, language: str) -> None:
    assert (await ask(web, f"?lang={lang}")).json()["texts"] == TEXTS[language]


async def test_the_shops_own_words_come_first(web: Web) -> None:
    texts = (await ask(web, "?lang=fi-FI")).json()["texts"]
    assert texts == {"openChat": "Kysy", "cannotLoad": "sorry en"}


async def test_a_new_build_is_noticed_and_none_is_no_fault(web: Web, tmp_path: Path) -> None:
    file = tmp_path / "static" / "widget" / "launcher.json"
    file.unlink()
    assert (await ask(web)).json()["texts"] == {}
    file.write_text(json.dumps({"en": {"openChat": "new"}}))
    assert (await ask(web)).json()["texts"] == {"openChat": "new"}


def test_a_revision_follows_the_site() -> None:
    assert revision(SHOP) == revision(replace(SHOP))
    others = [
        replace(SHOP, appearance={"color": "#123456"}),
        replace(SHOP, languages=("pt",)),
        replace(SHOP, texts={"pt": {"greeting": "Olá"}}),
    ]
    assert len({revision(one) for one in (SHOP, *others)}) == 4
