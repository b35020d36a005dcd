"""How messages are laid before their reader: long ones, codes, and what was taken back."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.desk import answer, do
from tests.e2e.waiting import until
from tests.e2e.widget import Shopper, Widget
from tests.product import Product
from tests.sockets.client import operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LONG = "\n\n".join(
    f"{number}. Your parcel was handed to the carrier, who brings it within three days."
    for number in range(1, 30)
)
PLACE = """row => {
  const log = row.closest(".log").getBoundingClientRect();
  const {top, bottom} = row.getBoundingClientRect();
  return [top - log.top, log.bottom - bottom];
}"""
LINES = """(bubble, wanted) => {
  const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
  const lines = [];
  for (let node; (node = walker.nextNode());) {
    for (let at = node.data.indexOf(wanted); at >= 0; at = node.data.indexOf(wanted, at + 1)) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      lines.push(new Set([...range.getClientRects()].map(({top}) => Math.round(top))).size);
    }
  }
  return lines;
}"""


async def first_line_is_at_the_top(row: Locator) -> None:
    async def look() -> bool:
        top, below = await row.evaluate(PLACE)
        return bool(0 <= top < 40 and below < 0)

    await until(look)


async def test_a_long_answer_is_read_from_its_first_line(
    browser: Browser, demo: Product, token: str
) -> None:
    text = f"Where is my parcel? {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        conversation = await answer(desk, text, LONG)
        long = widget.theirs("29. Your parcel")
        await first_line_is_at_the_top(long)
        await do(desk, "message", conversation_id=conversation, text="Is that all right?")
        await expect(widget.theirs("Is that all right?")).to_have_count(1)
        await first_line_is_at_the_top(long)  # nobody is taken away from what they read
        await widget.panel.get_by_role("button", name="New messages").click()
        await expect(widget.theirs("Is that all right?")).to_be_in_viewport()
        await widget.say("Yes, thank you.")  # what is short is followed to its end
        await do(desk, "message", conversation_id=conversation, text="You are welcome.")
        await expect(widget.theirs("You are welcome.")).to_be_in_viewport(ratio=1)
        await widget.page.keyboard.press("Escape")
        await do(desk, "message", conversation_id=conversation, text=f"{LONG}\n\n30. Really.")
        await expect(widget.launcher.locator("b")).to_have_text("1")
        await widget.open()
        await first_line_is_at_the_top(widget.theirs("30. Really."))


async def test_the_first_line_of_a_long_translation(
    browser: Browser, demo: Product, token: str
) -> None:
    text = f"Onde está a minha encomenda? {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "pt")
        await widget.say(text)
        await answer(desk, text, LONG)
        await first_line_is_at_the_top(widget.log.locator("[data-rendering='translated']"))


@pytest.mark.parametrize("code", ["AB-/99887", "LUMO-10/24", "#4411-A_7", "+358-40-123"])
async def test_a_code_stays_on_one_line(
    browser: Browser, demo: Product, token: str, code: str
) -> None:
    words = " ".join(f"{'x' * width} {code}" for width in range(1, 40))
    link = f"https://shop.example/{'path-' * 30}end"
    async with Shopper(browser, viewport={"width": 390, "height": 844}) as shopper:
        widget: Widget = await shopper.chat(demo, "en")
        await widget.say(f"{words} {link} {'9-' * 80}")
        bubble = widget.log.locator(".row.mine .bubble")
        assert await bubble.evaluate(LINES, code) == [1] * 39
        assert (await bubble.evaluate(LINES, link))[0] > 1
        assert await bubble.evaluate("one => one.scrollWidth <= one.clientWidth")


async def test_a_message_that_is_taken_back(browser: Browser, demo: Product, token: str) -> None:
    text = f"Where is my parcel? {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        await widget.say(text)
        conversation = await answer(desk, text)
        secret = f"Not for you {uuid.uuid4()}"
        sent = await do(desk, "message", conversation_id=conversation, text=secret)
        await expect(widget.theirs(secret)).to_be_visible()
        await do(desk, "redact", message_id=sent["message_id"])
        await expect(widget.theirs("This message was removed")).to_be_visible()
        await expect(widget.panel).not_to_contain_text(secret)
