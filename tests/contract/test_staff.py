"""Operators who change, are disabled or leave, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.people import (
    EVA,
    OTHER,
    PAT,
    SHOP,
    START,
    TIM,
    OpenStore,
    Person,
    answer,
    claim,
)
from translate_proxy.commands import OperatorChange, Transfer
from translate_proxy.model import Operator, OperatorId, Refused, Session, Stale, new_id
from translate_proxy.records import COMMAND_LINE, Editor, OperatorView
from translate_proxy.storage.store import Store

ADA = Operator(OperatorId(new_id()), "ada@example.com", "Ada", ("en",), role="admin")
GONE = OperatorChange(active=False)


async def leaves(store: Store, how: str, email: str = EVA.email) -> None:
    if how == "removed":
        await store.remove_operator(email)
    else:
        await store.change_operator(email, GONE)


async def test_what_is_not_named_stays(store: Store) -> None:
    done = await store.change_operator(
        "EVA@example.com", OperatorChange(languages=("fi", "en"), sites=(OTHER.key,))
    )
    assert done.operator == replace(EVA, languages=("fi", "en"), sites=(OTHER.key,), revision=2)
    assert await store.operator_by_email(EVA.email) == (done.operator, "hash")
    await store.change_operator(EVA.email, OperatorChange(password_hash="another"))
    now = replace(done.operator, revision=3)
    assert await store.operator_by_email(EVA.email) == (now, "another")
    again = await store.change_operator(EVA.email, OperatorChange(name=EVA.name))
    assert again.operator == now  # nothing was changed


async def test_what_was_changed_of_whom_is_kept_without_passwords(
    store: Store, open_store: OpenStore
) -> None:
    node = await open_store()
    by = Editor(TIM.id, TIM.name)
    change = OperatorChange(name="Eva B.", password_hash="another")
    await store.change_operator(EVA.email, change, by, 1)
    assert await node.refresh_shop()  # who is signed in there is looked at anew
    for refused in (
        store.change_operator(EVA.email, change, by, 1),
        store.remove_operator(EVA.email, by, 1),
    ):
        with pytest.raises(Stale):
            await refused
    await store.remove_operator(EVA.email, by, 2)
    found = [one for one in await store.audit(None, None, 50) if one.key == EVA.id]
    removed, changed, created = found
    assert [one.kind for one in found] == ["operator"] * 3
    assert (created.editor, changed.editor, removed.editor) == (COMMAND_LINE, by, by)
    assert changed.before == {"name": "Eva", "password": "***"}
    assert changed.after == {"name": "Eva B.", "password": "***"}
    assert removed.before is not None
    assert removed.before["email"] == EVA.email
    assert "another" not in str(found)
    assert [one.key for one in await store.audit([SHOP.key], None, 1)] == [EVA.id]
    assert TIM.id not in [one.key for one in await store.audit([SHOP.key], None, 50)]


@pytest.mark.parametrize("how", ["disabled", "removed"])
async def test_whoever_left_is_nobodys_colleague_and_holds_nothing(
    store: Store, person: Person, how: str
) -> None:
    await store.add_session(Session("hash", EVA.id, START, START + 1000))
    home = await person.begins()
    await answer(store, home)
    _, head = await store.head()
    await leaves(store, how)
    assert [one.name for one in await store.operators()] == ["Tim"]
    assert await store.session("hash") is None
    waiting = await store.conversation(home)
    assert waiting is not None
    assert (waiting.status, waiting.operator_id) == ("waiting", None)
    page = await store.read_operator(OperatorView(PAT.id, (SHOP.key,), ()), head, 10)
    assert [(one.type, one.cursor) for one in page.events] == [("queued", head + 1)]
    await claim(store, home, TIM)
    with pytest.raises(Refused, match="no such operator"):
        await store.append(Transfer(new_id(), TIM, home, EVA.id))
    with pytest.raises(Refused) as refused:  # a sign-in that was under way
        await store.add_session(Session("late", EVA.id, START, START + 1000))
    assert refused.value.code == "unauthorized"


async def test_only_what_may_not_be_answered_any_more_waits_again(
    store: Store, open_store: OpenStore
) -> None:
    homes = [await (await Person.arrives(store, site)).begins() for site in (SHOP, OTHER)]
    for home in homes:
        await answer(store, home, operator=TIM)
    done = await store.change_operator(TIM.email, OperatorChange(sites=(OTHER.key,)))
    assert [(one.conversation_id, one.type) for one in done.events] == [(homes[0], "queued")]
    another = await open_store()
    kept = await another.conversation(homes[1])
    assert kept is not None
    assert kept.operator_id == TIM.id


async def test_who_is_disabled_keeps_name_and_address(store: Store) -> None:
    await store.change_operator(EVA.email, GONE)
    gone = replace(EVA, active=False, revision=2)
    assert gone in await store.operators(disabled=True)
    assert await store.operator(EVA.id) == gone
    with pytest.raises(Refused, match="There is already an operator"):
        await store.add_operator(replace(EVA, id=OperatorId(new_id())), "hash")
    await store.change_operator(EVA.email, OperatorChange(active=True))
    assert replace(EVA, revision=3) in await store.operators()


@pytest.mark.parametrize(
    "change",
    [GONE, OperatorChange(role="supervisor"), OperatorChange(sites=(SHOP.key,)), None],
    ids=["disabled", "another role", "one site", "removed"],
)
async def test_the_last_administrator_of_all_sites_stays(
    store: Store, change: OperatorChange | None
) -> None:
    async def ends() -> None:
        if change is None:
            await store.remove_operator(ADA.email)
        else:
            await store.change_operator(ADA.email, change)

    await store.add_operator(ADA, "hash")
    for other in (
        replace(ADA, sites=(SHOP.key,)),
        replace(ADA, active=False),
        replace(ADA, demo=True),
    ):
        id_ = OperatorId(new_id())
        await store.add_operator(replace(other, id=id_, email=f"{id_}@example.com"), "hash")
    with pytest.raises(Refused, match=r"ada@example.com is the last administrator") as refused:
        await ends()
    assert refused.value.code == "forbidden"
    assert ADA in await store.operators()
    await store.change_operator(ADA.email, OperatorChange(name="Ada L."))
    await store.add_operator(
        replace(ADA, id=OperatorId(new_id()), email="next@example.com"), "hash"
    )
    await ends()


async def test_nobody_of_that_address_is_changed(store: Store, open_store: OpenStore) -> None:
    demo = await open_store(demo=True)
    await demo.add_operator(replace(PAT, demo=True), "hash")
    for email in ("nobody@example.com", PAT.email, "x' OR 1=1 --", ""):
        for how in ("removed", "disabled"):
            with pytest.raises(Refused, match="There is no operator with the address"):
                await leaves(store, how, email)
    await leaves(demo, "disabled", PAT.email)
