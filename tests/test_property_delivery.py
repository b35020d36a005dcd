"""Whatever visitors and operators do, each one's timeline is what the log has for them.

Real sockets on loopback, the real app and store; only the engine is a quick one. One server for
all examples; each example brings its own visitors and its own connections of the operators.
FAULTS_EXAMPLES sets how many there are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from socketio.exceptions import SocketIOError
from sqlalchemy import create_engine, func, select

from tests.fakes import QuickTranslator
from tests.faults.clients import Client, Event, OperatorClient, VisitorClient
from tests.faults.promises import differences, event_of, wrong_messages, wrong_translations
from tests.faults.world import GENEROUS, PASSWORD
from translate_proxy.app import App
from translate_proxy.demo import demo_site
from translate_proxy.model import Operator, OperatorId, new_id
from translate_proxy.serving import Server, listen, uvicorn_config
from translate_proxy.settings import load
from translate_proxy.storage import tables
from translate_proxy.storage.database import sqlite_url

T = TypeVar("T")
WAIT_S = 240.0
"""Reached only when something is missing."""
EXAMPLES = int(os.environ.get("FAULTS_EXAMPLES", "8"))


class Running:
    """The server on an event loop of its own; it goes on only while ``run`` does."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.url = sqlite_url(folder)
        self.run(self._start(folder))

    async def _start(self, folder: Path) -> None:
        limits = {"data_dir": folder, "log_level": "error"}
        app_settings = load(None, GENEROUS, limits, demo=True)
        listener = listen("127.0.0.1", 0)
        self.port = listener.getsockname()[1]
        app = App(app_settings, [demo_site(self.port)], translator=QuickTranslator())
        ready = asyncio.Event()

        async def is_ready() -> None:
            password_hash = await app.passwords.hash(PASSWORD)
            for name, languages in (("Ana", ("en",)), ("Kai", ("fi", "en")), ("Rui", ("pt",))):
                operator = Operator(
                    OperatorId(new_id()), f"{name}@shop.example", name, languages, role="supervisor"
                )
                await app.store.add_operator(operator, password_hash)
                token, _, _ = await app.sessions.sign_in(operator.email, PASSWORD)
                self.tokens.append(token)
            ready.set()

        self.tokens: list[str] = []
        self.server = _Server(uvicorn_config(app), app, is_ready)
        self._serving = asyncio.create_task(self.server.serve([listener]))
        await ready.wait()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the server and all clients go on until this is done."""
        return self._runner.run(work)

    def close(self) -> None:
        """Stop it."""
        self.server.should_exit = True

        async def end() -> None:
            await self._serving

        self.run(end())
        self._runner.close()


class _Server(Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Delivery(RuleBasedStateMachine):
    """People come, talk, lose their connections and come back."""

    running: Running

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.visitors: list[VisitorClient] = []
        self.operators: list[OperatorClient] = []
        for number, token in enumerate(self.running.tokens):
            self._come(OperatorClient(f"operator {number}", self._base, self._fork(), token))

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    @property
    def clients(self) -> list[Client]:
        return [*self.visitors, *self.operators]

    def _fork(self) -> random.Random:
        return random.Random(self.rng.getrandbits(64))

    def _come(self, client: Client) -> None:
        async def come() -> None:
            client.pause = (0.0, 0.01)
            await client.start()
            await client.ready()

        async def limited() -> None:
            async with asyncio.timeout(WAIT_S):
                await come()

        self.running.run(limited())
        if isinstance(client, VisitorClient):
            self.visitors.append(client)
        elif isinstance(client, OperatorClient):
            self.operators.append(client)

    def _visitor(self, index: int) -> VisitorClient:
        return self.visitors[index % len(self.visitors)]

    def _operator(self, index: int) -> OperatorClient:
        return self.operators[index % len(self.operators)]

    # -- what may happen ------------------------------------------------------------------------
    # Preconditions are about what the test has done, never about what the server has answered by
    # now: Hypothesis wants the same choices to offer the same ones again. A rule that finds
    # nothing to do does nothing.

    @precondition(lambda self: len(self.visitors) < 4)
    @rule(locale=st.sampled_from(["pt", "fi", "en", "xx"]))
    def a_visitor_comes(self, locale: str) -> None:
        name = f"visitor {len(self.visitors)}"
        self._come(VisitorClient(name, self._base, self._fork(), locale=locale))

    @precondition(lambda self: 0 < len(self.visitors) < 5)
    @rule(index=st.integers(0, 9))
    def a_visitor_opens_another_tab(self, index: int) -> None:
        first = self._visitor(index)
        tab = VisitorClient(f"tab {len(self.visitors)}", self._base, self._fork())
        tab.token, tab.visitor_id, tab.cursor = first.token, first.visitor_id, 0
        self._come(tab)

    @precondition(lambda self: self.visitors)
    @rule(index=st.integers(0, 9), text=st.sampled_from(["Olá!", "Missä se on?", "AB-1", "ok"]))
    def a_visitor_writes(self, index: int, text: str) -> None:
        visitor = self._visitor(index)
        visitor.say(f"{text} {len(visitor.sent)}")

    @precondition(lambda self: self.visitors)
    @rule(index=st.integers(0, 9))
    def a_visitor_closes(self, index: int) -> None:
        self._visitor(index).put("close")

    @precondition(lambda self: self.visitors)
    @rule(index=st.integers(0, 9), language=st.sampled_from(["pt", "fi", "en"]))
    def a_visitor_says_what_they_speak(self, index: int, language: str) -> None:
        self._visitor(index).put("set_language", language=language)

    @rule(index=st.integers(0, 9))
    def an_operator_claims(self, index: int) -> None:
        operator = self._operator(index)
        for conversation_id in sorted(operator.waiting)[:1]:
            operator.claim(conversation_id)

    @rule(index=st.integers(0, 9))
    def an_operator_answers(self, index: int) -> None:
        operator = self._operator(index)
        for conversation_id in sorted(operator.mine)[:1]:
            operator.say(conversation_id, f"One moment, please. {len(operator.sent)}")
            operator.put("note", conversation_id=conversation_id, text="Be kind.")

    @rule(index=st.integers(0, 9), to=st.integers(0, 9))
    def an_operator_hands_over(self, index: int, to: int) -> None:
        operator = self._operator(index)
        for conversation_id in sorted(operator.mine)[:1]:
            operator.transfer(conversation_id, self._operator(to).operator_id)

    @rule(index=st.integers(0, 9))
    def an_operator_closes(self, index: int) -> None:
        operator = self._operator(index)
        for conversation_id in sorted(operator.mine)[:1]:
            operator.put("close", conversation_id=conversation_id)

    @rule(index=st.integers(0, 9), which=st.integers(0, 99))
    def an_operator_looks_on(self, index: int, which: int) -> None:
        operator = self._operator(index)
        known = sorted(
            {event["conversation_id"] for one in self.operators for event in one.timeline.values()}
        )

        async def look() -> None:
            with contextlib.suppress(SocketIOError, TimeoutError):  # the line may be down
                await operator.open(known[which % len(known)])

        if known:
            self.running.run(look())

    @rule(index=st.integers(0, 9), often=st.integers(1, 3))
    def somebody_loses_the_connection(self, index: int, often: int) -> None:
        client = self.clients[index % len(self.clients)]

        async def lose() -> None:
            for _ in range(often):
                await client.drop()
                await asyncio.sleep(client.rng.uniform(0, 0.01))

        self.running.run(lose())

    @rule(index=st.integers(0, 9))
    def somebody_asks_what_is_missing(self, index: int) -> None:
        client = self.clients[index % len(self.clients)]

        async def ask() -> None:
            with contextlib.suppress(SocketIOError, TimeoutError):
                await client.sync()

        self.running.run(ask())

    @rule(index=st.integers(0, 9), which=st.integers(0, 99))
    def somebody_sends_again(self, index: int, which: int) -> None:
        client = self.clients[index % len(self.clients)]
        if not client.sent:
            return
        sent = client.sent[which % len(client.sent)]

        async def again() -> None:
            with contextlib.suppress(SocketIOError, TimeoutError):
                answer = await client.call(sent.name, sent.payload)
                if sent.answer is not None and sent.answer["ok"]:
                    assert answer == sent.answer

        self.running.run(again())

    @rule(ms=st.sampled_from([0, 1, 5, 20]))
    def time_passes(self, ms: int) -> None:
        self.running.run(asyncio.sleep(ms / 1000))

    @invariant()
    def nobody_saw_a_fault(self) -> None:
        for client in getattr(self, "clients", []) if hasattr(self, "visitors") else []:
            assert client.faults == []

    # -- the end ----------------------------------------------------------------------------------

    def teardown(self) -> None:
        if hasattr(self, "visitors"):
            self.running.run(self._end())

    async def _end(self) -> None:
        log: list[Event] = []
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WAIT_S):
                    while self._busy() or self._wrong(log := self._read()):
                        await asyncio.sleep(0.02)
            log = log or self._read()
            wrong = self._wrong(log)
            wrong += [one.waits_for() for one in self.clients if one.outbox or not one.connected]
            ours = {visitor.visitor_id for visitor in self.visitors}
            said = [event for event in log if event["_visitor"] in ours]
            wrong += wrong_messages(self.clients, said) + wrong_translations(said)
            assert wrong == []
        finally:
            await asyncio.gather(*(client.stop() for client in self.clients))

    def _busy(self) -> bool:
        unsent = any(client.outbox or not client.connected for client in self.clients)
        return unsent or self._count(select(func.count()).select_from(tables.pending)) > 0

    def _wrong(self, log: list[Event]) -> list[str]:
        return [fault for client in self.clients for fault in differences(client, log)]

    def _read(self) -> list[Event]:
        engine = create_engine(self.running.url)
        with engine.connect() as connection:
            rows = connection.execute(select(tables.events).order_by(tables.events.c.cursor))
            log = [event_of(row) for row in rows]
        engine.dispose()
        return log

    def _count(self, query: Any) -> int:
        engine = create_engine(self.running.url)
        with engine.connect() as connection:
            count = int(connection.execute(query).scalar_one())
        engine.dispose()
        return count


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_timeline_is_the_log() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Delivery.running = Running(Path(folder))
        try:
            machine: Any = Delivery.TestCase
            machine.settings = settings(
                max_examples=EXAMPLES,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            machine("runTest").debug()
        finally:
            Delivery.running.close()
