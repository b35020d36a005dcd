"""Who a connecting visitor is: token, signed identity, merge."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.people import (
    OTHER,
    SHOP,
    Clock,
    OpenStore,
    Person,
    arrival,
    judged,
    texts,
    types,
)
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, Refused, VisitorId, new_id
from translate_proxy.storage.store import Store


async def test_without_a_token_a_visitor_is_made(store: Store, clock: Clock) -> None:
    arrived = await store.arrive(
        arrival(
            locale="pt",
            browser_languages=("pt-BR", "en"),
            page_language="en",
            page={"url": "https://shop.example/"},
            name="Ana",
        )
    )
    assert arrived.conversation is None
    assert not arrived.changed
    visitor = arrived.visitor
    assert (visitor.site, visitor.name, visitor.locale) == (SHOP.key, "Ana", "pt")
    assert visitor.browser_languages == ("pt-BR", "en")
    assert visitor.page == {"url": "https://shop.example/"}
    assert visitor.created_at == clock.now
    assert await store.visitor(visitor.id) == visitor


async def test_a_token_continues_its_visitor(store: Store, person: Person) -> None:
    conversation_id = await person.begins()
    arrived = await store.arrive(arrival(visitor_id=person.id, name="Ana"))
    assert arrived.visitor.id == person.id
    assert arrived.visitor.name == "Ana"
    assert not arrived.changed
    assert arrived.conversation is not None
    assert arrived.conversation.id == conversation_id
    # What the page does not say stays as it was.
    assert (await store.arrive(arrival(visitor_id=person.id))).visitor.name == "Ana"


async def test_a_token_of_nobody_is_refused(store: Store) -> None:
    with pytest.raises(Refused) as caught:
        await store.arrive(arrival(visitor_id=VisitorId(new_id())))
    assert caught.value.code == "bad_token"


async def test_an_identity_is_one_visitor_per_site(store: Store) -> None:
    first = await store.arrive(arrival(identity_id="42", email="ana@example.com"))
    again = await store.arrive(arrival(identity_id="42", email="ana@example.com"))
    elsewhere = await store.arrive(arrival(OTHER, identity_id="42"))
    assert again.visitor.id == first.visitor.id
    assert again.visitor.email == "ana@example.com"
    assert elsewhere.visitor.id != first.visitor.id


async def test_an_identity_arriving_twice_at_once_is_one_visitor(
    store: Store, open_store: OpenStore
) -> None:
    nodes = [store, await open_store()]
    found = await asyncio.gather(
        *(nodes[number % 2].arrive(arrival(identity_id="42")) for number in range(20))
    )
    assert len({arrived.visitor.id for arrived in found}) == 1


async def test_a_visitor_who_signs_in_stays_the_same_visitor(store: Store, person: Person) -> None:
    await person.says()
    arrived = await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    assert arrived.visitor.id == person.id
    assert arrived.visitor.identity_id == "42"
    assert not arrived.changed


async def test_identity_outranks_the_token_of_somebody_else(store: Store) -> None:
    ana = await store.arrive(arrival(identity_id="ana"))
    ben = await store.arrive(arrival(visitor_id=ana.visitor.id, identity_id="ben"))
    assert ben.visitor.id != ana.visitor.id
    assert ben.changed
    assert (await store.visitor(ana.visitor.id)) == ana.visitor


async def test_an_anonymous_visitor_is_merged_into_the_identity(
    store: Store, person: Person
) -> None:
    known = await Person.arrives(store, identity_id="42")
    await known.says("as known")
    await known.closes()
    sent = await person.says("as nobody")
    arrived = await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    assert arrived.visitor.id == known.id
    assert arrived.changed
    assert arrived.conversation is not None
    assert arrived.conversation.id == sent.answer["conversation_id"]
    assert sorted(texts(await known.sees())) == ["as known", "as nobody"]
    assert (await store.visitor(person.id)) == arrived.visitor


async def test_a_merge_closes_the_older_of_two_open_conversations(
    store: Store, person: Person
) -> None:
    known = await Person.arrives(store, identity_id="42")
    older = await known.begins("older")
    newer = await person.begins("newer")
    arrived = await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    assert types(arrived.events) == ["closed"]
    assert arrived.events[0].conversation_id == older
    assert arrived.events[0].body == {"by": {"from": "system"}}
    assert arrived.conversation is not None
    assert arrived.conversation.id == newer
    closed = await store.conversation(older)
    assert closed is not None
    assert closed.status == "closed"


async def test_a_resend_after_a_merge_gets_the_first_answer(store: Store, person: Person) -> None:
    known = await Person.arrives(store, identity_id="42")
    client_id = new_id()
    first = await person.says("Olá", client_id)
    await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    for who in (known, person):  # reconnected, and on a socket that was open all the time
        again = await who.says("Olá", client_id)
        assert (again.repeated, again.answer) == (True, first.answer)


async def test_a_socket_from_before_a_merge_goes_on_as_the_merged_visitor(
    store: Store, person: Person
) -> None:
    known = await Person.arrives(store, identity_id="42")
    await known.says("older")
    conversation_id = await person.begins("before")
    await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    sent = await person.says("after")
    assert sent.answer["conversation_id"] == conversation_id
    assert sent.events[0].visitor_id == known.id
    assert await person.sees() == await known.sees()
    open_now = await store.open_conversation(person.id)
    assert open_now is not None
    assert open_now.id == conversation_id
    await store.update_page(person.id, {"url": "https://shop.example/cart"})
    visitor = await store.visitor(known.id)
    assert visitor is not None
    assert visitor.page == {"url": "https://shop.example/cart"}


async def test_the_same_client_id_on_both_sides_of_a_merge_does_no_harm(
    store: Store, person: Person
) -> None:
    known = await Person.arrives(store, identity_id="42")
    client_id = new_id()
    of_known = await known.says("known's", client_id)
    await person.says("nobody's", client_id)
    await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    assert (await known.says("again", client_id)).answer == of_known.answer


async def test_a_merged_visitor_keeps_what_was_found_of_the_language(
    store: Store, person: Person
) -> None:
    known = await Person.arrives(store, identity_id="42")
    sent = await person.says("Olá")
    await judged(store, sent, person.id, "pt", seen=1)
    await store.arrive(arrival(visitor_id=person.id, identity_id="42"))
    facts = await store.language_facts(ConversationId(sent.answer["conversation_id"]), known.id)
    assert facts.state == {"seen": 1}
    assert facts.visitor.id == known.id


async def test_the_page_is_remembered(store: Store, person: Person) -> None:
    await store.update_page(person.id, {"url": "https://shop.example/cart", "cart": {"total": 3}})
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert visitor.page["cart"] == {"total": 3}


async def test_a_language_chosen_before_the_first_message_is_where_it_starts(
    store: Store, person: Person
) -> None:
    pinned = await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    assert pinned.answer == {"conversation_id": None}
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert visitor.locale == "fi"
    back = c.PinByVisitor(new_id(), person.id, c.Believed("pt", 0.5, "prior"), "pt-BR")
    assert (await store.append(back)).answer == {"conversation_id": None}
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert visitor.locale == "pt-BR"


async def test_a_pages_language_counts_from_the_call_that_tells_it(
    store: Store, person: Person
) -> None:
    await store.update_page(person.id, {"url": "https://shop.example/fi", "lang": "fi"}, "fi-FI")
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert (visitor.page_language, visitor.locale) == ("fi", "fi-FI")
    await store.update_page(person.id, {"url": "https://shop.example/"})
    visitor = await store.visitor(person.id)
    assert visitor is not None
    assert (visitor.page_language, visitor.locale) == ("fi", "fi-FI")
