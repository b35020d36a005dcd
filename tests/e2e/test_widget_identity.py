"""Customers of the shop who are signed in there, and who sign out again."""

from __future__ import annotations

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

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


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
        await expect(widget.log.locator(".bubble .text")).to_have_text([before, after])
        conversation = (await asked(desk, after))["conversation_id"]
        opened = await desk.call("open", {"conversation_id": conversation})
        visitor = opened["conversation"]["visitor"]
        assert (visitor["name"], visitor["email"]) == ("Ana", "ana@example.com")
        assert visitor["verified"] is True

        forged = {**user, "email": "somebody@else.example"}
        await widget.page.evaluate("user => translateProxy.setUser(user)", forged)
        await widget.say(f"Ainda aqui {uuid.uuid4()}")
        assert any("setUser was refused" in said for said in shopper.said)
