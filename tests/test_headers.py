import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from tests.logged import logged_by
from translate_proxy.model import Refused, Site, SiteKey
from translate_proxy.security import forwarding
from translate_proxy.security.forwarding import (
    TrustedProxies,
    UndeclaredProxies,
    client_address,
    missing_proxy,
)
from translate_proxy.security.headers import FORWARDED, secured
from translate_proxy.security.origins import check_site_origin, host_name, origin_of
from translate_proxy.settings import Limits, Server, Settings

PUBLIC = "https://chat.example.com"


async def show(request: Request) -> JSONResponse:
    return JSONResponse(
        {
            "client": request.client.host if request.client else None,
            "scheme": request.url.scheme,
            "forwarded": request.scope.get(FORWARDED),
            "headers": sorted(request.headers),
        }
    )


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(
        "page",
        headers={
            "Content-Security-Policy": "default-src 'self'",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"scheme": socket.url.scheme})
    await socket.close()


INNER = Starlette(
    routes=[
        Route("/", show, methods=["GET", "POST", "DELETE"]),
        Route("/page", page),
        WebSocketRoute("/socket", talk),
    ]
)


def app(*, demo: bool = False, **server: Any) -> ASGIApp:
    return secured(INNER, Settings(server=Server(**server), demo=demo))


@asynccontextmanager
async def client(
    wrapped: ASGIApp, peer: str = "192.0.2.1", base: str = PUBLIC
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(wrapped, client=(peer, 4242))
    async with httpx.AsyncClient(transport=transport, base_url=base) as made:
        yield made


async def get(wrapped: ASGIApp, headers: Mapping[str, str], peer: str = "192.0.2.1") -> Any:
    async with client(wrapped, peer) as made:
        answer = await made.get("/", headers=headers)
        assert answer.status_code == 200
        return answer.json()


async def send_raw(
    wrapped: ASGIApp, kind: str, headers: list[tuple[bytes, bytes]], *, denial: bool = True
) -> list[Any]:
    """What the application sends to one request, headers exactly as given."""
    sent: list[Any] = []
    scope: dict[str, Any] = {
        "type": kind,
        "method": "GET",
        "path": "/" if kind == "http" else "/socket",
        "query_string": b"",
        "headers": headers,
        "scheme": {"http": "http", "websocket": "ws"}[kind],
        "client": ("127.0.0.1", 4242),
        "server": ("127.0.0.1", 8000),
        "extensions": {"websocket.http.response": {}} if denial else {},
    }

    async def receive() -> Any:
        return {"type": {"http": "http.request", "websocket": "websocket.connect"}[kind]}

    async def send(message: Any) -> None:
        sent.append(message)

    await wrapped(scope, receive, send)
    return sent


# -- Host ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("chat.example.com", 200),
        ("CHAT.example.com:443", 200),
        ("chat.example.com.", 200),
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("localhost:9", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("chat.example.com.evil.example", 400),
        ("evilchat.example.com", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example", 400),
        ("192.168.1.5:8000", 400),
        ("0.0.0.0:8000", 400),
        ("127.0.0.2", 400),
        ("evil.example@127.0.0.1", 400),
        ("127.0.0.1/evil", 400),
        ("127.0.0.1:x", 400),
        ("127.0.0.1:", 400),
        ("[::1", 400),
        ("127.0.0.1, evil.example", 400),
        ("", 400),
    ],
)
async def test_only_our_own_host_names(host: str, status: int) -> None:
    async with client(app(public_url=PUBLIC)) as made:
        answer = await made.get("/", headers={"Host": host})
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["code"] == "bad_request"


async def test_without_a_public_url_only_loopback() -> None:
    async with client(app()) as made:
        assert (await made.get("/")).status_code == 400
        assert (await made.get("/", headers={"Host": "localhost:8000"})).status_code == 200


@pytest.mark.parametrize(
    "headers", [[], [(b"host", b"localhost"), (b"host", b"evil.example")]], ids=["none", "two"]
)
async def test_two_host_headers_or_none_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    for kind in ("http", "websocket"):
        assert (await send_raw(app(), kind, headers))[0]["status"] == 400


async def test_a_socket_with_a_foreign_host_is_refused() -> None:
    foreign = [(b"host", b"evil.example")]
    sent = await send_raw(app(), "websocket", foreign)
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == 400
    sent = await send_raw(app(), "websocket", foreign, denial=False)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_a_socket_with_our_host_passes() -> None:
    sent = await send_raw(app(), "websocket", [(b"host", b"localhost:8000")])
    assert sent[0]["type"] == "websocket.accept"
    assert json.loads(sent[1]["text"]) == {"scheme": "ws"}


# -- forwarding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "Forwarded",
        "X-Real-IP",
        "CF-Connecting-IP",
        "Via",
        "Fly-Client-IP",
        "Fastly-Client-IP",
        "X-Cluster-Client-IP",
        "X-Envoy-External-Address",
        "X-Amzn-Trace-Id",
        "Ngrok-Trace-Id",
        "CDN-Loop",
        "X-Azure-ClientIP",
        "X-Vercel-Forwarded-For",
        "Client-IP",
    ],
)
async def test_demo_refuses_what_was_forwarded(header: str) -> None:
    host = (b"host", b"127.0.0.1:8000")
    added = (header.lower().encode(), b"203.0.113.9")
    for kind, accepted in (("http", "http.response.start"), ("websocket", "websocket.accept")):
        direct = await send_raw(app(demo=True), kind, [host])
        assert direct[0]["type"] == accepted
        forwarded = await send_raw(app(demo=True), kind, [host, added])
        assert forwarded[0]["status"] == 400
        assert b"proxy" in forwarded[1]["body"]


async def test_forwarding_headers_of_strangers_are_not_believed() -> None:
    headers = {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "127.0.0.1",
    }
    seen = await get(app(public_url=PUBLIC, trusted_proxies=("10.0.0.1",)), headers)
    assert (seen["client"], seen["scheme"], seen["forwarded"]) == ("192.0.2.1", "https", True)
    assert not [name for name in seen["headers"] if name.startswith("x-")]


async def test_a_trusted_proxy_is_believed() -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    wrapped = app(public_url="http://chat.example.com", trusted_proxies=("10.0.0.0/8",))
    async with client(wrapped, "10.1.2.3", "http://chat.example.com") as made:
        seen = (await made.get("/", headers=headers)).json()
    assert (seen["client"], seen["scheme"], seen["forwarded"]) == ("203.0.113.9", "https", True)


async def test_without_forwarding_headers_nothing_changes() -> None:
    seen = await get(app(public_url=PUBLIC, trusted_proxies=("192.0.2.1",)), {})
    assert (seen["client"], seen["forwarded"]) == ("192.0.2.1", False)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        # What stands left of the real client was written by that client.
        ("10.0.0.1", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.9, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:5555"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::7]:5555"], "2001:db8::7"),
        ("10.0.0.1", ["2001:DB8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["garbage"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, garbage"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [",,,"], "10.0.0.1"),
    ],
)
def test_the_client_behind_the_proxies(peer: str, forwarded_for: list[str], client: str) -> None:
    scope = {
        "type": "http",
        "client": (peer, 1),
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded_for],
    }
    trusted = TrustedProxies(("10.0.0.0/8",))
    assert client_address(scope, trusted) == client
    assert client_address({"asgi.scope": scope, "REMOTE_ADDR": "127.0.0.1"}, trusted) == client


def test_a_peer_without_address_is_nobody() -> None:
    scope = {"type": "http", "client": None, "headers": [(b"x-forwarded-for", b"127.0.0.1")]}
    assert client_address(scope, TrustedProxies(("127.0.0.1",))) == "unknown"


@pytest.mark.parametrize("address", ["proxy.internal", "", "10.0.0.0/99", "*"])
def test_a_trusted_proxy_that_is_no_address_is_an_error(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        app(trusted_proxies=(address,))
    with pytest.raises(ValueError, match=r"does not appear"):
        TrustedProxies((address,))


# -- how many sockets ---------------------------------------------------------------------------


class Held:
    """Sockets that stay open until the test lets them go, each from the address it says."""

    def __init__(self, **settings: Any) -> None:
        self._let_go = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

        async def hold(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "websocket.accept"})
            await self._let_go.wait()

        limits = Limits(sockets_per_address=2)
        self._app = secured(hold, Settings(limits=limits, **settings))

    async def open(self, peer: str, headers: Mapping[str, str] | None = None) -> int:
        """101, or the status of the refusal."""
        first: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def send(message: Any) -> None:
            if not first.done():
                first.set_result(message.get("status", 101))

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        given = {"host": "chat.example.com", **(headers or {})}
        scope = {
            "type": "websocket",
            "path": "/socket.io/",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "scheme": "ws",
            "client": (peer, 1),
            "extensions": {"websocket.http.response": {}},
        }
        self._tasks.append(asyncio.ensure_future(self._app(scope, receive, send)))
        return await first

    async def close(self) -> None:
        self._let_go.set()
        await asyncio.gather(*self._tasks)
        self._let_go.clear()


PROXIED = {"server": Server(public_url=PUBLIC, trusted_proxies=("10.0.0.1",))}


async def test_an_address_holds_so_many_sockets_and_no_more() -> None:
    held = Held(**PROXIED)
    assert [await held.open("192.0.2.1") for _ in range(5)] == [101] * 4 + [429]
    assert await held.open("192.0.2.2") == 101
    await held.close()
    assert await held.open("192.0.2.1") == 101
    await held.close()


async def test_an_ipv6_network_counts_as_one() -> None:
    held = Held(**PROXIED)
    assert [await held.open(f"2001:db8::{n}") for n in range(5)] == [101] * 4 + [429]
    await held.close()


async def test_behind_a_proxy_the_clients_are_counted_not_the_proxy() -> None:
    held = Held(**PROXIED)
    for number in range(6):
        said = {"x-forwarded-for": f"192.0.2.{number}"}
        assert await held.open("10.0.0.1", said) == 101
        assert await held.open("10.0.0.1") == 101
        assert await held.open("127.0.0.1") == 101
    one = {"x-forwarded-for": "192.0.2.1"}
    assert [await held.open("10.0.0.1", one) for _ in range(4)] == [101] * 3 + [429]
    await held.close()


# -- cross-origin -------------------------------------------------------------------------------

COOKIE = {"Cookie": "translate_proxy_session=x; __Host-translate_proxy_session=x"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": PUBLIC}, 200),
        ({"Origin": PUBLIC, **COOKIE}, 200),
        ({}, 200),
        (COOKIE, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", **COOKIE}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://chat.example.com"}, 403),
        ({"Origin": "https://chat.example.com:444"}, 403),
        ({"Origin": "https://chat.example.com.evil.example"}, 403),
        ({"Origin": "https://shop.example.com", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_who_may_change_something(headers: dict[str, str], status: int) -> None:
    async with client(app(public_url=PUBLIC)) as made:
        for method in ("POST", "DELETE"):
            answer = await made.request(method, "/", headers=headers)
            assert answer.status_code == status
            if status == 403:
                assert answer.json()["error"]["code"] == "origin_not_allowed"
        assert (await made.get("/", headers=headers)).status_code == 200


async def test_on_loopback_another_port_is_another_origin() -> None:
    async with client(app(), "127.0.0.1", "http://127.0.0.1:8000") as made:
        ours = await made.post("/", headers={"Origin": "http://127.0.0.1:8000", **COOKIE})
        shop = await made.post("/", headers={"Origin": "http://127.0.0.1:8001", **COOKIE})
        name = await made.post("/", headers={"Origin": "http://localhost:8000", **COOKIE})
    assert (ours.status_code, shop.status_code, name.status_code) == (200, 403, 403)


async def test_behind_a_proxy_the_clients_scheme_counts() -> None:
    wrapped = app(public_url=PUBLIC, trusted_proxies=("10.0.0.1",))
    async with client(wrapped, "10.0.0.1", "http://127.0.0.1:8000") as made:
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
        assert (await made.post("/", headers={"Origin": PUBLIC, **headers})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://shop.example", True),
        ("https://www.shop.example:8443", True),
        ("HTTPS://Shop.example", True),
        ("null", False),
        ("", False),
        ("http://shop.example", False),
        ("https://shop.example:444", False),
        ("https://shop.example/", False),
        ("https://shop.example.evil.example", False),
        ("https://sub.shop.example", False),
        ("https://shop.example, https://shop.example", False),
    ],
)
def test_which_pages_may_open_the_widget(origin: str | None, allowed: bool) -> None:
    origins = ("https://shop.example", "https://www.shop.example:8443")
    site = Site(SiteKey("shop"), "Shop", origins, ("en",), "en")
    if allowed:
        check_site_origin(site, origin)
    else:
        with pytest.raises(Refused) as caught:
            check_site_origin(site, origin)
        assert caught.value.code == "origin_not_allowed"


def test_origins_and_host_names_are_spelt_one_way() -> None:
    assert origin_of("https://Shop.example:443/x?y") == "https://shop.example"
    assert origin_of("http://shop.example:443") == "http://shop.example:443"
    assert origin_of("http://[::1]:8000/") == "http://[::1]:8000"
    assert host_name("[::1]:80") == "::1"
    assert host_name("a b") is None


# -- headers of every answer --------------------------------------------------------------------


async def test_every_answer_carries_the_headers() -> None:
    async with client(app(public_url=PUBLIC)) as made:
        answers = [
            await made.get("/"),
            await made.get("/nowhere"),
            await made.post("/", headers={"Origin": "null"}),
            await made.get("/", headers={"Host": "evil.example"}),
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 403, 400]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers


async def test_a_page_brings_its_own_policy() -> None:
    async with client(app(public_url=PUBLIC)) as made:
        answer = await made.get("/page")
    assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_proxy_that_nobody_declared_is_said_once() -> None:
    undeclared = UndeclaredProxies()
    wrapped = secured(INNER, Settings(server=Server(trusted_proxies=("10.0.0.1",))), undeclared)
    told = (b"x-forwarded-for", b"203.0.113.9")
    host = (b"host", b"127.0.0.1:8000")
    with logged_by(forwarding) as logged:
        for _ in range(3):
            await send_raw(wrapped, "http", [host])
        assert undeclared.warnings() == []
        for header in (told, (b"via", b"1.1 proxy"), told):
            await send_raw(wrapped, "http", [host, header])
    said = [one for one in logged if one["event"] == "proxy.undeclared"]
    assert len(said) == len(undeclared.warnings()) == 1
    assert said[0]["address"] in undeclared.warnings()[0]


def test_declared_proxies_and_many_claims_are_not_said() -> None:
    undeclared = UndeclaredProxies()
    for number in range(100):
        undeclared.saw(f"192.0.2.{number}")
    assert len(undeclared.warnings()) == UndeclaredProxies.MOST


@pytest.mark.parametrize(
    ("server", "missing"),
    [
        (Server(), False),
        (Server(public_url="https://chat.example.com"), True),
        (Server(public_url="https://chat.example.com", trusted_proxies=("127.0.0.1",)), False),
        (Server(public_url="http://chat.example.com"), False),
    ],
)
def test_https_needs_a_declared_proxy(server: Server, missing: bool) -> None:
    assert (missing_proxy(server) is not None) is missing
