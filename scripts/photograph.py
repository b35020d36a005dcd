"""Photograph the product for the README: ``docs/images/conversation.png`` and ``phone.png``.

Starts a demo server of its own and plays its visitors and its operator in Chromium; the
translations are the real ones. ``scripts/photograph`` runs it, after ``make build``.
"""

from __future__ import annotations

import asyncio
import base64
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.console import Console
from tests.e2e.widget import Shopper
from tests.product import Product, running
from tests.sockets.client import operator

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
HEIGHT = 760
SHOP_WIDTH, CONSOLE_WIDTH = 640, 940
PHONE = {"width": 390, "height": 780}
ASKED = "Olá! Onde está a minha encomenda AB-12345?"
ANSWERED = "Hello! Your order AB-12345 left our warehouse this morning. It will arrive on Friday."
THANKED = "Muito obrigada! Posso mudar o endereço de entrega?"
FRAME = """<!doctype html>
<style>
  body { margin: 0; padding: 28px; width: max-content; display: flex; gap: 28px }
  body { background: #e9e7e1 }
  figure { margin: 0 }
  figcaption { font: 600 17px system-ui, sans-serif; color: #2d3b37; padding: 0 4px 12px }
  img { display: block; border-radius: 12px; box-shadow: 0 8px 30px #0003 }
</style>
"""


async def conversation(browser: Browser, demo: Product, token: str) -> None:
    """A Portuguese visitor in the shop beside the English operator at the console."""
    async with (
        Console(browser, demo.url, width=CONSOLE_WIDTH, height=HEIGHT) as console,
        Shopper(
            browser, locale="pt-PT", viewport={"width": SHOP_WIDTH, "height": HEIGHT}
        ) as shopper,
    ):
        await console.ready(token)
        widget = await shopper.chat(demo, "pt")
        await widget.say(ASKED)
        await console.page.locator(".row").first.click()
        await expect(console.message("AB-12345").locator(".making")).to_contain_text("pt → en")
        await console.page.get_by_role("button", name="Claim conversation").click()
        await expect(console.reply).to_be_focused()
        await console.write(ANSWERED)
        await expect(widget.theirs("AB-12345").locator(".text")).to_have_attribute("lang", "pt")
        await expect(console.message("left our warehouse").locator(".making")).to_be_visible()
        await widget.say(THANKED)
        await expect(console.messages().last.locator(".making")).to_contain_text("pt → en")
        await console.reply.fill("Of course. Which address should we send it to?")
        await expect(widget.log.locator(".dots")).to_be_visible()
        sides = [
            ("The visitor writes and reads Portuguese", await widget.page.screenshot()),
            ("The operator reads and writes English", await console.page.screenshot()),
        ]
    page = await browser.new_page(viewport={"width": 400, "height": 300})
    await page.set_content(FRAME + "".join(_figure(*side) for side in sides))
    await page.locator("body").screenshot(path=IMAGES / "conversation.png")
    await page.close()


def _figure(caption: str, picture: bytes) -> str:
    source = base64.b64encode(picture).decode()
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<img src="data:image/png;base64,{source}"></figure>'
    )


async def phone(browser: Browser, demo: Product, token: str) -> None:
    """The widget on a phone, in Arabic, while somebody is at the desk."""
    async with (
        operator(demo.url, token),
        Shopper(browser, viewport=PHONE, has_touch=True, is_mobile=True) as shopper,
    ):
        widget = await shopper.chat(demo, "ar")
        await widget.say("مرحبا! هل وصل الطلب AB-12345؟")
        await widget.page.screenshot(path=IMAGES / "phone.png")


async def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Product(Path(folder) / "data", "--demo", "--port", "0")
        with running(server) as demo:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=CHROMIUM, args=list(FLAGS)
                )
                token = demo.token()
                await conversation(browser, demo, token)
                await phone(browser, demo, token)
                await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
