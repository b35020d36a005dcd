"""The shop as rows: its sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from translate_proxy.model import Manager, Refused, Shop, Site, SiteKey, Stale
from translate_proxy.records import CONFIGURATION, Editor, Imported
from translate_proxy.shop.site import read, written
from translate_proxy.storage import audit, tables
from translate_proxy.storage.database import SchemaError
from translate_proxy.storage.transaction import Transaction

_sites, _head = tables.sites, tables.log_head
_conversations = tables.conversations


def revision(connection: Connection) -> int:
    """What every change of the shop moves."""
    return int(connection.execute(select(_head.c.shop_revision)).scalar_one())


def shop(connection: Connection) -> Shop:
    """The active sites by key, of demo mode too."""
    rows = connection.execute(select(_sites).where(_sites.c.active).order_by(_sites.c.key))
    by_key = {SiteKey(row.key): _site_of(row) for row in rows}
    return Shop(by_key, revision(connection))


def site(connection: Connection, key: SiteKey) -> Site | None:
    """An active one."""
    row = _row(connection, key)
    return _site_of(row) if row is not None and row.active else None


def put_configured(transaction: Transaction, given: Sequence[Site]) -> None:
    """Make these the active sites of the configuration file; the rows of others that it had stay,
    inactive, with their conversations. SchemaError when the console has a site of the same key."""
    rows = {row.key: row for row in transaction.connection.execute(select(_sites))}
    for one in given:
        row = rows.get(one.key)
        if row is not None and row.active and row.managed_by == "console":
            raise SchemaError(
                f"the site {one.key} was made in the console: remove it there, or give the one in "
                "the configuration file another key"
            )
        if row is not None and row.active and _site_of(row) == replace(one, revision=row.revision):
            continue
        _write(transaction, row, one, "file", CONFIGURATION)
    configured = {one.key for one in given}
    for key, row in rows.items():
        if row.active and row.managed_by == "file" and key not in configured:
            _deactivate(transaction, row, CONFIGURATION)


def add_site(transaction: Transaction, new: Site, by: Editor) -> Site:
    """See ``ShopRows.add_site``."""
    row = _row(transaction.connection, new.key)
    if row is not None and row.active:
        raise Refused("conflict", f"There is a site with the key {new.key} already.")
    return _write(transaction, row, new, "console", by)


def change_site(transaction: Transaction, changed: Site, by: Editor) -> Site:
    """See ``ShopRows.change_site``."""
    row = _changeable(transaction.connection, changed.key, changed.revision)
    if _site_of(row) == replace(changed, managed_by=row.managed_by, demo=row.demo):
        return _site_of(row)
    return _write(transaction, row, changed, "console", by)


def remove_site(
    transaction: Transaction, key: SiteKey, known_revision: int | None, by: Editor
) -> None:
    """See ``ShopRows.remove_site``."""
    row = _changeable(transaction.connection, key, known_revision)
    transaction.flush()
    is_open = _conversations.c.status.in_(("waiting", "assigned"))
    left = transaction.connection.execute(
        select(func.count()).where(_conversations.c.site == key, is_open)
    ).scalar_one()
    if left:
        raise Refused(
            "conflict",
            f"Conversations are open on this site ({left}): close them first. Without origins no "
            "page can begin another.",
        )
    _deactivate(transaction, row, by)


def import_sites(transaction: Transaction, given: Sequence[Site], by: Editor) -> Sequence[Imported]:
    """See ``ShopRows.import_sites``."""
    planned = [_plan(transaction.connection, one) for one in given]  # refused before any is written
    for plan, row, wanted in planned:
        if plan.action != "unchanged":
            _write(transaction, row, wanted, "console", by)
    return [plan for plan, _, _ in planned]


def plan_import(connection: Connection, given: Sequence[Site]) -> Sequence[Imported]:
    """What ``import_sites`` would do."""
    return [_plan(connection, one)[0] for one in given]


def _plan(connection: Connection, given: Site) -> tuple[Imported, Any, Site]:
    """What becomes of a site, its row if there is one, and what is to be in it."""
    row = _row(connection, given.key)
    if row is None or not row.active:
        return Imported(given.key, "created"), row, given
    there = _site_of(row)
    wanted = replace(given, identity_secret=given.identity_secret or there.identity_secret)
    before = written(there)
    fields = tuple(name for name, value in written(wanted).items() if value != before[name])
    if not fields:
        return Imported(given.key, "unchanged"), row, wanted
    _require_console(row)
    return Imported(given.key, "changed", fields), row, wanted


def _row(connection: Connection, key: str) -> Any:
    return connection.execute(select(_sites).where(_sites.c.key == key)).one_or_none()


def _changeable(connection: Connection, key: SiteKey, known_revision: int | None) -> Any:
    row = _row(connection, key)
    if row is None or not row.active:
        raise Refused("not_found", f"There is no site {key}.")
    _require_console(row)
    if known_revision not in {None, row.revision}:
        raise Stale
    return row


def _require_console(row: Any) -> None:
    if row.managed_by == "file":
        raise Refused(
            "managed_by_file", f"The site {row.key} is in the configuration file: change it there."
        )


def _write(transaction: Transaction, row: Any, new: Site, manager: Manager, by: Editor) -> Site:
    after = written(new)
    number = 1 if row is None else row.revision + 1
    values = {
        "settings": after,
        "active": True,
        "demo": new.demo,
        "managed_by": manager,
        "revision": number,
    }
    transaction.changes += 1
    if row is None:
        transaction.connection.execute(insert(_sites).values(key=new.key, **values))
    else:
        transaction.connection.execute(
            update(_sites).where(_sites.c.key == new.key).values(**values)
        )
    before = written(_site_of(row)) if row is not None and row.active else None
    _record(transaction, by, new.key, before, after)
    return replace(new, managed_by=manager, revision=number)


def _deactivate(transaction: Transaction, row: Any, by: Editor) -> None:
    transaction.changes += 1
    transaction.connection.execute(
        update(_sites)
        .where(_sites.c.key == row.key)
        .values(active=False, revision=row.revision + 1)
    )
    before = written(_site_of(row))
    _record(transaction, by, row.key, before, None)


def _record(
    transaction: Transaction,
    by: Editor,
    key: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(transaction, by, kind="site", key=key, site=key, before=before, after=after)


def _site_of(row: Any) -> Site:
    return replace(
        read(row.key, row.settings),
        demo=row.demo,
        managed_by=row.managed_by,
        revision=row.revision,
    )
