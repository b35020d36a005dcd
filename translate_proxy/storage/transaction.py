"""One writing transaction: the log's head is locked first, events are numbered as they come.

The head row is locked before anything is read, so the transactions of all nodes follow one another
and commit order is cursor order. Events, command receipts and pending marks are inserted in bulk at
the end (or before something needs to read them).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from translate_proxy.model import (
    Conversation,
    ConversationId,
    Cursor,
    Event,
    OperatorId,
    Refused,
    SiteKey,
    VisitorId,
)
from translate_proxy.storage import tables


class Transaction:
    """What a write function works with. ``now`` is UTC epoch seconds, one value for the batch.

    A write function raises Refused before it has changed anything, never after.
    """

    def __init__(self, connection: Connection, now: float) -> None:
        self.connection = connection
        self.now = now
        head = connection.execute(
            select(tables.log_head.c.log_id, tables.log_head.c.cursor).with_for_update()
        ).one()
        self.log_id: str = head.log_id
        self._locked_at = self._cursor = int(head.cursor)
        self._events: list[Event] = []
        self._rows: list[dict[str, Any]] = []
        self._answers: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._unwritten_answers: list[dict[str, Any]] = []
        self._pending: list[dict[str, Any]] = []

    @property
    def cursor(self) -> Cursor:
        """The newest cursor so far."""
        return Cursor(self._cursor)

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
        return event

    def take_events(self) -> tuple[Event, ...]:
        """The events since the last call: those of the function that just ran."""
        events, self._events = tuple(self._events), []
        return events

    def earlier_answer(self, author: str, client_id: str) -> Mapping[str, Any] | None:
        """What this (author, client id) was answered the first time."""
        seen = self._answers.get((author, client_id))
        if seen is not None:
            return seen
        found: Mapping[str, Any] | None = self.connection.execute(
            select(tables.commands.c.answer).where(
                tables.commands.c.author == author, tables.commands.c.client_id == client_id
            )
        ).scalar_one_or_none()
        return found

    def remember_answer(
        self, author: str, client_id: str, conversation_id: str | None, answer: Mapping[str, Any]
    ) -> None:
        """Keep the receipt of a client's command for its repeats."""
        self._answers[author, client_id] = answer
        self._unwritten_answers.append(
            {
                "author": author,
                "client_id": client_id,
                "conversation_id": conversation_id,
                "answer": dict(answer),
            }
        )

    def add_pending(self, message_id: str, conversation_id: str, cursor: int) -> None:
        """Mark a message as not finally translated."""
        self._pending.append(
            {"message_id": message_id, "conversation_id": conversation_id, "cursor": cursor}
        )

    def settle(self, message_id: str) -> None:
        """Take the mark away."""
        self.flush()
        self.connection.execute(
            delete(tables.pending).where(tables.pending.c.message_id == message_id)
        )

    def flush(self) -> None:
        """Write what was buffered, so that queries of this transaction see it."""
        for table, rows in (
            (tables.events, self._rows),
            (tables.commands, self._unwritten_answers),
            (tables.pending, self._pending),
        ):
            if rows:
                self.connection.execute(insert(table), rows)
                rows.clear()

    def finish(self) -> None:
        """Write everything and move the head; the caller commits."""
        self.flush()
        if self._cursor != self._locked_at:
            self.connection.execute(update(tables.log_head).values(cursor=self._cursor))

    # -- conversations ---------------------------------------------------------------------

    def conversation(self, conversation_id: ConversationId) -> Conversation:
        """Refused ``not_found`` when there is none."""
        row = self.connection.execute(
            select(tables.conversations).where(tables.conversations.c.id == conversation_id)
        ).one_or_none()
        if row is None:
            raise Refused("not_found", "There is no such conversation.")
        return conversation_of(row)

    def open_conversation(self, visitor_id: VisitorId) -> Conversation | None:
        """The visitor's conversation that is not closed."""
        row = self.connection.execute(
            select(tables.conversations).where(
                tables.conversations.c.visitor_id == visitor_id,
                tables.conversations.c.status != "closed",
            )
        ).one_or_none()
        return None if row is None else conversation_of(row)

    def insert_conversation(self, conversation: Conversation) -> None:
        """Store a new one."""
        self.connection.execute(
            insert(tables.conversations).values(
                id=conversation.id,
                site=conversation.site,
                visitor_id=conversation.visitor_id,
                status=conversation.status,
                operator_id=None,
                language=conversation.language,
                opened_at=conversation.opened_at,
                updated_at=conversation.updated_at,
                last_cursor=self._cursor,
            )
        )

    def change_conversation(self, conversation_id: ConversationId, **values: Any) -> None:
        """Change columns; ``last_cursor`` and ``updated_at`` follow the newest event."""
        self.connection.execute(
            update(tables.conversations)
            .where(tables.conversations.c.id == conversation_id)
            .values(last_cursor=self._cursor, updated_at=self.now, **values)
        )


def conversation_of(row: Any) -> Conversation:
    """A row of ``conversations`` as a value."""
    return Conversation(
        id=ConversationId(row.id),
        site=SiteKey(row.site),
        visitor_id=VisitorId(row.visitor_id),
        status=row.status,
        operator_id=None if row.operator_id is None else OperatorId(row.operator_id),
        language=row.language,
        pinned=row.pinned,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        last_cursor=Cursor(row.last_cursor),
    )
