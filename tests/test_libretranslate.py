"""The LibreTranslate-compatible API: with its public client, and by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from libretranslatepy import LibreTranslateAPI

from tests.product import COMMAND, Product, running
from tests.translation_support import PT_EN
from translate_proxy.web.markup import translate_markup

KEY = "an api key of the shop"
CONFIG = f"""
[[api_keys]]
name = "catalogue"
key = "{KEY}"
characters_per_minute = 300
"""


def post(product: Product, path: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{product.url}{path}", json=body, timeout=240)


def test_the_public_client_speaks_to_it(demo: Product) -> None:
    client = LibreTranslateAPI(demo.url)
    assert "order" in client.translate("Onde está a minha encomenda?", "pt", "en").lower()
    assert client.detect("Onde está a minha encomenda?")[0]["language"] == "pt"
    languages = {one["code"]: one for one in client.languages()}
    assert languages["pt"]["name"] == "Portuguese"
    assert "en" in languages["pt"]["targets"]


def test_an_array_stays_an_array_in_order(demo: Product) -> None:
    answer = post(
        demo, "/translate", q=["Obrigado pela ajuda.", "", "AB-12345"], source="pt", target="en"
    )
    translated = answer.json()["translatedText"]
    assert "hank" in translated[0]
    assert translated[1:] == ["", "AB-12345"]


def test_auto_says_what_it_found(demo: Product) -> None:
    answer = post(
        demo, "/translate", q="Quero devolver os sapatos.", source="auto", target="en"
    ).json()
    assert answer["detectedLanguage"]["language"] == "pt"
    assert 0 < answer["detectedLanguage"]["confidence"] <= 100
    both = post(demo, "/translate", q=["Bom dia a todos."], source="auto", target="en").json()
    assert [one["language"] for one in both["detectedLanguage"]] == ["pt"]


def test_html_is_translated_around_its_tags(demo: Product) -> None:
    page = '<p class="x">Bom dia &amp; obrigado.</p><code>npm obrigado</code><img src="a.png">'
    answer = post(demo, "/translate", q=page, source="pt", target="en", format="html").json()
    translated = answer["translatedText"]
    assert translated.startswith('<p class="x">')
    assert translated.endswith('</p><code>npm obrigado</code><img src="a.png">')
    assert "Good morning" in translated
    assert "&amp;" in translated


async def test_markup_stays_as_it_was_written() -> None:
    async def shout(text: str) -> str:
        return text.upper() + "<b>"

    page = (
        "<!doctype html><!-- a --><div translate='no'>stay <b>here</b></div> "
        "go &lt; <br/>on<script>var a = '<p>x</p>'</script><p>end"
    )
    assert await translate_markup(page, shout) == (
        "<!doctype html><!-- a --><div translate='no'>stay <b>here</b></div> "
        "GO &lt;&lt;b&gt; <br/>ON&lt;b&gt;<script>var a = '<p>x</p>'</script><p>END&lt;b&gt;"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"q": "x", "source": "pt"}, 400),
        ({"q": 5, "source": "pt", "target": "en"}, 400),
        ({"q": "x", "source": "pt", "target": "xx"}, 400),
        ({"q": "x", "source": "pt", "target": "en", "format": "pdf"}, 400),
        ({"q": "x", "source": "pt", "target": "en", "api_key": "wrong"}, 403),
        ({"q": ["x"] * 501, "source": "pt", "target": "en"}, 400),
    ],
)
def test_bad_requests_say_what_is_wrong(demo: Product, body: Any, status: int) -> None:
    answer = post(demo, "/translate", **body)
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)


def test_garbage_is_refused(demo: Product) -> None:
    headers = {"Content-Type": "application/json"}
    lone = b'{"q": "\\ud800", "source": "pt", "target": "en"}'
    for content in (b"", b"{", b"[1]", lone, b"[" * 40_000, b"\xff"):
        answer = httpx.post(f"{demo.url}/translate", content=content, headers=headers, timeout=120)
        assert answer.status_code == 400
    huge = httpx.post(f"{demo.url}/translate", content=b"x" * 70_000, headers=headers, timeout=120)
    assert huge.status_code == 413
    foreign = {"Origin": "https://evil.example"}
    answer = httpx.post(f"{demo.url}/detect", data={"q": "x"}, headers=foreign, timeout=120)
    assert answer.status_code == 403


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A server that is not the demo, with one key."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "config.toml").write_text(CONFIG)
    install = [COMMAND, "models", "install", PT_EN, "--data-dir", folder / "data"]
    subprocess.run([str(word) for word in install], check=True, capture_output=True)
    options = ("--config", str(folder / "config.toml"), "--port", "0")
    with running(Product(folder / "data", *options)) as product:
        yield product


def test_without_a_key_it_is_closed(shop: Product) -> None:
    text = {"q": "Bom dia.", "source": "pt", "target": "en"}
    assert post(shop, "/translate", **text).status_code == 403
    assert post(shop, "/detect", q="Bom dia.").status_code == 403
    assert post(shop, "/translate", **text, api_key=KEY).status_code == 200
    unknown = "The blue parcel left this morning."  # in no phrase book: those need no model
    no_model = post(shop, "/translate", q=unknown, source="en", target="pt", api_key=KEY)
    assert no_model.status_code == 400


def test_a_key_has_so_many_characters_a_minute(shop: Product) -> None:
    text = {"q": "x" * 250, "source": "pt", "target": "en", "api_key": KEY}
    answers = [post(shop, "/detect", **text) for _ in range(3)]
    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
