"""Operators who change or leave, and what becomes of the conversations that they answer."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import delete, select, update

from translate_proxy.commands import OperatorChange
from translate_proxy.model import ConversationId, Operator, Refused, Stale
from translate_proxy.records import Editor, Staffed
from translate_proxy.storage import accounts, tables
from translate_proxy.storage.appends import visitor_wire
from translate_proxy.storage.transaction import Transaction

_operators = tables.operators
_conversations = tables.conversations


def change(
    transaction: Transaction,
    email: str,
    wanted: OperatorChange,
    by: Editor,
    revision: int | None = None,
    *,
    demo: bool,
) -> Staffed:
    """See ``Accounts.change_operator``. ``demo``: whether demo operators are there."""
    before, password_hash = _known(transaction, email, revision, demo=demo)
    values = {name: value for name, value in asdict(wanted).items() if value is not None}
    described = {name: value for name, value in values.items() if name != "password_hash"}
    after = replace(before, **described)
    _require_administrator(transaction, before, after, demo=demo)
    was = accounts.described(before, password_hash)
    now = accounts.described(after, wanted.password_hash or password_hash)
    if was != now:
        after = replace(after, revision=before.revision + 1)
        transaction.connection.execute(
            update(_operators)
            .where(_operators.c.id == before.id)
            .values(**values, revision=after.revision)
        )
        accounts.record(transaction, by, after, was, now)
    accounts.end_sessions_of(transaction, before.id)
    _release(transaction, after)
    return Staffed(after, transaction.take_events())


def remove(
    transaction: Transaction,
    email: str,
    by: Editor,
    revision: int | None = None,
    *,
    demo: bool,
) -> Staffed:
    """See ``Accounts.remove_operator``. ``demo``: whether demo operators are there."""
    before, password_hash = _known(transaction, email, revision, demo=demo)
    gone = replace(before, active=False)
    _require_administrator(transaction, before, gone, demo=demo)
    _release(transaction, gone)
    transaction.connection.execute(delete(_operators).where(_operators.c.id == before.id))
    accounts.record(transaction, by, before, accounts.described(before, password_hash), None)
    return Staffed(gone, transaction.take_events())


def _known(
    transaction: Transaction, email: str, revision: int | None, *, demo: bool
) -> tuple[Operator, str]:
    found = accounts.by_email(transaction.connection, email)
    if found is None or (found[0].demo and not demo):
        raise Refused("not_found", f"There is no operator with the address {email}.")
    if revision not in {None, found[0].revision}:
        raise Stale
    return found


def _require_administrator(
    transaction: Transaction, before: Operator, after: Operator, *, demo: bool
) -> None:
    if not before.administers_all or after.administers_all:
        return
    others = accounts.everyone(transaction.connection)
    if not any(
        one.administers_all and one.id != before.id and (demo or not one.demo) for one in others
    ):
        raise Refused(
            "forbidden",
            f"{before.email} is the last administrator of all sites: make another one first.",
        )


def _release(transaction: Transaction, operator: Operator) -> None:
    """What the operator answers and may not answer any more waits for somebody else. Told as
    nobody's, so that every operator of the site learns of it."""
    transaction.flush()
    found = transaction.connection.execute(
        select(_conversations.c.id)
        .where(_conversations.c.operator_id == operator.id, _conversations.c.status == "assigned")
        .order_by(_conversations.c.last_cursor)
    )
    for id_ in found.scalars().all():
        conversation = transaction.conversation(ConversationId(id_))
        if operator.active and operator.serves(conversation.site):
            continue
        visitor = visitor_wire(transaction.visitor(conversation.visitor_id))
        waits = replace(conversation, status="waiting", operator_id=None)
        transaction.emit(waits, "queued", {"site": conversation.site, "visitor": visitor})
        transaction.change_conversation(conversation.id, status="waiting", operator_id=None)
