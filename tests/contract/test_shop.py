"""The shop's sites as rows: who may change them, what becomes of them, and what is kept of that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.people import OTHER, SHOP, Clock, OpenStore, Person
from translate_proxy.model import Glossary, OperatorId, Refused, Site, SiteKey, Stale
from translate_proxy.records import CONFIGURATION, Editor, Imported
from translate_proxy.storage.database import SchemaError
from translate_proxy.storage.store import Store

ANA = Editor(OperatorId("an id"), "Ana")
NEW = Site(
    key=SiteKey("new"),
    name="New",
    origins=("https://new.example",),
    languages=("en", "pt-BR"),
    default_language="en",
    identity_secret="n" * 16,
    protected_terms=("Lumo",),
    retention_days=30,
    appearance={"color": "#123456"},
    texts={"en": {"title": "Ask us"}},
    phrases={"thanks": {"en": ("Thanks", "thx"), "pt-BR": ("Obrigado",)}},
    glossary=(Glossary("en", "pt-BR", {"lamp": "candeeiro"}),),
    managed_by="console",
)


async def code_of(awaitable: object) -> str:
    with pytest.raises(Refused) as refused:
        await awaitable  # type: ignore[misc]
    return refused.value.code


async def test_a_site_is_there_as_it_was_written(store: Store, open_store: OpenStore) -> None:
    assert await store.add_site(NEW, ANA) == NEW
    assert await store.site(NEW.key) == NEW
    assert store.shop().site(NEW.key) is None  # not looked for yet
    assert await store.refresh_shop()
    assert store.shop().site(NEW.key) == NEW
    assert not await store.refresh_shop()
    # A start with a configuration that does not name it leaves it alone.
    assert (await open_store()).shop().sites == (NEW, OTHER, SHOP)


async def test_another_process_sees_every_change(store: Store, open_store: OpenStore) -> None:
    node = await open_store()
    known = node.shop().site(SHOP.key)
    added = await store.add_site(NEW, ANA)
    assert await node.refresh_shop()
    assert node.shop().site(NEW.key) == NEW
    assert node.shop().site(SHOP.key) is known  # what was made of it stays good
    changed = await store.change_site(replace(added, name="Newer", retention_days=None), ANA)
    assert (changed.name, changed.revision) == ("Newer", 2)
    assert await node.refresh_shop()
    assert node.shop().site(NEW.key) == changed
    await store.remove_site(NEW.key, changed.revision, ANA)
    assert await node.refresh_shop()
    assert node.shop().site(NEW.key) is None
    assert await node.site(NEW.key) is None


async def test_what_changes_nothing_is_no_change(store: Store, open_store: OpenStore) -> None:
    added = await store.add_site(NEW, ANA)
    await store.refresh_shop()
    assert await store.change_site(added, ANA) == added
    await open_store()
    assert not await store.refresh_shop()
    assert len(await store.audit([NEW.key], None, 10)) == 1


async def test_a_change_of_something_older_is_refused(store: Store) -> None:
    added = await store.add_site(NEW, ANA)
    await store.change_site(replace(added, name="First"), ANA)
    with pytest.raises(Stale):
        await store.change_site(replace(added, name="Second"), ANA)
    with pytest.raises(Stale):
        await store.remove_site(NEW.key, added.revision, ANA)
    found = await store.site(NEW.key)
    assert found is not None
    assert (found.name, found.revision) == ("First", 2)
    await store.remove_site(NEW.key, None, ANA)


async def test_what_cannot_be_changed(store: Store) -> None:
    await store.refresh_shop()
    assert await code_of(store.change_site(NEW, ANA)) == "not_found"
    assert await code_of(store.remove_site(NEW.key, None, ANA)) == "not_found"
    assert await code_of(store.change_site(SHOP, ANA)) == "managed_by_file"
    assert await code_of(store.remove_site(SHOP.key, None, ANA)) == "managed_by_file"
    assert await code_of(store.add_site(replace(NEW, key=SHOP.key), ANA)) == "conflict"
    assert not await store.refresh_shop()


async def test_a_key_may_be_used_again_and_its_revisions_go_on(store: Store) -> None:
    await store.add_site(NEW, ANA)
    await store.remove_site(NEW.key, 1, ANA)
    assert (await store.add_site(replace(NEW, name="Again"), ANA)).revision == 3
    assert await code_of(store.add_site(NEW, ANA)) == "conflict"


async def test_a_site_with_open_conversations_stays(store: Store) -> None:
    await store.add_site(NEW, ANA)
    await store.refresh_shop()
    person = await Person.arrives(store, NEW)
    await person.begins()
    assert await code_of(store.remove_site(NEW.key, None, ANA)) == "conflict"
    await person.closes()
    await store.remove_site(NEW.key, None, ANA)
    assert NEW.key in await store.known_sites()  # what was said there is kept
    assert (await store.retention())[NEW.key] == 30


async def test_a_file_and_the_console_do_not_take_each_others_keys(
    store: Store, database_url: str, clock: Clock
) -> None:
    await store.add_site(NEW, ANA)
    with pytest.raises(SchemaError, match="the site new was made in the console"):
        await Store(database_url, clock).open([SHOP, OTHER, NEW])
    await store.remove_site(NEW.key, None, ANA)
    node = Store(database_url, clock)
    await node.open([SHOP, NEW])  # OTHER is not named any more
    assert [(one.key, one.managed_by) for one in node.shop().sites] == [
        (NEW.key, "file"),
        (SHOP.key, "file"),
    ]
    assert await node.add_site(OTHER, ANA) == replace(OTHER, managed_by="console", revision=3)
    await node.close()


async def test_what_was_changed_is_kept_without_secrets(store: Store, clock: Clock) -> None:
    at = clock.now
    added = await store.add_site(NEW, ANA)
    clock.now += 10
    await store.change_site(replace(added, name="Newer", identity_secret="m" * 16), ANA)
    clock.now += 10
    await store.remove_site(NEW.key, None, ANA)
    removed, changed, created = await store.audit([NEW.key], None, 10)
    assert [one.action for one in (created, changed, removed)] == ["created", "changed", "removed"]
    assert [one.at for one in (created, changed, removed)] == [at, at + 10, at + 20]
    assert changed.editor == ANA
    assert (changed.kind, changed.key, changed.site) == ("site", NEW.key, NEW.key)
    assert changed.before == {"name": "New", "identity_secret": "***"}
    assert changed.after == {"name": "Newer", "identity_secret": "***"}
    assert created.before is None
    assert created.after is not None
    assert created.after["name"] == "New"
    assert removed.after is None
    for one in (created, changed, removed):
        assert "nnnnnnnn" not in str(one)
        assert "mmmmmmmm" not in str(one)
    first = (await store.audit(None, created.id, 10))[-1]
    assert first.editor == CONFIGURATION
    assert await store.audit(None, changed.id, 1) == [created]
    assert await store.audit([SiteKey("none")], None, 10) == []
    assert await store.expire_audit(at + 20) >= 2
    assert await store.audit(None, None, 10) == [removed]


async def test_a_file_is_taken_in_whole_or_not_at_all(store: Store) -> None:
    other = replace(NEW, key=SiteKey("other-new"), name="Other new")
    given = [NEW, other, SHOP]
    planned = [
        Imported(NEW.key, "created"),
        Imported(other.key, "created"),
        Imported(SHOP.key, "unchanged"),  # as the configuration file has it
    ]
    assert await store.import_sites(given, ANA, dry_run=True) == planned
    assert await store.site(NEW.key) is None
    wrong = [NEW, replace(SHOP, name="x")]
    for dry_run in (True, False):
        assert await code_of(store.import_sites(wrong, ANA, dry_run=dry_run)) == "managed_by_file"
    assert await store.site(NEW.key) is None
    assert await store.import_sites(given, ANA, dry_run=False) == planned
    assert await store.site(NEW.key) == NEW
    # Without its secret, which stays.
    open_ = replace(NEW, identity_secret=None)
    assert await store.import_sites([open_], ANA, dry_run=False) == [Imported(NEW.key, "unchanged")]
    renamed = replace(open_, name="Newer", retention_days=None)
    done = await store.import_sites([renamed], ANA, dry_run=False)
    assert done == [Imported(NEW.key, "changed", ("name", "retention_days"))]
    found = await store.site(NEW.key)
    assert found == replace(renamed, identity_secret=NEW.identity_secret, revision=2)
    assert await store.site(other.key) == other  # not named, and left alone
