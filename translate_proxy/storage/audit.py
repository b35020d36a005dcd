"""What was changed of the shop by whom, as rows.

Every change moves ``log_head.shop_revision``, in whose lock all writing transactions follow one
another, so that other processes need only look at one number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from translate_proxy.model import SiteKey
from translate_proxy.records import Audited, Editor
from translate_proxy.shop.site import SECRETS
from translate_proxy.storage import tables
from translate_proxy.storage.transaction import Transaction

_HIDDEN = "***"
_SECRETS = SECRETS | {"password"}
_NEWEST = 2**63 - 1
_rows, _head = tables.audit, tables.log_head


def record(
    transaction: Transaction,
    by: Editor,
    *,
    kind: str,
    key: str,
    site: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Say that the shop has changed, and what of it. Of a change only what is different is kept,
    and of a secret only that it is."""
    action = "changed"
    if before is None or after is None:
        action = "created" if before is None else "removed"
    else:
        differing = [name for name, value in after.items() if value != before[name]]
        before = {name: before[name] for name in differing}
        after = {name: after[name] for name in differing}
    transaction.changes += 1
    transaction.connection.execute(
        insert(_rows).values(
            at=transaction.now,
            editor_id=by.id,
            editor_name=by.name,
            action=action,
            kind=kind,
            key=key,
            site=site,
            before=_without_secrets(before),
            after=_without_secrets(after),
        )
    )
    transaction.connection.execute(update(_head).values(shop_revision=_head.c.shop_revision + 1))


def read(
    connection: Connection, sites: Sequence[SiteKey] | None, before: int | None, limit: int
) -> Sequence[Audited]:
    """See ``ShopRows.audit``."""
    older = _rows.c.id < (_NEWEST if before is None else before)
    wanted = select(_rows).where(older).order_by(_rows.c.id.desc()).limit(limit)
    if sites is None:
        rows = connection.execute(wanted).all()
    else:  # each by itself, so that an index has its rows in order
        found = [connection.execute(wanted.where(_rows.c.site == one)).all() for one in sites]
        rows = sorted(chain(*found), key=lambda row: row.id, reverse=True)[:limit]
    return [
        Audited(
            id=row.id,
            at=row.at,
            editor=Editor(row.editor_id, row.editor_name),
            action=row.action,
            kind=row.kind,
            key=row.key,
            site=row.site,
            before=row.before,
            after=row.after,
        )
        for row in rows
    ]


def expire(transaction: Transaction, before: float) -> int:
    """See ``ShopRows.expire_audit``."""
    return transaction.connection.execute(delete(_rows).where(_rows.c.at < before)).rowcount


def _without_secrets(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        name: _HIDDEN if value and name in _SECRETS else value for name, value in values.items()
    }
