"""Operators' corrections: kept with their message, found again by the whole text of another one.

A correction belongs to the conversation it was made in and goes with it, when the visitor is erased
or its time is over. Its original is the message in the log; here is only a hash to find it by.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select, update

from translate_proxy import commands as c
from translate_proxy.model import Conversation, Language, MessageId, Refused, SiteKey, new_id
from translate_proxy.records import Correction
from translate_proxy.storage import quick, statements, tables
from translate_proxy.storage.statements import several
from translate_proxy.storage.transaction import Transaction

corrections = tables.corrections
events = tables.events

# Asked of every message, so it is made once.
_OF_TEXTS = (
    select(corrections)
    .where(
        corrections.c.site.in_(several("sites")),
        corrections.c.text_key.in_(several("text_keys")),
    )
    .order_by(corrections.c.cursor)
)
Wanted = tuple[SiteKey, Language, Language, str]
"""A text of a site, from one language to another."""
Text = tuple[SiteKey, str]
"""A text of a site, by its ``text_key``."""
_SPACES = re.compile(r"\s+")
_FULL_STOPS = " .!…"


def text_key(text: str) -> str:
    """The same for texts that differ in case, white space and the full stop alone: whether it
    asks, and every number in it, count."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).casefold().strip(_FULL_STOPS)
    return hashlib.sha256(text.encode()).hexdigest()


def keep(
    transaction: Transaction, command: c.Correct, conversation: Conversation, original: str
) -> None:
    """Remember a correction for the same text; one for each message and language, the newest.
    Where the language of the message is not known there is nothing to find it by."""
    found = transaction.connection.execute(
        select(events.c.body)
        .where(events.c.message_id == command.message_id, events.c.type == "language")
        .order_by(events.c.cursor.desc())
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        return
    statement = statements.insert(transaction.connection, corrections).values(
        id=new_id(),
        site=conversation.site,
        source=found["message_language"],
        target=command.language,
        text_key=text_key(original),
        text=command.text,
        message_id=command.message_id,
        conversation_id=conversation.id,
        operator_name=command.operator.name,
        at=transaction.now,
        cursor=transaction.cursor,
    )
    newer = {
        name: statement.excluded[name]
        for name in ("source", "text_key", "text", "operator_name", "at", "cursor")
    }
    transaction.connection.execute(
        statement.on_conflict_do_update(index_elements=["message_id", "target"], set_=newer)
    )


def made_of(
    connection: Connection, texts: Sequence[Text]
) -> Mapping[Text, Mapping[tuple[Language, Language], str]]:
    """What was last made of each of these texts, by source and target."""
    made: dict[Text, dict[tuple[Language, Language], str]] = {text: {} for text in texts}
    asked = {
        "sites": list({site for site, _ in texts}),
        "text_keys": list({key for _, key in texts}),
    }
    for row in quick.rows(connection, _OF_TEXTS, asked):  # ascending, so the newest stays
        if (row.site, row.text_key) in made:
            made[row.site, row.text_key][row.source, row.target] = row.text
    return made


def find(connection: Connection, wanted: Sequence[Wanted]) -> Mapping[Wanted, str]:
    """What was last made of these texts, where something was."""
    keys = {one: (one[0], one[1], one[2], text_key(one[3])) for one in wanted}
    asked = {
        "sites": list({site for site, _, _, _ in keys.values()}),
        "text_keys": list({key for _, _, _, key in keys.values()}),
    }
    newest = {
        (row.site, row.source, row.target, row.text_key): row.text  # ascending, so the newest stays
        for row in connection.execute(_OF_TEXTS, asked)
    }
    return {one: newest[key] for one, key in keys.items() if key in newest}


def every(connection: Connection, site: SiteKey | None) -> Sequence[Correction]:
    """All corrections, or those of one site, oldest first."""
    of_site = () if site is None else (corrections.c.site == site,)
    original = (
        select(events.c.body)
        .where(events.c.message_id == corrections.c.message_id, events.c.type == "message")
        .scalar_subquery()
    )
    rows = connection.execute(
        select(corrections, original.label("body")).where(*of_site).order_by(corrections.c.cursor)
    )
    return [
        Correction(
            id=row.id,
            site=SiteKey(row.site),
            source=row.source,
            target=row.target,
            original=row.body["message"]["text"],
            text=row.text,
            message_id=MessageId(row.message_id),
            operator=row.operator_name,
            at=row.at,
        )
        for row in rows
    ]


def change(transaction: Transaction, id_: str, text: str) -> None:
    """Other words from the next time on; what was shown stays. Refused ``not_found``."""
    _require(transaction, id_)
    transaction.changes += 1
    transaction.connection.execute(
        update(corrections).where(corrections.c.id == id_).values(text=text, at=transaction.now)
    )


def remove(transaction: Transaction, id_: str) -> None:
    """Forget a correction; what was shown stays. Refused ``not_found``."""
    _require(transaction, id_)
    transaction.changes += 1
    transaction.connection.execute(delete(corrections).where(corrections.c.id == id_))


def _require(transaction: Transaction, id_: str) -> None:
    found = transaction.connection.execute(
        select(corrections.c.id).where(corrections.c.id == id_)
    ).one_or_none()
    if found is None:
        raise Refused("not_found", "There is no such correction.")
