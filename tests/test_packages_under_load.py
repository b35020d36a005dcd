"""Packages come, change and go under a running server in which people write to each other: no
message is lost or left untranslated, and nothing is left behind."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.product import Product, generous, running
from tests.sockets.client import Client, operator, visitor
from tests.translation_support import EN_PT, PT_EN, repackaged
from translate_proxy.control import ask

ROUNDS, WARM_UP = 50, 10
GUESTS = 2
UNDER_WAY = 3
"""Messages of one writer that wait for their translation at most: a slow machine writes slower."""
PAUSE_S = 0.3
MODELS_MIB = 3 * 50
"""What three loaded starter packages take: so many more may once have been loaded at the same
moment than in the warm-up, and the heap keeps its size. Forty forgotten ones would be 2,000."""
ENV = {
    "TRANSLATE_PROXY_LOG_LEVEL": "error",
    **generous(500),
}


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with running(Product(tmp_path / "data", "--demo", "--port", "0", env=ENV)) as started:
        yield started


@dataclass
class Writer:
    """One side of one conversation, who writes until told to stop."""

    sender: Client
    reader: Client
    language: str
    """What the reader reads."""
    text: str
    conversation: Mapping[str, str]
    sent: list[str] = field(default_factory=list)
    """Ids of acknowledged messages, in order."""
    final: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The newest translation of each message for the reader."""
    _looked_at: int = 0

    def translated(self) -> int:
        """How many messages have been translated, of those that were sent."""
        new = self.reader.events[self._looked_at :]
        self._looked_at += len(new)
        for event in new:
            if event["type"] == "translation" and event["language"] == self.language:
                known = self.final.get(event["message_id"])
                if known is None or known["revision"] < event["revision"]:
                    self.final[event["message_id"]] = event
        return len(self.final.keys() & set(self.sent))

    async def until_translated(self, count: int) -> None:
        """Wait until so many messages have been."""
        await self.reader.until(lambda: self.translated() >= count)

    async def write(self, stop: asyncio.Event) -> None:
        """Message after message, each another text."""
        while not stop.is_set():
            text = self.text.format(len(self.sent) + 1)
            answer = await self.sender.say(text, **self.conversation)
            self.sent.append(answer["message_id"])
            await self.until_translated(len(self.sent) - UNDER_WAY)
            await asyncio.sleep(PAUSE_S)
        await self.until_translated(len(self.sent))


@dataclass(frozen=True)
class Kept:
    """What a process holds on to."""

    memory_mib: float
    threads: int
    handles: int
    files: list[str]

    @classmethod
    def of(cls, product: Product) -> Kept:
        """As it is now."""
        assert product.process is not None
        process = Path("/proc") / str(product.process.pid)
        told = dict(
            line.split(":", 1) for line in (process / "status").read_text().splitlines() if line
        )
        return cls(
            memory_mib=int(told["VmRSS"].split()[0]) / 1024,
            threads=int(told["Threads"]),
            handles=sum(_counts(path) for path in (process / "fd").iterdir()),
            files=sorted(
                str(path.relative_to(product.data_dir)) for path in product.data_dir.rglob("*")
            ),
        )

    def holds_no_more_than(self, before: Kept) -> bool:
        """Whether nothing has piled up: forty forgotten models would be 80 threads. Pools that
        grow when they are needed may have grown since."""
        return (
            self.threads <= before.threads + 16
            and self.handles <= before.handles + 16
            and self.memory_mib < before.memory_mib + MODELS_MIB
        )


def _counts(handle: Path) -> bool:
    """The store opens its database once more for each of its readers, when it needs one."""
    try:
        return "sqlite3" not in str(handle.readlink())
    except FileNotFoundError:  # closed at this moment
        return False


async def settled(product: Product, before: Kept) -> Kept:
    """What is held when the last model that was replaced has gone, which takes a moment."""
    for _ in range(1200):
        now = Kept.of(product)
        if now.holds_no_more_than(before):
            break
        await asyncio.sleep(0.1)
    return now


async def change(product: Product, command: str, **arguments: str) -> Any:
    """As the command line does it, without a Python process for each."""
    return await ask(product.data_dir, f"models.{command}", arguments, lambda _progress: None)


async def one_round(
    product: Product, number: int, other: Path, own: Mapping[str, Path], writers: list[Writer]
) -> None:
    """Another pair comes and goes, and one of the pairs in use is replaced."""
    assert (await change(product, "install", what=str(other)))["target"] == "es"
    version = f"2.{number % 4}"
    replaced = await change(product, "install", what=str(own[version]))
    assert replaced["version"] == version
    before = [writer.translated() for writer in writers]
    await change(product, "remove", pair="en-es")
    # The new model is loaded and used before the next one comes.
    for writer, count in zip(writers, before, strict=True):
        await writer.until_translated(count + 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_fifty_changes_under_load_lose_nothing_and_leave_nothing(
    product: Product, tmp_path: Path
) -> None:
    other = repackaged(EN_PT, tmp_path / "en_es.argosmodel", to_code="es", to_name="Spanish")
    own = {
        f"2.{n}": repackaged(
            (PT_EN, EN_PT)[n % 2], tmp_path / f"2.{n}.argosmodel", package_version=f"2.{n}"
        )
        for n in range(4)
    }
    token = await asyncio.to_thread(product.token)
    stop = asyncio.Event()
    writers: list[Writer] = []
    async with asyncio.timeout(1500), operator(product.url, token) as desk:
        guests = [visitor(product.url, locale="pt") for _ in range(GUESTS)]
        async with guests[0] as first, guests[1] as second:
            for number, guest in enumerate((first, second)):
                hello = await guest.say(f"Bom dia, queria fazer a pergunta número {number}.")
                conversation = {"conversation_id": hello["conversation_id"]}
                claim = {"id": str(uuid.uuid4()), **conversation}
                assert (await desk.call("claim", claim))["ok"]
                asks = Writer(guest, desk, "en", "Onde está a minha encomenda {}?", {})
                asks.sent.append(hello["message_id"])
                says = Writer(desk, guest, "pt", "Your parcel {} is on its way.", conversation)
                writers += [asks, says]
            writing = [asyncio.create_task(writer.write(stop)) for writer in writers]
            try:
                for number in range(ROUNDS):
                    await one_round(product, number, other, own, writers)
                    if number + 1 == WARM_UP:
                        warm = Kept.of(product)
            finally:
                stop.set()
                await asyncio.gather(*writing)
            in_the_end = await settled(product, warm)

    for writer in writers:
        seen = [
            event["message"]["id"]
            for event in writer.reader.events
            if event["type"] == "message" and event["message"]["id"] in set(writer.sent)
        ]
        assert seen == writer.sent
        endings = Counter(
            (writer.final[id_]["status"], writer.final[id_].get("reason")) for id_ in writer.sent
        )
        assert set(endings) == {("translated", None)}, endings
    assert in_the_end.files == warm.files
    assert in_the_end.holds_no_more_than(warm), (warm, in_the_end)
