"""What the relay records, and what is still to be done after a crash."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.people import EVA, OpenStore, Person, answer, judged, translated
from translate_proxy import commands as c
from translate_proxy.model import ConversationId, MessageId, Refused, Translation, new_id
from translate_proxy.storage.store import Store


def message_id(sent: c.Receipt) -> MessageId:
    return MessageId(sent.answer["message_id"])


async def correct(store: Store, sent: c.Receipt, text: str) -> c.Receipt:
    return await store.append(c.Correct(new_id(), EVA, message_id(sent), "en", text))


async def test_revisions_count_up_per_language(store: Store, person: Person) -> None:
    sent = await person.says()
    first = await translated(store, sent, "Hello")
    second = await translated(store, sent, "Hi")
    finnish = await translated(store, sent, "Hei", "fi")
    assert [one.events[0].body["revision"] for one in (first, second, finnish)] == [1, 2, 1]


async def test_revisions_count_up_within_one_commit_too(store: Store, person: Person) -> None:
    sent = await person.says()
    receipts = await asyncio.gather(*(translated(store, sent, f"{n}") for n in range(10)))
    assert [one.events[0].body["revision"] for one in receipts] == list(range(1, 11))


async def test_a_correction_outranks_the_machine(store: Store, person: Person) -> None:
    sent = await person.says()
    await translated(store, sent, "Allo")
    corrected = await correct(store, sent, "Hello")
    assert corrected.answer["revision"] == 2
    body = corrected.events[0].body
    assert (body["status"], body["text"], body["author"]["name"]) == ("corrected", "Hello", "Eva")
    late = await translated(store, sent, "Allo again", settles=True)
    assert late.events == ()
    assert await store.pending() == []
    stored = await store.message(message_id(sent))
    assert stored is not None
    assert stored.translated == {"en": "corrected"}
    assert (await correct(store, sent, "Hello!")).answer["revision"] == 3


async def test_a_correction_and_the_machine_at_once(store: Store, person: Person) -> None:
    sent = await person.says()
    await asyncio.gather(
        correct(store, sent, "Hello"),
        translated(store, sent, "Allo"),
        translated(store, sent, "Allo allo"),
    )
    stored = await store.message(message_id(sent))
    assert stored is not None
    assert stored.translated == {"en": "corrected"}


async def test_messages_are_pending_until_settled(
    store: Store, open_store: OpenStore, person: Person
) -> None:
    first, second = await person.says("um"), await person.says("dois")
    third = await answer(store, ConversationId(first.answer["conversation_id"]))
    await translated(store, first, "one", settles=False)
    await translated(store, second, "two", settles=True)
    left = await (await open_store()).pending()
    assert [one.message.id for one in left] == [message_id(first), message_id(third)]
    assert left[0].translated == {"en": "translated"}
    await store.append(c.Settle(message_id(first)))
    await store.append(c.Settle(message_id(third)))
    await store.append(c.Settle(message_id(third)))  # repeatable by nature
    assert await store.pending() == []


async def test_written_and_settled_in_one_commit(store: Store, person: Person) -> None:
    sent = await asyncio.gather(*(person.says(f"{number}") for number in range(20)))
    await asyncio.gather(
        *(store.append(c.Settle(message_id(one))) for one in sent), person.says("unsettled")
    )
    assert [one.message.text for one in await store.pending()] == ["unsettled"]


async def test_a_stored_message_says_what_is_known_of_it(store: Store, person: Person) -> None:
    sent = await person.says("Olá")
    before = await store.message(message_id(sent))
    assert before is not None
    assert (before.source, before.translated) == (None, {})
    assert before.cursor == sent.answer["cursor"]
    await judged(store, sent, person.id, "pt")
    await translated(store, sent, "Hello", status="untranslated")
    after = await store.message(message_id(sent))
    assert after is not None
    assert (after.source, after.translated) == ("pt", {"en": "untranslated"})
    assert after.conversation.language == "pt"
    assert after.message.author is not None
    assert after.message.author.id == person.id


async def test_the_newest_finding_is_a_messages_language(store: Store, person: Person) -> None:
    sent = await person.says("ok")
    await judged(store, sent, person.id, "pt")
    await judged(store, sent, person.id, "fi")
    stored = await store.message(message_id(sent))
    assert stored is not None
    assert stored.source == "fi"


async def test_a_belief_is_kept_per_author(store: Store, person: Person) -> None:
    sent = await person.says()
    conversation_id = ConversationId(sent.answer["conversation_id"])
    assert (await store.language_facts(conversation_id, person.id)).state is None
    await judged(store, sent, person.id, "pt", weight=1)
    await judged(store, sent, person.id, "pt", weight=2)
    assert (await store.language_facts(conversation_id, person.id)).state == {"weight": 2}
    assert (await store.language_facts(conversation_id, EVA.id)).state is None


async def test_an_earlier_conversations_language_is_known(store: Store, person: Person) -> None:
    await judged(store, await person.says(), person.id, "fi")
    await person.closes()
    second = ConversationId((await person.says()).answer["conversation_id"])
    facts = await store.language_facts(second, person.id)
    assert (facts.earlier, facts.conversation.language) == ("fi", None)


async def test_detection_does_not_move_a_pin(store: Store, person: Person) -> None:
    sent = await person.says()
    await store.append(c.PinByVisitor(new_id(), person.id, "fi"))
    told = await judged(store, sent, person.id, "pt")
    found = await store.open_conversation(person.id)
    assert found is not None
    assert (found.language, found.pinned) == ("fi", "fi")
    # Clients show what the newest event says.
    body = told.events[0].body
    assert (body["language"], body["source"], body["changed"]) == ("fi", "pinned", False)
    assert body["message_language"] == "pt"


async def test_the_last_messages_come_oldest_first(store: Store, person: Person) -> None:
    sent = [await person.says(f"{number}") for number in range(6)]
    conversation_id = ConversationId(sent[0].answer["conversation_id"])
    last = await store.last_messages(conversation_id, 4)
    assert [one.message.text for one in last] == ["2", "3", "4", "5"]


async def test_results_for_what_is_not_there_are_refused(store: Store) -> None:
    nowhere = ConversationId(new_id())
    made = Translation(MessageId(new_id()), "en", "x", "translated")
    with pytest.raises(Refused) as caught:
        await store.append(c.RecordTranslation(nowhere, made))
    assert caught.value.code == "not_found"
    with pytest.raises(Refused):
        await store.language_facts(nowhere, new_id())


async def test_how_a_translation_came_about_is_kept(store: Store, person: Person) -> None:
    sent = await person.says()
    made = Translation(
        message_id(sent), "en", "Olá", "untranslated", "timed_out", ("pt", "en"), "argos", 12
    )
    conversation_id = ConversationId(sent.answer["conversation_id"])
    receipt = await store.append(c.RecordTranslation(conversation_id, made))
    assert (
        receipt.events[0].wire().items()
        >= {
            "message_id": made.message_id,
            "reason": "timed_out",
            "engine": "argos",
            "ms": 12,
        }.items()
    )
    assert receipt.events[0].body["route"] == ["pt", "en"]
    assert (await person.sees())[-1] == receipt.events[0]
