"""Corrections: remembered for the same text of the same site, and forgotten with the visitor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.people import EVA, OTHER, SHOP, Clock, Person, judged
from tests.translation_support import job
from translate_proxy import commands as c
from translate_proxy.interfaces import Translated
from translate_proxy.model import ConversationId, MessageId, Refused, Shop, new_id
from translate_proxy.settings import Translation
from translate_proxy.storage.corrections import text_key
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words

LATE = "O meu pedido está atrasado!"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = Store(sqlite_url(tmp_path), clock)
    await opened.open([SHOP, OTHER])
    await opened.add_operator(EVA, "hash")
    yield opened
    await opened.close()


@pytest.fixture
async def translator(store: Store, tmp_path: Path, clock: Clock) -> AsyncIterator[Translator]:
    """Without any model: what it answers was said by people."""
    words = Words(PhraseBook(), store.shop, store)
    made = Translator(Translation(), (), tmp_path / "models", clock, words=words)
    await made.start()
    yield made
    await made.close()


async def corrected(
    store: Store, text: str, made: str, *, language: str = "pt", into: str = "en"
) -> Person:
    """A new visitor says it and Eva corrects its translation."""
    person = await Person.arrives(store)
    sent = await person.says(text)
    await judged(store, sent, person.id, language)
    message_id = MessageId(sent.answer["message_id"])
    await store.append(c.Correct(new_id(), EVA, message_id, into, made))
    return person


async def answer(translator: Translator, text: str, **more: str) -> Translated:
    return await translator.translate(job(text, more.get("source", "pt"), more.get("target", "en")))


async def test_the_same_text_is_translated_as_it_was_corrected(
    store: Store, translator: Translator
) -> None:
    assert (await answer(translator, LATE)).reason == "no_route"
    await corrected(store, LATE, "My order is late!")
    for text in (LATE, "o meu  pedido está ATRASADO", "O meu pedido está atrasado."):
        found = await answer(translator, text)
        assert (found.text, found.status, found.engine) == (
            "My order is late!",
            "corrected",
            "operator",
        )


@pytest.mark.parametrize(
    "text", ["O meu pedido está atrasado?", "O meu pedido 2 está atrasado!", "O pedido", "atrasado"]
)
async def test_another_text_is_not(store: Store, translator: Translator, text: str) -> None:
    await corrected(store, LATE, "My order is late!")
    assert (await answer(translator, text)).status != "corrected"


async def test_it_is_of_one_site_and_one_pair(store: Store, translator: Translator) -> None:
    await corrected(store, LATE, "My order is late!")
    assert await store.correction(SHOP.key, "pt", "en", LATE) == "My order is late!"
    assert await store.correction(OTHER.key, "pt", "en", LATE) is None
    assert await store.correction(SHOP.key, "pt", "fi", LATE) is None
    assert await store.correction(SHOP.key, "es", "en", LATE) is None
    assert (await answer(translator, LATE, target="fi")).status != "corrected"


async def test_a_correction_outranks_the_phrase_book(store: Store, translator: Translator) -> None:
    assert (await answer(translator, "Obrigado!")).status == "phrase"
    await corrected(store, "Obrigado!", "Many thanks!")
    found = await answer(translator, "obrigado")
    assert (found.text, found.status) == ("Many thanks!", "corrected")


async def test_the_newest_correction_counts_and_the_one_before_comes_back_without_it(
    store: Store, clock: Clock
) -> None:
    await corrected(store, LATE, "First")
    clock.now += 1
    second = await corrected(store, LATE, "Second")
    assert await store.correction(SHOP.key, "pt", "en", LATE) == "Second"
    await store.erase(second.id)
    assert await store.correction(SHOP.key, "pt", "en", LATE) == "First"


async def test_correcting_again_replaces_it(store: Store) -> None:
    person = await Person.arrives(store)
    sent = await person.says(LATE)
    await judged(store, sent, person.id, "pt")
    message_id = MessageId(sent.answer["message_id"])
    for text in ("One", "Two"):
        await store.append(c.Correct(new_id(), EVA, message_id, "en", text))
    assert [one.text for one in await store.corrections()] == ["Two"]


async def test_a_message_whose_language_is_not_known_yet_teaches_nothing(store: Store) -> None:
    person = await Person.arrives(store)
    sent = await person.says(LATE)
    message_id = MessageId(sent.answer["message_id"])
    await store.append(c.Correct(new_id(), EVA, message_id, "en", "My order is late!"))
    assert await store.corrections() == []


async def test_erasing_the_visitor_forgets_what_was_made_of_their_words(
    store: Store, translator: Translator
) -> None:
    person = await corrected(store, LATE, "My order is late!")
    await store.erase(person.id)
    assert await store.corrections() == []
    assert (await answer(translator, LATE)).status != "corrected"


async def test_a_conversation_whose_time_is_over_takes_its_corrections_along(
    store: Store, clock: Clock
) -> None:
    person = await corrected(store, LATE, "My order is late!")
    await store.append(c.CloseByVisitor(new_id(), person.id))
    clock.now += 10
    await store.expire(SHOP.key, clock.now, 10)
    assert await store.corrections() == []


async def test_they_are_listed_changed_and_removed(store: Store) -> None:
    person = await corrected(store, LATE, "My order is late!")
    [one] = await store.corrections(SHOP.key)
    assert (one.source, one.target, one.original, one.text, one.operator) == (
        "pt",
        "en",
        LATE,
        "My order is late!",
        "Eva",
    )
    assert await store.corrections(OTHER.key) == []
    await store.change_correction(one.id, "My order is delayed!")
    assert await store.correction(SHOP.key, "pt", "en", LATE) == "My order is delayed!"
    await store.remove_correction(one.id)
    assert await store.corrections() == []
    for refused in (store.remove_correction(one.id), store.change_correction(one.id, "x")):
        with pytest.raises(Refused, match="no such correction"):
            await refused
    conversation = await store.open_conversation(person.id)
    assert conversation is not None
    stored = await store.last_messages(ConversationId(conversation.id), 1)
    assert stored[0].translated == {"en": "corrected"}  # what was shown stays


async def test_a_store_out_of_reach_leaves_the_machine(tmp_path: Path, clock: Clock) -> None:
    class OutOfReach:
        async def correction(self, *_asked: str) -> str | None:
            raise Refused("unavailable", "The message store cannot be reached; try again.", 2.0)

    words = Words(PhraseBook(), lambda: Shop({SHOP.key: SHOP}), OutOfReach())
    translator = Translator(Translation(), (), tmp_path, clock, words=words)
    assert (await answer(translator, "Obrigado!")).status == "phrase"
    assert (await answer(translator, LATE)).reason == "no_route"
    await translator.close()


def test_case_spaces_and_the_full_stop_do_not_make_another_text() -> None:
    assert text_key("Olá  mundo.") == text_key(" olá mundo") == text_key("OLA\u0301 MUNDO!")
    assert len({text_key(text) for text in ("olá", "ola", "olá?", "olá 1", "olá 2")}) == 5
