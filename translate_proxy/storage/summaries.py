"""Conversation lists for operators, in wire form (docs/protocol.md, "Conversation summaries")."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, get_args

from sqlalchemy import Connection, Float, String, bindparam, func, literal, or_, select, tuple_

from translate_proxy.model import (
    ConversationId,
    ConversationOrder,
    ConversationStatus,
    Cursor,
    Language,
    Operator,
    SiteKey,
    VisitorId,
    rfc3339,
)
from translate_proxy.storage import tables
from translate_proxy.storage.appends import visitor_wire

conversations = tables.conversations
events = tables.events

_LISTED = (
    select(conversations)
    .where(
        conversations.c.site == bindparam("site"),
        conversations.c.status == bindparam("status"),
        conversations.c.activity_cursor < bindparam("before"),
        or_(
            conversations.c.operator_id.is_(None),
            conversations.c.operator_id == bindparam("operator_id"),
        ),
    )
    .order_by(conversations.c.activity_cursor.desc())
    .limit(bindparam("most"))
)
# Written out: an index of a part is used where the statement itself says that it is of that part.
_WAITS = conversations.c.status == literal("waiting", literal_execute=True)
_QUEUED = (conversations.c.opened_at, conversations.c.id)
_WAITING = (
    select(conversations)
    .where(
        conversations.c.site == bindparam("site"),
        _WAITS,
        tuple_(*_QUEUED)
        > tuple_(bindparam("opened_at", type_=Float), bindparam("id", type_=String)),
    )
    .order_by(*_QUEUED)
    .limit(bindparam("most"))
)
_PLACE = (
    select(conversations.c.activity_cursor, *_QUEUED)
    .join(events, events.c.conversation_id == conversations.c.id)
    .where(events.c.cursor == bindparam("cursor"))
)
_NEWEST = 2**63 - 1
"""No cursor is as large."""


def page(
    connection: Connection,
    operator: Operator,
    sites: Sequence[SiteKey],
    *,
    status: ConversationStatus | None,
    before: Cursor | None,
    limit: int,
    order: ConversationOrder,
) -> list[dict[str, Any]]:
    """One page of an operator's lists, newest activity first: of these sites, unclaimed or their
    own; of one status, and after the conversation whose ``cursor`` is ``before``, if given. Asked
    list by list, so that each is read from its newest on: however many conversations there are,
    few are looked at. In the order ``waiting``: only what waits, the longest first."""
    if order == "waiting":
        rows = _queue(connection, sites, before, limit)
        return _summaries(connection, rows, operator.reads)
    asked = {
        "operator_id": operator.id,
        "before": _NEWEST if before is None else _place(connection, before),
        "most": limit,
    }
    rows = []
    for site, one in product(sites, (status,) if status else get_args(ConversationStatus)):
        rows += connection.execute(_LISTED, {**asked, "site": site, "status": one})
    rows.sort(key=lambda row: row.activity_cursor, reverse=True)
    return _summaries(connection, rows[:limit], operator.reads)


def _place(connection: Connection, cursor: Cursor) -> int:
    """Where in the lists a conversation is, by the cursor of any event of it."""
    place = connection.execute(_PLACE, {"cursor": cursor}).one_or_none()
    return cursor if place is None else min(cursor, place.activity_cursor)


def _queue(
    connection: Connection, sites: Sequence[SiteKey], before: Cursor | None, limit: int
) -> list[Any]:
    """What waits on these sites, after the conversation of this cursor, whatever became of that
    one; from the front again where it is gone altogether."""
    cursor = {"cursor": before}
    place = None if before is None else connection.execute(_PLACE, cursor).one_or_none()
    after = {"opened_at": -1.0, "id": ""}
    if place is not None:
        after = {"opened_at": place.opened_at, "id": place.id}
    rows: list[Any] = []
    for site in sites:
        rows += connection.execute(_WAITING, {**after, "site": site, "most": limit})
    rows.sort(key=lambda row: (row.opened_at, row.id))
    return rows[:limit]


def one(
    connection: Connection,
    conversation_id: ConversationId,
    sites: Sequence[SiteKey],
    reads: Language,
) -> dict[str, Any] | None:
    """One conversation of these sites, whoever answers it."""
    rows = connection.execute(
        select(conversations).where(
            conversations.c.id == conversation_id, conversations.c.site.in_(sites)
        )
    ).all()
    found = _summaries(connection, rows, reads)
    return found[0] if found else None


def waiting(connection: Connection, sites: Sequence[SiteKey]) -> int:
    """How many conversations wait on these sites."""
    return connection.execute(
        select(func.count())
        .select_from(conversations)
        .where(_WAITS, conversations.c.site.in_(sites))
    ).scalar_one()


def queue_of(connection: Connection, site: SiteKey) -> list[VisitorId]:
    """Whose conversations wait on a site, the one that waits longest first."""
    return [
        VisitorId(id_)
        for id_ in connection.execute(
            select(conversations.c.visitor_id)
            .where(_WAITS, conversations.c.site == site)
            .order_by(*_QUEUED)
        ).scalars()
    ]


def _summaries(
    connection: Connection, rows: Sequence[Any], reads: Language
) -> list[dict[str, Any]]:
    if not rows:
        return []
    people = {
        row.id: visitor_wire(row)
        for row in connection.execute(
            select(tables.visitors).where(
                tables.visitors.c.id.in_({row.visitor_id for row in rows})
            )
        )
    }
    names = {
        row.id: {"id": row.id, "name": row.name}
        for row in connection.execute(
            select(tables.operators.c.id, tables.operators.c.name).where(
                tables.operators.c.id.in_({row.operator_id for row in rows if row.operator_id})
            )
        )
    }
    messages = {
        row.cursor: row.body["message"]  # what was taken back is nobody's last word
        for row in connection.execute(
            select(events.c.cursor, events.c.body).where(
                events.c.cursor.in_(
                    [row.last_message_cursor for row in rows if row.last_message_cursor]
                )
            )
        )
        if not row.body["message"].get("redacted")
    }
    translations = {
        row.message_id: row.body  # ascending, so the newest revision stays
        for row in connection.execute(
            select(events.c.message_id, events.c.body)
            .where(
                events.c.message_id.in_([message["id"] for message in messages.values()]),
                events.c.type == "translation",
                events.c.language == reads,
            )
            .order_by(events.c.cursor)
        )
    }
    summaries = []
    for row in rows:
        message = messages.get(row.last_message_cursor)
        summaries.append(
            {
                "conversation_id": row.id,
                "site": row.site,
                "status": row.status,
                "operator": names.get(row.operator_id),
                "visitor": people[row.visitor_id],
                "language": row.pinned or row.language,
                "pinned": row.pinned,
                "opened_at": rfc3339(row.opened_at),
                "updated_at": rfc3339(row.updated_at),
                "cursor": row.last_cursor,
                "last_message": message,
                "last_translation": None if message is None else translations.get(message["id"]),
            }
        )
    return summaries
