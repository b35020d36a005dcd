"""The visitor's language in the widget: chosen, not translatable, from right to left."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.desk import ANSWER, answer
from tests.e2e.widget import Shopper
from tests.product import Product
from tests.sockets.client import operator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


async def test_not_my_language(browser: Browser, demo: Product, token: str) -> None:
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        chip = widget.panel.locator(".chip")
        await chip.press("Enter")
        await expect(widget.panel.get_by_role("radio", name="English")).to_be_focused()
        await widget.page.keyboard.press("Escape")
        await expect(chip).to_be_focused()
        await chip.click()
        await widget.panel.get_by_role("radio", name="Português").click()
        text = f"AB-12345 {uuid.uuid4()}"
        await widget.say(text)
        await expect(widget.panel.locator(".chip")).to_have_text("PT")
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")
        await answer(desk, text)
        await expect(
            widget.log.locator(".row.theirs[data-rendering='translated'] .text")
        ).to_have_attribute("lang", "pt")


async def test_a_choice_is_taken_back(browser: Browser, demo: Product) -> None:
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "en")
        chip = widget.panel.locator(".chip")
        await widget.say(f"Where is my parcel? {uuid.uuid4()}")
        await chip.click()
        await expect(widget.panel.get_by_role("radio", name="Automatic")).to_have_count(0)
        await widget.panel.get_by_role("radio", name="Português").click()
        await expect(chip).to_have_text("PT")
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")
        await widget.page.reload()  # a pin outlives the page
        await expect(chip).to_have_text("PT")
        await chip.click()
        await widget.panel.get_by_role("radio", name="Automática").click()
        await expect(chip).to_have_text("EN")
        await expect(widget.input).to_have_attribute("placeholder", "Write a message")
        await chip.click()
        await expect(widget.panel.get_by_role("radio", name="English")).to_be_checked()
        await expect(widget.panel.get_by_role("radio", name="Automatic")).to_have_count(0)


async def test_only_what_can_be_translated_is_promised(browser: Browser, demo: Product) -> None:
    promise, plain = "käännetään automaattisesti", "niin vastaamme teille"
    async with Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "fi")
        await expect(widget.log.locator(".greeting")).to_contain_text(plain)
        await expect(widget.panel.locator(".hint")).to_contain_text("ei tällä hetkellä käännetä")
        await expect(widget.panel).not_to_contain_text(promise)
        chip = widget.panel.locator(".chip")
        await chip.click()
        await expect(widget.panel.get_by_role("radio", name="Suomi")).to_contain_text("ei käännetä")
        english = widget.panel.get_by_role("radio", name="English")
        await expect(english).not_to_contain_text("ei käännetä")
        await english.click()
        await expect(widget.panel.locator(".hint")).to_have_text(
            "Messages are translated automatically"
        )


async def test_the_page_changes_its_language(browser: Browser, demo: Product) -> None:
    async with Shopper(browser, locale="ja") as shopper:  # says nothing for either
        widget = await shopper.chat(demo, "en")
        await expect(widget.panel.locator(".chip")).to_have_text("EN")
        await widget.page.evaluate("document.documentElement.lang = 'pt-PT'")
        await widget.page.evaluate("translateProxy.setLocale('pt-PT')")
        await expect(widget.panel.locator(".chip")).to_have_text("PT")
        await expect(widget.input).to_have_attribute("placeholder", "Escreva uma mensagem")
        other = await shopper.visit(f"{demo.url}/demo/?lang=en")
        await expect(other.launcher).to_be_visible()
        await other.page.evaluate("translateProxy.setLocale('fi')")
        await expect(other.launcher).to_have_attribute("aria-label", "Avaa keskustelu")


@pytest.mark.parametrize(
    ("languages", "spoken"),
    [("pt-BR", "pt"), ("ar-EG", "ar"), ("fi", "fi"), ("de-DE", "en")],
)
async def test_the_demo_shop_speaks_the_browsers_language(
    browser: Browser, demo: Product, languages: str, spoken: str
) -> None:
    async with Shopper(browser, locale=languages) as shopper:
        widget = await shopper.visit(f"{demo.url}/demo/")
        root = widget.page.locator("html")
        await expect(root).to_have_attribute("lang", spoken)
        await expect(root).to_have_attribute("dir", "rtl" if spoken == "ar" else "ltr")
        chosen = widget.page.locator(".languages [aria-current]")
        await expect(chosen).to_have_attribute("data-lang", spoken)
        await widget.page.goto(f"{demo.url}/demo/?lang=en")  # the address outweighs it
        await expect(root).to_have_attribute("lang", "en")


async def test_a_language_without_a_route_is_marked(
    browser: Browser, demo: Product, token: str
) -> None:
    text = f"Missä tilaukseni on? Odotan sitä jo kolmatta viikkoa. {uuid.uuid4()}"
    async with operator(demo.url, token) as desk, Shopper(browser) as shopper:
        widget = await shopper.chat(demo, "fi")
        await widget.say(text)
        await answer(desk, text)
        reply = widget.theirs(ANSWER)
        await expect(reply).to_have_attribute("data-rendering", "no_route")
        await expect(reply).to_contain_text("tätä kieltä ei voi kääntää")


async def test_right_to_left_on_a_phone(browser: Browser, demo: Product) -> None:
    size = {"width": 390, "height": 844}
    async with Shopper(browser, viewport=size, has_touch=True, is_mobile=True) as shopper:
        widget = await shopper.chat(demo, "ar")
        await expect(widget.panel).to_have_attribute("dir", "rtl")
        await expect(widget.panel).to_have_attribute("aria-modal", "true")
        await expect(widget.input).to_have_attribute("placeholder", "اكتبوا رسالة")
        await widget.stands_still()
        assert await widget.panel.bounding_box() == {"x": 0, "y": 0, **size}
        assert await widget.input.evaluate("e => getComputedStyle(e).fontSize") == "16px"
