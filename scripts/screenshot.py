"""Photograph both sides of one conversation for the README: ``docs/images/conversation.png``.

    make run PORT=8123 DATA_DIR=$(mktemp -d)
    .venv/bin/python -m scripts.screenshot http://127.0.0.1:8123

Plays a Portuguese visitor of the demo shop and its English operator in Chromium.
"""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "conversation.png"
SIZE = (820, 700)
CONSOLE_SIZE = (900, 700)
ASKED = "Olá! Onde está a minha encomenda AB-12345?"
ANSWERED = "Hello! Your order AB-12345 left our warehouse this morning. It will arrive on Friday."
THANKED = "Muito obrigada! Posso mudar o endereço de entrega?"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
FRAME = """<!doctype html>
<style>
  body { margin: 0; padding: 32px; background: #e9e7e1; display: flex; gap: 28px }
  figure { margin: 0 } figcaption { font: 600 17px system-ui; color: #2d3b37; padding: 0 4px 12px }
  img { display: block; border-radius: 12px; box-shadow: 0 8px 30px #0003 }
</style>
"""


def sign_in(browser: Browser, base: str) -> Page:
    """The console, signed in as the demo's operator."""
    width, height = CONSOLE_SIZE
    page = browser.new_page(
        locale="en-GB", viewport={"width": width, "height": height}, device_scale_factor=2
    )
    page.goto(f"{base}/console/")
    page.get_by_label("E-mail address").fill("demo@example.com")
    page.get_by_label("Password").fill("demo-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    return page


def converse(shop: Page, console: Page, base: str) -> None:
    """A question, an answer, another question; each side sees the other's in its own language."""
    shop.goto(f"{base}/demo/?lang=pt")
    shop.locator("translate-proxy-widget button.launcher").click()
    box = shop.locator("translate-proxy-widget textarea")
    log = shop.locator("translate-proxy-widget .log")
    box.fill(ASKED)
    box.press("Enter")
    console.get_by_text("AB-12345").first.click()
    console.get_by_role("button", name="Claim conversation").click()
    reply = console.get_by_placeholder("Write to Visitor")  # the note's field goes first
    reply.fill(ANSWERED)
    reply.press("Enter")
    expect(log).to_contain_text("sexta-feira")
    box.fill(THANKED)
    box.press("Enter")
    expect(console.get_by_text("Thank you").first).to_be_visible()
    shop.wait_for_timeout(1000)


def main(base: str) -> None:
    """Take both photographs and lay them side by side."""
    width, height = SIZE
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        console = sign_in(browser, base)
        shop = browser.new_page(
            locale="pt-PT", viewport={"width": width, "height": height}, device_scale_factor=2
        )
        converse(shop, console, base)
        sides = []
        for page, wide, caption in (
            (shop, width, "The visitor writes and reads Portuguese"),
            (console, CONSOLE_SIZE[0], "The operator reads and writes English"),
        ):
            picture = base64.b64encode(page.screenshot()).decode()
            image = f'<img width="{wide}" src="data:image/png;base64,{picture}">'
            sides.append(f"<figure><figcaption>{caption}</figcaption>{image}</figure>")
        both = browser.new_page(viewport={"width": 1812, "height": 100})
        both.set_content(FRAME + "".join(sides))
        OUT.parent.mkdir(exist_ok=True)
        both.screenshot(path=OUT, full_page=True)
        browser.close()
    print(f"wrote {OUT}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m scripts.screenshot http://127.0.0.1:PORT")
    main(sys.argv[1])
