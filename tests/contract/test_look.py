"""What a look finds in a database, on every one of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.contract.people import EVA, OTHER, PAT, SHOP, TIM, OpenStore
from translate_proxy.commands import OperatorChange
from translate_proxy.storage.look import look
from translate_proxy.storage.store import Store


async def test_a_look_finds_the_sites_and_who_may_sign_in(
    store: Store, open_store: OpenStore, database_url: str
) -> None:
    demo = await open_store(demo=True)
    await demo.add_operator(replace(PAT, demo=True), "hash")
    await store.change_operator(TIM.email, OperatorChange(active=False))
    found = await asyncio.to_thread(look, database_url)
    assert (found.new, found.outdated) == (False, False)
    assert {site.key for site in found.sites} == {SHOP.key, OTHER.key}
    assert list(found.operators) == [EVA]
