"""What was said before, looked at again: for somebody who comes to read it, or because the visitor
speaks another language than was thought."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from translate_proxy.commands import RecordLanguage
from translate_proxy.conversation.audience import Audience, Target, missing
from translate_proxy.conversation.work import Work
from translate_proxy.interfaces import LanguageContext, LanguageJudge, Log, Priority
from translate_proxy.model import ConversationId, Language, Operator
from translate_proxy.records import LanguageFacts, StoredMessage

CATCH_UP = 20
"""How many of the newest messages are looked at again."""

Translate = Callable[[StoredMessage, Target, Priority], Coroutine[Any, Any, None]]


class Reconsider:
    """``translate`` has one message translated and appends it; ``append`` waits for the store."""

    def __init__(
        self,
        store: Log,
        judge: LanguageJudge,
        audience: Audience,
        work: Work,
        *,
        translate: Translate,
        append: Callable[[RecordLanguage], Awaitable[None]],
    ) -> None:
        self._store = store
        self._judge = judge
        self._audience = audience
        self._work = work
        self._translate = translate
        self._append = append

    async def again(self, stored: StoredMessage) -> None:
        """Translate one message anew, for everybody it is for."""
        targets = await self._audience.targets(stored.message, stored.conversation)
        for target in targets:
            if stored.translated.get(target.language) != "corrected":
                self._work.spawn(self._translate(stored, target, Priority.LIVE))

    async def translate_last(self, conversation_id: ConversationId, operator: Operator) -> None:
        """The newest messages, for somebody who opens the conversation."""
        target = Target(operator.reads, frozenset(operator.languages))
        for stored in await self._store.last_messages(conversation_id, CATCH_UP):
            author = stored.message.author
            own = author is not None and author.id == operator.id
            if stored.source is None or own or operator.reads in stored.translated:
                continue  # still in its line, or nothing to do
            self._work.spawn(self._translate(stored, target, Priority.HISTORY))

    async def reconsider(
        self, conversation_id: ConversationId, before: StoredMessage | None = None
    ) -> None:
        """The visitor's language turned out to be another: operators' messages are translated
        into it, and the visitor's own messages that now read as another language once more."""
        messages = await self._store.last_messages(conversation_id, CATCH_UP)
        if not messages:
            return
        visitor_id = messages[0].conversation.visitor_id
        facts = await self._store.language_facts(conversation_id, visitor_id)
        context = self._audience.visitor_context(facts)
        for stored in messages:
            if stored.source is None or (before and stored.cursor >= before.cursor):
                continue
            if stored.message.sender == "visitor":
                await self._rejudge(stored, facts, context)
            else:
                targets = await self._audience.targets(stored.message, stored.conversation)
                for target in missing(targets, stored.translated):
                    self._work.spawn(self._translate(stored, target, Priority.HISTORY))

    async def _rejudge(
        self, stored: StoredMessage, facts: LanguageFacts, context: LanguageContext
    ) -> None:
        judgement = await self._judge.judge(
            stored.message.text, context, facts.state, stored.message.language
        )
        found: Language = judgement.message_language
        if found == stored.source:
            return
        await self._append(
            RecordLanguage(
                conversation_id=stored.message.conversation_id,
                of="visitor",
                author_id=stored.conversation.visitor_id,
                message_id=stored.message.id,
                language=context.pinned or facts.conversation.language or judgement.language,
                confidence=judgement.confidence,
                source=judgement.source,
                changed=False,
                message_language=found,
                state=facts.state or {},
            )
        )
        await self.again(replace(stored, source=found))
