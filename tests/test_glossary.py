"""Glossaries: a site's words stand in the translation as the site wants them, or nothing does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.translation_support import job, starter_packages
from translate_proxy.model import Glossary, Shop, Site, SiteKey
from translate_proxy.settings import Translation
from translate_proxy.text import entities
from translate_proxy.translation.guard import guard
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words
from translate_proxy.translation.work import segments

TERMS = {"size chart": "Tabela de Medidas", "Gold Club": "Gold Club", "parcel": "volume"}
SHOP = Site(
    SiteKey("shop"),
    "Shop",
    (),
    ("en", "pt"),
    "en",
    glossary=(Glossary("en", "pt", TERMS), Glossary("pt", "en", {"montra": "shop window"})),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def translator() -> AsyncIterator[Translator]:
    """With the starter packages and the shop's glossary."""
    words = Words(PhraseBook(), lambda: Shop({SHOP.key: SHOP}))
    made = Translator(Translation(), (), starter_packages(), time.monotonic, words=words)
    await made.start()
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Where is the size chart for the jacket?", ["Tabela de Medidas"]),
        ("Please look at the Size Chart of the Gold Club.", ["Tabela de Medidas", "Gold Club"]),
        ("Your parcel AB-1234 left today.", ["volume", "AB-1234"]),
        ("Is the size chart wrong? Then tell the Gold Club.", ["Tabela de Medidas", "Gold Club"]),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_target_term_stands_in_the_translation(
    translator: Translator, text: str, wanted: list[str]
) -> None:
    found = await translator.translate(job(text))
    assert found.status == "translated", found
    for term in wanted:
        assert term in found.text
    assert "size chart" not in found.text.lower()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_message_that_is_nothing_but_a_term_needs_no_engine(translator: Translator) -> None:
    found = await translator.translate(job("Size chart? 😊"))
    assert (found.text, found.status, found.engine) == (
        "Tabela de Medidas? 😊",
        "phrase",
        "glossary",
    )


@pytest.mark.asyncio(loop_scope="module")
async def test_each_direction_has_its_own_terms(translator: Translator) -> None:
    found = await translator.translate(job("Gostei muito da montra da loja.", "pt", "en"))
    assert "shop window" in found.text
    other = await translator.translate(job("O size chart é bom.", "pt", "en"))
    assert "Tabela" not in other.text


@pytest.mark.asyncio(loop_scope="module")
async def test_another_site_has_other_words(translator: Translator) -> None:
    found = await translator.translate(job("The size chart is wrong.", site=SiteKey("other")))
    assert "Tabela de Medidas" not in found.text


def test_the_glossary_outranks_the_words_that_stay() -> None:
    parts = segments.split("The parcel is here.", ("parcel",), (("parcel", "volume"),))
    [sentence] = [part for part in parts if isinstance(part, segments.Sentence)]
    assert [entity.output for entity in sentence.found] == ["volume"]


def test_a_lost_target_term_is_noticed() -> None:
    [entity] = segments.split("The parcel is here.", (), (("parcel", "volume"),))[1:2]
    assert isinstance(entity, segments.Sentence)
    assert guard.legible(entity.found, "O volume está aqui.", ())
    assert not guard.legible(entity.found, "O parcel está aqui.", ())


def test_parts_of_words_are_not_terms() -> None:
    found = entities.find("parcels and miniparcel", ("parcel",))
    assert [entity for entity in found if entity.kind == "term"] == []
