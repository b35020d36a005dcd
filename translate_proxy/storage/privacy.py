"""What is kept of one person: found, handed out, erased, or dropped when its time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, or_, select

from translate_proxy.model import Conversation, ConversationId, SiteKey, Visitor, VisitorId, rfc3339
from translate_proxy.records import Erased, Silent
from translate_proxy.storage import tables
from translate_proxy.storage.reads import event_of, visitor, visitor_of
from translate_proxy.storage.transaction import Transaction

SLICE = 500  # values in one IN: every backend takes as many

visitors = tables.visitors
conversations = tables.conversations
events = tables.events


def find(connection: Connection, text: str) -> Sequence[Visitor]:
    """Whoever has this id, e-mail address (in any case) or signed identity. A visitor who was
    merged is the one they were merged into."""
    rows = connection.execute(
        select(visitors)
        .where(
            or_(
                visitors.c.id == text,
                func.lower(visitors.c.email) == text.lower(),
                visitors.c.identity_id == text,
            )
        )
        .order_by(visitors.c.created_at, visitors.c.id)
    )
    found = (visitor(connection, VisitorId(row.merged_into or row.id)) for row in rows)
    return list({one.id: one for one in found if one is not None}.values())


def export(connection: Connection, visitor_id: VisitorId) -> Mapping[str, Any] | None:
    """Everything that is stored of a visitor, as plain JSON: the person, those merged into them,
    and their conversations with every event, notes too. None when there is no such visitor."""
    person = visitor(connection, visitor_id)
    if person is None:
        return None
    rows = connection.execute(
        select(visitors)
        .where(or_(visitors.c.id == person.id, visitors.c.merged_into == person.id))
        .order_by(visitors.c.created_at, visitors.c.id)
    ).mappings()
    homes = connection.execute(
        select(conversations)
        .where(conversations.c.visitor_id == person.id)
        .order_by(conversations.c.opened_at, conversations.c.last_message_cursor)
    ).mappings()
    return {
        "format": 1,
        "visitor_id": person.id,
        "visitors": [_plain(row, "created_at", "seen_at") for row in rows],
        "conversations": [
            {
                **_plain(home, "opened_at", "updated_at", "closed_at"),
                "events": [
                    event_of(row).wire()
                    for row in connection.execute(
                        select(events)
                        .where(events.c.conversation_id == home["id"])
                        .order_by(events.c.cursor)
                    )
                ],
            }
            for home in homes.all()
        ],
    }


def _plain(row: Mapping[Any, Any], *times: str) -> dict[str, Any]:
    return {
        key: rfc3339(value) if key in times and value is not None else value
        for key, value in row.items()
    }


def erase(transaction: Transaction, visitor_id: VisitorId) -> Erased:
    """Remove a visitor, whoever was merged into them, and all that was said. Refused
    ``bad_token`` when there is no such visitor."""
    person = visitor_of(transaction.visitor(visitor_id))
    transaction.forget()
    connection = transaction.connection
    people = _ids(connection, visitors, or_(visitors.c.id == person.id, _merged_into([person.id])))
    homes = _ids(connection, conversations, conversations.c.visitor_id.in_(people))
    _remove_conversations(connection, homes)
    _remove_visitors(connection, people)
    for gone in people:  # sockets may be open under each of the ids
        _say_erased(transaction, person.site, VisitorId(gone), homes)
    return Erased(tuple(homes), len(people), transaction.take_events())


def expire(transaction: Transaction, site: SiteKey, before: float, limit: int) -> Erased:
    """Remove at most ``limit`` conversations of a site that were closed before a time (UTC epoch
    seconds), and as many visitors who have no conversation and were last seen before it.

    Operators are told which conversations are gone. Visitors are not: those of them who come back
    keep their token and what they said since.
    """
    transaction.forget()
    connection = transaction.connection
    homes = _ids(
        connection,
        conversations,
        conversations.c.site == site,
        conversations.c.status == "closed",
        conversations.c.closed_at < before,
        limit=limit,
    )
    _remove_conversations(connection, homes)
    silent = ~exists().where(conversations.c.visitor_id == visitors.c.id)
    people = _ids(
        connection,
        visitors,
        visitors.c.site == site,
        visitors.c.seen_at < before,
        visitors.c.merged_into.is_(None),
        silent,
        limit=limit,
    )
    people += _ids(connection, visitors, _merged_into(people))
    _remove_visitors(connection, people)
    if homes:
        _say_erased(transaction, site, VisitorId(""), homes)
    return Erased(tuple(homes), len(people), transaction.take_events())


def expire_silent(
    transaction: Transaction, site: SiteKey, before: float, after: tuple[float, str], limit: int
) -> Silent:
    """Look at ``limit`` visitors of a site at most, last seen before a time and after the place
    where an earlier look ended, and remove those who have no conversation. A bounded look: most
    visitors may have one, and others wait for the writer."""
    transaction.forget()
    connection = transaction.connection
    seen_at, id_ = after
    rows = connection.execute(
        select(
            visitors.c.id,
            visitors.c.seen_at,
            exists().where(conversations.c.visitor_id == visitors.c.id).label("talked"),
        )
        .where(
            visitors.c.site == site,
            visitors.c.seen_at < before,
            visitors.c.seen_at >= seen_at,
            or_(visitors.c.seen_at > seen_at, visitors.c.id > id_),
            visitors.c.merged_into.is_(None),
        )
        .order_by(visitors.c.seen_at, visitors.c.id)
        .limit(limit)
    ).all()
    people = [row.id for row in rows if not row.talked]
    people += _ids(connection, visitors, _merged_into(people))
    _remove_visitors(connection, people)
    place = (rows[-1].seen_at, rows[-1].id) if rows else after
    return Silent(len(people), place, more=len(rows) == limit)


def known_sites(connection: Connection) -> Sequence[SiteKey]:
    """Every site that was ever configured."""
    return [SiteKey(key) for key in connection.execute(select(tables.sites.c.key)).scalars()]


def retention(connection: Connection) -> Mapping[SiteKey, int]:
    """Days that closed conversations are kept, of every site that limits it: also of one that is
    not configured any more."""
    found = {
        SiteKey(row.key): row.settings.get("retention_days")
        for row in connection.execute(select(tables.sites.c.key, tables.sites.c.settings))
    }
    return {site: days for site, days in found.items() if days}


def _merged_into(ids: Sequence[str]) -> ColumnElement[bool]:
    return visitors.c.merged_into.in_(ids)


def _ids(
    connection: Connection, table: Table, *where: ColumnElement[bool], limit: int | None = None
) -> list[ConversationId]:
    found = connection.execute(select(table.c.id).where(*where).limit(limit))
    return [ConversationId(id_) for id_ in found.scalars()]


def _remove_conversations(connection: Connection, ids: Sequence[str]) -> None:
    for table, column in (
        (events, events.c.conversation_id),
        (tables.commands, tables.commands.c.conversation_id),
        (tables.pending, tables.pending.c.conversation_id),
        (tables.beliefs, tables.beliefs.c.conversation_id),
        (tables.corrections, tables.corrections.c.conversation_id),
        (conversations, conversations.c.id),
    ):
        _delete(connection, table, column, ids)


def _remove_visitors(connection: Connection, ids: Sequence[str]) -> None:
    _delete(connection, events, events.c.visitor_id, ids)
    _delete(connection, tables.commands, tables.commands.c.author, ids)
    _delete(connection, visitors, visitors.c.id, ids)


def _delete(
    connection: Connection, table: Table, column: ColumnElement[Any], ids: Sequence[str]
) -> None:
    for start in range(0, len(ids), SLICE):
        connection.execute(delete(table).where(column.in_(ids[start : start + SLICE])))


def _say_erased(
    transaction: Transaction, site: SiteKey, visitor_id: VisitorId, homes: Sequence[str]
) -> None:
    """Owned by nobody, so that every operator of the site learns of it."""
    gone = Conversation(
        id=ConversationId(homes[-1] if homes else ""),
        site=site,
        visitor_id=visitor_id,
        status="closed",
        operator_id=None,
        language=None,
        pinned=None,
        opened_at=transaction.now,
        updated_at=transaction.now,
        last_cursor=transaction.cursor,
    )
    transaction.emit(gone, "erased", {"conversation_ids": list(homes)})
