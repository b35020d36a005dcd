"""Namespace ``/visitor``: a shop's page and its server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from translate_proxy import commands
from translate_proxy.model import (
    Conversation,
    Cursor,
    Language,
    OperatorId,
    Refused,
    Site,
    SiteKey,
    VisitorId,
    new_id,
)
from translate_proxy.records import Arrived, LogPage, VisitorArrival
from translate_proxy.security.forwarding import client_address, is_loopback
from translate_proxy.security.identity import Identity, verify_identity
from translate_proxy.security.origins import check_site_origin, request_origin
from translate_proxy.sockets import payloads as p
from translate_proxy.sockets.delivery import PAGE, Pump, Subscriber
from translate_proxy.sockets.namespace import (
    Call,
    Connection,
    Namespace,
    check_protocol,
    must_reset,
)
from translate_proxy.sockets.owners import Owners
from translate_proxy.sockets.places import Taken, give_back
from translate_proxy.sockets.pressure import Pressure
from translate_proxy.sockets.services import Services
from translate_proxy.text.plain import check_text

Typing = Callable[[Conversation, Mapping[str, Any]], Awaitable[None]]
"""Tells the operators of a conversation that somebody writes in it."""
FIRST_MESSAGES = 50
"""How many messages of the open conversation a client without a cursor is sent."""


log = structlog.get_logger(__name__)


@dataclass(slots=True)
class VisitorConnection(Connection):
    """One open tab."""

    visitor_id: VisitorId
    site: SiteKey
    capped_address: str | None
    locale: str | None
    """The language tag of the page, as it was told last."""
    owner: Mapping[str, Any] | None
    """Who answers, as this tab was last told."""
    told: Mapping[str, Any]
    """The site, as this tab was last told: one of the namespace's own."""
    origin: str | None
    """Of the page, as its browser says."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A connection that passed its checks."""

    sid: str
    known: p.VisitorAuth
    site: Site
    address: str
    capped_address: str | None
    origin: str | None


class VisitorNamespace(Namespace[VisitorConnection]):
    """What a visitor's client may do."""

    def __init__(
        self,
        services: Services,
        pressure: Pressure,
        typing: Typing,
        waits: Callable[[SiteKey], None],
    ) -> None:
        """``waits``: somebody has connected who waits at this site."""
        super().__init__("/visitor", pressure)
        self._s = services
        self._tell_typing = typing
        self._waits = waits
        self._told: dict[SiteKey, Mapping[str, Any]] = {}  # each site as it was told last
        self._positions: dict[SiteKey, dict[str, int]] = {}
        self._checked = services.store.shop()
        self.owners = Owners(services.desk)
        self._ending: set[asyncio.Task[None]] = set()
        self.calls = {
            "message": Call(p.VisitorMessage, self._message, changes=True),
            "sync": Call(p.Sync, self._sync),
            "history": Call(p.VisitorHistory, self._history),
            "typing": Call(p.Empty, self._typing),
            "page": Call(p.PageChange, self._page),
            "set_language": Call(p.VisitorLanguage, self._set_language, changes=True),
            "contact": Call(p.Contact, self._contact, changes=True),
            "rate": Call(p.Rating, self._rate, changes=True),
            "close": Call(p.WithId, self._close, changes=True),
        }

    # -- connecting -------------------------------------------------------------------------

    async def welcome(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        """Check in the order of what costs least, then make the visitor known."""
        address = client_address(environ, self._s.trusted)
        self._s.limits.connect(address)
        check_protocol(auth)
        known = p.validate(p.VisitorAuth, auth)
        site = self._site(SiteKey(known.site))
        origin = request_origin(environ["asgi.scope"])
        check_site_origin(site, origin)
        identity = (
            None
            if known.identity is None
            else verify_identity(site, known.identity, self._s.clock())
        )
        token_visitor, reissue = (
            (None, True) if known.token is None else self._s.tokens.read(site.key, known.token)
        )
        if token_visitor is None and identity is None:
            self._s.limits.visitor(address, site.key, auth)
        capped = None if is_loopback(address) else address
        entry = _Entry(sid, known, site, address, capped, origin)
        with Taken(self._s, site.key, entry.capped_address) as taken:
            arrived = await self._arrive(site, known, identity, token_visitor)
            reissue = reissue or arrived.visitor.id != token_visitor
            token = self._s.tokens.issue(site.key, arrived.visitor.id) if reissue else known.token
            await self._let_in(entry, arrived, token)
            taken.keep()

    def _merged(self, before: VisitorId | None, arrived: Arrived) -> None:
        """Told after the commit, also when nobody waits for it any more."""
        if before is None or not arrived.changed:
            return
        self._s.hub.tail.forget()  # merged, perhaps: what was said is another visitor's now
        ending = asyncio.create_task(self._bring_along(before, arrived.visitor.id))
        self._ending.add(ending)
        ending.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("visitor.tabs_not_ended", exc_info=error)

    async def _bring_along(self, before: VisitorId, now: VisitorId) -> None:
        """End the other tabs of a visitor who has been merged: they come back as who they are."""
        merged_into = await self._s.store.visitor(before)
        if merged_into is not None and merged_into.id == now:
            for sid in self._s.hub.sockets_of(before):
                await self.disconnect(sid)

    async def _arrive(
        self,
        site: Site,
        known: p.VisitorAuth,
        identity: Identity | None,
        token_visitor: VisitorId | None,
    ) -> Arrived:
        page = known.page
        return await self._s.log.arrive(
            told=partial(self._merged, token_visitor),
            arrival=VisitorArrival(
                site=site.key,
                visitor_id=token_visitor,
                locale=known.locale or None,
                browser_languages=tuple(known.languages),
                page_language=page.lang if page else None,
                page=page.stored() if page else None,
                name=identity.name if identity else known.name or None,
                email=identity.email if identity else None,
                identity_id=identity.id if identity else None,
                identity_locale=identity.locale if identity else None,
            ),
        )

    async def _let_in(self, entry: _Entry, arrived: Arrived, token: str | None) -> None:
        sid, known, key = entry.sid, entry.known, entry.site.key
        log_id, head = await self._s.store.head()
        reset = arrived.changed or must_reset(log_id, head, known.log, known.cursor)
        visitor_id = arrived.visitor.id
        first: LogPage | None = None
        if reset or known.cursor is None:
            first = await self._s.store.recent(visitor_id, FIRST_MESSAGES)
        position = first.looked_to if first else Cursor(known.cursor or 0)
        conversation = arrived.conversation
        language = await self._s.audience.language_of(arrived.visitor, conversation)
        unserved = await self._s.audience.unserved(self._site(key))
        # Last: from here on nothing waits, so that no other tab that closes takes it away again.
        await self.owners.add(visitor_id, partial(self._owner, visitor_id))
        if (site := self._now_told(key, unserved)) is None:
            self._forget_owner(visitor_id)
            raise _unknown_site()
        eio_sid = self.server.manager.eio_sid_from_sid(sid, self.namespace)

        async def read(after: Cursor) -> LogPage:
            return await self._s.hub.read_visitor(visitor_id, after)

        peek = partial(self._s.hub.peek_visitor, visitor_id)
        pump = Pump(
            position,
            read,
            partial(self.send, sid, eio_sid),
            peek,
            partial(self.hand, sid, eio_sid),
        )
        self.connections[sid] = VisitorConnection(
            sid,
            eio_sid,
            entry.address,
            pump,
            visitor_id,
            key,
            entry.capped_address,
            known.locale or None,
            self.owners.of(visitor_id),
            site,
            entry.origin,
        )
        welcome: dict[str, Any] = {
            "protocol": p.PROTOCOL,
            "log": log_id,
            "head": head,
            "token": token,
            "visitor_id": visitor_id,
            "conversation_id": None if conversation is None else conversation.id,
            "site": site,
            "availability": self._s.desk.availability_at(key),
            "language": language,
            "owner": self.owners.of(visitor_id),
        }
        if reset:
            welcome["reset"] = True
        pump.begin(welcome, () if first is None else first.events)
        self._s.hub.add_visitor(sid, visitor_id, Subscriber(pump, lambda _event: True))
        self._s.whereabouts.arrive(visitor_id, known.page.stored() if known.page else None)
        if conversation is not None and conversation.status == "waiting":
            self._waits(key)

    async def _owner(self, visitor_id: VisitorId) -> tuple[OperatorId, str] | None:
        conversation = await self._s.store.open_conversation(visitor_id)
        if conversation is None or conversation.operator_id is None:
            return None
        present = self._s.desk.present(conversation.operator_id)
        operator = present or await self._s.store.operator(conversation.operator_id)
        return None if operator is None else (operator.id, operator.name)

    def _site(self, key: SiteKey) -> Site:
        """As it is now; Refused ``unknown_site`` when there is none (any more)."""
        site = self._s.store.shop().site(key)
        if site is None:
            raise _unknown_site()
        return site

    async def _current(self, key: SiteKey) -> Mapping[str, Any] | None:
        site = self._s.store.shop().site(key)
        return None if site is None else self._now_told(key, await self._s.audience.unserved(site))

    def _now_told(self, key: SiteKey, unserved: tuple[Language, ...]) -> Mapping[str, Any] | None:
        """What is told of a site now: the same object for as long as it is the same."""
        site = self._s.store.shop().site(key)
        if site is None:
            return None
        now = {
            "key": site.key,
            "name": site.name,
            "appearance": dict(site.appearance),
            "texts": {tag: dict(texts) for tag, texts in site.texts.items()},
            "languages": list(site.languages),
            "unserved": list(unserved),
            "default_language": site.default_language,
            "hold_ms": self._s.settings.translation.hold_ms,
            "max_message_length": site.max_message_length,
        }
        if self._told.get(key) != now:
            self._told[key] = now
        return self._told[key]

    async def count(self, connection: VisitorConnection, said: Any, *, changes: bool) -> None:
        """Before anything is looked at."""
        if changes:
            self._s.limits.visitor_change(
                connection.visitor_id, connection.address, connection.site, said
            )
        else:
            self._s.limits.call(connection.sid, connection.address)

    def gone(self, connection: VisitorConnection) -> None:
        """A tab has closed."""
        self._s.hub.remove(connection.sid, connection.visitor_id)
        self._s.whereabouts.leave(connection.visitor_id)
        self._forget_owner(connection.visitor_id)
        give_back(self._s, connection.site, connection.capped_address)

    def _forget_owner(self, visitor_id: VisitorId) -> None:
        if not self._s.hub.sockets_of(visitor_id):
            self.owners.remove(visitor_id)

    # -- events -----------------------------------------------------------------------------

    async def _message(
        self, connection: VisitorConnection, data: p.VisitorMessage
    ) -> Mapping[str, Any]:
        site = self._site(connection.site)
        check_text(data.text, site.max_message_length)
        command = commands.SendVisitorMessage(
            client_id=data.id,
            site=site.key,
            visitor_id=connection.visitor_id,
            text=data.text,
            language=data.language if data.language in site.languages else None,
        )
        return (await self._s.log.append(command)).answer

    async def _sync(self, connection: VisitorConnection, data: p.Sync) -> Mapping[str, Any]:
        page = await self._s.store.read_visitor(connection.visitor_id, Cursor(data.cursor), PAGE)
        return page_wire(page, with_cursor=True)

    async def _history(
        self, connection: VisitorConnection, data: p.VisitorHistory
    ) -> Mapping[str, Any]:
        before = None if data.before is None else Cursor(data.before)
        page = await self._s.store.history(connection.visitor_id, "visitor", before, data.limit)
        return page_wire(page)

    async def _typing(self, connection: VisitorConnection, _data: p.Empty) -> None:
        conversation = await self._s.store.open_conversation(connection.visitor_id)
        if conversation is not None:
            await self._tell_typing(conversation, {"from": "visitor"})

    async def _page(
        self, connection: VisitorConnection, data: p.PageChange
    ) -> Mapping[str, Any] | None:
        locale = data.locale or None
        page = data.stored()
        self._s.whereabouts.move(connection.visitor_id, page)
        await self._s.store.update_page(connection.visitor_id, page, locale)
        if locale is None:
            return None
        connection.locale = locale
        visitor = await self._s.store.visitor(connection.visitor_id)
        conversation = await self._s.store.open_conversation(connection.visitor_id)
        if visitor is None:
            raise Refused("bad_token", "This visitor is not known any more; connect again.")
        return {"language": await self._s.audience.language_of(visitor, conversation)}

    async def _set_language(
        self, connection: VisitorConnection, data: p.VisitorLanguage
    ) -> Mapping[str, Any]:
        visitor_id, language, locale = connection.visitor_id, data.language, connection.locale
        spoken: str | commands.Believed
        if language is None:
            spoken = await self._s.audience.believed_of(visitor_id, locale)
        elif language in self._site(connection.site).languages:
            spoken = language
        else:
            raise Refused("bad_request", "language: not one of this site's languages.")
        command = commands.PinByVisitor(data.id or new_id(), visitor_id, spoken, locale)
        answer = (await self._s.log.append(command)).answer
        now = spoken.language if isinstance(spoken, commands.Believed) else spoken
        return {**answer, "language": now}

    async def _contact(self, connection: VisitorConnection, data: p.Contact) -> Mapping[str, Any]:
        check_text(data.text, self._site(connection.site).max_message_length)
        command = commands.LeaveContact(
            client_id=data.id,
            site=connection.site,
            visitor_id=connection.visitor_id,
            text=data.text,
            name=data.name,
            email=data.email,
            phone=data.phone,
        )
        return (await self._s.log.append(command)).answer

    async def _rate(self, connection: VisitorConnection, data: p.Rating) -> Mapping[str, Any]:
        command = commands.Rate(data.id, connection.visitor_id, data.stars, data.comment)
        return (await self._s.log.append(command)).answer

    async def _close(self, connection: VisitorConnection, data: p.WithId) -> Mapping[str, Any]:
        command = commands.CloseByVisitor(data.id, connection.visitor_id)
        return (await self._s.log.append(command)).answer

    # -- towards visitors -------------------------------------------------------------------

    async def tell_visitor(
        self, visitor_id: VisitorId, event: str, data: Mapping[str, Any]
    ) -> None:
        """Something that need not arrive, to every tab of one visitor."""
        for sid in self._s.hub.sockets_of(visitor_id):
            await self.tell(sid, event, data)

    async def end_unwelcome(self) -> None:
        """Disconnect those whose site is there no longer, or does not know their page's origin any
        more: they are told so when they come back."""
        shop = self._s.store.shop()
        if shop is self._checked:
            return
        for connection in list(self.connections.values()):
            try:
                check_site_origin(self._site(connection.site), connection.origin)
            except Refused:
                await self.disconnect(connection.sid)
        self._checked = shop

    async def tell_availability(self) -> None:
        """How the desk of each visitor's site is now, and the site itself to those who were told
        another: what the shop says of it, or which of its languages can be served."""
        everyone = list(self.connections.values())
        # Of those who are connected: a site may have gone since.
        keys = {connection.site for connection in everyone}
        now = {key: {"status": self._s.desk.availability_at(key)} for key in keys}
        sites = {key: await self._current(key) for key in keys}
        for number, connection in enumerate(everyone):
            await self.tell_state(connection.sid, "availability", now[connection.site])
            site = sites[connection.site]
            if site is not None and site is not connection.told:
                connection.told = site
                await self.tell_state(connection.sid, "site", {"site": site})
            if number % 50 == 49:
                await asyncio.sleep(0)

    async def tell_owners(self) -> None:
        """Who answers, and whether they are here, to those for whom that has changed."""
        for number, connection in enumerate(list(self.connections.values())):
            owner = self.owners.of(connection.visitor_id)
            if owner != connection.owner:
                connection.owner = owner
                await self.tell_state(
                    connection.sid, "owner", owner or {"name": None, "here": False}
                )
            if number % 50 == 49:
                await asyncio.sleep(0)

    async def tell_queue(self, site: SiteKey) -> None:
        """Their position to everyone who waits and was told another; the first is 1."""
        queue = await self._s.store.queue_of(site)
        before = self._positions.get(site, {})
        now = self._positions[site] = {}
        told = 0
        for position, visitor_id in enumerate(queue, start=1):
            for sid in self._s.hub.sockets_of(visitor_id):
                if before.get(sid) == position:
                    now[sid] = position
                elif await self.tell(sid, "queue", {"position": position}):
                    now[sid] = position
                    told += 1
                    if told % 50 == 0:
                        await asyncio.sleep(0)

    def forget_position(self, visitor_id: VisitorId) -> None:
        """They wait anew: their position is told again, whatever it was."""
        for sid in self._s.hub.sockets_of(visitor_id):
            for told in self._positions.values():
                told.pop(sid, None)


def _unknown_site() -> Refused:
    return Refused("unknown_site", "There is no site with this key.")


def page_wire(page: LogPage, *, with_cursor: bool = False) -> dict[str, Any]:
    """A page as ``sync`` and ``history`` answer it."""
    answer: dict[str, Any] = {
        "events": [event.wire() for event in page.events],
        "more": page.more,
    }
    if with_cursor:
        answer["cursor"] = page.looked_to
    return answer
