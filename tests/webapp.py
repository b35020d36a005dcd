"""The plain HTTP side as it really is, over a real store, for the tests of ``web/``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from starlette.types import ASGIApp

from translate_proxy.admin import Admin
from translate_proxy.catalogue import Catalogue
from translate_proxy.commands import SendVisitorMessage
from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.interfaces import PairStatus, Translated, TranslationJob, Translator
from translate_proxy.language.judge import Judge
from translate_proxy.model import (
    ConversationId,
    Language,
    Operator,
    OperatorId,
    Site,
    SiteKey,
    new_id,
)
from translate_proxy.records import VisitorArrival
from translate_proxy.security.headers import secured
from translate_proxy.security.keys import load_or_make_keys
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.security.signins import KnownDevices
from translate_proxy.settings import LanguageSettings, Models, OutboundSettings, Server, Settings
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.shop.people import People
from translate_proxy.staff import Staff
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store
from translate_proxy.web import Jobs, WebDeps, WebLimits, application, new_registry, schemas

START = 1_800_000_000.0
PASSWORD = "correct horse"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LOOPBACK = "http://127.0.0.1:8000"

SHOP = Site(
    key=SiteKey("shop"),
    name="Shop",
    origins=("https://shop.example",),
    languages=("pt", "fi", "en"),
    default_language="pt",
    max_message_length=100,
    protected_terms=("Blue Shop",),
)
OTHER = Site(SiteKey("other"), "Other", ("https://other.example",), ("en",), "en")
EVA = Operator(OperatorId(new_id()), "eva@example.com", "Eva", ("en",), (SHOP.key,))
DEMO = Operator(OperatorId(new_id()), "demo@example.com", "Demo", ("en",), demo=True, role="admin")


class Endless:
    """A request's body that does not end. ``sent``: bytes that were asked for so far. httpx's ASGI
    transport hands the parts on one by one as the application asks for them."""

    PART = 16_384

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += self.PART
            yield b" " * self.PART


@dataclass
class Clock:
    """A clock that only the test moves. Seconds."""

    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Health:
    """A ``Readiness`` that says what the test wants."""

    state: str = "ready"
    bad: Sequence[str] = ()
    missing: Sequence[str] = ()

    async def problems(self) -> Sequence[str]:
        return self.bad

    def warnings(self) -> Sequence[str]:
        return self.missing


@dataclass
class ScriptedTranslator:
    """A ``Translator`` that knows a few sentences by heart."""

    known: Mapping[tuple[str, Language, Language], Translated] = field(default_factory=dict)
    jobs: list[TranslationJob] = field(default_factory=list)

    async def translate(self, job: TranslationJob) -> Translated:
        self.jobs.append(job)
        missing = Translated(job.text, "untranslated", "no_route")
        return self.known.get((job.text, job.source, job.target), missing)

    def route(self, source: Language, target: Language) -> tuple[Language, ...] | None:
        found = [made for (_, *pair), made in self.known.items() if pair == [source, target]]
        return found[0].route if found else None

    def pairs(self) -> Sequence[PairStatus]:
        return ()

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return

    async def refresh(self) -> None:
        """Nothing is installed."""

    async def forget(self) -> None:
        return


@dataclass
class Web:
    """Everything a test of ``web/`` may want to touch. ``app`` is behind the security layers."""

    app: ASGIApp
    store: Store
    passwords: Passwords
    sessions: OperatorSessions
    deps: WebDeps
    clock: Clock
    monotonic: Clock
    translator: ScriptedTranslator
    health: Health
    client: httpx.AsyncClient

    @asynccontextmanager
    async def other_client(
        self, peer: str = "127.0.0.1", base: str = LOOPBACK
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of its own: another address, another cookie jar."""
        transport = httpx.ASGITransport(self.app, client=(peer, 4242))
        async with httpx.AsyncClient(transport=transport, base_url=base) as made:
            yield made

    async def add_operator(self, operator: Operator, password: str = PASSWORD) -> Operator:
        """Store an operator."""
        await self.store.add_operator(operator, await self.passwords.hash(password))
        return operator

    async def bearer(self, operator: Operator = EVA) -> dict[str, str]:
        """The header of a signed-in operator."""
        token, _, _ = await self.sessions.sign_in(operator.email, PASSWORD)
        return {"Authorization": f"Bearer {token}"}

    async def say(self, text: str, site: Site = SHOP) -> ConversationId:
        """A new visitor writes a first message; the conversation."""
        arrived = await self.store.arrive(
            VisitorArrival(
                site=site.key,
                visitor_id=None,
                locale=None,
                browser_languages=(),
                page_language=None,
                page=None,
            )
        )
        receipt = await self.store.append(
            SendVisitorMessage(new_id(), site.key, arrived.visitor.id, text)
        )
        return ConversationId(receipt.answer["conversation_id"])


@asynccontextmanager
async def running(
    tmp_path: Path,
    *,
    demo: bool = False,
    static: Path | None = None,
    operators: Sequence[Operator] = (EVA,),
    server: Mapping[str, Any] | None = None,
    index: str | None = None,
    sites: Sequence[Site] = (SHOP, OTHER),
    translator: Translator | None = None,
) -> AsyncIterator[Web]:
    """The web side over an SQLite store in ``tmp_path`` with two sites and the operator Eva.
    ``translator``: another one than the scripted."""
    settings = Settings(
        server=Server(data_dir=tmp_path, **(server or {})),
        demo=demo,
        models=Models(index=index or str(tmp_path / "index")),
        outbound=OutboundSettings(allow_private=True, allow_http=True),
    )
    clock, monotonic, scripted, health = Clock(), Clock(0.0), ScriptedTranslator(), Health()
    async with AsyncExitStack() as stack:
        store = Store(sqlite_url(tmp_path), clock, demo=demo)
        await store.open(sites)
        stack.push_async_callback(store.close)
        passwords = Passwords(CHEAP)
        stack.push_async_callback(passwords.close)
        judge = Judge(LanguageSettings(time_box_seconds=5), monotonic)
        stack.push_async_callback(judge.close)
        await judge.start(SHOP.languages)
        sessions = OperatorSessions(store, passwords, clock)
        folder = tmp_path / "models"
        staff = Staff(store, ConversationLog(store), passwords, sessions)
        shop = ShopAdmin(store, store.refresh_shop)
        admin = Admin(store, staff, Catalogue(settings, folder), _erasure(store, clock), shop)
        jobs = Jobs(admin, clock)
        stack.push_async_callback(jobs.close)
        version = "1.2.3"
        desk = Desk()
        deps = WebDeps(
            settings=settings,
            conversations=store,
            sessions=sessions,
            devices=KnownDevices(load_or_make_keys(tmp_path), clock),
            translator=translator or scripted,
            judge=judge,
            audience=Audience(store, desk, judge, translator or scripted),
            desk=desk,
            readiness=health,
            administration=admin,
            shop=shop,
            people=People(store, store.shop, passwords.hash, done=staff.done, added=lambda: None),
            jobs=jobs,
            limits=WebLimits.of(settings.limits, monotonic),
            registry=new_registry(version),
            version=version,
            **({} if static is None else {"static": static, "demo_pages": static / "demo"}),
        )
        app = secured(application(deps), settings)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 4242))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=LOOPBACK)
        )
        web = Web(
            app,
            store,
            passwords,
            sessions,
            deps,
            clock,
            monotonic,
            scripted,
            health,
            client,
        )
        for operator in operators:
            await web.add_operator(operator)
        yield web


async def _nothing() -> None:
    return


def _erasure(store: Store, clock: Clock) -> Erasure:
    return Erasure(ConversationLog(store), store, _nothing, clock)


def error(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body's ``error``, after checking that the whole answer has the contract's form."""
    assert answer.status_code == status
    body = schemas.ErrorAnswer.model_validate(answer.json(), extra="forbid")
    assert body.error.code == code
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json()["error"])
