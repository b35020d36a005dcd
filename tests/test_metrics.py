from pathlib import Path

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from tests.webapp import LOOPBACK, running

PUBLIC = "https://chat.example.com"
TOKEN = "a token for scraping"


async def test_this_machine_may_scrape(tmp_path: Path) -> None:
    async with running(tmp_path) as web:
        Counter("chats", "Chats.", registry=web.deps.registry).inc(3)
        for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.9"):
            async with web.other_client(peer) as client:
                answer = await client.get("/metrics")
            assert answer.status_code == 200
        values = {
            sample.name: sample
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    assert values["chats_total"].value == 3
    assert values["translate_proxy_info"].labels == {"version": "1.2.3"}
    assert "process_resident_memory_bytes" in values


@pytest.mark.parametrize(
    ("peer", "base", "headers"),
    [
        ("192.0.2.1", PUBLIC, {}),
        ("192.0.2.1", LOOPBACK, {}),
        ("192.0.2.1", LOOPBACK, {"X-Forwarded-For": "127.0.0.1"}),
        # A proxy on this machine that nobody declared.
        ("127.0.0.1", PUBLIC, {}),
        ("127.0.0.1", LOOPBACK, {"X-Forwarded-For": "192.0.2.1"}),
        ("127.0.0.1", LOOPBACK, {"X-Forwarded-For": "127.0.0.1"}),
        # One that leaves no trace: it rewrites the Host and adds nothing.
        ("127.0.0.1", LOOPBACK, {}),
        # A declared one.
        ("10.0.0.1", PUBLIC, {"X-Forwarded-For": "192.0.2.1"}),
        ("10.0.0.1", LOOPBACK, {"X-Forwarded-For": "127.0.0.1"}),
    ],
)
async def test_elsewhere_needs_the_token(
    tmp_path: Path, peer: str, base: str, headers: dict[str, str]
) -> None:
    server = {"public_url": PUBLIC, "trusted_proxies": ("10.0.0.1",), "metrics_token": TOKEN}
    async with running(tmp_path, server=server) as web, web.other_client(peer, base) as client:
        refused = await client.get("/metrics", headers=headers)
        assert refused.status_code == 401
        assert refused.json()["error"]["code"] == "unauthorized"
        wrong = {**headers, "Authorization": "Bearer a token for scrapinh"}
        assert (await client.get("/metrics", headers=wrong)).status_code == 401
        right = {**headers, "Authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/metrics", headers=right)).status_code == 200


async def test_without_a_token_configured_none_is_right(tmp_path: Path) -> None:
    async with running(tmp_path) as web, web.other_client("192.0.2.1") as client:
        for authorization in ("Bearer ", "Bearer", "Bearer None", "Bearer null"):
            answer = await client.get("/metrics", headers={"Authorization": authorization})
            assert answer.status_code == 401
