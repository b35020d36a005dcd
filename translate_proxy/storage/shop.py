"""The sites as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from translate_proxy.model import Glossary, Site, SiteKey
from translate_proxy.storage import tables
from translate_proxy.storage.transaction import Transaction


def put_sites(transaction: Transaction, given: Sequence[Site]) -> None:
    """Make these the active sites; the rows of others stay, inactive, with their conversations."""
    table = tables.sites
    transaction.connection.execute(update(table).values(active=False))
    known = set(transaction.connection.execute(select(table.c.key)).scalars())
    for site in given:
        values = {"settings": _site_settings(site), "active": True, "demo": site.demo}
        if site.key in known:
            transaction.connection.execute(
                update(table).where(table.c.key == site.key).values(**values)
            )
        else:
            transaction.connection.execute(insert(table).values(key=site.key, **values))


def sites(connection: Connection) -> Sequence[Site]:
    """The active sites."""
    rows = connection.execute(
        select(tables.sites).where(tables.sites.c.active).order_by(tables.sites.c.key)
    )
    return [_site_of(row) for row in rows]


def _site_settings(site: Site) -> dict[str, Any]:
    return {
        "name": site.name,
        "origins": list(site.origins),
        "languages": list(site.languages),
        "default_language": site.default_language,
        "identity_secret": site.identity_secret,
        "max_message_length": site.max_message_length,
        "protected_terms": list(site.protected_terms),
        "retention_days": site.retention_days,
        "appearance": dict(site.appearance),
        "texts": {tag: dict(texts) for tag, texts in site.texts.items()},
        "phrases": {
            key: {tag: list(texts) for tag, texts in tags.items()}
            for key, tags in site.phrases.items()
        },
        "glossary": [
            {"from": one.source, "to": one.target, "terms": dict(one.terms)}
            for one in site.glossary
        ],
    }


def _site_of(row: Any) -> Site:
    stored = row.settings
    return Site(
        key=SiteKey(row.key),
        name=stored["name"],
        origins=tuple(stored["origins"]),
        languages=tuple(stored["languages"]),
        default_language=stored["default_language"],
        identity_secret=stored["identity_secret"],
        max_message_length=stored["max_message_length"],
        protected_terms=tuple(stored["protected_terms"]),
        retention_days=stored.get("retention_days"),
        appearance=stored["appearance"],
        texts=stored["texts"],
        demo=row.demo,
        phrases={
            key: {tag: tuple(texts) for tag, texts in tags.items()}
            for key, tags in stored.get("phrases", {}).items()
        },
        glossary=tuple(
            Glossary(one["from"], one["to"], one["terms"]) for one in stored.get("glossary", ())
        ),
    )
