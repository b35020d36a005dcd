"""Namespace ``/operator``: a console and its server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from translate_proxy import commands
from translate_proxy.background import each
from translate_proxy.model import (
    Conversation,
    ConversationId,
    ConversationOrder,
    ConversationStatus,
    Cursor,
    MessageId,
    Operator,
    OperatorId,
    Refused,
    Site,
    SiteKey,
    VisitorId,
)
from translate_proxy.records import LogPage, OperatorView
from translate_proxy.security.forwarding import client_address
from translate_proxy.security.origins import is_own_origin, request_origin
from translate_proxy.security.sessions import session_cookie, token_hash
from translate_proxy.sockets import payloads as p
from translate_proxy.sockets.delivery import PAGE, Gone, Pump, Subscriber, concerns
from translate_proxy.sockets.namespace import (
    Call,
    Connection,
    Namespace,
    check_protocol,
    must_reset,
)
from translate_proxy.sockets.pressure import Pressure
from translate_proxy.sockets.services import Services
from translate_proxy.sockets.sites import served_now, sites_wire
from translate_proxy.sockets.visitor import VisitorNamespace, page_wire
from translate_proxy.text.plain import check_text

FIRST_PAGE: Mapping[ConversationStatus, tuple[ConversationOrder, int]] = {
    "waiting": ("waiting", 50),
    "assigned": ("activity", 50),
    "closed": ("activity", 20),
}
"""How many conversations of each kind the welcome lists, and in which order; the REST API has the
rest."""


@dataclass(slots=True)
class OperatorConnection(Connection):
    """One open console."""

    token: str
    operator: Operator
    served: Callable[[], tuple[SiteKey, ...]]
    """The keys of the sites that the operator serves, as the shop is now."""
    told: Sequence[Mapping[str, Any]]
    """Those sites, as this console was last told."""


class OperatorNamespace(Namespace[OperatorConnection]):
    """What an operator's client may do. ``visitors`` is the other side, set by ``server``."""

    visitors: VisitorNamespace

    def __init__(self, services: Services, pressure: Pressure) -> None:
        super().__init__("/operator", pressure)
        self._s = services
        self._checked = services.store.shop()
        self.calls = {
            "availability": Call(p.Availability, self._availability),
            "open": Call(p.ConversationRef, self._open),
            "leave": Call(p.ConversationRef, self._leave),
            "history": Call(p.OperatorHistory, self._history),
            "sync": Call(p.Sync, self._sync),
            "claim": Call(p.ConversationCommand, self._claim, changes=True),
            "message": Call(p.OperatorMessage, self._message, changes=True),
            "note": Call(p.Note, self._note, changes=True),
            "transfer": Call(p.Transfer, self._transfer, changes=True),
            "correct": Call(p.Correction, self._correct, changes=True),
            "redact": Call(p.Redaction, self._redact, changes=True),
            "translate": Call(p.Again, self._translate, changes=True),
            "set_language": Call(p.OperatorLanguage, self._set_language, changes=True),
            "close": Call(p.ConversationCommand, self._close, changes=True),
            "typing": Call(p.ConversationRef, self._typing),
        }

    # -- connecting -------------------------------------------------------------------------

    async def welcome(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        """A session's token, or the console's cookie together with our own Origin."""
        scope = environ["asgi.scope"]
        address = client_address(scope, self._s.trusted)
        self._s.limits.connect(address)
        check_protocol(auth)
        known = p.validate(p.OperatorAuth, auth)
        origin = request_origin(scope)
        public_url = self._s.settings.server.public_url
        if origin is not None and not is_own_origin(scope, origin, public_url):
            raise Refused("origin_not_allowed", "The console belongs to another origin.")
        token = known.token
        if token is None and origin is not None:
            token = session_cookie(scope, public_url)
        if token is None:
            raise Refused("unauthorized", "Sign in first.")
        operator = await self._s.sessions.resolve(token)
        await self._let_in(sid, known, operator, token, address)

    async def _let_in(
        self, sid: str, known: p.OperatorAuth, operator: Operator, token: str, address: str
    ) -> None:
        store = self._s.store
        log_id, head = await store.head()
        reset = must_reset(log_id, head, known.log, known.cursor)
        resumes = known.cursor is not None and not reset
        summaries = [
            summary
            for status, (order, limit) in FIRST_PAGE.items()
            for summary in await store.summaries(operator, status, limit=limit, order=order)
        ]
        waiting = await store.waiting_count(operator)
        colleagues = await store.operators()
        position = Cursor(known.cursor or 0) if resumes else head
        served = served_now(store.shop, operator)
        eio_sid = self.server.manager.eio_sid_from_sid(sid, self.namespace)

        view = partial(self._view, sid, operator, served)

        async def read(after: Cursor) -> LogPage:
            while True:
                looked = view()
                page = await self._s.hub.read_operator(looked, after)
                if view() == looked:
                    return page
                # Opened while we looked: what we did not look for is after the page that ``open``
                # answers with, and must not be passed over. Nor must what a new site begins with.

        def peek(after: Cursor) -> LogPage | None:
            return self._s.hub.peek_operator(view(), after)

        pump = Pump(
            position,
            read,
            partial(self.send, sid, eio_sid),
            peek,
            partial(self.hand, sid, eio_sid),
        )
        opened = [await store.conversation(ConversationId(wanted)) for wanted in known.open]
        while True:  # a session that ends in between is not missed
            ended = self._s.sessions.ended
            operator = await self._s.sessions.resolve(token)
            if ended == self._s.sessions.ended:
                break
        # From here on nothing waits: a connection that is refused leaves nothing behind.
        self._s.desk.arrive(sid, operator)
        sites = served()
        told = sites_wire(store.shop(), sites)
        self.connections[sid] = OperatorConnection(
            sid, eio_sid, address, pump, token, operator, served, told
        )
        for conversation in opened:
            if conversation is not None and conversation.site in sites:
                self._s.desk.open(sid, conversation.id)
        welcome: dict[str, Any] = {
            "protocol": p.PROTOCOL,
            "log": log_id,
            "head": head,
            "operator": {
                "id": operator.id,
                "email": operator.email,
                "name": operator.name,
                "languages": list(operator.languages),
                "sites": list(sites),
                "role": operator.role,
                "availability": self._s.desk.availability_of(operator.id),
            },
            "conversations": summaries,
            "queue": {"waiting": waiting},
            "sites": told,
            "operators": self._s.desk.roster(operator, colleagues),
        }
        if reset:
            welcome["reset"] = True
        pump.begin(welcome, ())
        self._s.hub.add_operator(
            sid,
            Subscriber(
                pump,
                lambda event: concerns(operator.id, served(), self._s.desk.opened(sid), event),
            ),
        )

    def _view(
        self, sid: str, operator: Operator, served: Callable[[], tuple[SiteKey, ...]]
    ) -> OperatorView:
        return OperatorView(operator.id, served(), self._s.desk.opened(sid))

    async def count(self, connection: OperatorConnection, _said: Any, *, changes: bool) -> None:
        """Counted first; then whether the session still stands, on every call."""
        if changes:
            self._s.limits.operator_change(connection.operator.id)
        else:
            self._s.limits.call(connection.sid, connection.address)
        await self.recheck(connection)

    async def recheck(self, connection: OperatorConnection) -> None:
        """Refused ``unauthorized``, after which the socket is told and closed."""
        try:
            connection.operator = await self._s.sessions.resolve(connection.token)
        except Refused as refused:
            if refused.code == "unauthorized":
                await self._sign_out(connection, refused.detail)
            raise

    async def _sign_out(self, connection: OperatorConnection, reason: str) -> None:
        connection.pump.stop()
        await self.emit("signed_out", {"reason": reason}, to=connection.sid)
        await self.disconnect(connection.sid)

    def gone(self, connection: OperatorConnection) -> None:
        """A console has closed."""
        self._s.hub.remove(connection.sid)
        self._s.desk.leave(connection.sid)

    # -- looking ----------------------------------------------------------------------------

    async def _availability(self, connection: OperatorConnection, data: p.Availability) -> None:
        self._s.desk.choose(connection.operator.id, data.status)

    async def _open(
        self, connection: OperatorConnection, data: p.ConversationRef
    ) -> Mapping[str, Any]:
        conversation, _ = await self._conversation(connection, data.conversation_id)
        self._s.desk.open(connection.sid, conversation.id)  # before the page: nothing between
        page = await self._s.store.history(conversation.id, "operator", None, PAGE)
        summary = await self._s.store.summary(connection.operator, conversation.id)
        self._s.relay.catch_up(conversation.id, connection.operator)
        if conversation.status != "closed":
            where = self._s.whereabouts.of(conversation.visitor_id)
            await self.tell(
                connection.sid, "visitor", {"conversation_id": conversation.id, **where}
            )
        return {"conversation": summary, **page_wire(page)}

    async def _leave(self, connection: OperatorConnection, data: p.ConversationRef) -> None:
        self._s.desk.put_away(connection.sid, ConversationId(data.conversation_id))

    async def _history(
        self, connection: OperatorConnection, data: p.OperatorHistory
    ) -> Mapping[str, Any]:
        conversation, _ = await self._conversation(connection, data.conversation_id)
        before = None if data.before is None else Cursor(data.before)
        page = await self._s.store.history(conversation.id, "operator", before, data.limit)
        return page_wire(page)

    async def _sync(self, connection: OperatorConnection, data: p.Sync) -> Mapping[str, Any]:
        view = self._view(connection.sid, connection.operator, connection.served)
        page = await self._s.store.read_operator(view, Cursor(data.cursor), PAGE)
        return page_wire(page, with_cursor=True)

    async def _typing(self, connection: OperatorConnection, data: p.ConversationRef) -> None:
        conversation, _ = await self._conversation(connection, data.conversation_id)
        operator = connection.operator
        said = {"from": "operator", "name": operator.name}
        if conversation.operator_id == operator.id:
            await self.visitors.tell_visitor(conversation.visitor_id, "typing", said)
        await self.tell_looking(conversation, said, besides=connection.sid)

    # -- acting -----------------------------------------------------------------------------

    async def _message(
        self, connection: OperatorConnection, data: p.OperatorMessage
    ) -> Mapping[str, Any]:
        conversation, site = await self._conversation(connection, data.conversation_id)
        check_text(data.text, site.max_message_length)
        self._s.audience.check_language(data.language, connection.operator, site)
        return await self._append(
            commands.SendOperatorMessage(
                data.id, connection.operator, conversation.id, data.text, data.language
            )
        )

    async def _note(self, connection: OperatorConnection, data: p.Note) -> Mapping[str, Any]:
        conversation, site = await self._conversation(connection, data.conversation_id)
        check_text(data.text, site.max_message_length)
        return await self._append(
            commands.AddNote(data.id, connection.operator, conversation.id, data.text)
        )

    async def _claim(
        self, connection: OperatorConnection, data: p.ConversationCommand
    ) -> Mapping[str, Any]:
        conversation_id = ConversationId(data.conversation_id)
        return await self._append(commands.Claim(data.id, connection.operator, conversation_id))

    async def _close(
        self, connection: OperatorConnection, data: p.ConversationCommand
    ) -> Mapping[str, Any]:
        conversation_id = ConversationId(data.conversation_id)
        return await self._append(
            commands.CloseByOperator(data.id, connection.operator, conversation_id)
        )

    async def _transfer(
        self, connection: OperatorConnection, data: p.Transfer
    ) -> Mapping[str, Any]:
        return await self._append(
            commands.Transfer(
                data.id,
                connection.operator,
                ConversationId(data.conversation_id),
                OperatorId(data.operator_id),
            )
        )

    async def _correct(
        self, connection: OperatorConnection, data: p.Correction
    ) -> Mapping[str, Any]:
        stored = await self._s.store.message(MessageId(data.message_id))
        site = None if stored is None else self._s.audience.site(stored.conversation.site)
        if stored is None or site is None or site.key not in connection.served():
            raise Refused("not_found", "There is no such message.")
        check_text(data.text, 2 * p.MAX_TEXT)
        check = self._s.audience.check_language
        check(data.language, connection.operator, site, *stored.translated)
        return await self._append(
            commands.Correct(
                data.id,
                connection.operator,
                MessageId(data.message_id),
                data.language,
                data.text,
            )
        )

    async def _redact(self, connection: OperatorConnection, data: p.Redaction) -> Mapping[str, Any]:
        return await self._append(
            commands.Redact(data.id, connection.operator, MessageId(data.message_id))
        )

    async def _set_language(
        self, connection: OperatorConnection, data: p.OperatorLanguage
    ) -> Mapping[str, Any]:
        conversation, site = await self._conversation(connection, data.conversation_id)
        spoken: str | commands.Believed
        if data.language is None:
            spoken = await self._s.audience.believed(conversation)
        elif data.language in site.languages:
            spoken = data.language
        else:
            raise Refused("bad_request", "language: not one of this site's languages.")
        return await self._append(
            commands.PinByOperator(data.id, connection.operator, conversation.id, spoken)
        )

    async def _translate(self, connection: OperatorConnection, data: p.Again) -> None:
        if data.message_id is not None:
            stored = await self._s.store.message(MessageId(data.message_id))
            if stored is None or stored.conversation.site not in connection.served():
                raise Refused("not_found", "There is no such message.")
            await self._s.relay.again(stored)
        elif data.conversation_id is not None:
            conversation, _ = await self._conversation(connection, data.conversation_id)
            self._s.relay.catch_up(conversation.id, connection.operator)
        else:
            raise Refused("bad_request", "Say which message_id or conversation_id.")

    async def _append(self, command: commands.ClientCommand) -> Mapping[str, Any]:
        return (await self._s.log.append(command)).answer

    async def _conversation(
        self, connection: OperatorConnection, conversation_id: str
    ) -> tuple[Conversation, Site]:
        found = await self._s.store.conversation(ConversationId(conversation_id))
        site = None if found is None else self._s.audience.site(found.site)
        if found is None or site is None or site.key not in connection.served():
            raise Refused("not_found", "There is no such conversation.")
        return found, site

    # -- towards operators ------------------------------------------------------------------

    async def tell_looking(
        self, conversation: Conversation, data: Mapping[str, Any], besides: str | None = None
    ) -> None:
        """Typing: to those who answer this conversation or look at it."""
        await self._tell_concerned(conversation, "typing", data, besides)

    async def tell_visitor(self, visitor_id: VisitorId, where: Mapping[str, Any]) -> None:
        """Where a visitor is, to the same."""
        if not self.connections:
            return
        conversation = await self._s.store.open_conversation(visitor_id)
        if conversation is not None:
            await self._tell_concerned(conversation, "visitor", where)

    async def _tell_concerned(
        self,
        conversation: Conversation,
        event: str,
        data: Mapping[str, Any],
        besides: str | None = None,
    ) -> None:
        said = {"conversation_id": conversation.id, **data}
        for connection in list(self.connections.values()):
            looks = conversation.id in self._s.desk.opened(connection.sid)
            owns = connection.operator.id == conversation.operator_id
            if connection.sid != besides and (looks or owns):
                await self.tell(connection.sid, event, said)

    async def tell_presence(self) -> None:
        """Who is at the desk: to each those with whom they share a site."""
        everyone = await self._s.store.operators()
        told: dict[tuple[SiteKey, ...], dict[str, Any]] = {}
        for number, connection in enumerate(list(self.connections.values())):
            operator = connection.operator
            if operator.sites not in told:
                roster = self._s.desk.roster(operator, everyone)
                told[operator.sites] = {"operators": roster}
            await self.tell_state(connection.sid, "presence", told[operator.sites])
            if number % 50 == 49:
                await asyncio.sleep(0)

    async def tell_sites(self) -> None:
        """What has changed of the sites they serve. Whoever was changed elsewhere is signed out."""
        shop = self._s.store.shop()
        if shop is not self._checked:
            await self.recheck_all()
            self._checked = shop
        for number, connection in enumerate(list(self.connections.values())):
            sites = sites_wire(shop, shop.served_by(connection.operator))
            if sites != connection.told:
                connection.told = sites
                await self.tell_state(connection.sid, "sites", {"sites": sites})
            if number % 50 == 49:
                await asyncio.sleep(0)

    async def tell_waiting(self, site: SiteKey) -> None:
        """How many conversations wait, to each who serves this site: on all of theirs."""
        told: dict[tuple[SiteKey, ...], dict[str, int]] = {}
        for connection in list(self.connections.values()):
            operator = connection.operator
            if not operator.serves(site):
                continue
            if operator.sites not in told:
                told[operator.sites] = {"waiting": await self._s.store.waiting_count(operator)}
            await self.tell_state(connection.sid, "queue", told[operator.sites])

    async def end(self, ends: Callable[[str, OperatorId], bool]) -> None:
        """Sign out those whose session ``ends``, given its token's hash and the operator."""
        for connection in list(self.connections.values()):
            if ends(token_hash(connection.token), connection.operator.id):
                await self._sign_out(connection, "You were signed out.")

    async def recheck_all(self) -> None:
        """Sign out those whose session has ended."""
        await each(list(self.connections.values()), self._recheck_one)

    async def _recheck_one(self, connection: OperatorConnection) -> None:
        try:
            await self.recheck(connection)
        except Gone:
            return
        except Refused as refused:
            if refused.code != "unauthorized":  # who is, has been told and closed
                raise
