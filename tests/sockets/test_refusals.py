"""Bad input: each gets the contract's error, nothing is stored, others are untouched."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import aiohttp
import httpx
import pytest

from tests.product import Product
from tests.sockets.client import connected, operator, refusal, visitor

GOOD = {"protocol": 1, "site": "demo"}


def new_id() -> str:
    return str(uuid.uuid4())


async def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(timeout=120) as client:
        return await client.get(url, headers=headers)


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        ({"protocol": 1, "site": "nobody"}, "unknown_site"),
        ({"protocol": 1}, "bad_request"),
        ({"site": "demo"}, "bad_request"),
        ({"protocol": "1", "site": "demo"}, "bad_request"),
        ({"protocol": True, "site": "demo"}, "bad_request"),
        ({"protocol": 2, "site": "demo"}, "unsupported_version"),
        ({"protocol": 1, "site": ["demo"]}, "bad_request"),
        ({"protocol": 1, "site": 7}, "bad_request"),
        ([1, 2], "bad_request"),
        ("demo", "bad_request"),
        (None, "bad_request"),
        ({**GOOD, "token": "forged"}, "bad_token"),
        ({**GOOD, "token": "demo:" + "0" * 36 + ".aaaaaa." + "b" * 43}, "bad_token"),
        ({**GOOD, "token": 5}, "bad_request"),
        ({**GOOD, "cursor": -1}, "bad_request"),
        ({**GOOD, "cursor": 2**53}, "bad_request"),
        ({**GOOD, "cursor": "1"}, "bad_request"),
        ({**GOOD, "locale": "a\x00b"}, "bad_request"),
        ({**GOOD, "languages": "pt"}, "bad_request"),
        ({**GOOD, "page": []}, "bad_request"),
        ({**GOOD, "page": {"url": "http://x.example/", "cart": {"a": "\x00"}}}, "bad_request"),
        ({**GOOD, "page": {"url": "http://x.example/", "cart": {"a": "x" * 5000}}}, "bad_request"),
        (
            {**GOOD, "identity": {"id": "1", "expires": 9_999_999_999, "hmac": "0" * 64}},
            "bad_identity",
        ),
    ],
)
async def test_a_visitor_is_refused_in_the_contracts_words(
    demo: Product, auth: Any, code: str
) -> None:
    refused = await refusal(demo.url, "/visitor", auth)
    assert refused["message"] == code
    assert refused["data"]["code"] == code
    assert refused["data"]["detail"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"]
)
async def test_a_foreign_origin_is_refused(demo: Product, token: str, origin: str) -> None:
    headers = {"Origin": origin}
    refused = await refusal(demo.url, "/visitor", GOOD, headers)
    assert refused["data"]["code"] == "origin_not_allowed"
    refused = await refusal(demo.url, "/operator", {"protocol": 1, "token": token}, headers)
    assert refused["data"]["code"] == "origin_not_allowed"


async def test_our_own_origin_is_let_in(demo: Product) -> None:
    async with connected(demo.url, "/visitor", GOOD, {"Origin": demo.url}) as client:
        assert client.heard


@pytest.mark.parametrize("given", [None, "wrong", "x" * 200, 5])
async def test_an_operator_without_a_session_is_refused(demo: Product, given: Any) -> None:
    auth = {"protocol": 1} if given is None else {"protocol": 1, "token": given}
    refused = await refusal(demo.url, "/operator", auth)
    assert refused["data"]["code"] == ("bad_request" if given == 5 else "unauthorized")


async def test_a_foreign_host_gets_400(demo: Product) -> None:
    for path in ("/", "/health/live", "/api/me", "/socket.io/?EIO=4&transport=websocket"):
        answer = await get(demo.url + path, headers={"Host": "evil.example"})
        assert answer.status_code == 400, path
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(
                f"{demo.url}/socket.io/?EIO=4&transport=websocket",
                headers={"Host": "evil.example"},
            )
        assert refused.value.status in {400, 403}


async def test_polling_is_not_offered(demo: Product) -> None:
    answer = await get(f"{demo.url}/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 400


BAD_MESSAGES: list[tuple[Any, str]] = [
    ({"text": "no id"}, "bad_request"),
    ({"id": "not-a-uuid", "text": "x"}, "bad_request"),
    ({"id": 7, "text": "x"}, "bad_request"),
    ({"id": new_id()}, "bad_request"),
    ({"id": new_id(), "text": None}, "bad_request"),
    ({"id": new_id(), "text": 5}, "bad_request"),
    ({"id": new_id(), "text": ["a"]}, "bad_request"),
    ({"id": new_id(), "text": {"a": 1}}, "bad_request"),
    ({"id": new_id(), "text": "nul \x00 inside"}, "bad_request"),
    ({"id": new_id(), "text": "lone \ud800 surrogate"}, "bad_request"),
    ({"id": new_id(), "text": "x", "language": "not a tag"}, "bad_request"),
    ({"id": new_id(), "text": "x", "language": 4}, "bad_request"),
    ({"id": new_id(), "text": ""}, "empty"),
    ({"id": new_id(), "text": " \n\t\u3000\u200b "}, "empty"),
    ({"id": new_id(), "text": "x" * 5000}, "too_long"),
    ([1, 2, 3], "bad_request"),
    ("text", "bad_request"),
    (12, "bad_request"),
    (None, "bad_request"),
]


async def test_bad_messages_are_refused_and_leave_nothing(demo: Product) -> None:
    async with visitor(demo.url) as guest, visitor(demo.url) as other:
        for message, code in BAD_MESSAGES:
            answer = await guest.call("message", message)
            assert answer["ok"] is False, message
            assert answer["error"]["code"] == code, (message, answer)
            assert answer["error"]["detail"]
        assert (await guest.call("history", {}))["events"] == []
        assert (await other.say("Still here."))["ok"]
        longest = await guest.say("ü" * 4000)
        assert longest["ok"]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("sync", {}),
        ("sync", {"cursor": -1}),
        ("sync", {"cursor": 1.5}),
        ("history", {"limit": 0}),
        ("history", {"limit": 201}),
        ("history", {"before": "1"}),
        ("set_language", {"language": "xx"}),
        ("set_language", {}),
        ("rate", {"id": new_id(), "stars": 6}),
        ("page", {"url": 5}),
        ("page", {"url": "http://x.example", "cart": [1]}),
        ("contact", {"id": new_id()}),
    ],
)
async def test_other_bad_calls_are_refused(demo: Product, event: str, data: Any) -> None:
    async with visitor(demo.url) as guest:
        answer = await guest.call(event, data)
        assert answer["error"]["code"] == "bad_request", answer


async def test_unknown_and_foreign_events_are_answered(demo: Product, token: str) -> None:
    async with visitor(demo.url) as guest, operator(demo.url, token) as desk:
        sent = await guest.say("Hello there.")
        conversation = sent["conversation_id"]
        for event in ("nonsense", "claim", "open", "note", "transfer", "availability", "connect_"):
            answer = await guest.call(event, {"id": new_id(), "conversation_id": conversation})
            assert answer["error"]["code"] == "unknown_event"
        for event in ("page", "rate", "contact"):
            answer = await desk.call(event, {"id": new_id()})
            assert answer["error"]["code"] == "unknown_event"


async def test_another_visitors_conversation_is_out_of_reach(demo: Product) -> None:
    async with visitor(demo.url) as one, visitor(demo.url) as two:
        sent = await one.say("My secret.")
        own = await two.say("My own.")
        assert own["conversation_id"] != sent["conversation_id"]
        foreign = {"conversation_id": sent["conversation_id"]}
        page = await two.call("history", foreign)
        synced = await two.call("sync", {"cursor": 0, **foreign})
        for events in (page["events"], synced["events"], two.events):
            assert {event["conversation_id"] for event in events} == {own["conversation_id"]}
        answer = await two.call("message", {"id": new_id(), "text": "Mine.", **foreign})
        assert answer["conversation_id"] == own["conversation_id"]


async def test_an_operators_refusals(demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, visitor(demo.url) as guest:
        sent = await guest.say("Is anybody there?")
        conversation = sent["conversation_id"]
        ref = {"id": new_id(), "conversation_id": new_id()}
        for event in ("claim", "close"):
            assert (await desk.call(event, ref))["error"]["code"] == "not_found"
        for event, more in (("message", {"text": "x"}), ("set_language", {"language": "pt"})):
            assert (await desk.call(event, {**ref, **more}))["error"]["code"] == "not_found"
        for event in ("open", "history", "typing"):
            answer = await desk.call(event, {"conversation_id": new_id()})
            assert answer["error"]["code"] == "not_found"
        unknown = {"id": new_id(), "message_id": new_id()}
        assert (await desk.call("translate", unknown))["error"]["code"] == "not_found"
        assert (await desk.call("translate", {"id": new_id()}))["error"]["code"] == "bad_request"
        pin = {"id": new_id(), "conversation_id": conversation, "language": "xx"}
        assert (await desk.call("set_language", pin))["error"]["code"] == "bad_request"
        odd = {"id": new_id(), "text": "x", "language": "xx"}
        for event, about in (("message", conversation), ("correct", sent["message_id"])):
            name = "conversation_id" if event == "message" else "message_id"
            refused = (await desk.call(event, {**odd, name: about}))["error"]
            assert refused["code"] == "bad_request"
            assert "language: neither" in refused["detail"]
        hint = {"id": new_id(), "text": "Yes, I am.", "language": "en-GB"}
        assert (await desk.call("message", {**hint, "conversation_id": conversation}))["ok"]
        transfer = {"id": new_id(), "conversation_id": conversation, "operator_id": new_id()}
        assert (await desk.call("transfer", transfer))["error"]["code"] == "not_found"
        await desk.call("close", {"id": new_id(), "conversation_id": conversation})
        late = {"id": new_id(), "conversation_id": conversation, "text": "Too late."}
        assert (await desk.call("message", late))["error"]["code"] == "closed"
        claim = {"id": new_id(), "conversation_id": conversation}
        assert (await desk.call("claim", claim))["error"]["code"] == "closed"


async def test_too_many_messages_are_told_when_to_come_back(demo: Product) -> None:
    async with visitor(demo.url) as guest:
        answers = await asyncio.gather(  # faster than a slow machine could send them one by one
            *(
                guest.call("message", {"id": new_id(), "text": f"Message {number}"})
                for number in range(100)
            )
        )
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        assert refused
        assert {error["code"] for error in refused} == {"rate_limited"}
        assert all(error["retry_after"] > 0 for error in refused)
        async with visitor(demo.url) as other:
            assert (await other.say("Not my fault."))["ok"]


async def test_a_huge_frame_closes_that_socket_only(demo: Product) -> None:
    url = f"{demo.url}/socket.io/?EIO=4&transport=websocket"
    async with visitor(demo.url) as other, aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as raw:
            assert (await raw.receive()).data.startswith("0{")
            await raw.send_str("40/visitor," + json.dumps(GOOD))
            assert (await raw.receive()).data.startswith("40/visitor,")
            message = ["message", {"id": new_id(), "text": "x" * 1_000_000}]
            await raw.send_str("42/visitor,1" + json.dumps(message))
            async with asyncio.timeout(60):
                while (frame := await raw.receive()).type is aiohttp.WSMsgType.TEXT:
                    continue
            assert frame.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
            assert raw.close_code == 1009
        assert (await other.say("Still connected."))["ok"]


GARBAGE = [
    "",
    "x",
    "1",
    "9",
    "4",
    "4x",
    "42",
    "42/visitor",
    "42/visitor,1",
    "42/visitor,1[]",
    "42/visitor,1{}",
    '42/visitor,1["message",',
    '42/visitor,1[{"a":1}]',
    "42/visitor,1[5,6]",
    "451-/visitor,[",
    "42/visitor,1" + "[" * 30_000,
    "42/visitor,1[" + "9" * 6_000 + "]",
]


@pytest.mark.parametrize("frame", GARBAGE)
async def test_garbage_harms_nobody(demo: Product, frame: str) -> None:
    url = f"{demo.url}/socket.io/?EIO=4&transport=websocket"
    async with visitor(demo.url) as other, aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as raw:
            await raw.receive()
            await raw.send_str("40/visitor," + json.dumps(GOOD))
            await raw.receive()
            await raw.send_str(frame)
            await raw.send_bytes(b"\x00\xff")
        assert (await other.say("Untouched."))["ok"]
    assert (await get(f"{demo.url}/health/live")).status_code == 200
