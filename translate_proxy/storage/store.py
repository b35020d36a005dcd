"""The store: what ``Log``, ``Accounts`` and ``Conversations`` promise, on SQLite or PostgreSQL.

Writing goes through the one ``Writer``; reading happens on a few threads of its own, each read in
one transaction, so that an answer is of one moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from translate_proxy.commands import Command, OperatorChange, Receipt, RelayCommand
from translate_proxy.interfaces import Clock
from translate_proxy.model import (
    Conversation,
    ConversationId,
    ConversationOrder,
    ConversationStatus,
    Cursor,
    Language,
    MessageId,
    Operator,
    OperatorId,
    Refused,
    Session,
    Shop,
    Side,
    Site,
    SiteKey,
    Visitor,
    VisitorId,
    new_id,
)
from translate_proxy.records import (
    COMMAND_LINE,
    Arrived,
    Audited,
    Correction,
    Editor,
    Erased,
    Imported,
    LanguageFacts,
    LogPage,
    OperatorView,
    Silent,
    Staffed,
    StoredMessage,
    VisitorArrival,
)
from translate_proxy.storage import (
    accounts,
    appends,
    audit,
    corrections,
    database,
    embedded,
    privacy,
    reads,
    shop,
    staff,
    summaries,
    tables,
    translations,
    visitors,
)
from translate_proxy.storage.heard import Found, Heard, heard
from translate_proxy.storage.statements import insert_if_new
from translate_proxy.storage.together import Together
from translate_proxy.storage.transaction import Transaction
from translate_proxy.storage.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")
READERS = 4
CLOSE_S = 2.0
"""The longest that closing waits for a database that does not answer, in seconds."""
log = structlog.get_logger(__name__)


class Store:
    """One database. ``demo``: whether rows flagged as demo exist for anybody."""

    def __init__(
        self, url: URL | str, clock: Clock, *, append_queue: int = 2000, demo: bool = False
    ) -> None:
        self._url = url
        self._clock = clock
        self._append_queue = append_queue
        self._demo = demo
        self.last_used: float | None = None
        self._shop = Shop(revision=-1)  # not read yet
        self._refreshing = asyncio.Lock()
        # What the relay asks of every message.
        self._heard = Heard()
        self._to_judge = Together(lambda ids: self._read(reads.to_judge, ids))
        self._corrected = Together(lambda wanted: self._read(corrections.find, wanted))
        self._everyone = Together(self._read_everyone)

    # -- life ------------------------------------------------------------------------------

    async def open(self, sites: Sequence[Site] | None = ()) -> None:
        """Migrate, make the log's head if this is a new database, and make ``sites`` the active
        ones; None leaves those that are. Raises SchemaError, or the driver's error when the
        database cannot be reached."""
        self._write_engine = database.writer_engine(self._url)
        self._read_engine = database.reader_engine(self._url, READERS)
        try:
            await asyncio.to_thread(self._prepare)
        except BaseException:
            self._write_engine.dispose()
            self._read_engine.dispose()
            raise
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writer = Writer(self._write_engine, self._clock, self._append_queue)
        try:
            if sites is not None:
                await self._write(lambda transaction: shop.put_configured(transaction, sites))
            await self.refresh_shop()
        except BaseException:
            await self.close()
            raise

    def _prepare(self) -> None:
        database.migrate(self._write_engine)
        with self._write_engine.begin() as connection:
            connection.execute(  # two nodes may start together
                insert_if_new(connection, tables.log_head),
                {"id": 1, "log_id": new_id(), "cursor": 0},
            )
            embedded.begin_anew_after_restore(connection, new_id())
            self.last_used = reads.last_used(connection)

    async def close(self) -> None:
        """Commit what waits and let go of the database, also of one that does not answer."""
        await asyncio.gather(self._writer.close(CLOSE_S), self._end_reads())
        self._read_engine.dispose()
        self._write_engine.dispose()

    async def _end_reads(self) -> None:
        ending = asyncio.create_task(asyncio.to_thread(self._threads.shutdown, cancel_futures=True))
        done, _ = await asyncio.wait({ending}, timeout=CLOSE_S)
        if not done:
            database.cut(self._read_engine)
        await ending

    async def check(self, now: float | None = None) -> None:
        """See ``Store.check`` in ``interfaces``."""
        await asyncio.to_thread(embedded.require_room, self._write_engine)
        await self._write(lambda transaction: transaction.touch(now), counted=False)

    @property
    def failing(self) -> bool:
        """See ``Store.failing`` in ``interfaces``."""
        return self._writer.failing

    @property
    def waiting(self) -> int:
        """Appends that wait for their commit."""
        return self._writer.waiting

    async def _write(self, function: Callable[[Transaction], T], *, counted: bool = True) -> T:
        return await self._writer.run(
            function, counted=counted, told=lambda _outcome: self._heard.forget()
        )

    async def _read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        def run() -> T:
            try:
                with self._read_engine.begin() as connection:
                    return function(connection, *args, **kwargs)
            except (DBAPIError, PoolTimeout) as error:
                log.warning("store.unread", error=type(error).__name__)
                raise Refused(
                    "unavailable", "The message store cannot be reached; try again.", 2.0
                ) from error

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    # -- Log -------------------------------------------------------------------------------

    async def append(
        self, command: Command, told: Callable[[Receipt], None] | None = None
    ) -> Receipt:
        """See ``Log.append``."""

        def run(transaction: Transaction) -> tuple[Receipt, Found | None]:
            if isinstance(command, RelayCommand):
                return translations.record(transaction, command), None
            receipt = appends.append(transaction, command)
            return receipt, heard(transaction, receipt)

        def committed(outcome: tuple[Receipt, Found | None]) -> None:
            if isinstance(command, RelayCommand):
                self._heard.recorded(command, outcome[0])
            else:
                self._heard.told(outcome[0].events, outcome[1])
            if told is not None:
                told(outcome[0])

        ours = isinstance(command, RelayCommand)
        receipt, _ = await self._writer.run(run, command=command, counted=not ours, told=committed)
        return receipt

    async def head(self) -> tuple[str, Cursor]:
        """See ``Log.head``."""
        return await self._read(reads.head)

    async def read_visitor(self, visitor_id: VisitorId, after: Cursor, limit: int) -> LogPage:
        """See ``Log.read_visitor``."""
        return await self._read(reads.read_visitor, visitor_id, after, limit)

    async def read_operator(self, view: OperatorView, after: Cursor, limit: int) -> LogPage:
        """See ``Log.read_operator``."""
        return await self._read(reads.read_operator, view, after, limit)

    async def history(
        self, of: VisitorId | ConversationId, side: Side, before: Cursor | None, limit: int
    ) -> LogPage:
        """See ``Log.history``."""
        return await self._read(reads.history, of, side, before, limit)

    async def recent(self, visitor_id: VisitorId, messages: int) -> LogPage:
        """See ``Log.recent``."""
        return await self._read(reads.recent, visitor_id, messages)

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """See ``Log.conversation``."""
        return await self._read(reads.conversation, conversation_id)

    async def open_conversation(self, visitor_id: VisitorId) -> Conversation | None:
        """See ``Log.open_conversation``."""
        return await self._read(reads.open_conversation, visitor_id)

    async def visitor(self, visitor_id: VisitorId) -> Visitor | None:
        """See ``Log.visitor``."""
        return await self._read(reads.visitor, visitor_id)

    async def arrive(
        self, arrival: VisitorArrival, told: Callable[[Arrived], None] | None = None
    ) -> Arrived:
        """See ``Log.arrive``."""

        def committed(arrived: Arrived) -> None:
            self._heard.forget()
            if told is not None:
                told(arrived)

        return await self._writer.run(lambda t: visitors.arrive(t, arrival), told=committed)

    async def update_page(
        self, visitor_id: VisitorId, page: Mapping[str, Any], locale: Language | None = None
    ) -> None:
        """See ``Log.update_page``."""
        await self._write(lambda t: visitors.update_page(t, visitor_id, page, locale))

    async def message(self, message_id: MessageId) -> StoredMessage | None:
        """See ``Log.message``."""
        return await self._read(reads.message, message_id)

    async def last_messages(
        self, conversation_id: ConversationId, limit: int
    ) -> Sequence[StoredMessage]:
        """See ``Log.last_messages``."""
        return await self._read(reads.last_messages, conversation_id, limit)

    async def pending(self) -> Sequence[StoredMessage]:
        """See ``Log.pending``."""
        return await self._read(reads.pending)

    async def language_facts(
        self, conversation_id: ConversationId, author_id: str
    ) -> LanguageFacts:
        """See ``Log.language_facts``."""
        return await self._read(reads.language_facts, conversation_id, author_id)

    async def to_judge(
        self, message_id: MessageId
    ) -> tuple[StoredMessage, LanguageFacts | None] | None:
        """See ``Log.to_judge``."""
        return self._heard.take(message_id) or await self._to_judge.ask(message_id)

    # -- Keeping ---------------------------------------------------------------------------

    async def find_visitors(self, text: str) -> Sequence[Visitor]:
        """See ``Keeping.find_visitors``."""
        return await self._read(privacy.find, text)

    async def export(self, visitor_id: VisitorId) -> Mapping[str, Any]:
        """See ``Keeping.export``."""
        found = await self._read(privacy.export, visitor_id)
        if found is None:
            raise Refused("not_found", "There is no such visitor.")
        return found

    async def erase(self, visitor_id: VisitorId) -> Erased:
        """See ``Keeping.erase``."""
        if await self.visitor(visitor_id) is None:
            raise Refused("not_found", "There is no such visitor.")
        return await self._write(lambda t: privacy.erase(t, visitor_id), counted=False)

    async def expire(self, site: SiteKey, before: float, limit: int) -> Erased:
        """See ``Keeping.expire``."""
        return await self._write(lambda t: privacy.expire(t, site, before, limit), counted=False)

    async def expire_silent(
        self, site: SiteKey, before: float, after: tuple[float, str], limit: int
    ) -> Silent:
        """See ``Keeping.expire_silent``."""
        return await self._write(
            lambda t: privacy.expire_silent(t, site, before, after, limit), counted=False
        )

    async def known_sites(self) -> Sequence[SiteKey]:
        """See ``Keeping.known_sites``."""
        return await self._read(privacy.known_sites)

    async def retention(self) -> Mapping[SiteKey, int]:
        """See ``Keeping.retention``."""
        return await self._read(privacy.retention)

    # -- Corrections -----------------------------------------------------------------------

    async def correction(
        self, site: SiteKey, source: Language, target: Language, text: str
    ) -> str | None:
        """See ``Corrections.correction``."""
        return await self._corrected.ask((site, source, target, text))

    async def corrections(self, site: SiteKey | None = None) -> Sequence[Correction]:
        """See ``Corrections.corrections``."""
        return await self._read(corrections.every, site)

    async def change_correction(self, id_: str, text: str) -> None:
        """See ``Corrections.change_correction``."""
        await self._write(lambda t: corrections.change(t, id_, text))

    async def remove_correction(self, id_: str) -> None:
        """See ``Corrections.remove_correction``."""
        await self._write(lambda t: corrections.remove(t, id_))

    # -- Keeping: the database's own files ---------------------------------------------------

    async def scrub(self) -> bool:
        """See ``Keeping.scrub``."""
        return await asyncio.to_thread(embedded.empty_journal, self._read_engine)

    async def backup(self, file: Path) -> None:
        """See ``Keeping.backup``."""
        await asyncio.to_thread(embedded.backup, self._read_engine, file)

    async def renew_log(self) -> str:
        """See ``Keeping.renew_log``."""
        log_id = new_id()
        await self._write(lambda t: t.renew_log(log_id), counted=False)
        return log_id

    # -- Conversations ---------------------------------------------------------------------

    def shop(self) -> Shop:
        """See ``Conversations.shop``."""
        return self._shop

    async def refresh_shop(self) -> bool:
        """See ``ShopRows.refresh_shop``."""
        async with self._refreshing:
            known = self._shop
            if known.revision == await self._read(shop.revision):
                return False
            found = await self._read(shop.shop)
            # A site that is as it was stays the same object: what was made of it stays good.
            by_key = {
                key: known.by_key.get(key, site) if known.by_key.get(key) == site else site
                for key, site in found.by_key.items()
                if self._demo or not site.demo
            }
            self._shop = Shop(by_key, found.revision)
            return True

    async def site(self, key: SiteKey) -> Site | None:
        """See ``ShopRows.site``."""
        return await self._read(shop.site, key)

    async def add_site(self, site: Site, by: Editor) -> Site:
        """See ``ShopRows.add_site``."""
        return await self._write(lambda t: shop.add_site(t, site, by))

    async def change_site(self, site: Site, by: Editor) -> Site:
        """See ``ShopRows.change_site``."""
        return await self._write(lambda t: shop.change_site(t, site, by))

    async def remove_site(self, key: SiteKey, revision: int | None, by: Editor) -> None:
        """See ``ShopRows.remove_site``."""
        await self._write(lambda t: shop.remove_site(t, key, revision, by))

    async def import_sites(
        self, given: Sequence[Site], by: Editor, *, dry_run: bool
    ) -> Sequence[Imported]:
        """See ``ShopRows.import_sites``."""
        if dry_run:
            return await self._read(shop.plan_import, given)
        return await self._write(lambda t: shop.import_sites(t, given, by))

    async def audit(
        self, sites: Sequence[SiteKey] | None, before: int | None, limit: int
    ) -> Sequence[Audited]:
        """See ``ShopRows.audit``."""
        return await self._read(audit.read, sites, before, limit)

    async def expire_audit(self, before: float) -> int:
        """See ``ShopRows.expire_audit``."""
        return await self._write(lambda t: audit.expire(t, before), counted=False)

    async def summaries(
        self,
        operator: Operator,
        status: ConversationStatus | None = None,
        before: Cursor | None = None,
        limit: int = 50,
        order: ConversationOrder = "activity",
    ) -> Sequence[Mapping[str, Any]]:
        """See ``Conversations.summaries``."""
        sites = self._shop.served_by(operator)
        return await self._read(
            summaries.page, operator, sites, status=status, before=before, limit=limit, order=order
        )

    async def summary(
        self, operator: Operator, conversation_id: ConversationId
    ) -> Mapping[str, Any] | None:
        """See ``Conversations.summary``."""
        sites = self._shop.served_by(operator)
        return await self._read(summaries.one, conversation_id, sites, operator.reads)

    async def waiting_count(self, operator: Operator) -> int:
        """See ``Conversations.waiting_count``."""
        return await self._read(summaries.waiting, self._shop.served_by(operator))

    async def queue_of(self, site: SiteKey) -> Sequence[VisitorId]:
        """See ``Conversations.queue_of``."""
        return await self._read(summaries.queue_of, site)

    async def preview_target(
        self, operator: Operator, conversation_id: ConversationId
    ) -> tuple[Site, Language]:
        """See ``Conversations.preview_target``."""
        found = await self.conversation(conversation_id)
        site = None if found is None else self._shop.site(found.site)
        if found is None or site is None or not operator.serves(site.key):
            raise Refused("not_found", "There is no such conversation.")
        return site, found.language or site.default_language

    # -- Accounts --------------------------------------------------------------------------

    def _visible(self, operator: Operator | None) -> Operator | None:
        return None if operator is None or (operator.demo and not self._demo) else operator

    async def operator(self, operator_id: OperatorId) -> Operator | None:
        """See ``Accounts.operator``."""
        return self._visible(await self._read(accounts.by_id, operator_id))

    async def operator_by_email(self, email: str) -> tuple[Operator, str] | None:
        """See ``Accounts.operator_by_email``."""
        found = await self._read(accounts.by_email, email)
        return None if found is None or self._visible(found[0]) is None else found

    async def operators(self, *, disabled: bool = False) -> Sequence[Operator]:
        """See ``Accounts.operators``."""
        everyone = await self._everyone.ask(None) or ()
        visible = [operator for operator in everyone if self._visible(operator) is not None]
        return [operator for operator in visible if operator.active or disabled]

    async def _read_everyone(self, _asked: Sequence[None]) -> Mapping[None, Sequence[Operator]]:
        return {None: await self._read(accounts.everyone)}

    async def add_operator(
        self, operator: Operator, password_hash: str, by: Editor = COMMAND_LINE
    ) -> None:
        """See ``Accounts.add_operator``."""
        await self._write(lambda t: accounts.add_operator(t, operator, password_hash, by))

    async def change_operator(
        self,
        email: str,
        change: OperatorChange,
        by: Editor = COMMAND_LINE,
        revision: int | None = None,
    ) -> Staffed:
        """See ``Accounts.change_operator``."""
        return await self._write(
            lambda t: staff.change(t, email, change, by, revision, demo=self._demo)
        )

    async def remove_operator(
        self, email: str, by: Editor = COMMAND_LINE, revision: int | None = None
    ) -> Staffed:
        """See ``Accounts.remove_operator``."""
        return await self._write(lambda t: staff.remove(t, email, by, revision, demo=self._demo))

    async def set_password_hash(self, operator_id: OperatorId, password_hash: str) -> None:
        """See ``Accounts.set_password_hash``."""
        await self._write(lambda t: accounts.set_password_hash(t, operator_id, password_hash))

    async def add_session(self, session: Session) -> None:
        """See ``Accounts.add_session``."""
        await self._write(lambda t: accounts.add_session(t, session))

    async def session(self, token_hash: str) -> Session | None:
        """See ``Accounts.session``."""
        return await self._read(accounts.session, token_hash)

    async def end_session(self, token_hash: str) -> None:
        """See ``Accounts.end_session``."""
        await self._write(lambda t: accounts.end_session(t, token_hash))

    async def end_sessions_of(self, operator_id: OperatorId) -> None:
        """See ``Accounts.end_sessions_of``."""
        await self._write(lambda t: accounts.end_sessions_of(t, operator_id))
