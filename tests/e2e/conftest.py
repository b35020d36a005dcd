"""A real browser and a real server: what the tests of the widget and the console share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.product import Product, running

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
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running demo for the session: every test is its own visitor in it."""
    folder: Path = tmp_path_factory.mktemp("e2e")
    with running(Product(folder / "data", "--demo", "--port", "0")) as product:
        yield product


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, started for the test: Playwright's objects belong to the test's event loop."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()
