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


def test_a_long_paragraph_of_html_has_no_limit_of_its_own(demo: Product) -> None:
    page = f"<p>{'Bom dia a todos. ' * 1000}</p>"
    answer = post(demo, "/translate", q=page, source="pt", target="en", format="html")
    assert answer.status_code == 200
    assert answer.json()["translatedText"].count("ood morning") == 1000


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


HELLO = {"q": "Bom dia a todos.", "source": "pt", "target": "en"}

# What LibreTranslate's documentation and its own tests say: body and status of each answer.
REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    ("/translate", {"source": "pt", "target": "en"}, 400, "Invalid request: missing q parameter"),
    ("/translate", {**HELLO, "q": ""}, 400, "Invalid request: missing q parameter"),
    ("/translate", {**HELLO, "q": []}, 400, "Invalid request: missing q parameter"),
    ("/translate", {**HELLO, "q": None}, 400, "Invalid request: missing q parameter"),
    ("/translate", {"q": "a", "target": "en"}, 400, "Invalid request: missing source parameter"),
    ("/translate", {"q": "a", "source": "pt"}, 400, "Invalid request: missing target parameter"),
    ("/translate", {**HELLO, "source": "zz"}, 400, "zz is not supported"),
    ("/translate", {**HELLO, "target": "zz"}, 400, "zz is not supported"),
    ("/translate", {**HELLO, "target": "auto"}, 400, "auto is not supported"),
    ("/translate", {**HELLO, "format": "xml"}, 400, "xml format is not supported"),
    (
        "/translate",
        {**HELLO, "alternatives": "abc"},
        400,
        "Invalid request: alternatives parameter is not a number",
    ),
    (
        "/translate",
        {**HELLO, "q": ["a"] * 501},
        400,
        "Invalid request: request (501) exceeds text limit (500)",
    ),
    (
        "/translate",
        {**HELLO, "q": "a" * 8001},
        400,
        "Invalid request: request (8001) exceeds text limit (8000)",
    ),
    ("/translate", {**HELLO, "api_key": "wrong"}, 403, "Invalid API key"),
    ("/detect", {}, 400, "Invalid request: missing q parameter"),
    ("/suggest", {**HELLO, "s": "Hi"}, 403, "Suggestions are disabled on this server."),
    ("/translate_file", HELLO, 403, "Files translation are disabled on this server."),
]


@pytest.mark.parametrize(("path", "body", "status", "said"), REFUSALS)
def test_refusals_are_those_of_libretranslate(
    demo: Product, path: str, body: dict[str, Any], status: int, said: str
) -> None:
    as_json = post(demo, path, **body)
    assert (as_json.status_code, as_json.json()) == (status, {"error": said})
    if all(isinstance(value, str) for value in body.values()):
        as_form = httpx.post(f"{demo.url}{path}", data=body, timeout=120)
        assert (as_form.status_code, as_form.json()) == (status, {"error": said})


def test_json_that_is_no_object_is_refused(demo: Product) -> None:
    answer = httpx.post(f"{demo.url}/translate", json=["not", "a", "dict"], timeout=120)
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid JSON format"})
    nothing = httpx.post(f"{demo.url}/detect", timeout=120)
    assert (nothing.status_code, "error" in nothing.json()) == (400, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/health"),
        ("POST", "/spec"),
        ("POST", "/languages"),
        ("DELETE", "/frontend/settings"),
        ("GET", "/translate"),
        ("GET", "/detect"),
        ("PUT", "/suggest"),
        ("GET", "/translate_file"),
        ("TRACE", "/translate"),
        ("PATCH", "/translate"),
        ("FOO", "/detect"),
        ("PROPFIND", "/health"),
    ],
)
def test_a_wrong_method_is_405(demo: Product, method: str, path: str) -> None:
    answer = httpx.request(method, f"{demo.url}{path}", timeout=120)
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})


def test_health_settings_and_spec_are_as_documented(demo: Product) -> None:
    assert httpx.get(f"{demo.url}/health").json() == {"status": "ok"}
    assert httpx.get(f"{demo.url}/frontend/settings").json() == {
        "charLimit": 8000,
        "frontendTimeout": 500,
        "apiKeys": False,
        "keyRequired": False,
        "suggestions": False,
        "filesTranslation": False,
        "supportedFilesFormat": [],
        "language": {
            "source": {"code": "auto", "name": "Auto Detect"},
            "target": {"code": "en", "name": "English"},
        },
    }
    spec = httpx.get(f"{demo.url}/spec").json()
    assert spec["swagger"] == "2.0"
    assert set(spec["paths"]) > {"/translate", "/detect", "/languages", "/frontend/settings"}
    for path, methods in spec["paths"].items():
        for method, call in methods.items():
            answer = httpx.request(method, f"{demo.url}{path}", timeout=120)
            assert str(answer.status_code) in call["responses"], path
            for response in call["responses"].values():
                name = response["schema"]["$ref"].removeprefix("#/definitions/")
                assert name in spec["definitions"]


def test_alternatives_are_a_list_beside_each_text(demo: Product) -> None:
    one = post(demo, "/translate", **HELLO, alternatives=3).json()
    assert one["alternatives"] == []
    two = post(demo, "/translate", **{**HELLO, "q": ["Bom dia.", "Olá."]}, alternatives="2").json()
    assert (len(two["translatedText"]), two["alternatives"]) == (2, [[], []])
    assert "alternatives" not in post(demo, "/translate", **HELLO).json()


def test_forms_of_every_kind_and_the_address_are_read(demo: Product) -> None:
    url = f"{demo.url}/translate"
    expected = post(demo, "/translate", **HELLO).json()
    assert httpx.post(url, data=HELLO).json() == expected
    assert httpx.post(url, files={name: (None, value) for name, value in HELLO.items()}).json() == (
        expected
    )
    assert httpx.post(url, params=HELLO).json() == expected
    lines = httpx.post(url, data={**HELLO, "q": "Bom dia.\r\nBoa noite."}).json()
    assert lines["translatedText"].count("\n") == 1
    assert "\r" not in lines["translatedText"]


def test_detection_takes_json_and_arrays(demo: Product) -> None:
    for q in ("Onde está a minha encomenda?", ["Onde está a encomenda?", "Quero devolver isto."]):
        (found,) = post(demo, "/detect", q=q).json()
        assert found["language"] == "pt"
        assert 0 < found["confidence"] <= 100


def test_wrong_keys_are_limited_by_address(demo: Product) -> None:
    answers = [post(demo, "/detect", q="a", api_key=f"wrong {n}") for n in range(60)]
    assert {answer.status_code for answer in answers} == {403, 429}
    assert answers[-1].json()["error"].startswith("Slowdown: ")
    assert post(demo, "/detect", q="Bom dia").status_code == 200


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


def test_a_form_of_parts_within_parts_is_refused_at_once(demo: Product) -> None:
    """A parser that follows them takes seconds of the event loop."""
    nested = "".join(
        f"--{n:x}\nContent-Type:multipart/x;boundary={n + 1:x}\n\n" for n in range(480)
    )
    body = (nested + "\n" * (60_000 - len(nested))).encode()
    kind = {"Content-Type": "multipart/form-data;boundary=0"}
    answer = httpx.post(f"{demo.url}/translate", content=body, headers=kind, timeout=240)
    assert answer.status_code == 400
    assert "neither JSON nor a form" in answer.json()["error"]
