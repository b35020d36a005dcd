import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from tests.product import Product
from tests.sockets.client import visitor
from tests.webapp import (
    DEMO,
    EVA,
    LOOPBACK,
    OTHER,
    PASSWORD,
    SHOP,
    START,
    Endless,
    Web,
    error,
    running,
)
from translate_proxy.commands import Claim
from translate_proxy.interfaces import Translated, TranslationJob
from translate_proxy.model import Operator, OperatorId, new_id, rfc3339
from translate_proxy.security.sessions import COOKIE, LIFETIME_S
from translate_proxy.security.signins import DEVICE_LIFETIME_S
from translate_proxy.web import routes, schemas

OURS = {"Origin": LOOPBACK}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with running(tmp_path) as made:
        yield made


async def login(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    given = {"email": EVA.email, "password": PASSWORD, **changes}
    return await client.post("/api/login", json=given)


# -- sign-in ------------------------------------------------------------------------------------


async def test_a_token_is_given_and_works(web: Web) -> None:
    answer = await login(web.client, email=" EVA@example.com ")
    assert answer.status_code == 200
    body = answer.json()
    schemas.LoginAnswer.model_validate(body, extra="forbid")
    assert body["expires"] == rfc3339(START + LIFETIME_S)
    assert body["operator"] == {
        "id": EVA.id,
        "email": "eva@example.com",
        "name": "Eva",
        "languages": ["en"],
        "sites": ["shop"],
        "role": "operator",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    bearer = {"Authorization": f"Bearer {body['token']}"}
    me = await web.client.get("/api/me", headers=bearer)
    assert me.json() == {"operator": body["operator"]}
    assert (await web.client.post("/api/logout", headers=bearer)).json() == {"ok": True}
    error(await web.client.get("/api/me", headers=bearer), 401, "unauthorized")


async def test_the_console_gets_a_cookie_and_no_token(web: Web) -> None:
    answer = await web.client.post(
        "/api/login",
        json={"email": EVA.email, "password": PASSWORD, "cookie": True},
        headers=OURS,
    )
    assert set(answer.json()) == {"expires", "operator"}
    cookie = answer.headers.get_list("set-cookie")[0]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", f"max-age={LIFETIME_S}"} <= parts
    assert "secure" not in parts
    assert (await web.client.get("/api/me")).json()["operator"]["id"] == EVA.id
    token = web.client.cookies[COOKIE]
    answer = await web.client.post("/api/logout", headers=OURS)
    assert answer.status_code == 200
    assert COOKIE not in web.client.cookies
    stolen = {"Cookie": f"{COOKIE}={token}"}
    error(await web.client.get("/api/me", headers=stolen), 401, "unauthorized")


async def test_over_https_the_cookie_is_secure(tmp_path: Path) -> None:
    public = "https://chat.example.com"
    proxy = {"trusted_proxies": ("10.0.0.1",), "public_url": public}
    given = {"email": EVA.email, "password": PASSWORD, "cookie": True}
    async with running(tmp_path, server=proxy) as web:
        # Directly, through a proxy that keeps Host, and on the machine itself.
        for peer, base, headers, secure in (
            ("192.0.2.1", public, {"Origin": public}, True),
            (
                "10.0.0.1",
                "http://chat.example.com",
                {"Origin": public, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"},
                True,
            ),
            ("10.0.0.1", "http://chat.example.com", {"Origin": public}, True),
            ("127.0.0.1", LOOPBACK, OURS, False),
        ):
            async with web.other_client(peer, base) as client:
                answer = await client.post("/api/login", json=given, headers=headers)
            assert answer.status_code == 200
            for cookie in answer.headers.get_list("set-cookie"):
                assert ("secure" in cookie.lower()) is secure
                assert cookie.startswith("__Host-translate_proxy_") is secure
                assert "domain=" not in cookie.lower()
                assert "path=/" in cookie.lower()


async def test_wrong_password_and_unknown_address_are_one_answer(web: Web) -> None:
    wrong = error(await login(web.client, password="wrong horse"), 401, "unauthorized")
    unknown = error(await login(web.client, email="nobody@example.com"), 401, "unauthorized")
    assert wrong == unknown


async def test_a_demo_operator_signs_in_in_demo_only(tmp_path: Path) -> None:
    async with running(tmp_path, demo=True) as web:
        await web.add_operator(DEMO, "demo-password")
        answer = await login(web.client, email=DEMO.email, password="demo-password")
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await web.client.get("/api/me", headers=bearer)).status_code == 200
    async with running(tmp_path, operators=()) as web:
        answer = await login(web.client, email=DEMO.email, password="demo-password")
        error(answer, 401, "unauthorized")
        error(await web.client.get("/api/me", headers=bearer), 401, "unauthorized")


async def test_guessing_is_slowed_per_address(web: Web) -> None:
    for number in range(10):
        answer = await login(web.client, email=f"{number}@example.com", password="guess")
        error(answer, 401, "unauthorized")
    refused = error(await login(web.client), 429, "rate_limited")
    assert refused["retry_after"] == pytest.approx(6.0)
    async with web.other_client("192.0.2.7") as elsewhere:
        assert (await login(elsewhere)).status_code == 200
    web.monotonic.now += 6.0
    assert (await login(web.client)).status_code == 200


async def guess(web: Web, address: str, times: int, email: str = EVA.email) -> list[int]:
    """The statuses of wrong passwords from one address."""
    async with web.other_client(address) as client:
        return [
            (await login(client, email=email, password="guess")).status_code for _ in range(times)
        ]


async def test_guessing_is_slowed_per_account(web: Web) -> None:
    statuses = []
    for number in range(60):
        statuses += await guess(web, f"192.0.2.{number}", 2, "EVA@Example.com".swapcase())
    assert statuses == [401] * 100 + [429] * 20
    async with web.other_client("198.51.100.1") as client:
        answer = await login(client)
        error(answer, 429, "rate_limited")
        assert answer.headers["retry-after"] == "6"


@pytest.mark.parametrize("addresses", [["192.0.2.1"], [f"2001:db8:0:{n:x}::1" for n in range(30)]])
async def test_one_place_locks_nobody_out(web: Web, addresses: list[str]) -> None:
    for _ in range(20):
        for address in addresses[:: len(addresses) // 3 or 1]:
            await guess(web, address, 1)
        web.monotonic.now += 60.0
    for address in addresses:
        await guess(web, address, 2)
    async with web.other_client("198.51.100.1") as client:
        assert (await login(client)).status_code == 200


async def test_where_somebody_has_signed_in_they_are_not_locked_out(web: Web) -> None:
    """Not by many addresses, and not by one that they share with whoever guesses."""
    shared = "203.0.113.1"
    async with web.other_client(shared) as known, web.other_client(shared) as unknown:
        assert (await login(known, cookie=True)).status_code == 200
        assert (await known.post("/api/logout", headers=OURS)).status_code == 200
        for number in range(60):
            await guess(web, f"192.0.2.{number}", 2)
        await guess(web, shared, 20)
        error(await login(unknown), 429, "rate_limited")
        assert (await login(known)).status_code == 200
        # It is a way to try, for this one person, and no more often than elsewhere.
        error(await login(known, email="demo@example.com"), 429, "rate_limited")
        statuses = [(await login(known, password="guess")).status_code for _ in range(11)]
        assert statuses == [401] * 9 + [429] * 2


async def test_signing_in_is_no_failure(web: Web) -> None:
    for number in range(150):
        async with web.other_client(f"192.0.2.{number}") as client:
            assert (await login(client)).status_code == 200


@pytest.mark.parametrize("forged", ["", "x", "a:b.c.d", "é", "y" * 4000])
async def test_a_forged_device_is_unknown(web: Web, forged: str) -> None:
    email = EVA.email
    assert web.deps.devices.read(forged, email) is None
    genuine = web.deps.devices.issue(email)
    assert web.deps.devices.read(genuine, email)
    assert web.deps.devices.read(genuine, "other@example.com") is None
    web.clock.now += DEVICE_LIFETIME_S + 1
    assert web.deps.devices.read(genuine, email) is None


async def test_an_ipv6_network_is_one_address(web: Web) -> None:
    for number in range(10):
        async with web.other_client(f"2001:db8::{number:x}") as client:
            await login(client, email=f"{number}@example.com", password="guess")
    async with web.other_client("2001:db8::ffff") as client:
        error(await login(client), 429, "rate_limited")


async def test_a_refused_attempt_costs_no_hashing(web: Web) -> None:
    for _ in range(10):
        await login(web.client, password="guess")
    await web.passwords.close()
    # With the pool closed a verification would be answered `unavailable`.
    error(await login(web.client), 429, "rate_limited")


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:8001", 403), (LOOPBACK, 200)],
)
async def test_another_origins_page_cannot_sign_anybody_in(
    web: Web, origin: str, status: int
) -> None:
    given = {"email": EVA.email, "password": PASSWORD, "cookie": True}
    answer = await web.client.post("/api/login", json=given, headers={"Origin": origin})
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) is (status == 200)
    assert "access-control-allow-origin" not in answer.headers


async def test_another_origins_page_cannot_use_the_cookie(web: Web) -> None:
    given = {"email": EVA.email, "password": PASSWORD, "cookie": True}
    assert (await web.client.post("/api/login", json=given, headers=OURS)).status_code == 200
    for headers in ({"Origin": "http://127.0.0.1:8001"}, {"Origin": "null"}, {}):
        answer = await web.client.post("/api/logout", headers=headers)
        assert error(answer, 403, "origin_not_allowed") if headers else answer.status_code == 403
    assert (await web.client.get("/api/me")).status_code == 200


async def test_sessions_end(web: Web) -> None:
    bearer = await web.bearer()
    web.clock.now += LIFETIME_S
    error(await web.client.get("/api/me", headers=bearer), 401, "unauthorized")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer \xe4", "x" * 9000]
)
async def test_what_is_no_token_is_nobody(web: Web, authorization: str) -> None:
    for method, path in (
        ("GET", "/api/me"),
        ("GET", "/api/conversations"),
        ("POST", "/api/preview"),
        ("POST", "/api/translate"),
    ):
        headers = {b"Authorization": authorization.encode("latin-1")}
        request = httpx.Request(method, LOOPBACK + path, headers=headers)
        error(await web.client.send(request), 401, "unauthorized")


# -- bodies -------------------------------------------------------------------------------------

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"email": "a"}',
        b'{"email": ["a"], "password": "b"}',
        b'{"email": 1, "password": "b"}',
        b'{"email": "a", "password": {"b": 1}}',
        b'{"email": "a", "password": "b", "cookie": "yes"}',
        b'{"email": "a", "password": "\\ud800"}',
        b'{"email": "\xff", "password": "b"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"email": "a", "password": "' + b"x" * 2000 + b'"}',
    ],
    ids=range(17),
)
async def test_a_body_of_another_shape_is_refused(web: Web, body: bytes) -> None:
    answer = await web.client.post("/api/login", content=body, headers=JSON)
    error(answer, 400, "bad_request")


async def test_an_error_does_not_repeat_the_password(web: Web) -> None:
    body = {"email": EVA.email, "password": "my secret" * 200}
    answer = await web.client.post("/api/login", json=body)
    assert "my secret" not in answer.text
    assert "password" in error(answer, 400, "bad_request")["detail"]


async def test_a_body_above_64_kib_is_refused_before_it_is_read(web: Web) -> None:
    body = Endless()
    answer = await web.client.post("/api/login", content=body, headers=JSON)
    error(answer, 413, "too_long")
    assert body.sent <= 6 * 16_384


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_only_json_is_read(web: Web, kind: str) -> None:
    body = json.dumps({"email": EVA.email, "password": PASSWORD}).encode()
    answer = await web.client.post("/api/login", content=body, headers={"Content-Type": kind})
    error(answer, 400, "bad_request")


async def test_unknown_paths_and_methods_have_the_one_form(web: Web) -> None:
    error(await web.client.get("/api/nowhere"), 404, "not_found")
    error(await web.client.get("/api/login"), 405, "bad_request")
    error(await web.client.delete("/api/me"), 405, "bad_request")


async def test_a_fault_of_ours_shows_nothing_of_itself(web: Web) -> None:
    bearer = await web.bearer()
    conversation = await web.say("ola")
    web.deps.translator.translate = broken  # type: ignore[method-assign]
    transport = httpx.ASGITransport(web.app, raise_app_exceptions=False, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=LOOPBACK) as client:
        answer = await client.post(
            "/api/preview", json={"conversation_id": conversation, "text": "hi"}, headers=bearer
        )
    refused = error(answer, 500, "internal")
    assert "treasure" not in refused["detail"]


async def broken(job: TranslationJob) -> Translated:
    raise RuntimeError("the treasure map")


# -- lists --------------------------------------------------------------------------------------


async def test_conversations_of_my_sites_newest_first(web: Web) -> None:
    bearer = await web.bearer()
    first = await web.say("um")
    await web.say("elsewhere", OTHER)
    second = await web.say("dois")
    answer = await web.client.get("/api/conversations", headers=bearer)
    assert answer.headers["cache-control"] == "no-store"
    page = schemas.ConversationsAnswer.model_validate(answer.json(), extra="forbid")
    assert [summary.conversation_id for summary in page.conversations] == [second, first]
    assert page.conversations[0].last_message is not None
    assert page.conversations[0].last_message.text == "dois"
    cursor = page.conversations[0].cursor
    query: dict[str, Any] = {"before": cursor, "limit": 1, "status": "waiting"}
    answer = await web.client.get("/api/conversations", params=query, headers=bearer)
    found = answer.json()["conversations"]
    assert [summary["conversation_id"] for summary in found] == [first]
    query = {"status": "waiting", "sort": "waiting"}
    answer = await web.client.get("/api/conversations", params=query, headers=bearer)
    found = [summary["conversation_id"] for summary in answer.json()["conversations"]]
    assert found == sorted([first, second])  # both came in the same moment


async def test_what_another_operator_answers_is_not_in_my_list(web: Web) -> None:
    other = await web.add_operator(
        Operator(OperatorId(new_id()), "kai@example.com", "Kai", ("fi",), (SHOP.key,))
    )
    conversation = await web.say("um")
    await web.store.append(Claim(new_id(), other, conversation))
    mine = await web.client.get("/api/conversations", headers=await web.bearer(EVA))
    theirs = await web.client.get("/api/conversations", headers=await web.bearer(other))
    assert mine.json()["conversations"] == []
    assert theirs.json()["conversations"][0]["operator"] == {"id": other.id, "name": "Kai"}


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"limit": 1.5},
        {"before": 0},
        {"before": -1},
        {"before": 2**53},
        {"before": "9" * 500},
        {"before": ""},
        {"sort": "oldest"},
        {"sort": "waiting", "status": "closed"},
    ],
)
async def test_a_query_that_does_not_fit_is_refused(web: Web, query: dict[str, Any]) -> None:
    answer = await web.client.get("/api/conversations", params=query, headers=await web.bearer())
    error(answer, 400, "bad_request")


async def test_calls_of_an_operator_are_limited(web: Web) -> None:
    bearer = await web.bearer()
    for _ in range(100):
        assert (await web.client.get("/api/me", headers=bearer)).status_code == 200
    error(await web.client.get("/api/me", headers=bearer), 429, "rate_limited")
    web.monotonic.now += 1
    assert (await web.client.get("/api/me", headers=bearer)).status_code == 200


# -- openapi ------------------------------------------------------------------------------------


async def test_openapi_names_every_route_and_no_other(web: Web) -> None:
    answer = await web.client.get("/api/openapi.json")
    described = {
        (path, method.upper()) for path, item in answer.json()["paths"].items() for method in item
    }
    routed = {
        (route.path, method)
        for route in routes(web.deps)
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described | {("/api/openapi.json", "GET")} == routed


async def test_openapi_is_whole_and_true(web: Web) -> None:
    described = (await web.client.get("/api/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert described["info"]["version"] == "1.2.3"
    names = set(described["components"]["schemas"])

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            found = {node["$ref"]} if "$ref" in node else set()
            return found.union(*(references(value) for value in node.values()))
        if isinstance(node, list):
            return set().union(*(references(value) for value in node))
        return set()

    assert {ref.rpartition("/")[2] for ref in references(described)} <= names
    for path, item in described["paths"].items():
        for method, operation in item.items():
            # Without a session exactly those that say so are refused.
            answer = await web.client.request(method, path)
            assert (answer.status_code == 401) is bool(operation["security"])
            assert str(answer.status_code) in operation["responses"]


# -- the real product ---------------------------------------------------------------------------


async def test_the_real_server_previews_and_keeps_texts_to_itself(tmp_path: Path) -> None:
    """One pass over everything with the real command, engine and models."""
    said, reply = "Olá, onde está a minha encomenda AB-12345?", "Your order AB-12345 is on its way."
    product = Product(tmp_path / "data", "--demo", "--port", "0")
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(product.start)
        stack.callback(product.stop)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=product.url))
        async with visitor(product.url) as shopper:
            await shopper.say(said)
        bearer = {"Authorization": f"Bearer {await asyncio.to_thread(product.token)}"}
        listed = await client.get("/api/conversations", headers=bearer)
        page = schemas.ConversationsAnswer.model_validate(listed.json(), extra="forbid")
        conversation = page.conversations[0].conversation_id
        answer = await client.post(
            "/api/preview", json={"conversation_id": conversation, "text": reply}, headers=bearer
        )
        preview = schemas.PreviewAnswer.model_validate(answer.json(), extra="forbid")
        assert preview.language == "pt"
        assert preview.translation != reply
        assert "AB-12345" in preview.translation
        assert "AB-12345" in preview.back_translation
        assert "entity_at_risk" not in preview.warnings
        assert (await client.get("/health/ready")).json()["status"] == "ready"
        assert "translate_proxy_info" in (await client.get("/metrics")).text
        error(await client.get("/api/me"), 401, "unauthorized")
    assert said not in product.log()
    assert reply not in product.log()
    assert "demo-password" not in product.log()
