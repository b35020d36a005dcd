"""A visitor in a real browser, on the demo shop or on another page."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.waiting import WAIT_MS, until
from tests.product import Product


class Widget:
    """The chat as one page shows it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.host = page.locator("translate-proxy-widget")
        self.launcher = self.host.locator(".launcher")
        self.panel = page.get_by_role("dialog")
        self.log = self.panel.get_by_role("log")
        self.input = self.panel.locator("textarea")

    async def open(self) -> None:
        """Press the launcher and wait until the server has welcomed the visitor."""
        await self.launcher.click()
        await expect(self.panel).to_be_visible()
        await expect(self.panel.locator(".chip")).to_be_visible()

    async def write(self, text: str) -> None:
        """Type and press Enter."""
        await self.input.fill(text)
        await self.input.press("Enter")
        await expect(self.input).to_have_value("")

    async def say(self, text: str) -> None:
        """Write, and wait until the server has it."""
        await self.write(text)
        await expect(self.mine(text)).to_have_attribute("data-delivery", "sent")

    def mine(self, text: str) -> Locator:
        """The visitor's own message."""
        return self.log.locator(".row.mine").filter(has_text=text)

    def theirs(self, text: str) -> Locator:
        """A message that shows this text, from the shop."""
        return self.log.locator(".row.theirs").filter(has_text=text)

    @property
    def texts(self) -> Locator:
        """The text of every message, in order."""
        return self.log.locator(".bubble .text")

    async def stands_still(self) -> None:
        """Wait until the panel has stopped moving."""
        await self.panel.evaluate(
            "panel => Promise.all(panel.getAnimations().map(motion => motion.finished))"
        )

    async def stored(self) -> dict[str, str]:
        """Everything the page has in the browser's storage."""
        kept: dict[str, str] = await self.page.evaluate(
            "() => ({...Object.fromEntries(Object.entries(localStorage)),"
            " ...Object.fromEntries(Object.entries(sessionStorage))})"
        )
        return kept


class Shopper:
    """A browser of its own; ``async with`` opens and closes it.

    Uncaught errors and what a content security policy stopped are failures.
    """

    def __init__(self, browser: Browser, **options: Any) -> None:
        self._browser = browser
        self._options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, **options}
        self.context: BrowserContext
        self.problems: list[str] = []
        self.said: list[str] = []

    async def __aenter__(self) -> Self:
        self.context = await self._browser.new_context(**self._options)
        self.context.set_default_timeout(WAIT_MS)
        return self

    async def visit(self, url: str) -> Widget:
        """A new tab at this address."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self._heard(message.text))
        await page.goto(url)
        return Widget(page)

    async def chat(self, demo: Product, language: str) -> Widget:
        """The demo shop's front page in this language, with the chat open."""
        widget = await self.visit(f"{demo.url}/demo/?lang={language}")
        await widget.open()
        return widget

    async def hears(self, words: str) -> list[str]:
        """What the pages have said with these words, once there is something."""

        async def look() -> list[str]:
            return [text for text in self.said if words in text]

        return await until(look)

    def _heard(self, text: str) -> None:
        self.said.append(text)
        if "Content Security Policy" in text:
            self.problems.append(text)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.context.close()
        if kind is None:
            assert self.problems == []
