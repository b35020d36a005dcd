"""What the relay will ask of a new message, read along with the message's own append.

The transaction that appends it knows the conversation and the visitor already; what else is known
towards the author's language, and what operators have made of the same text, costs a statement for
a whole batch. So the relay need not read each message again a moment later. It is true as long as
nothing else happens in the conversation: then the store is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from translate_proxy.commands import Receipt, RecordLanguage, RecordTranslation, RelayCommand
from translate_proxy.model import Conversation, ConversationId, Event, MessageId, Refused
from translate_proxy.records import LanguageFacts, StoredMessage
from translate_proxy.storage import corrections, quick, reads
from translate_proxy.storage.transaction import Transaction

MOST = 1024
"""Messages remembered at the same time; nobody asks for those of a store without a relay."""

Found = tuple[StoredMessage, LanguageFacts | None]


class Heard:
    """The newest messages with what is known of them, until they are asked for. To be told of
    every commit, in their order."""

    def __init__(self) -> None:
        self._found: dict[MessageId, Found] = {}

    def take(self, message_id: MessageId) -> Found | None:
        """What ``to_judge`` would answer; None where that has to be read."""
        return self._found.pop(message_id, None)

    def told(self, events: Sequence[Event], found: Found | None) -> None:
        """An append has been committed; ``found``: of the message among its events."""
        for event in events:
            if event.type != "message" and self._found:
                self._outdate(event.conversation_id)
        if found is not None:
            if len(self._found) >= MOST:
                self._found.clear()
            self._found[found[0].message.id] = found

    def recorded(self, command: RelayCommand, receipt: Receipt) -> None:
        """The relay has recorded what it found of a message: those that wait behind it in the
        conversation are judged by that."""
        if isinstance(command, RecordTranslation):
            self._found.pop(command.translation.message_id, None)
            return
        self._found.pop(command.message_id, None)
        now = receipt.conversation
        if isinstance(command, RecordLanguage) and now is not None:
            for id_ in self._of(now.id):
                self._found[id_] = _judged_by(self._found[id_], command, now)

    def forget(self) -> None:
        """Something else has been committed: visitors, sites, operators."""
        self._found.clear()

    def _outdate(self, conversation_id: ConversationId) -> None:
        for id_ in self._of(conversation_id):
            del self._found[id_]

    def _of(self, conversation_id: ConversationId) -> Sequence[MessageId]:
        return [
            id_ for id_, (one, _) in self._found.items() if one.conversation.id == conversation_id
        ]


def _judged_by(found: Found, command: RecordLanguage, now: Conversation) -> Found:
    stored, facts = found
    if facts is not None:
        author = stored.message.author
        theirs = author is not None and author.id == command.author_id
        state = command.state if theirs and command.state is not None else facts.state
        facts = replace(facts, conversation=now, state=state)
    return replace(stored, conversation=now), facts


def know(
    transaction: Transaction, conversations: Iterable[str], texts: Collection[corrections.Text]
) -> None:
    """Read together what is known towards the languages of these conversations, and what was made
    of these texts."""
    missing = [id_ for id_ in conversations if id_ not in transaction.earlier]
    if missing:
        asked = {"wanted": missing}
        transaction.earlier.update(dict.fromkeys(missing))
        for row in quick.rows(transaction.connection, reads.EARLIER_LANGUAGES, asked):
            transaction.earlier[row.id] = row.language
        for row in quick.rows(transaction.connection, reads.BELIEFS, asked):
            transaction.states.setdefault((row.conversation_id, row.author_id), row.state)
    unread = [text for text in texts if text not in transaction.corrected]
    if unread:
        transaction.corrected.update(corrections.made_of(transaction.connection, unread))


def heard(transaction: Transaction, receipt: Receipt) -> Found | None:
    """The message that was appended, with what is known of it; None without one."""
    event: Any = next((one for one in receipt.events if one.type == "message"), None)
    if event is None:
        return None
    conversation = transaction.conversation(event.conversation_id)
    stored = reads.stored_of([event], {conversation.id: conversation})
    author = stored.message.author
    if author is None:
        return stored, None
    try:
        visitor = reads.visitor_of(transaction.visitor(conversation.visitor_id))
    except Refused:
        return None
    text = (conversation.site, corrections.text_key(stored.message.text))
    know(transaction, [conversation.id], [text])
    facts = LanguageFacts(
        conversation,
        visitor,
        transaction.earlier[conversation.id],
        transaction.states.get((conversation.id, author.id)),
        transaction.corrected[text],
    )
    return stored, facts
