"""Customers of the shop who are signed in there, and who sign out again."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.desk import asked
from tests.e2e.shop import SECRET
from tests.e2e.widget import Shopper
from tests.product import Product
from tests.sockets.client import operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def documented(repo_root: Path) -> dict[str, Any]:
    """What the Python example of docs/embedding.md defines."""
    text = (repo_root / "docs" / "embedding.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(text.partition("```python")[2].partition("```")[0], example)  # our own document
    return example


async def test_a_signed_in_customer_is_verified_and_keeps_what_they_wrote_before(
    browser: Browser, own_shop: tuple[Product, str], repo_root: Path
) -> None:
    server, shop = own_shop
    user = documented(repo_root)["chat_user"](
        "loja", SECRET, "customer-7", name="Ana", email="ana@example.com", locale="pt"
    )
    before, after = f"Antes {uuid.uuid4()}", f"Depois {uuid.uuid4()}"
    async with operator(server.url, server.token()) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.open()
        await widget.say(before)
        await widget.page.evaluate("user => translateProxy.setUser(user)", user)
        await widget.say(after)
        await expect(widget.texts).to_have_text([before, after])
        conversation = (await asked(desk, after))["conversation_id"]
        opened = await desk.call("open", {"conversation_id": conversation})
        visitor = opened["conversation"]["visitor"]
        assert (visitor["name"], visitor["email"]) == ("Ana", "ana@example.com")
        assert visitor["verified"] is True

        forged = {**user, "email": "somebody@else.example"}
        await widget.page.evaluate("user => translateProxy.setUser(user)", forged)
        await widget.say(f"Ainda aqui {uuid.uuid4()}")
        assert await shopper.hears("setUser was refused")


async def test_who_comes_after_a_customer_has_logged_out_is_somebody_else(
    browser: Browser, own_shop: tuple[Product, str], repo_root: Path
) -> None:
    server, shop = own_shop
    user = documented(repo_root)["chat_user"]("loja", SECRET, "customer-9", name="Rita")
    theirs, after = f"Dela {uuid.uuid4()}", f"De outra pessoa {uuid.uuid4()}"
    async with operator(server.url, server.token()) as desk, Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.page.evaluate("user => translateProxy.setUser(user)", user)
        await widget.open()
        await widget.say(theirs)
        await widget.input.fill("half written")
        other = await shopper.visit(shop)  # the same customer in a second tab
        await expect(other.launcher).to_be_visible()
        await other.page.evaluate("user => translateProxy.setUser(user)", user)
        await other.open()
        await expect(other.mine(theirs)).to_be_visible()
        before = json.loads((await widget.stored())["translate_proxy.loja.visit"])

        await widget.page.evaluate("translateProxy.setUser(null)")
        for tab in (widget, other):
            await expect(tab.log.locator(".bubble")).to_have_count(0)
            await expect(tab.panel.locator(".chip")).to_be_visible()
        await expect(widget.input).to_have_value("")
        assert before["token"] not in repr(await widget.stored())
        await widget.say(after)
        await other.say(f"{after} 2")
        for tab in (widget, other):
            await expect(tab.texts).to_have_text([after, f"{after} 2"])

        async def visitor(text: str) -> dict[str, Any]:
            conversation = (await asked(desk, text))["conversation_id"]
            opened = await desk.call("open", {"conversation_id": conversation})
            of: dict[str, Any] = opened["conversation"]["visitor"]
            return of

        left, came = await visitor(theirs), await visitor(after)
        assert (left["name"], left["verified"]) == ("Rita", True)
        assert came["verified"] is False
        assert came["name"] != "Rita"
        assert came["id"] != left["id"]


async def test_a_log_out_on_a_page_without_the_chat_counts_and_a_guest_keeps_theirs(
    browser: Browser, own_shop: tuple[Product, str], repo_root: Path
) -> None:
    _, shop = own_shop
    user = documented(repo_root)["chat_user"]("loja", SECRET, "customer-10", name="Rui")
    early = "window.translateProxy = [['setUser', null]]"
    async with Shopper(browser) as shopper:
        widget = await shopper.visit(shop)
        await widget.page.evaluate("user => translateProxy.setUser(user)", user)
        await widget.open()
        await widget.say("Dele")
        await shopper.context.add_init_script(early)
        await widget.page.reload()
        await widget.open()  # closed: the conversation that kept it open was the customer's
        await widget.say("De outra pessoa")
        await expect(widget.texts).to_have_text(["De outra pessoa"])
        await widget.page.reload()
        await expect(widget.texts).to_have_text(["De outra pessoa"])
