"""Who a connecting visitor is: found by token, found by signed identity, made, or merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from translate_proxy.model import ConversationId, Language, VisitorId, new_id
from translate_proxy.records import Arrived, VisitorArrival
from translate_proxy.storage import reads, tables
from translate_proxy.storage.transaction import Transaction

visitors = tables.visitors


def arrive(transaction: Transaction, arrival: VisitorArrival) -> Arrived:
    """Identity outranks token: a token of somebody else is ignored, an anonymous visitor is merged
    only into a signed identity. Refused ``bad_token`` when the token's visitor is not there."""
    by_token = None if arrival.visitor_id is None else transaction.visitor(arrival.visitor_id)
    row = by_token
    if arrival.identity_id is not None:
        by_identity = _by_identity(transaction, arrival)
        row = by_identity
        if by_token is not None and by_token.identity_id is None:
            if by_identity is None:
                row = by_token  # the anonymous visitor has signed in
            else:
                _merge(transaction, by_token.id, by_identity.id)
    visitor_id = _insert(transaction, arrival) if row is None else VisitorId(row.id)
    if row is not None:
        _refresh(transaction, visitor_id, arrival, verified=row.identity_id is not None)
    stored = reads.visitor(transaction.connection, visitor_id)
    if stored is None:
        raise LookupError("a visitor vanished within one transaction")
    return Arrived(
        visitor=stored,
        conversation=transaction.open_conversation(visitor_id),
        changed=arrival.visitor_id is not None and arrival.visitor_id != visitor_id,
        events=transaction.take_events(),
    )


def update_page(
    transaction: Transaction,
    visitor_id: VisitorId,
    page: Mapping[str, Any],
    locale: Language | None = None,
) -> None:
    """Where the visitor is now, and in which language that is."""
    told = {"locale": locale, "page_language": page.get("lang")}
    transaction.change_visitor(
        transaction.visitor(visitor_id).id,
        page=dict(page),
        seen_at=transaction.now,
        **{name: value for name, value in told.items() if value},
    )


def _by_identity(transaction: Transaction, arrival: VisitorArrival) -> Any:
    return transaction.connection.execute(
        select(visitors).where(
            visitors.c.site == arrival.site, visitors.c.identity_id == arrival.identity_id
        )
    ).one_or_none()


def _insert(transaction: Transaction, arrival: VisitorArrival) -> VisitorId:
    visitor_id = VisitorId(new_id())
    transaction.connection.execute(
        insert(visitors).values(
            id=visitor_id,
            site=arrival.site,
            identity_id=arrival.identity_id,
            identity_locale=arrival.identity_locale,
            name=arrival.name,
            email=arrival.email,
            locale=arrival.locale,
            browser_languages=list(arrival.browser_languages),
            page_language=arrival.page_language,
            page=dict(arrival.page or {}),
            created_at=transaction.now,
            seen_at=transaction.now,
        )
    )
    return visitor_id


def _refresh(
    transaction: Transaction, visitor_id: VisitorId, arrival: VisitorArrival, *, verified: bool
) -> None:
    told = {
        "identity_id": arrival.identity_id,
        "identity_locale": arrival.identity_locale,
        "name": None if verified else arrival.name,
        "email": None if verified else arrival.email,
        "locale": arrival.locale,
        "browser_languages": list(arrival.browser_languages) or None,
        "page_language": arrival.page_language,
        "page": dict(arrival.page) if arrival.page else None,
    }
    known: dict[str, Any] = {key: value for key, value in told.items() if value is not None}
    if arrival.identity_id is not None:
        # Beside the badge stands what the shop signed and nothing else, even where that is empty.
        known |= {"name": arrival.name, "email": arrival.email}
    transaction.change_visitor(visitor_id, seen_at=transaction.now, **known)


def _merge(transaction: Transaction, anonymous: str, known: str) -> None:
    """What the anonymous visitor said becomes the known one's. Only one conversation may be open:
    the anonymous one goes on, the older one of the known visitor is closed."""
    open_now = transaction.open_conversation(VisitorId(anonymous))
    older = transaction.open_conversation(VisitorId(known))
    if open_now is not None and older is not None:
        transaction.emit(older, "closed", {"by": {"from": "system"}})
        transaction.change_conversation(
            ConversationId(older.id), status="closed", closed_at=transaction.now
        )
    transaction.forget()
    for table in (tables.conversations, tables.events):
        transaction.connection.execute(
            update(table).where(table.c.visitor_id == anonymous).values(visitor_id=known)
        )
    # A re-send is still answered with its first answer.
    commands = tables.commands
    theirs = select(commands.c.client_id).where(commands.c.author == known)
    transaction.connection.execute(
        update(commands)
        .where(commands.c.author == anonymous, commands.c.client_id.not_in(theirs))
        .values(author=known)
    )
    # What the visitor speaks is known per author: it is the same person's now.
    beliefs, conversations = tables.beliefs, tables.conversations
    homes = select(conversations.c.id).where(conversations.c.visitor_id == known)
    transaction.connection.execute(
        update(beliefs)
        .where(beliefs.c.conversation_id.in_(homes), beliefs.c.author_id == anonymous)
        .values(author_id=known)
    )
    nothing = dict.fromkeys(("name", "email", "phone", "locale", "page_language"))
    transaction.change_visitor(  # only who they are now is kept of the one that was merged
        anonymous, merged_into=known, browser_languages=[], page={}, **nothing
    )
