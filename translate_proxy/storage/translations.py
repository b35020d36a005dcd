"""What the relay appends: languages found, translations made, messages settled."""

from __future__ import annotations

from typing import Any

from translate_proxy.commands import (
    Receipt,
    RecordLanguage,
    RecordTranslation,
    RelayCommand,
    Settle,
)
from translate_proxy.model import Conversation, ConversationId, MessageId, Translation
from translate_proxy.storage.transaction import Transaction


def record(transaction: Transaction, command: RelayCommand) -> Receipt:
    """Run one of the relay's commands."""
    conversation: Conversation | None = None
    if isinstance(command, RecordLanguage):
        _record_language(transaction, command)
        for translation in command.translations:
            _record_translation(transaction, command.conversation_id, translation)
        conversation = transaction.conversation(command.conversation_id)
    elif isinstance(command, RecordTranslation):
        _record_translation(transaction, command.conversation_id, command.translation)
    if isinstance(command, Settle):
        transaction.settle(command.message_id)
    elif command.settles:
        transaction.settle(_about(command))
    return Receipt(events=transaction.take_events(), conversation=conversation)


def _about(command: RecordLanguage | RecordTranslation) -> MessageId:
    if isinstance(command, RecordLanguage):
        return command.message_id
    return command.translation.message_id


def _record_language(transaction: Transaction, command: RecordLanguage) -> None:
    conversation = transaction.conversation(command.conversation_id)
    body: dict[str, Any] = {
        "of": command.of,
        "author_id": command.author_id,
        "language": command.language,
        "confidence": round(command.confidence, 4),
        "source": command.source,
        "changed": command.changed,
        "message_language": command.message_language,
        "message_id": command.message_id,
    }
    if command.of == "visitor" and conversation.pinned is not None:
        # Perhaps since the message was judged. Clients go by the newest event: what was found
        # before must not take back what a person has said, and that has been told already.
        body |= {"language": conversation.pinned, "source": "pinned"}
        body |= {"confidence": 1.0, "changed": False}
    elif command.state is None and conversation.language is not None:
        body |= {"language": conversation.language, "changed": False}
    transaction.emit(conversation, "language", body, message_id=command.message_id)
    values: dict[str, Any] = {}
    if command.state is not None:
        if command.of == "visitor":
            values["language"] = command.believed or command.language
        transaction.believe(conversation.id, command.author_id, command.state)
    transaction.change_conversation(conversation.id, **values)


def _record_translation(
    transaction: Transaction, conversation_id: ConversationId, translation: Translation
) -> None:
    conversation = transaction.conversation(conversation_id)
    message_id, language = translation.message_id, translation.language
    if transaction.takes_translation(message_id, language):
        revision, _ = transaction.newest_translation(message_id, language)
        body: dict[str, Any] = {
            "message_id": message_id,
            "language": language,
            "revision": revision + 1,
            "text": translation.text,
            "status": translation.status,
            "route": list(translation.route),
            "engine": translation.engine,
            "ms": translation.ms,
        }
        if translation.reason is not None:
            body["reason"] = translation.reason
        transaction.emit(
            conversation,
            "translation",
            body,
            message_id=message_id,
            language=language,
        )
        transaction.change_conversation(conversation.id)
