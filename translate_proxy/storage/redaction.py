"""A message taken back: its text goes, and whatever was made of it; that it was said stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select, update

from translate_proxy.model import Conversation, Event, MessageId
from translate_proxy.storage import tables
from translate_proxy.storage.transaction import Transaction

events = tables.events

_TEXTS = select(events.c.cursor, events.c.type, events.c.body).where(
    events.c.message_id == bindparam("message_id"),
    events.c.type.in_(("message", "translation")),
)
_CONTACT = select(events.c.cursor, events.c.type, events.c.body).where(
    events.c.cursor == bindparam("before"),
    events.c.conversation_id == bindparam("conversation_id"),
    events.c.type == "contact",
)
_REWRITE = update(events).where(events.c.cursor == bindparam("row")).values(body=bindparam("new"))
_CORRECTIONS = delete(tables.corrections).where(
    tables.corrections.c.message_id == bindparam("message_id")
)


def redact(transaction: Transaction, conversation: Conversation, message_id: MessageId) -> Event:
    """Empty the text of a message, of its translations and of the contact details' event that it
    was sent with, forget the corrections made of it, and let no translation follow."""
    transaction.flush()
    connection = transaction.connection
    rows = list(connection.execute(_TEXTS, {"message_id": message_id}))
    said = next(row for row in rows if row.type == "message")
    rows += connection.execute(
        _CONTACT, {"before": said.cursor - 1, "conversation_id": conversation.id}
    )
    connection.execute(_REWRITE, [{"row": row.cursor, "new": _emptied(row)} for row in rows])
    connection.execute(_CORRECTIONS, {"message_id": message_id})
    transaction.settle(message_id)
    event = transaction.emit(
        conversation, "redacted", {"message_id": message_id}, message_id=message_id
    )
    transaction.change_conversation(conversation.id)
    return event


def _emptied(row: Any) -> dict[str, Any]:
    if row.type != "message":
        return {**row.body, "text": ""}
    nothing = {"text": "", "attachments": [], "redacted": True}
    return {**row.body, "message": {**row.body["message"], **nothing}}
