"""One demo server for these tests; each test is its own visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product import Product, running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("sockets")
    with running(Product(folder / "data", "--demo", "--port", "0")) as product:
        yield product


@pytest.fixture(scope="session")
def token(demo: Product) -> str:
    return demo.token()
