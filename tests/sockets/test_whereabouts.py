"""What is told of those who come and go: visitors to operators, and who answers to visitors."""

from __future__ import annotations

from typing import Any

from tests.e2e.desk import do
from tests.product import Product
from tests.sockets.client import Client, operator, visitor

HOME = {"url": "https://shop.example/", "title": "Home"}
CUPS = {"url": "https://shop.example/cups", "title": "Cups", "cart": {"items": ["cup"]}}


async def told(client: Client, name: str, /, **fields: Any) -> dict[str, Any]:
    """The first of this name with these fields."""

    def find() -> dict[str, Any] | None:
        for heard, data in client.heard:
            if heard == name and all(data.get(key) == value for key, value in fields.items()):
                return dict(data)
        return None

    found: dict[str, Any] = await client.until(find)
    return found


async def test_the_operator_sees_where_the_visitor_is_now(
    demo: Product, token: str, colleague: str
) -> None:
    async with (
        operator(demo.url, token) as desk,
        operator(demo.url, colleague) as other,
    ):
        async with visitor(demo.url, locale="pt", page=HOME) as guest:
            conversation = (await guest.say("Bom dia!"))["conversation_id"]
            await desk.call("open", {"conversation_id": conversation})
            first = await told(desk, "visitor", conversation_id=conversation)
            assert (first["here"], first["page"], first["pages"]) == ("here", HOME, [])
            await do(desk, "claim", conversation_id=conversation)
            await guest.call("page", CUPS)
            now = await told(desk, "visitor", page={"url": CUPS["url"], "title": "Cups"})
            assert now["cart"] == CUPS["cart"]
            assert [one["url"] for one in now["pages"]] == [HOME["url"]]
        await told(desk, "visitor", here="away")
        assert not [data for heard, data in other.heard if heard == "visitor"]


async def test_who_looks_is_told_too_until_they_look_away(
    demo: Product, token: str, colleague: str
) -> None:
    async with (
        operator(demo.url, token) as desk,
        operator(demo.url, colleague) as other,
        visitor(demo.url, locale="pt", page=HOME) as guest,
    ):
        conversation = (await guest.say("Bom dia!"))["conversation_id"]
        await do(desk, "claim", conversation_id=conversation)
        await other.call("open", {"conversation_id": conversation})
        await guest.call("page", CUPS)
        await told(other, "visitor", cart=CUPS["cart"])
        await other.call("leave", {"conversation_id": conversation})
        await guest.call("page", HOME)
        await told(desk, "visitor", page=HOME, cart=None)
        pages = [data.get("page") for heard, data in other.heard if heard == "visitor"]
        assert pages[-1]["url"] == CUPS["url"]


async def test_the_visitor_sees_whether_who_answers_is_here(
    demo: Product, token: str, colleague: str
) -> None:
    async with (
        operator(demo.url, token),  # somebody else of the shop is there all the time
        visitor(demo.url, locale="pt") as guest,
    ):
        assert (await guest.hear("welcome"))["owner"] is None
        async with operator(demo.url, colleague) as other:
            await other.call("availability", {"status": "online"})  # whatever they chose before
            conversation = (await guest.say("Bom dia!"))["conversation_id"]
            await do(other, "claim", conversation_id=conversation)
            assert await told(guest, "owner", name="Maria", here=True)
            token_of_guest = (await guest.hear("welcome"))["token"]
            await other.call("availability", {"status": "away"})
            await told(guest, "owner", name="Maria", here=False)
            async with visitor(demo.url, token=token_of_guest) as tab:
                welcome = await tab.hear("welcome")
                assert welcome["owner"] == {"name": "Maria", "here": False}
            await other.call("availability", {"status": "online"})
            await do(other, "close", conversation_id=conversation)
            await told(guest, "owner", name=None, here=False)
