import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.webapp import Web, running

PUBLIC = "https://chat.example.com"
CHUNK = "0123456789abcdef.js"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """Front ends as the builds leave them."""
    folder = tmp_path / "static"
    for name, text in {
        "widget/widget.js": "loader",
        f"widget/{CHUNK}": "chunk",
        "widget/secret.txt": "not a chunk",
        "console/index.html": "<!doctype html><title>Console</title>",
        "console/assets/index-abc123.js": "console",
        "demo/index.html": "<!doctype html><title>Shop</title>",
        "demo/shop.css": "body {}",
        "outside.js": "outside",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
async def web(tmp_path: Path, static: Path) -> AsyncIterator[Web]:
    async with running(tmp_path, static=static) as made:
        yield made


@pytest.fixture
async def demo(tmp_path: Path, static: Path) -> AsyncIterator[Web]:
    async with running(tmp_path, static=static, demo=True) as made:
        yield made


def for_any_shop(answer: httpx.Response) -> None:
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_the_loader_is_asked_for_again_soon(web: Web) -> None:
    answer = await web.client.get("/widget.js")
    assert (answer.status_code, answer.text) == (200, "loader")
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert answer.headers["cache-control"] == "public, max-age=300"
    for_any_shop(answer)
    again = await web.client.get("/widget.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for_any_shop(again)
    assert again.headers["cache-control"] == "public, max-age=300"
    head = await web.client.head("/widget.js")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_new_build_has_another_etag(web: Web, static: Path) -> None:
    before = (await web.client.get("/widget.js")).headers["etag"]
    (static / "widget" / "widget.js").write_text("another loader")
    answer = await web.client.get("/widget.js", headers={"If-None-Match": before})
    assert (answer.status_code, answer.text) == (200, "another loader")


async def test_chunks_are_immutable(web: Web) -> None:
    answer = await web.client.get(f"/widget/{CHUNK}?1")
    assert (answer.status_code, answer.text) == (200, "chunk")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for_any_shop(answer)


BIG = {
    "/widget.js": "widget/widget.js",
    f"/widget/{CHUNK}": f"widget/{CHUNK}",
    "/console/assets/index-abc123.js": "console/assets/index-abc123.js",
    "/console/": "console/index.html",
}


@pytest.mark.parametrize("address", BIG)
async def test_files_are_sent_gzipped_to_whoever_takes_that(
    web: Web, static: Path, address: str
) -> None:
    text = "const grüße = 'moi';\n" * 500
    (static / BIG[address]).write_text(text, encoding="utf-8")
    plain = await web.client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = await web.client.get(address, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(text) / 10
    assert packed.content == plain.content == text.encode()
    for name in ("content-type", "cache-control", "access-control-allow-origin"):
        assert packed.headers.get(name) == plain.headers.get(name)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["vary"]
        again = await web.client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "Accept-Encoding" in again.headers["vary"]


async def test_a_new_build_is_packed_anew(web: Web, static: Path) -> None:
    for text in ("first " * 200, "second " * 200):
        (static / "widget/widget.js").write_text(text)
        assert (await web.client.get("/widget.js")).text == text


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Encoding": "gzip;q=0"},
        {"Accept-Encoding": "gzip; q=0.000, br"},
        {"Accept-Encoding": "br, xgzip"},
        {"Accept-Encoding": "gzip", "Range": "bytes=0-99"},
    ],
)
async def test_who_takes_no_gzip_or_asks_for_a_part_gets_the_file(
    web: Web, static: Path, headers: dict[str, str]
) -> None:
    (static / "widget/widget.js").write_text("0123456789" * 100)
    answer = await web.client.get("/widget.js", headers=headers)
    assert "content-encoding" not in answer.headers
    assert answer.text == ("0123456789" * 100)[: 100 if "Range" in headers else None]


@pytest.mark.parametrize(
    "path",
    [
        "/widget/ffffffffffffffff.js",
        "/widget/widget.js",
        "/widget/secret.txt",
        "/widget/",
        "/widget/..%2foutside.js",
        "/widget/%2e%2e/outside.js",
        "/widget//etc/passwd",
        "/widget/%00.js",
        "/console/../outside.js",
        "/console/..%2f..%2fsecrets.json",
        "/console/%2e%2e/%2e%2e/secrets.json",
        "/console/assets/missing.js",
        "/console/assets/",
        "/nowhere",
    ],
)
async def test_nothing_else_is_served(web: Web, static: Path, path: str) -> None:
    (static.parent / "secrets.json").write_text("the keys")
    request = httpx.Request("GET", "http://127.0.0.1:8000/")
    request.url = request.url.copy_with(raw_path=path.encode())
    answer = await web.client.send(request)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
    assert "immutable" not in answer.headers["cache-control"]


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    (value,) = answer.headers.get_list("content-security-policy")
    return {part.split()[0]: part.split()[1:] for part in value.split(";")}


async def test_the_console_has_a_strict_policy(web: Web) -> None:
    answer = await web.client.get("/console/")
    assert answer.status_code == 200
    assert "Console" in answer.text
    found = policy(answer)
    assert found["default-src"] == found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == found["img-src"] == ["'self'"]
    assert found["connect-src"] == ["'self'", "ws://127.0.0.1:8000"]
    assert found["require-trusted-types-for"] == ["'script'"]
    assert found["trusted-types"] == ["'none'"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-cache"
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_console_assets_are_immutable(web: Web) -> None:
    answer = await web.client.get("/console/assets/index-abc123.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert policy(answer)["script-src"] == ["'self'"]


async def test_the_policy_names_the_public_address(tmp_path: Path, static: Path) -> None:
    proxied = {"public_url": PUBLIC, "trusted_proxies": ("10.0.0.1",)}
    async with (
        running(tmp_path, static=static, server=proxied) as web,
        web.other_client("10.0.0.1", "http://127.0.0.1:8000") as client,
    ):
        answer = await client.get("/console/", headers={"X-Forwarded-Proto": "https"})
    assert policy(answer)["connect-src"] == [
        "'self'",
        "wss://127.0.0.1:8000",
        "wss://chat.example.com",
    ]


async def test_where_the_root_leads(web: Web) -> None:
    for path, target in (("/", "/console/"), ("/console", "/console/")):
        answer = await web.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, target)


async def test_the_demo_shop(demo: Web) -> None:
    for path in ("/", "/demo"):
        answer = await demo.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, "/demo/")
    answer = await demo.client.get("/demo/")
    assert (answer.status_code, "Shop" in answer.text) == (200, True)
    found = policy(answer)
    assert found["script-src"] == found["style-src"] == ["'self'"]
    assert (await demo.client.get("/demo/shop.css")).status_code == 200


async def test_without_demo_there_is_no_shop(web: Web) -> None:
    for path in ("/demo/", "/demo", "/demo/shop.css"):
        assert (await web.client.get(path)).status_code == 404


async def test_before_the_build_every_page_says_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path, static=tmp_path / "none", demo=True) as web:
        for path in ("/widget.js", f"/widget/{CHUNK}", "/console/", "/demo/"):
            answer = await web.client.get(path)
            assert answer.status_code == 503
            assert "make build" in answer.text
            assert answer.headers["content-type"].startswith("text/plain")
            assert answer.headers["cache-control"] == "no-store"
        # Built while the server runs: no restart needed.
        (tmp_path / "none" / "console").mkdir(parents=True)
        (tmp_path / "none" / "console" / "index.html").write_text("built")
        assert (await web.client.get("/console/")).text == "built"


async def test_only_reading_is_possible(web: Web) -> None:
    for path in ("/widget.js", f"/widget/{CHUNK}", "/console/"):
        assert (await web.client.post(path)).status_code == 405


def test_our_own_pages_hold_nothing_inline(repo_root: Path) -> None:
    """The policy would stop it in the browser, silently."""
    pages = [
        *(repo_root / "translate_proxy" / "web" / "demo").rglob("*.html"),
        *(repo_root / "console_js").glob("*.html"),
    ]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text), page
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), page
