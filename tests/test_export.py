"""What a person is handed: everything, readable, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.contract.people import EVA, SHOP, TIM, Clock, Person, answer, claim, judged, translated
from translate_proxy import commands as c
from translate_proxy.conversation.transcript import transcript
from translate_proxy.model import ConversationId, new_id
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(sqlite_url(tmp_path), Clock())
    await opened.open([SHOP])
    for operator in (EVA, TIM):
        await opened.add_operator(operator, "hash")
    yield opened
    await opened.close()


class Page(HTMLParser):
    """The texts of a page with their language, and every tag that is in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[tuple[str | None, str]] = []
        self._language: str | None = None
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "p":
            self._language, self._text = dict(attrs).get("lang"), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.texts.append((self._language, self._text))


async def test_a_transcript_has_each_text_in_both_languages(store: Store) -> None:
    person = await Person.arrives(store, name="Ana")
    sent = await person.says("Olá, onde está a minha encomenda?")
    conversation_id = ConversationId(sent.answer["conversation_id"])
    await judged(store, sent, person.id, "pt")
    await translated(store, sent, "Hello, where is my parcel?")
    await claim(store, conversation_id)
    reply = await answer(store, conversation_id, "It was sent today.")
    await translated(store, reply, "Foi enviado hoje.", "pt")
    page = Page(transcript(await store.export(person.id)))
    assert ("pt", "Olá, onde está a minha encomenda?") in page.texts
    assert ("en", "Hello, where is my parcel? (translated)") in page.texts
    assert ("pt", "Foi enviado hoje. (translated)") in page.texts
    assert any("name: Ana" in text for _, text in page.texts)
    order = [text for _, text in page.texts]
    assert order.index("It was sent today.") > order.index("Olá, onde está a minha encomenda?")


async def test_the_newest_translation_is_shown_and_no_copy_of_the_original(store: Store) -> None:
    person = await Person.arrives(store)
    sent = await person.says("Olá")
    await translated(store, sent, "Allo")
    message_id = sent.answer["message_id"]
    await store.append(c.Correct(new_id(), EVA, message_id, "en", "Hello"))
    await translated(store, sent, "Olá", "fi", status="untranslated")
    texts = [text for _, text in Page(transcript(await store.export(person.id))).texts]
    assert "Hello (corrected)" in texts
    assert not any("Allo" in text for text in texts)
    assert texts.count("Olá") == 1


async def test_everything_that_happened_is_in_the_transcript(store: Store) -> None:
    person = await Person.arrives(store)
    conversation_id = await person.begins()
    await claim(store, conversation_id)
    await store.append(c.AddNote(new_id(), EVA, conversation_id, "a friendly one"))
    await store.append(c.Transfer(new_id(), EVA, conversation_id, TIM.id))
    await store.append(
        c.LeaveContact(new_id(), SHOP.key, person.id, "Call me", "Ana", None, "+351 1")
    )
    await store.append(c.CloseByOperator(new_id(), TIM, conversation_id))
    await store.append(c.Rate(new_id(), person.id, 4, "obrigada"))
    texts = [text for _, text in Page(transcript(await store.export(person.id))).texts]
    for said in ("Eva: a friendly one", "Eva → Tim", "Ana, +351 1", "Tim", "4 of 5. obrigada"):
        assert said in texts


async def test_what_people_wrote_is_text_and_nothing_else(store: Store) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    person = await Person.arrives(
        store, name=hostile, page={"url": f"https://shop.example/{hostile}"}
    )
    sent = await person.says(hostile)
    await translated(store, sent, hostile, '"><script>')
    page = Page(transcript(await store.export(person.id)))
    assert page.tags & {"script", "img", "a", "link", "iframe"} == set()
    assert hostile in [text for _, text in page.texts]


async def test_right_to_left_text_finds_its_direction(store: Store) -> None:
    person = await Person.arrives(store)
    sent = await person.says("أين طلبي؟")
    await judged(store, sent, person.id, "ar")
    page = transcript(await store.export(person.id))
    assert '<p lang="ar" dir="auto">أين طلبي؟</p>' in page
