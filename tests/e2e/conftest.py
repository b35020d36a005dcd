"""A real browser and a real server: what the tests of the widget and the console share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.shop import own_server
from tests.e2e.waiting import WAIT_MS
from tests.product import Product

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",  # tests may run as root, in a container
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def _own_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, str]]:
    with own_server(tmp_path_factory.mktemp("shop")) as both:
        yield both


@pytest.fixture
def own_shop(_own_shop: tuple[Product, str]) -> tuple[Product, str]:
    """A server that the test may kill, running, and a shop of another origin that it lets in."""
    server, address = _own_shop
    assert server.process is not None
    if server.process.poll() is not None:  # a test that failed has left it dead
        server.start()
    return server, address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, started for the test: Playwright's objects belong to the test's event loop."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS), timeout=WAIT_MS
        )
        yield chromium
        await chromium.close()
