"""One writing transaction: the log's head is locked first, events are numbered as they come.

The head row is locked before anything is read, so the transactions of all nodes follow one another
and commit order is cursor order. What a batch of commands needs is read at once (``prefetch``), and
what it changes is written at once at its end: a statement costs more than the rows it moves.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    Float,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from translate_proxy.model import (
    Conversation,
    ConversationId,
    Cursor,
    Event,
    Language,
    MessageId,
    OperatorId,
    Refused,
    SiteKey,
    VisitorId,
)
from translate_proxy.storage import quick, statements, tables
from translate_proxy.storage.statements import several

_CHANGING = (
    "status",
    "operator_id",
    "language",
    "pinned",
    "updated_at",
    "closed_at",
    "last_cursor",
    "last_message_cursor",
    "activity_cursor",
)
SILENT = frozenset({"language", "translation", "redacted"})
"""Event types about what was said before: an old conversation that somebody looks at is
translated for them, and is as old as it was."""
_events, _commands = tables.events.c, tables.commands.c
_conversations, _pending = tables.conversations.c, tables.pending.c


# Made once: writing a statement anew costs as much as running it.
_HEAD = select(tables.log_head.c.log_id, tables.log_head.c.cursor).with_for_update()
_MOVE_HEAD = update(tables.log_head).values(cursor=bindparam("to"))
_TOUCH_HEAD = update(tables.log_head).values(
    believed_at=func.coalesce(bindparam("now", type_=Float), tables.log_head.c.believed_at)
)
_OPEN = select(tables.conversations).where(
    _conversations.visitor_id.in_(several()), _conversations.status != "closed"
)
_TRANSLATIONS = (
    select(_events.message_id, _events.type, _events.language, _events.body)
    .where(_events.type.in_(("translation", "redacted")), _events.message_id.in_(several()))
    .order_by(_events.cursor)  # ascending, so the newest stays
)
_SETTLE = delete(tables.pending).where(_pending.message_id.in_(several()))
_INSERT_EVENTS = insert(tables.events)
_INSERT_ANSWERS = insert(tables.commands)
_INSERT_PENDING = insert(tables.pending)
_UPDATE_CONVERSATION = (
    update(tables.conversations)
    .where(tables.conversations.c.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


_PAIRS = 32
"""(author, client id) asked for in one statement, at most."""


@functools.cache
def _answers_to(count: int) -> Select[Any]:
    """The first answers to so many pairs. Each pair is written out: for ``(a, b) IN (...)`` of two
    and more SQLite reads the whole table instead of its key."""
    pairs = (
        and_(_commands.author == bindparam(f"a{n}"), _commands.client_id == bindparam(f"c{n}"))
        for n in range(count)
    )
    return select(_commands.author, _commands.client_id, _commands.answer).where(or_(*pairs))


class Transaction:
    """What a write function works with. ``now`` is UTC epoch seconds, one value for the batch.

    A write function raises Refused before it has changed anything; one that did not is rolled back
    with its batch, which is then run again without it (``changes`` tells).
    """

    def __init__(self, connection: Connection, now: float) -> None:
        self.connection = connection
        self.now = now
        (head,) = quick.rows(connection, _HEAD, {})
        self.log_id: str = head.log_id
        self.changes = 0
        self._locked_at = self._cursor = int(head.cursor)
        self._newest_type = ""
        self._events: list[Event] = []
        # Known: read once, true as long as the head is locked.
        self._answers: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        self._visitors: dict[str, Any] = {}
        self._conversations: dict[str, dict[str, Any] | None] = {}
        self._open: dict[str, str | None] = {}
        self._newest: dict[tuple[str, str], tuple[int, str | None]] = {}
        self._redacted: set[str] = set()
        # The same, of what ``heard`` reads: beliefs by conversation and author, and the rest.
        self.states: dict[tuple[str, str], Any] = {}
        self.earlier: dict[str, Language | None] = {}
        self.corrected: dict[tuple[SiteKey, str], Mapping[tuple[Language, Language], str]] = {}
        # Not yet written.
        self._rows: list[dict[str, Any]] = []
        self._new_answers: list[dict[str, Any]] = []
        self._pending: dict[str, dict[str, Any]] = {}
        self._settled: set[str] = set()
        self._beliefs: dict[tuple[str, str], dict[str, Any]] = {}
        self._changed: set[str] = set()

    @property
    def cursor(self) -> Cursor:
        """The newest cursor so far."""
        return Cursor(self._cursor)

    # -- the log -----------------------------------------------------------------------------

    def emit(
        self,
        conversation: Conversation,
        type_: str,
        body: Mapping[str, Any],
        *,
        after: Conversation | None = None,
        message_id: str | None = None,
        language: str | None = None,
    ) -> Event:
        """Append one event. ``conversation`` is the state before it, ``after`` the state that
        follows where the event changes the owner."""
        self.changes += 1
        self._cursor += 1
        event = Event(
            cursor=Cursor(self._cursor),
            conversation_id=conversation.id,
            type=type_,
            at=self.now,
            body=body,
            site=conversation.site,
            visitor_id=conversation.visitor_id,
            owner=conversation.operator_id,
            owner_after=(after or conversation).operator_id,
        )
        self._newest_type = type_
        self._events.append(event)
        self._rows.append(
            {
                "cursor": event.cursor,
                "conversation_id": event.conversation_id,
                "type": type_,
                "at": self.now,
                "message_id": message_id,
                "language": language,
                "body": dict(body),
                "site": event.site,
                "visitor_id": event.visitor_id,
                "owner": event.owner,
                "owner_after": event.owner_after,
            }
        )
        if type_ == "translation" and message_id is not None and language is not None:
            self._newest[message_id, language] = (body["revision"], body["status"])
        elif type_ == "redacted":
            self._redacted.add(body["message_id"])
        return event

    def take_events(self) -> tuple[Event, ...]:
        """The events since the last call: those of the function that just ran."""
        events, self._events = tuple(self._events), []
        return events

    def newest_translation(self, message_id: str, language: str) -> tuple[int, str | None]:
        """Revision and status of a message's newest translation into a language; (0, None)
        without one."""
        if (message_id, language) not in self._newest:
            self.know_translations([(message_id, language)])
        return self._newest[message_id, language]

    def takes_translation(self, message_id: str, language: str) -> bool:
        """Whether a machine's translation may follow: not after a person's, which outranks it,
        nor when the message was taken back."""
        _, newest = self.newest_translation(message_id, language)
        return newest != "corrected" and message_id not in self._redacted

    def know_translations(self, wanted: Collection[tuple[str, str]]) -> None:
        """Read the newest translations of these (message id, language) together."""
        missing = [key for key in wanted if key not in self._newest]
        if not missing:
            return
        self._newest.update(dict.fromkeys(missing, (0, None)))
        ids = {message_id for message_id, _ in missing}
        for row in quick.rows(self.connection, _TRANSLATIONS, {"wanted": list(ids)}):
            if row.type == "redacted":
                self._redacted.add(row.message_id)
            elif (row.message_id, row.language) in missing:
                newest = (row.body["revision"], row.body["status"])
                self._newest[row.message_id, row.language] = newest

    # -- receipts and pending marks ------------------------------------------------------------

    def earlier_answer(self, author: str, client_id: str) -> Mapping[str, Any] | None:
        """What this (author, client id) was answered the first time."""
        if (author, client_id) not in self._answers:
            self.know_answers([(author, client_id)])
        return self._answers[author, client_id]

    def know_answers(self, wanted: Collection[tuple[str, str]]) -> None:
        """Read the first answers to these (author, client id) together."""
        missing = [key for key in wanted if key not in self._answers]
        if not missing:
            return
        self._answers.update(dict.fromkeys(missing))
        for start in range(0, len(missing), _PAIRS):
            asked = missing[start : start + _PAIRS]
            values = {f"a{n}": author for n, (author, _) in enumerate(asked)}
            values |= {f"c{n}": client_id for n, (_, client_id) in enumerate(asked)}
            for row in quick.rows(self.connection, _answers_to(len(asked)), values):
                self._answers[row.author, row.client_id] = row.answer

    def remember_answer(
        self, author: str, client_id: str, conversation_id: str | None, answer: Mapping[str, Any]
    ) -> None:
        """Keep the receipt of a client's command for its repeats."""
        self.changes += 1
        self._answers[author, client_id] = answer
        self._new_answers.append(
            {
                "author": author,
                "client_id": client_id,
                "conversation_id": conversation_id,
                "answer": dict(answer),
            }
        )

    def add_pending(self, message_id: MessageId, conversation_id: str, cursor: int) -> None:
        """Mark a message as not finally translated."""
        self._pending[message_id] = {
            "message_id": message_id,
            "conversation_id": conversation_id,
            "cursor": cursor,
        }

    def settle(self, message_id: MessageId) -> None:
        """Take the mark away."""
        self.changes += 1
        if self._pending.pop(message_id, None) is None:
            self._settled.add(message_id)

    def believe(self, conversation_id: str, author_id: str, state: Mapping[str, Any]) -> None:
        """Keep what is now believed of an author's language in a conversation."""
        self.changes += 1
        self.states[conversation_id, author_id] = state
        self._beliefs[conversation_id, author_id] = {
            "conversation_id": conversation_id,
            "author_id": author_id,
            "state": dict(state),
        }

    # -- visitors ------------------------------------------------------------------------------

    def visitor(self, visitor_id: str) -> Any:
        """The visitor's row, or that of the one they were merged into. Refused ``bad_token`` when
        there is none: erased, or of a database that was restored."""
        seen = visitor_id
        while True:
            if seen not in self._visitors:
                self.know_visitors([seen])
            row = self._visitors[seen]
            if row is None:
                raise Refused("bad_token", "This visitor is not known any more; connect again.")
            if row.merged_into is None:
                return row
            seen = row.merged_into

    def know_visitors(self, wanted: Iterable[str]) -> None:
        """Read these visitors together."""
        missing = {id_ for id_ in wanted if id_ not in self._visitors}
        if not missing:
            return
        self._visitors.update(dict.fromkeys(missing))
        for row in quick.rows(self.connection, statements.VISITORS, {"wanted": list(missing)}):
            self._visitors[row.id] = row

    def change_visitor(self, visitor_id: str, **values: Any) -> None:
        """Change columns."""
        self.changes += 1
        self.connection.execute(
            update(tables.visitors).where(tables.visitors.c.id == visitor_id).values(**values)
        )
        self._visitors.pop(visitor_id, None)

    # -- conversations ---------------------------------------------------------------------

    def conversation(self, conversation_id: ConversationId) -> Conversation:
        """Refused ``not_found`` when there is none."""
        if conversation_id not in self._conversations:
            self.know_conversations([conversation_id])
        row = self._conversations[conversation_id]
        if row is None:
            raise Refused("not_found", "There is no such conversation.")
        return conversation_of(row)

    def know_conversations(self, wanted: Iterable[str]) -> None:
        """Read these conversations together."""
        missing = {id_ for id_ in wanted if id_ not in self._conversations}
        if not missing:
            return
        self._conversations.update(dict.fromkeys(missing))
        asked = {"wanted": list(missing)}
        for row in quick.rows(self.connection, statements.CONVERSATIONS, asked):
            self._conversations[row.id] = row._asdict()

    def open_conversation(self, visitor_id: VisitorId) -> Conversation | None:
        """The visitor's conversation that is not closed."""
        if visitor_id not in self._open:
            self.know_open([visitor_id])
        found = self._open[visitor_id]
        return None if found is None else self.conversation(ConversationId(found))

    def know_open(self, wanted: Iterable[str]) -> None:
        """Read the open conversations of these visitors together."""
        missing = {id_ for id_ in wanted if id_ not in self._open}
        if not missing:
            return
        self._write_conversations()
        self._open.update(dict.fromkeys(missing))
        for row in quick.rows(self.connection, _OPEN, {"wanted": list(missing)}):
            self._open[row.visitor_id] = row.id
            self._conversations.setdefault(row.id, row._asdict())

    def insert_conversation(self, conversation: Conversation) -> None:
        """Store a new one."""
        self.changes += 1
        row = {
            "id": conversation.id,
            "site": conversation.site,
            "visitor_id": conversation.visitor_id,
            "status": conversation.status,
            "operator_id": conversation.operator_id,
            "language": conversation.believed,
            "pinned": conversation.pinned,
            "opened_at": conversation.opened_at,
            "updated_at": conversation.updated_at,
            "closed_at": None,
            "last_cursor": self._cursor,
            "last_message_cursor": None,
            "activity_cursor": self._cursor,
        }
        self.connection.execute(insert(tables.conversations).values(**row))
        self._conversations[conversation.id] = row
        self._open[conversation.visitor_id] = conversation.id

    def change_conversation(self, conversation_id: ConversationId, **values: Any) -> None:
        """Change columns, after an event: ``last_cursor`` follows it, and unless it is of
        ``SILENT`` so do ``activity_cursor`` and ``updated_at``."""
        self.changes += 1
        self.conversation(conversation_id)
        row = self._conversations[conversation_id]
        if row is None:
            raise LookupError(conversation_id)
        row.update(values, last_cursor=self._cursor)
        if self._newest_type not in SILENT:
            row.update(activity_cursor=self._cursor, updated_at=self.now)
        self._changed.add(conversation_id)
        if values.get("status") == "closed":
            self._open[row["visitor_id"]] = None

    # -- writing -------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what was buffered, so that queries of this transaction see it."""
        for statement, rows in (
            (_INSERT_EVENTS, self._rows),
            (_INSERT_ANSWERS, self._new_answers),
            (_INSERT_PENDING, list(self._pending.values())),
        ):
            quick.run(self.connection, statement, rows)
        self._rows.clear()
        self._new_answers.clear()
        self._pending.clear()
        if self._settled:
            quick.run(self.connection, _SETTLE, [{"wanted": list(self._settled)}])
            self._settled.clear()
        if self._beliefs:
            quick.run(
                self.connection,
                statements.upsert(
                    self.connection,
                    tables.beliefs,
                    "conversation_id",
                    "author_id",
                    replacing="state",
                ),
                list(self._beliefs.values()),
            )
            self._beliefs.clear()
        self._write_conversations()

    def _write_conversations(self) -> None:
        changed = [row for id_ in self._changed if (row := self._conversations[id_]) is not None]
        self._changed.clear()
        if changed:
            quick.run(
                self.connection,
                _UPDATE_CONVERSATION,
                [
                    {"row_id": row["id"], **{f"new_{name}": row[name] for name in _CHANGING}}
                    for row in changed
                ],
            )

    def forget(self) -> None:
        """Write what was buffered and read everything anew: rows are about to be changed by
        statements of the caller's own."""
        self.flush()
        for known in (self._answers, self._visitors, self._conversations, self._open, self._newest):
            known.clear()
        self.states.clear()
        self.earlier.clear()
        self.corrected.clear()

    def renew_log(self, log_id: str) -> None:
        """Another id for the log."""
        self.connection.execute(update(tables.log_head).values(log_id=log_id))
        self.log_id = log_id

    def touch(self, now: float | None) -> None:
        """Write the head although nothing is appended: the commit shows that one could be.
        ``now``: the time, unless it is in doubt."""
        self.connection.execute(_TOUCH_HEAD, {"now": now})

    def finish(self) -> None:
        """Write everything and move the head; the caller commits."""
        self.flush()
        if self._cursor != self._locked_at:
            quick.run(self.connection, _MOVE_HEAD, [{"to": self._cursor}])


def conversation_of(row: Mapping[Any, Any]) -> Conversation:
    """A row of ``conversations`` as a value."""
    operator_id = row["operator_id"]
    return Conversation(
        id=ConversationId(row["id"]),
        site=SiteKey(row["site"]),
        visitor_id=VisitorId(row["visitor_id"]),
        status=row["status"],
        operator_id=None if operator_id is None else OperatorId(operator_id),
        language=row["pinned"] or row["language"],
        believed=row["language"],
        pinned=row["pinned"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        last_cursor=Cursor(row["last_cursor"]),
    )
