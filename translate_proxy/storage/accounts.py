"""Operators and their sessions as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from translate_proxy.model import (
    Operator,
    OperatorId,
    Refused,
    Session,
    SiteKey,
)
from translate_proxy.records import Editor
from translate_proxy.storage import audit, tables
from translate_proxy.storage.transaction import Transaction

operators = tables.operators
sessions = tables.sessions


def operator_of(row: Any) -> Operator:
    """A row of ``operators`` as a value."""
    return Operator(
        id=OperatorId(row.id),
        email=row.email,
        name=row.name,
        languages=tuple(row.languages),
        sites=tuple(SiteKey(site) for site in row.sites),
        role=row.role,
        demo=row.demo,
        active=row.active,
        revision=row.revision,
    )


def by_id(connection: Connection, operator_id: OperatorId) -> Operator | None:
    """One operator."""
    row = connection.execute(select(operators).where(operators.c.id == operator_id)).one_or_none()
    return None if row is None else operator_of(row)


def by_email(connection: Connection, email: str) -> tuple[Operator, str] | None:
    """One operator and the password hash; any case."""
    row = connection.execute(
        select(operators).where(operators.c.email == email.lower())
    ).one_or_none()
    return None if row is None else (operator_of(row), row.password_hash)


def everyone(connection: Connection) -> Sequence[Operator]:
    """All operators by name."""
    rows = connection.execute(select(operators).order_by(operators.c.name, operators.c.id))
    return [operator_of(row) for row in rows]


def described(operator: Operator, password_hash: str) -> dict[str, Any]:
    """An operator as the audit has them."""
    return {
        "email": operator.email,
        "name": operator.name,
        "languages": list(operator.languages),
        "sites": list(operator.sites),
        "role": operator.role,
        "active": operator.active,
        "password": password_hash,
    }


def add_operator(
    transaction: Transaction, operator: Operator, password_hash: str, by: Editor
) -> None:
    """Refused ``conflict`` when the e-mail address is taken."""
    if by_email(transaction.connection, operator.email) is not None:
        raise Refused(
            "conflict",
            f"There is already an operator with the address {operator.email}: change that one.",
        )
    transaction.connection.execute(
        insert(operators).values(
            id=operator.id,
            email=operator.email.lower(),
            name=operator.name,
            languages=list(operator.languages),
            sites=list(operator.sites),
            role=operator.role,
            password_hash=password_hash,
            demo=operator.demo,
            active=operator.active,
            created_at=transaction.now,
        )
    )
    record(transaction, by, operator, None, described(operator, password_hash))


def record(
    transaction: Transaction,
    by: Editor,
    operator: Operator,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Keep what was changed of an operator; seen by who administers all of their sites, which is
    one or all of the shop's."""
    site = operator.sites[0] if len(operator.sites) == 1 else None
    audit.record(
        transaction,
        by,
        kind="operator",
        key=operator.id,
        site=site,
        before=before,
        after=after,
    )


def set_password_hash(
    transaction: Transaction, operator_id: OperatorId, password_hash: str
) -> None:
    """Replace the hash."""
    transaction.connection.execute(
        update(operators).where(operators.c.id == operator_id).values(password_hash=password_hash)
    )


def add_session(transaction: Transaction, session: Session) -> None:
    """Store a session; those that have run out go. Refused ``unauthorized`` when the operator was
    disabled or removed meanwhile."""
    holder = by_id(transaction.connection, session.operator_id)
    if holder is None or not holder.active:
        raise Refused("unauthorized", "This account is there no longer.")
    transaction.connection.execute(delete(sessions).where(sessions.c.expires_at < transaction.now))
    transaction.connection.execute(
        insert(sessions).values(
            token_hash=session.token_hash,
            operator_id=session.operator_id,
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
    )


def session(connection: Connection, token_hash: str) -> Session | None:
    """One session, expired or not."""
    row = connection.execute(
        select(sessions).where(sessions.c.token_hash == token_hash)
    ).one_or_none()
    if row is None:
        return None
    return Session(row.token_hash, OperatorId(row.operator_id), row.created_at, row.expires_at)


def end_session(transaction: Transaction, token_hash: str) -> None:
    """Revoke one session."""
    transaction.connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def end_sessions_of(transaction: Transaction, operator_id: OperatorId) -> None:
    """Revoke all of an operator."""
    transaction.connection.execute(delete(sessions).where(sessions.c.operator_id == operator_id))
