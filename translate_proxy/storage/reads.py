"""Questions to the log. Each function is one reading transaction on a connection it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from translate_proxy.model import (
    OPERATORS_ONLY,
    Author,
    Conversation,
    ConversationId,
    Cursor,
    Event,
    Language,
    Message,
    MessageId,
    Refused,
    Side,
    SiteKey,
    TranslationStatus,
    Visitor,
    VisitorId,
)
from translate_proxy.records import LanguageFacts, LogPage, OperatorView, StoredMessage
from translate_proxy.storage import statements, tables
from translate_proxy.storage.statements import several
from translate_proxy.storage.transaction import conversation_of

WINDOW = 20_000
_WRITTEN = ("message", "note")
"""What people go back for in a conversation."""

events = tables.events
conversations = tables.conversations

# Made once: writing a statement anew costs as much as running it, and the relay asks these of every
# message.
_CONVERSATION = select(conversations).where(conversations.c.id == bindparam("id"))
_VISITOR = select(tables.visitors).where(tables.visitors.c.id == bindparam("id"))
_ABOUT_MESSAGES = (
    select(events)
    .where(
        events.c.message_id.in_(several()),
        events.c.type.in_(("message", "language", "translation")),
    )
    .order_by(events.c.cursor)
)
_other = conversations.alias()
_spoken = func.coalesce(_other.c.pinned, _other.c.language)
EARLIER_LANGUAGES = select(
    conversations.c.id,
    select(_spoken)
    .where(
        _other.c.visitor_id == conversations.c.visitor_id,
        _other.c.id != conversations.c.id,
        _spoken.is_not(None),
        _other.c.last_message_cursor.is_not(None),
    )
    .order_by(_other.c.last_message_cursor.desc())
    .limit(1)
    .scalar_subquery()
    .label("language"),
).where(conversations.c.id.in_(several()))
BELIEFS = select(tables.beliefs).where(tables.beliefs.c.conversation_id.in_(several()))


def head(connection: Connection) -> tuple[str, Cursor]:
    """The log's id and newest cursor."""
    row = connection.execute(select(tables.log_head)).one()
    return row.log_id, Cursor(row.cursor)


def last_used(connection: Connection) -> float | None:
    """The newest time that this database knows; None for one without any."""
    newest = select(events.c.at).order_by(events.c.cursor.desc()).limit(1).scalar_subquery()
    query = select(func.coalesce(tables.log_head.c.believed_at, newest))
    found: float | None = connection.execute(query).scalar_one_or_none()
    return found


def event_of(row: Any) -> Event:
    """A row of ``events`` as a value."""
    return Event(
        cursor=Cursor(row.cursor),
        conversation_id=ConversationId(row.conversation_id),
        type=row.type,
        at=row.at,
        body=row.body,
        site=SiteKey(row.site),
        visitor_id=VisitorId(row.visitor_id),
        owner=row.owner,
        owner_after=row.owner_after,
    )


def _forward(
    connection: Connection,
    visible: ColumnElement[bool],
    after: Cursor,
    limit: int,
    window: int | None = None,
) -> LogPage:
    """``window``: how many cursors are searched at most, so that no read takes long."""
    _, newest = head(connection)
    until = newest if window is None else Cursor(min(newest, after + window))
    rows = connection.execute(
        select(events)
        .where(events.c.cursor > after, events.c.cursor <= until, visible)
        .order_by(events.c.cursor)
        .limit(limit + 1)
    ).all()
    found = tuple(event_of(row) for row in rows[:limit])
    if len(rows) > limit:
        return LogPage(found, found[-1].cursor, True)
    return LogPage(found, Cursor(max(until, after)), until < newest)


def _self_or_merged(visitor_id: VisitorId) -> ColumnElement[str]:
    """The visitor's id now: a socket may have been open since before a merge."""
    visitors = tables.visitors.c
    merged = select(visitors.merged_into).where(visitors.id == visitor_id).scalar_subquery()
    return func.coalesce(merged, visitor_id)


def _for_visitor(visitor_id: VisitorId) -> ColumnElement[bool]:
    mine = events.c.visitor_id == _self_or_merged(visitor_id)
    return and_(mine, events.c.type.not_in(OPERATORS_ONLY))


def read_visitor(
    connection: Connection, visitor_id: VisitorId, after: Cursor, limit: int
) -> LogPage:
    """What the visitor may see after a cursor."""
    return _forward(connection, _for_visitor(visitor_id), after, limit)


def read_operator(connection: Connection, view: OperatorView, after: Cursor, limit: int) -> LogPage:
    """An operator's stream after a cursor."""
    mine = or_(
        events.c.owner.is_(None),
        events.c.owner == view.operator_id,
        events.c.owner_after == view.operator_id,
        events.c.conversation_id.in_(view.opened),
    )
    visible = and_(events.c.site.in_(view.sites), mine)
    return _forward(connection, visible, after, limit, WINDOW)


def history(
    connection: Connection, of: str, side: Side, before: Cursor | None, limit: int
) -> LogPage:
    """The newest ``limit`` events before a cursor, oldest first. ``more``: there are earlier
    messages, or for operators notes; what else happened earlier is nothing to go back for."""
    _, newest = head(connection)
    scope = _for_visitor(VisitorId(of)) if side == "visitor" else events.c.conversation_id == of
    bound = events.c.cursor <= newest if before is None else events.c.cursor < before
    rows = connection.execute(
        select(events).where(scope, bound).order_by(events.c.cursor.desc()).limit(limit + 1)
    ).all()
    found = tuple(event_of(row) for row in reversed(rows[:limit]))
    if len(rows) <= limit:
        return LogPage(found, newest, False)
    earlier = select(events.c.cursor).where(
        scope, events.c.cursor < found[0].cursor, events.c.type.in_(_WRITTEN)
    )
    written = connection.execute(earlier.order_by(events.c.cursor.desc()).limit(1)).first()
    return LogPage(found, newest, written is not None)


def recent(connection: Connection, visitor_id: VisitorId, messages: int) -> LogPage:
    """Everything since the ``messages``-th last message of the open conversation."""
    _, newest = head(connection)
    conversation = open_conversation(connection, visitor_id)
    if conversation is None:
        return LogPage((), newest, False)
    cursors = (
        connection.execute(
            select(events.c.cursor)
            .where(events.c.conversation_id == conversation.id, events.c.type == "message")
            .order_by(events.c.cursor.desc())
            .limit(messages + 1)
        )
        .scalars()
        .all()
    )
    more = len(cursors) > messages
    since = cursors[messages - 1] if more else 0
    rows = connection.execute(
        select(events)
        .where(
            events.c.conversation_id == conversation.id,
            events.c.type.not_in(OPERATORS_ONLY),
            events.c.cursor >= since,
            events.c.cursor <= newest,
        )
        .order_by(events.c.cursor)
    ).all()
    return LogPage(tuple(event_of(row) for row in rows), newest, more)


def conversation(connection: Connection, conversation_id: ConversationId) -> Conversation | None:
    """One conversation."""
    row = connection.execute(_CONVERSATION, {"id": conversation_id}).mappings().one_or_none()
    return None if row is None else conversation_of(row)


def open_conversation(connection: Connection, visitor_id: VisitorId) -> Conversation | None:
    """The visitor's conversation that is not closed."""
    row = (
        connection.execute(
            select(conversations).where(
                conversations.c.visitor_id == _self_or_merged(visitor_id),
                conversations.c.status != "closed",
            )
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else conversation_of(row)


def visitor(connection: Connection, visitor_id: VisitorId) -> Visitor | None:
    """One visitor, or the one they were merged into."""
    row = connection.execute(_VISITOR, {"id": visitor_id}).one_or_none()
    if row is None:
        return None
    if row.merged_into is not None:
        return visitor(connection, row.merged_into)
    return visitor_of(row)


def visitor_of(row: Any) -> Visitor:
    """A row of ``visitors`` as a value."""
    return Visitor(
        id=VisitorId(row.id),
        site=SiteKey(row.site),
        name=row.name,
        email=row.email,
        locale=row.locale,
        browser_languages=tuple(row.browser_languages),
        page_language=row.page_language,
        identity_id=row.identity_id,
        identity_locale=row.identity_locale,
        page=row.page,
        created_at=row.created_at,
    )


# -- messages ------------------------------------------------------------------------------


def message(connection: Connection, message_id: MessageId) -> StoredMessage | None:
    """One message with what is known of it."""
    found = _messages(connection, [message_id])
    return found[0] if found else None


def last_messages(
    connection: Connection, conversation_id: ConversationId, limit: int
) -> Sequence[StoredMessage]:
    """The newest messages of a conversation, oldest first."""
    ids = (
        connection.execute(
            select(events.c.message_id)
            .where(events.c.conversation_id == conversation_id, events.c.type == "message")
            .order_by(events.c.cursor.desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )
    return _messages(connection, [id_ for id_ in ids if id_ is not None])


def pending(connection: Connection) -> Sequence[StoredMessage]:
    """Messages that still need a final translation, oldest first."""
    ids = (
        connection.execute(select(tables.pending.c.message_id).order_by(tables.pending.c.cursor))
        .scalars()
        .all()
    )
    return _messages(connection, ids)


def _messages(connection: Connection, ids: Sequence[str]) -> Sequence[StoredMessage]:
    """The stored messages of these ids in log order, without those that were taken back; asked in
    slices that every backend takes."""
    stored: list[StoredMessage] = []
    for start in range(0, len(ids), 500):
        rows = connection.execute(_ABOUT_MESSAGES, {"wanted": ids[start : start + 500]}).all()
        about: dict[str, list[Any]] = {}
        for row in rows:
            about.setdefault(row.message_id, []).append(row)
        homes = {
            row["id"]: conversation_of(row)
            for row in connection.execute(
                statements.CONVERSATIONS, {"wanted": list({row.conversation_id for row in rows})}
            ).mappings()
        }
        stored += [
            stored_of(rows_of_one, homes)
            for rows_of_one in about.values()
            if not rows_of_one[0].body["message"].get("redacted")
        ]
    return sorted(stored, key=lambda one: one.cursor)


def stored_of(rows: Sequence[Any], homes: Mapping[str, Conversation]) -> StoredMessage:
    """A message of its events, as rows or as values: its own first, then in the log's order."""
    original = rows[0]
    body = original.body["message"]
    author = body["author"]
    source, pinned = None, False
    translated: dict[Language, TranslationStatus] = {}
    for row in rows[1:]:
        if row.type == "language":
            source, pinned = row.body["message_language"], row.body["source"] == "pinned"
        else:
            translated[row.language] = row.body["status"]
    return StoredMessage(
        message=Message(
            id=MessageId(body["id"]),
            conversation_id=ConversationId(original.conversation_id),
            client_id=body["client_id"],
            sender=body["from"],
            author=None if author is None else Author(author["id"], author["name"]),
            text=body["text"],
            language=body["language"],
            at=original.at,
        ),
        conversation=homes[original.conversation_id],
        cursor=Cursor(original.cursor),
        source=source,
        pinned=pinned,
        translated=translated,
    )


def language_facts(
    connection: Connection, conversation_id: ConversationId, author_id: str
) -> LanguageFacts:
    """What the store knows towards one author's language in one conversation."""
    home = conversation(connection, conversation_id)
    found = {} if home is None else _facts(connection, {conversation_id: (home, author_id)})
    if not found:
        raise Refused("not_found", "There is no such conversation.")
    return found[conversation_id]


def to_judge(
    connection: Connection, ids: Sequence[MessageId]
) -> Mapping[MessageId, tuple[StoredMessage, LanguageFacts | None]]:
    """These messages, as far as they are there, and what is known towards the languages of their
    authors."""
    stored = {one.message.id: one for one in _messages(connection, ids)}
    facts = _facts(
        connection,
        {
            id_: (one.conversation, one.message.author.id)
            for id_, one in stored.items()
            if one.message.author is not None
        },
    )
    return {
        id_: (one, facts.get(id_))
        for id_, one in stored.items()
        if one.message.author is None or id_ in facts
    }


def _facts(
    connection: Connection, wanted: Mapping[str, tuple[Conversation, str]]
) -> dict[str, LanguageFacts]:
    """What is known towards each author's language in a conversation; left out where the visitor
    is gone."""
    homes = {"wanted": list({home.id for home, _ in wanted.values()})}
    visitors = {"wanted": list({home.visitor_id for home, _ in wanted.values()})}
    people = {row.id: visitor_of(row) for row in connection.execute(statements.VISITORS, visitors)}
    earlier = {row.id: row.language for row in connection.execute(EARLIER_LANGUAGES, homes)}
    beliefs = {
        (row.conversation_id, row.author_id): row.state
        for row in connection.execute(BELIEFS, homes)
    }
    return {
        key: LanguageFacts(
            home, people[home.visitor_id], earlier[home.id], beliefs.get((home.id, author_id))
        )
        for key, (home, author_id) in wanted.items()
        if home.visitor_id in people
    }
