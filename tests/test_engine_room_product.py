"""The engine process under the real server: what is mapped where, and who outlives whom."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import tiny_package
from tests.faults.clients import VisitorClient
from tests.product import COMMAND, Product, generous, running
from tests.translation_support import PT_EN


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


def maps(pid: int) -> set[str]:
    """Which of the libraries that read models a process has mapped."""
    mapped = Path(f"/proc/{pid}/maps").read_text(encoding="ascii")
    return {library for library in ("ctranslate2", "sentencepiece") if library in mapped}


def do(admin: httpx.Client, change: str, **given: Any) -> None:
    """Have a change of the models made, to its end."""
    answer = admin.post(f"/api/models/{change}", **given)
    assert answer.status_code == 202, answer.text
    place = f"/api/jobs/{answer.json()['job']['id']}"
    deadline = time.monotonic() + 300
    while (job := admin.get(place).json()["job"])["ended_at"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert job["state"] == "done", job


@pytest.mark.slow
async def test_models_are_mapped_by_the_engine_process_alone(
    product: Product, tmp_path: Path
) -> None:
    """After a chat, an installation and an optimisation."""
    assert product.process is not None
    server = product.process.pid
    visitor = VisitorClient("Ana", product.url, random.Random(1), locale="pt")
    await visitor.start()
    async with asyncio.timeout(120):
        await visitor.ready()
        visitor.say("Onde está a minha encomenda AB-12345?")
        while not any(one["type"] == "translation" for one in visitor.timeline.values()):
            await asyncio.sleep(0.05)
    await visitor.stop()
    assert maps(engine(product)) == {"ctranslate2", "sentencepiece"}
    assert maps(server) == set()

    file, texts = tiny_package.optimisable(tmp_path / "tiny.argosmodel")
    bearer = {"Authorization": f"Bearer {product.token()}"}
    with httpx.Client(base_url=product.url, headers=bearer, timeout=120) as admin:
        body = {"Content-Type": "application/octet-stream"}
        await asyncio.to_thread(do, admin, "upload", content=file.read_bytes(), headers=body)
        assert maps(server) == set()
        given = {"pair": "tlh-en", "sample": texts}
        await asyncio.to_thread(do, admin, "optimise", json=given)
        assert maps(server) == set()


def test_a_killed_engine_is_replaced_and_told(product: Product) -> None:
    killed = engine(product)
    os.kill(killed, signal.SIGKILL)
    assert "lamp" in translate(product, "O candeeiro chegou ontem e é muito bonito.").lower()
    assert engine(product) not in {0, killed}
    metrics = httpx.get(f"{product.url}/metrics", timeout=120).text
    assert 'translate_proxy_engine_room_replaced_total{reason="killed"} 1.0' in metrics
    assert "translate_proxy_engine_room_up 1.0" in metrics


def test_how_the_engine_is_can_be_seen(product: Product) -> None:
    translate(product, "A mesa redonda ficou muito bem na sala de jantar.")
    prefix = "translate_proxy_engine_room_"

    def told() -> dict[str, float]:
        lines = httpx.get(f"{product.url}/metrics", timeout=120).text.splitlines()
        rows = (line.rpartition(" ") for line in lines if line.startswith(prefix))
        return {name.removeprefix(prefix): float(value) for name, _, value in rows}

    until(lambda: told()['a_second{what="translated"}'] > 0)
    now = told()
    assert now["processes"] == now["up"] == 1
    assert now["jobs"] == 0
    assert now['stage_seconds_total{stage="model"}'] > 0
    assert now['stage_seconds_total{stage="load"}'] > 0
    assert now['stage_seconds_total{stage="checks"}'] > 0
    done = subprocess.run(
        [str(COMMAND), "doctor", "--data-dir", str(product.data_dir)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    [how, spent] = [line for line in done.stdout.splitlines() if "engine process" in line]
    assert str(engine(product)) in how
    assert "replaced: " in how
    assert "0 jobs wait" in how
    assert "model " in spent


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


def ours(mark: str) -> dict[int, str]:
    """The processes that were started with this mark in their environment, directly or not, each
    with its command."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes()
                found[int(folder.name)] = command.replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended, or is another user's
    return found


def at_work(product: Product, mark: str, admin: httpx.Client, work: str, folder: Path) -> None:
    """Have the server do this, and return while it is being done."""
    package = {"Content-Type": "application/octet-stream"}
    if work == "batch":
        sentence = "A encomenda {} chegou ontem à noite e o candeeiro estava partido."
        texts = [" ".join(sentence.format(f"{n}{x}") for x in "ABCDE") for n in range(150)]
        body = {"q": texts, "source": "pt", "target": "en"}
        with pytest.raises(httpx.ReadTimeout):
            admin.post("/translate", json=body, timeout=0.5)
    elif work == "stopped":
        os.kill(engine(product), signal.SIGSTOP)
    elif work == "trial":
        admin.post("/api/models/upload", content=PT_EN.read_bytes(), headers=package)
    else:
        file, texts = tiny_package.optimisable(folder / "tiny.argosmodel")
        do(admin, "upload", content=file.read_bytes(), headers=package)
        admin.post("/api/models/optimise", json={"pair": "tlh-en", "sample": texts})
    if work in {"trial", "optimisation"}:
        until(lambda: any("translation.packages" in command for command in ours(mark).values()))


@pytest.mark.slow
@pytest.mark.parametrize("work", ["batch", "stopped", "trial", "optimisation"])
def test_nothing_outlives_a_server_that_is_killed_at_work(tmp_path: Path, work: str) -> None:
    mark = f"MARK={uuid.uuid4()}"
    name, value = mark.split("=")
    product = Product(
        tmp_path / "data", "--demo", "--port", "0", env={**generous(1000), name: value}
    )
    with running(product):
        bearer = {"Authorization": f"Bearer {product.token()}"}
        with httpx.Client(base_url=product.url, headers=bearer, timeout=120) as admin:
            at_work(product, mark, admin, work, tmp_path)
            assert len(ours(mark)) >= 2
            product.kill()
        until(lambda: not ours(mark))


@pytest.mark.parametrize("module", ["engine_room", "translation.packages"])
def test_a_process_of_ours_asks_to_end_with_its_server_before_it_imports_much(module: str) -> None:
    """One that is stopped while it starts must not stay when its server is gone."""
    code = (
        f"import sys, translate_proxy.{module}.__main__;"
        "print(sorted({'structlog', 'pydantic', 'ctranslate2', 'msgspec'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
