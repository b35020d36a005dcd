"""What axe-core finds wrong with a page, in the words of its rules."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

_AXE = Path(__file__).parents[2] / "console_js/node_modules/axe-core/axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = """async (tags) => {
  await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)
    && (one.effect.getComputedTiming().iterations === Infinity ? one.cancel() : one.finish())));
  const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return found.violations.flatMap(({id, nodes}) => nodes.map(({html, failureSummary}) =>
    `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}"""


async def faults(page: Page) -> list[str]:
    """WCAG 2.2 A and AA, and axe's best practices; empty when it finds nothing. What moves is
    brought to its end first."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(_RUN, _TAGS)
    return found
