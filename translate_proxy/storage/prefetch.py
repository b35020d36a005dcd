"""Reads together what the commands of one batch will ask for one by one."""

from __future__ import annotations

from collections.abc import Sequence

from translate_proxy import commands as c
from translate_proxy.model import SiteKey, VisitorId
from translate_proxy.storage.corrections import text_key
from translate_proxy.storage.heard import know
from translate_proxy.storage.transaction import Transaction


def prefetch(transaction: Transaction, commands: Sequence[c.Command]) -> None:
    """Nothing depends on it: what is not known is read when it is asked for."""
    visitors: set[str] = set()
    conversations: set[str] = set()
    answers: list[tuple[str, str]] = []
    translations: list[tuple[str, str]] = []
    written: list[tuple[VisitorId, SiteKey, str]] = []
    for command in commands:
        if isinstance(command, c.RecordTranslation):
            conversations.add(command.conversation_id)
            made = command.translation
            translations.append((made.message_id, made.language))
        elif isinstance(command, c.RecordLanguage):
            conversations.add(command.conversation_id)
            translations += [(one.message_id, one.language) for one in command.translations]
        elif isinstance(command, c.VisitorCommand):
            visitors.add(command.visitor_id)
            if isinstance(command, c.SendVisitorMessage):
                written.append((command.visitor_id, command.site, command.text))
            answers.append((command.visitor_id, command.client_id))
        elif not isinstance(command, c.Settle):
            answers.append((command.operator.id, command.client_id))
            if not isinstance(command, c.Correct | c.Redact):
                conversations.add(command.conversation_id)
    transaction.know_answers(answers)
    transaction.know_visitors(visitors)
    transaction.know_open(visitors)
    transaction.know_conversations(conversations)
    transaction.know_translations(translations)
    if written:
        homes = {transaction.open_conversation(visitor_id) for visitor_id, _, _ in written}
        texts = {(site, text_key(text)) for _, site, text in written}
        know(transaction, [home.id for home in homes if home is not None], texts)
