"""The composition root: the only file that knows every concrete class."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy import URL
from starlette.types import ASGIApp, Receive, Scope, Send

from translate_proxy import __version__
from translate_proxy.admin import Admin
from translate_proxy.background import Background
from translate_proxy.catalogue import Catalogue
from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.conversation.erasure import SWEEP_S, Erasure
from translate_proxy.conversation.in_hand import FILE_NAME as IN_HAND
from translate_proxy.conversation.in_hand import InHand
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.conversation.relay import Relay
from translate_proxy.conversation.whereabouts import Whereabouts
from translate_proxy.engine_room.doors import RoomJudge, RoomTranslator, SiteWords
from translate_proxy.engine_room.metrics import RoomMetrics
from translate_proxy.engine_room.process import ProcessRoom
from translate_proxy.interfaces import Clock, LanguageJudge, Translator
from translate_proxy.language.detection import detectors
from translate_proxy.language.judge import Judge
from translate_proxy.lifecycle import EVERY_S, Gate, Lifecycle
from translate_proxy.model import Language, Site
from translate_proxy.security.forwarding import TrustedProxies, missing_proxy
from translate_proxy.security.headers import secured
from translate_proxy.security.keys import load_or_make_keys
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.ratelimit import address_keys
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.security.signins import KnownDevices
from translate_proxy.security.tokens import VisitorTokens
from translate_proxy.settings import Settings, SettingsError
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.shop.people import People
from translate_proxy.shop.site import site_of
from translate_proxy.sockets.allowances import Allowances
from translate_proxy.sockets.delivery import Hub
from translate_proxy.sockets.pressure import Caps
from translate_proxy.sockets.server import Sockets, make_server
from translate_proxy.sockets.services import Services
from translate_proxy.staff import Staff
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store
from translate_proxy.timekeeping import Timekeeper
from translate_proxy.translation.engines.record import Record
from translate_proxy.translation.packages.suspects import Suspects
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words
from translate_proxy.web import Jobs, WebDeps, WebLimits, application, new_registry

log = structlog.get_logger(__name__)

SOCKET_PATH = "/socket.io/"
SHOP_S = 0.5
"""So often it is looked whether another process has changed the shop, in seconds."""


def database_url(settings: Settings) -> URL | str:
    """Where the database of these settings is."""
    return settings.server.database_url or sqlite_url(settings.server.data_dir)


def make_store(settings: Settings, clock: Clock = time.time) -> Store:
    """The store of these settings, not yet open."""
    append_queue = settings.limits.append_queue
    return Store(database_url(settings), clock, append_queue=append_queue, demo=settings.demo)


def make_translator(
    settings: Settings,
    store: Store | None = None,
    *,
    record: Record | None = None,
    aside: Mapping[str, str] | None = None,
) -> Translator:
    """A translator of these settings inside this process, not yet started. With a store it knows
    the words of the sites and what operators have corrected. ``record``: told of what is being
    loaded; ``aside``: the keys of models that must not be, each with the reason."""
    # What engines are made of is read only where they run: the server has them elsewhere.
    from translate_proxy.engine_room import making  # noqa: PLC0415

    book = PhraseBook()
    words = Words(book) if store is None else Words(book, store.shop, store)
    return making.make_translator(settings, words, record=record, aside=aside)


def _watched_translator(settings: Settings, store: Store) -> Translator:
    """A server's: a model that ends the process while it is loaded does so once. An engine process
    is watched by ``engine_room.process`` instead."""
    suspects = Suspects(settings.server.packages_dir)
    suspects.try_again(settings.translation)
    return make_translator(settings, store, record=suspects, aside=suspects.reasons)


def make_catalogue(
    settings: Settings, changed: Callable[[], Awaitable[None]] | None = None
) -> Catalogue:
    """The installed models of these settings; ``changed`` is awaited after every change."""
    folder = settings.server.packages_dir
    return Catalogue(settings, folder, changed) if changed else Catalogue(settings, folder)


def make_judge(settings: Settings) -> Judge:
    """A judge of these settings inside this process. SettingsError when its detector is not
    installed."""
    try:
        return Judge(settings.language, time.monotonic)
    except ValueError as error:
        raise SettingsError(f"language.detector: {error}") from error


def make_engines(
    settings: Settings, store: Store, registry: CollectorRegistry
) -> tuple[Translator, LanguageJudge]:
    """What translates and what judges, not yet started: an engine process, or with
    ``translation.processes = 0`` threads of this one. SettingsError as ``make_judge``."""
    if not settings.translation.processes:
        return _watched_translator(settings, store), make_judge(settings)
    if (missing := detectors.missing(settings.language.detector)) is not None:
        raise SettingsError(f"language.detector: {missing}")
    room = ProcessRoom(settings, SiteWords(store.shop).of)
    registry.register(RoomMetrics(room))
    translator = RoomTranslator(room, store, settings.translation.max_chars)
    return translator, RoomJudge(settings.language, room)


def _in_hand(settings: Settings) -> InHand:
    """What outlives a server that dies. With an engine process its death says nothing against the
    messages in hand: that process had them, and ``engine_room.process`` knows which of them ended
    it."""
    inside = not settings.translation.processes
    return InHand(settings.server.data_dir / IN_HAND if inside else None)


def configured_sites(settings: Settings) -> list[Site]:
    """The sites of the configuration file."""
    return [site_of(one) for one in settings.sites]


class App:
    """Everything, put together. ``asgi`` is what the HTTP server runs.

    ``translator`` and ``judge`` may be others than the real ones: slow, failing or hostile ones in
    tests. ``clock``: UTC epoch seconds. ``options``: what commands that are named are given too.
    """

    def __init__(
        self,
        settings: Settings,
        sites: Sequence[Site],
        *,
        clock: Clock = time.time,
        translator: Translator | None = None,
        judge: LanguageJudge | None = None,
        options: str = "",
    ) -> None:
        self.settings = settings
        self.sites = sites
        self.registry = new_registry(__version__)
        self.store = make_store(settings, clock)
        if translator is None and judge is None:
            translator, judge = make_engines(settings, self.store, self.registry)
        self.translator = translator or make_translator(settings, self.store)
        self.judge = judge or make_judge(settings)
        self.passwords = Passwords()
        keys = load_or_make_keys(settings.server.data_dir)
        self.devices = KnownDevices(keys, clock)
        self.sessions = OperatorSessions(self.store, self.passwords, clock)
        self.desk = Desk()
        whereabouts = Whereabouts(clock)
        self.log = ConversationLog(self.store)
        audience = Audience(self.store, self.desk, self.judge, self.translator)
        self.relay = Relay(
            self.log,
            self.judge,
            self.translator,
            audience,
            deadline_s=settings.translation.deadline_seconds,
            in_hand=_in_hand(settings),
        )
        believed = Timekeeper(clock, time.monotonic, lambda: self.store.last_used).believed
        self.erasure = Erasure(self.log, self.store, self.translator.forget, believed)
        catalogue = make_catalogue(settings, self.models_changed)
        changed = self.staff_changed
        staff = Staff(self.store, self.log, self.passwords, self.sessions, changed)
        self.shop = ShopAdmin(self.store, self.look_at_shop)
        hashed = self.passwords.hash
        self.people = People(self.store, self.store.shop, hashed, done=staff.done, added=changed)
        self.admin = Admin(
            self.store,
            staff,
            catalogue,
            self.erasure,
            self.shop,
            pairs=self.translator.pairs,
            engine_room=self._engine_room,
        )
        self.jobs = Jobs(self.admin, clock)
        self._believed = believed
        self.lifecycle = Lifecycle(self.store, self.translator, believed, options)
        self.background = Background(self.registry, clock)
        self._shop_changed = asyncio.Event()
        self._learnt: frozenset[Language] = frozenset()
        limits = settings.limits
        self.sockets = Sockets(
            make_server(),
            Services(
                settings=settings,
                store=self.store,
                log=self.log,
                relay=self.relay,
                audience=audience,
                desk=self.desk,
                whereabouts=whereabouts,
                hub=Hub(self.store),
                tokens=VisitorTokens(keys, clock),
                sessions=self.sessions,
                limits=Allowances(limits, time.monotonic),
                address_caps=Caps(limits.sockets_per_address, "from your address", address_keys),
                site_caps=Caps(limits.sockets_per_site, "to this site"),
                trusted=TrustedProxies(settings.server.trusted_proxies),
                clock=clock,
            ),
            self.background,
        )
        self.asgi = self._asgi(self.registry, audience)

    def _engine_room(self) -> Mapping[str, Any] | None:
        return self.translator.facts() if isinstance(self.translator, RoomTranslator) else None

    def _asgi(self, registry: CollectorRegistry, audience: Audience) -> ASGIApp:
        web = application(
            WebDeps(
                settings=self.settings,
                conversations=self.store,
                sessions=self.sessions,
                devices=self.devices,
                translator=self.translator,
                judge=self.judge,
                audience=audience,
                desk=self.desk,
                readiness=self.lifecycle,
                administration=self.admin,
                shop=self.shop,
                people=self.people,
                jobs=self.jobs,
                limits=WebLimits.of(self.settings.limits, time.monotonic),
                registry=registry,
                version=__version__,
            )
        )
        sockets = self.sockets.app

        async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
            is_socket = scope["type"] == "websocket" or scope["path"].startswith(SOCKET_PATH)
            await (sockets if is_socket else web)(scope, receive, send)

        return secured(Gate(by_path, self.lifecycle), self.settings, self.lifecycle.undeclared)

    async def start(self) -> None:
        """Open the store, load the models, take up unfinished work. Nobody but a health check is
        let in before ``open``."""
        await self.store.open(self.sites)
        await self.translator.start()
        await self._learn_languages()
        self.sockets.start()
        await self.relay.start()
        self.log.follow(self.erasure.follow)
        self.background.every(0, "taken_back", self.erasure.clear_up)
        self.background.every(SWEEP_S, "retention", self.erasure.sweep, at_once=True)
        self.background.every(EVERY_S, "store", self.lifecycle.check)
        self.background.every(SHOP_S, "shop", self.look_at_shop)
        self.background.every(SWEEP_S, "audit", self._expire_audit, at_once=True)
        self.background.every(0, "languages", self._follow_languages)

    async def look_at_shop(self) -> None:
        """Whoever has changed it: what is open here goes by what it is now, and is told so."""
        if await self.store.refresh_shop():
            self.desk.changed()
            self._shop_changed.set()

    async def _expire_audit(self) -> None:
        await self.shop.expire_audit(self._believed(), self.settings.server.audit_days)

    async def _follow_languages(self) -> None:
        await self._shop_changed.wait()
        self._shop_changed.clear()
        try:
            await self._learn_languages()
        except BaseException:
            self._shop_changed.set()
            raise

    async def _learn_languages(self) -> None:
        """Have those ready that may be spoken: their first message does not wait for it."""
        spoken = {tag for site in self.store.shop().sites for tag in site.languages}
        spoken |= {tag for one in await self.store.operators() for tag in one.languages}
        if not spoken <= self._learnt:
            await self.judge.start(sorted(spoken))
            self._learnt = frozenset(spoken)

    async def open(self) -> None:
        """Whatever there is works: say so, and let everybody in."""
        await self.lifecycle.check()
        self.lifecycle.state = "ready"
        proxy = missing_proxy(self.settings.server)
        said = [*([proxy] if proxy else []), *self.lifecycle.missing()]
        for warning in [*said, *await self.lifecycle.problems(), *self.lifecycle.warnings()]:
            log.warning("start.warning", detail=warning)

    async def models_changed(self) -> None:
        """Models were installed or removed: the next message uses what is there."""
        await self.translator.refresh()
        self.desk.changed()  # what the desk can answer in, too

    def staff_changed(self) -> None:
        """Operators have come, changed or gone: everybody's colleagues are told anew."""
        self.desk.changed()

    async def drain(self) -> None:
        """Not ready any more; clients are told, accepted work is finished. Takes at most half of
        ``shutdown_seconds``: what is left is taken up by the next start."""
        self.lifecycle.state = "draining"
        budget = self.settings.server.shutdown_seconds / 2
        await self.sockets.drain(budget)
        await self.relay.drain(budget)

    async def close(self) -> None:
        """End every connection and let go of everything."""
        await self.background.close()
        await self.jobs.close()
        await self.sockets.close()
        await self.relay.close()
        await self.translator.close()
        await self.judge.close()
        await self.passwords.close()
        await self.store.close()
