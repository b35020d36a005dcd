"""How the browser tests wait: for what is seen, never for a time.

What a page shows is asserted with Playwright's ``expect``, which looks again until it is true; for
everything else there is ``until``. The ceilings are reached only by what is broken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from playwright.async_api import Locator, Page, expect

T = TypeVar("T")

WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)
TYPING_EVERY_S = 3.0
"""A sign of writing is sent at most so often, and shown for 6 s."""


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """The first true value that ``look`` returns; AssertionError with the last one without it."""
    found = await look()
    try:
        async with asyncio.timeout(WAIT_MS / 1000):
            while not found:
                await asyncio.sleep(0.05)
                found = await look()
    except TimeoutError:
        raise AssertionError(f"this never became true: {found!r}") from None
    return found


async def becomes_true(page: Page, expression: str) -> None:
    """Wait for a JavaScript expression. ``page.wait_for_function`` compiles it anew inside the
    page when it is not true at once, which a content security policy forbids."""
    await until(lambda: page.evaluate(expression))


async def seen_while(repeated: Callable[[], Awaitable[object]], sign: Locator, words: str) -> None:
    """Do something again every few seconds until the sign that passes by itself is seen."""

    async def repeat() -> None:
        while True:
            await repeated()
            await asyncio.sleep(TYPING_EVERY_S)

    repeating = asyncio.create_task(repeat())
    try:
        await expect(sign).to_contain_text(words)
    finally:
        repeating.cancel()
        await asyncio.gather(repeating, return_exceptions=True)
