"""An operator at the console in a real browser: what a person sees and presses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.desk import QUESTION
from tests.e2e.waiting import WAIT_MS
from tests.product import DEMO_LOGIN, Product
from tests.sockets.client import Client, visitor
from translate_proxy.security.sessions import COOKIE


class Console:
    """One console in a browser of its own; ``async with`` opens and closes it.

    What the page's content security policy stopped, and every uncaught error, is a failure.
    """

    def __init__(self, browser: Browser, url: str, *, width: int = 1280, height: int = 800) -> None:
        self._browser = browser
        self._url = url
        self._size = {"width": width, "height": height}
        self._context: BrowserContext | None = None
        self.problems: list[str] = []
        self.page: Page

    async def __aenter__(self) -> Self:
        self._context = await self._browser.new_context(
            viewport={"width": self._size["width"], "height": self._size["height"]},
            locale="en-GB",
            has_touch=self._size["width"] < 500,
        )
        self._context.set_default_timeout(WAIT_MS)
        self.page = await self._context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console",
            lambda said: (
                self.problems.append(said.text)
                if "Content Security Policy" in said.text or "Uncaught" in said.text
                else None
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._context is not None
        await self._context.close()
        if kind is None:
            assert self.problems == []

    async def sign_in(self, email: str = "", password: str = "") -> None:
        """With the demo's operator unless another is given; returns at once."""
        await self.page.goto(f"{self._url}/console/")
        await self.page.get_by_label("E-mail address").fill(email or DEMO_LOGIN["email"])
        await self.page.get_by_label("Password").fill(password or DEMO_LOGIN["password"])
        await self.page.get_by_role("button", name="Sign in").click()

    async def ready(self, token: str) -> None:
        """Signed in with this session and welcomed by the server.

        The sign-in page is passed by: how often an address may sign in is limited.
        """
        await self.page.context.add_cookies([{"name": COOKIE, "value": token, "url": self._url}])
        await self.page.goto(f"{self._url}/console/")
        await expect(self.tab("Waiting")).to_be_visible()
        await expect(self.page.locator(".skeleton")).to_have_count(0)

    def tab(self, name: str) -> Locator:
        """One of the three tabs."""
        return self.page.get_by_role("tab", name=re.compile(f"^{name}"))

    def row(self, conversation: str) -> Locator:
        """A conversation in the list on the screen."""
        return self.page.locator(f".row[data-conversation='{conversation}']")

    def messages(self) -> Locator:
        """The messages of the conversation on the screen."""
        return self.page.get_by_role("log").locator("article.message")

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """The message that shows this text."""
        return self.messages().filter(has_text=text)

    @property
    def all_is_well(self) -> Locator:
        """The banner that says nothing: connected, or away for no longer than a moment."""
        return self.page.locator(".banner--none")

    @property
    def reply(self) -> Locator:
        """Where an answer is written."""
        return self.page.get_by_label("Your message")

    async def open(self, conversation: str) -> None:
        """Choose it in the list and wait until it is there."""
        await self.row(conversation).click()
        await expect(self.page.get_by_role("log")).to_be_visible()

    async def claim(self, conversation: str) -> None:
        """Open a waiting conversation and take it."""
        await self.tab("Waiting").click()
        await self.open(conversation)
        await self.page.get_by_role("button", name="Claim conversation").click()
        await expect(self.reply).to_be_focused()

    async def write(self, text: str) -> None:
        """Type an answer and press Enter."""
        await self.reply.fill(text)
        await self.reply.press("Enter")
        await expect(self.reply).to_have_value("")

    async def shown(self) -> list[str]:
        """The text of every message on the screen, in order."""
        return await self.messages().locator(".message__text").all_inner_texts()


async def ask(client: Client, text: str = QUESTION) -> str:
    """Write as the visitor; the conversation's id."""
    return str((await client.say(text))["conversation_id"])


@asynccontextmanager
async def waiting(
    browser: Browser, demo: Product, token: str, text: str = QUESTION
) -> AsyncIterator[tuple[Console, Client, str]]:
    """A console with one Portuguese visitor's question in its list: the console, the visitor and
    the conversation's id."""
    async with visitor(demo.url, locale="pt-PT") as client, Console(browser, demo.url) as console:
        conversation = await ask(client, text)
        await console.ready(token)
        yield console, client, conversation


@asynccontextmanager
async def answering(
    browser: Browser, demo: Product, token: str
) -> AsyncIterator[tuple[Console, Client, str]]:
    """As ``waiting``, and the conversation is claimed and open."""
    async with waiting(browser, demo, token) as (console, client, conversation):
        await console.claim(conversation)
        yield console, client, conversation
