"""Offline is offline: in a network namespace with nothing but loopback the server starts,
translates, and tries to reach nobody."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.product import Product, running
from tests.sockets.client import operator, visitor

AS_ROOT = () if os.geteuid() == 0 else ("--map-root-user",)
NAMESPACE = ("unshare", "--net", *AS_ROOT, "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__)
INSIDE = "TEST_RUNS_IN_AN_EMPTY_NETWORK"


async def _converse(url: str, token: str) -> str:
    async with operator(url, token) as desk, visitor(url, locale="pt-BR") as guest:
        sent = await guest.say("Bom dia. Quero trocar a encomenda AB-12345. É possível?")
        read = await desk.event("translation", message_id=sent["message_id"])
        assert read["status"] == "translated"
        text: str = read["text"]
        return text


@pytest.mark.timeout(600)
def test_it_starts_and_translates_with_the_network_refused(tmp_path: Path) -> None:
    if INSIDE not in os.environ:  # the clients must be inside too: run this very test there
        done = subprocess.run(
            [*NAMESPACE, *PYTEST],
            env={**os.environ, INSIDE: "1"},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        return
    routes = Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]
    assert routes == [], "this must run without any route to the outside"
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    wrap = ("strace", "-D", "-f", "-e", "trace=connect,sendto", "-o", str(trace))
    options = ("--demo", "--port", "0")
    server = Product(tmp_path / "data", *options, env={"HOME": str(home)}, wrap=wrap)
    with running(server) as product:
        assert "AB-12345" in asyncio.run(_converse(product.url, product.token()))
    outside = [
        line
        for line in trace.read_text(errors="replace").splitlines()
        if "AF_INET" in line and "127.0.0.1" not in line and '"::1"' not in line
    ]
    assert outside == []
    assert list(home.rglob("*")) == [], "nothing is written outside the data folder"
