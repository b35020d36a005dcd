"""The engine process under the real server: what is mapped where, and who outlives whom."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.product import Product, running


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("room")
    with running(Product(folder / "data", "--demo", "--port", "0")) as product:
        yield product


def engine(product: Product) -> int:
    return product.engine() or 0


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def translate(product: Product, text: str) -> str:
    body = {"q": text, "source": "pt", "target": "en"}
    answer = httpx.post(f"{product.url}/translate", json=body, timeout=120)
    answer.raise_for_status()
    return str(answer.json()["translatedText"])


def test_models_are_mapped_by_the_engine_process_alone(product: Product) -> None:
    assert product.process is not None
    assert "order" in translate(product, "Onde está a minha encomenda AB-12345?")
    server = Path(f"/proc/{product.process.pid}/maps").read_text(encoding="ascii")
    room = Path(f"/proc/{engine(product)}/maps").read_text(encoding="ascii")
    for library in ("ctranslate2", "sentencepiece"):
        assert library in room
        assert library not in server


def test_a_killed_engine_is_replaced_and_told(product: Product) -> None:
    killed = engine(product)
    os.kill(killed, signal.SIGKILL)
    assert "lamp" in translate(product, "O candeeiro chegou ontem e é muito bonito.").lower()
    assert engine(product) not in {0, killed}
    metrics = httpx.get(f"{product.url}/metrics", timeout=120).text
    assert 'translate_proxy_engine_room_replaced_total{reason="killed"} 1.0' in metrics
    assert "translate_proxy_engine_room_up 1.0" in metrics


def test_signals_to_the_group_leave_the_engine_to_the_server(product: Product) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(engine(product), number)
    time.sleep(0.5)
    assert "chair" in translate(product, "A cadeira azul ainda não chegou a minha casa.").lower()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_engine_outlives_its_server(tmp_path: Path, how: signal.Signals) -> None:
    product = Product(tmp_path / "data", "--demo", "--port", "0")
    product.start()
    pid = engine(product)
    assert pid
    product.signal(how)
    product.wait()
    until(
        lambda: not Path(f"/proc/{pid}/maps").exists() or not Path(f"/proc/{pid}/maps").read_bytes()
    )
