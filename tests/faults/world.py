"""One server process, its database, the people who talk through it, and what must be true then."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socketio.exceptions import SocketIOError
from sqlalchemy import URL, create_engine, func, make_url, select

from tests import servers
from tests.faults.clients import Client, Event, OperatorClient, VisitorClient
from tests.faults.promises import differences, event_of, wrong_messages, wrong_translations
from tests.product import COMMAND, Product, generous
from translate_proxy.storage import tables
from translate_proxy.storage.database import sqlite_url

SEED_VARIABLE = "FAULTS_SEED"
SETTLE_S = 240.0
"""Reached only when something is missing."""
PASSWORD = "a-long-enough-password"
SECOND = {"email": "second@example.com", "password": PASSWORD}
GENEROUS = generous(1000)
VISITORS_SAY = (
    "Olá, onde está a minha encomenda?",
    "Obrigado pela ajuda!",
    "Quero devolver os sapatos que comprei.",
    "Missä tilaukseni on?",
    "Where is my parcel?",
    "AB-12345",
    "ok",
)
OPERATORS_SAY = (
    "Your order was sent today.",
    "One moment, please.",
    "The shoes can be returned within 14 days.",
    "Thank you!",
    "https://shop.example/returns",
)


def new_seed() -> int:
    """The seed of this run: a new one, or the one to replay."""
    return int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(2**32))


@contextmanager
def database(backend: str, folder: Path) -> Iterator[tuple[URL, servers.PostgresServer | None]]:
    """Where the log is kept: ``sqlite`` in the data folder, or a ``postgresql`` server of its
    own."""
    if backend == "sqlite":
        yield sqlite_url(folder / "data"), None
        return
    with servers.temporary_folder("pg") as pg:
        server = servers.PostgresServer(pg)
        with servers.running(server):
            yield make_url(server.new_database()), server


@dataclass(slots=True)
class Figures:
    """What a run did. ``synced``: events that a client learnt from ``sync`` and not from its
    pump; ``longest_stop`` and ``seconds`` in seconds."""

    cycles: int = 0
    messages: int = 0
    resent: int = 0
    connections: int = 0
    events: int = 0
    translations: int = 0
    synced: int = 0
    refused: int = 0
    cuts: int = 0
    longest_stop: float = 0.0
    seconds: float = 0.0


class World:
    """Visitors and operators who talk at ``rate`` messages a second in all, whatever happens."""

    def __init__(
        self,
        folder: Path,
        url: URL,
        seed: int,
        *,
        visitors: int = 4,
        rate: float = 20.0,
        env: dict[str, str] | None = None,
        wrap: tuple[str, ...] = (),
    ) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.url = url
        self.port = servers.free_port()
        self.env = {**GENEROUS, **(env or {})}
        if url.get_backend_name() != "sqlite":
            rendered = url.render_as_string(hide_password=False)
            self.env["TRANSLATE_PROXY_DATABASE_URL"] = rendered
        self.product = Product(
            folder / "data", "--demo", "--port", str(self.port), env=self.env, wrap=wrap
        )
        self.clients_url = f"http://127.0.0.1:{self.port}"
        self.visitors: list[VisitorClient] = []
        self.operators: list[OperatorClient] = []
        self.figures = Figures()
        self._visitor_count = visitors
        self._rate = rate
        self._talking: list[asyncio.Task[None]] = []
        self._stuck: list[str] = []

    @property
    def clients(self) -> list[Client]:
        """Everybody."""
        return [*self.visitors, *self.operators]

    # -- life -------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(self) -> AsyncIterator[World]:
        """Started, with two operators and the visitors connected; everything ended after it."""
        try:
            await asyncio.to_thread(self.product.start)
            await self._second_operator()
            for login in (None, SECOND):
                token = await asyncio.to_thread(self.product.token, login)
                name = f"operator {len(self.operators) + 1}"
                self.operators.append(OperatorClient(name, self.clients_url, self._fork(), token))
            for number, locale in zip(
                range(self._visitor_count), ["pt", "fi", "en", "ar"] * 50, strict=False
            ):
                name = f"visitor {number + 1}"
                self.visitors.append(
                    VisitorClient(name, self.clients_url, self._fork(), locale=locale)
                )
            for operator in self.operators:
                self._let_answer(operator)
            for client in self.clients:
                await client.start()
            await self._everybody_is_here()
            yield self
        finally:
            for task in self._talking:
                task.cancel()
            await asyncio.gather(*self._talking, return_exceptions=True)
            await asyncio.gather(*(client.stop() for client in self.clients))
            await asyncio.to_thread(self._end)

    async def _everybody_is_here(self) -> None:
        try:
            async with asyncio.timeout(SETTLE_S):
                for client in self.clients:
                    await client.ready()
        except TimeoutError:
            said = "\n".join(client.waits_for() for client in self.clients)
            raise AssertionError(f"seed {self.seed}: not everybody was let in:\n{said}") from None

    def _end(self) -> None:
        if self.product.process is not None and self.product.process.poll() is None:
            self.product.kill()

    def _fork(self) -> random.Random:
        return random.Random(self.rng.getrandbits(64))

    async def _second_operator(self) -> None:
        given = {"role": "supervisor", "languages": "pt,en", "name": "Second"}
        given |= {"email": SECOND["email"], "data-dir": str(self.product.data_dir)}
        options = [part for name, value in given.items() for part in (f"--{name}", value)]
        adding = await asyncio.create_subprocess_exec(
            *(str(COMMAND), "operators", "add", "--password-stdin", *options),
            env={**os.environ, **self.env},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await adding.communicate(PASSWORD.encode())
        assert adding.returncode == 0

    def _let_answer(self, operator: OperatorClient) -> None:
        """An operator takes every other conversation that waits."""

        def on_waiting(conversation_id: str) -> None:
            if operator.rng.random() < 0.6:
                operator.claim(conversation_id)

        operator.on_waiting = on_waiting

    async def restart(self) -> None:
        """Start the server that was ended; the clients come back by themselves."""
        await asyncio.to_thread(self.product.start)
        self.figures.cycles += 1

    # -- talking ----------------------------------------------------------------------------

    def talk(self) -> None:
        """Everybody writes from now on, at random moments."""
        each = self._rate / len(self.clients)
        for visitor in self.visitors:
            self._talking.append(asyncio.create_task(self._visitor_talks(visitor, each)))
        for operator in self.operators:
            self._talking.append(asyncio.create_task(self._operator_talks(operator, each)))

    async def hush(self) -> None:
        """Nobody starts a message any more; what is in the outboxes still goes out."""
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        self._talking.clear()

    async def _visitor_talks(self, visitor: VisitorClient, rate: float) -> None:
        while True:
            await asyncio.sleep(visitor.rng.expovariate(rate))
            if len(visitor.outbox) < 5:
                visitor.say(f"{visitor.rng.choice(VISITORS_SAY)} #{len(visitor.sent)}")
            if visitor.rng.random() < 0.02:
                visitor.put("close")

    async def _operator_talks(self, operator: OperatorClient, rate: float) -> None:
        while True:
            await asyncio.sleep(operator.rng.expovariate(rate))
            if operator.mine and len(operator.outbox) < 5:
                conversation_id = operator.rng.choice(sorted(operator.mine))
                said = operator.rng.choice(OPERATORS_SAY)
                operator.say(conversation_id, f"{said} #{len(operator.sent)}")

    # -- the end ----------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until everything is sent, translated and delivered, by what the server does on
        its own; then check every promise."""
        await self.hush()
        log: list[Event] | None = None
        try:
            async with asyncio.timeout(SETTLE_S):
                while not self._calm():
                    await asyncio.sleep(0.1)
                while await asyncio.to_thread(self.pending):
                    await asyncio.sleep(0.1)
                while self._differences(log := await asyncio.to_thread(self.read_log)):
                    await asyncio.sleep(0.2)
        except TimeoutError:  # what is missing is said by the checks below
            self._stuck = [
                one.waits_for() for one in self.clients if one.outbox or not one.connected
            ]
        if log is None:
            log = await asyncio.to_thread(self.read_log)
        await self._check(log)

    def _calm(self) -> bool:
        return all(client.connected and not client.outbox for client in self.clients)

    def pending(self) -> int:
        """Messages without their final translation."""
        return self._scalar(select(func.count()).select_from(tables.pending))

    def _scalar(self, query: Any) -> int:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return int(connection.execute(query).scalar_one())
        finally:
            engine.dispose()

    def read_log(self) -> list[Event]:
        """Every event of the database, see ``promises.event_of``."""
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                rows = connection.execute(select(tables.events).order_by(tables.events.c.cursor))
                return [event_of(row) for row in rows]
        finally:
            engine.dispose()

    # -- the promises -------------------------------------------------------------------------

    async def _check(self, log: list[Event]) -> None:
        faults = [fault for client in self.clients for fault in client.faults]
        faults += [f"{client.name}: has unsent calls" for client in self.clients if client.outbox]
        faults += self._stuck
        faults += self._differences(log)
        faults += wrong_messages(self.clients, log)
        faults += wrong_translations(log)
        if waiting := await asyncio.to_thread(self.pending):
            faults.append(f"{waiting} messages wait for their final translation")
        for client in self.clients:
            with contextlib.suppress(SocketIOError, TimeoutError):
                known = set(client.synced)
                if client.connected and await client.sync():
                    faults += await self._left_out(client, known)
        self._count(log)
        said = "\n".join(faults[:40])
        assert not faults, f"seed {self.seed} ({SEED_VARIABLE}={self.seed}):\n{said}"

    @staticmethod
    async def _left_out(client: Client, known: set[int]) -> list[str]:
        """What only ``sync`` has brought; the pump may just not have come to it yet."""
        try:
            async with asyncio.timeout(SETTLE_S):
                while client.synced - known:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return [
                f"{client.name}: sync brought {sorted(client.synced - known)}, the pump did not"
            ]
        return []

    def _count(self, log: list[Event]) -> None:
        figures = self.figures
        kinds = Counter(event["type"] for event in log)
        figures.events, figures.messages = len(log), kinds["message"]
        figures.translations = kinds["translation"]
        figures.connections = sum(client.connections for client in self.clients)
        figures.resent = sum(client.resent for client in self.clients)
        figures.synced = sum(len(client.synced) for client in self.clients)
        figures.refused = sum(
            one.answer is not None and not one.answer["ok"]
            for client in self.clients
            for one in client.sent
        )

    def _differences(self, log: list[Event]) -> list[str]:
        return [fault for client in self.clients for fault in differences(client, log)]
