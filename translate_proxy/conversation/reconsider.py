"""What was said before, looked at again: for somebody who comes to read it, or because the visitor
speaks another language than was thought."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from translate_proxy.commands import RecordLanguage
from translate_proxy.conversation.audience import Audience, Target, missing
from translate_proxy.conversation.work import Work
from translate_proxy.interfaces import Judgement, LanguageJudge, Log, Priority
from translate_proxy.model import ConversationId, Operator, OperatorId
from translate_proxy.records import StoredMessage

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
        append: Callable[[RecordLanguage], Awaitable[object]],
    ) -> None:
        self._store = store
        self._judge = judge
        self._audience = audience
        self._work = work
        self._translate = translate
        self._append = append
        self._looks: dict[ConversationId, object] = {}

    async def again(self, stored: StoredMessage) -> None:
        """Translate one message anew, for everybody it is for."""
        targets = await self._audience.targets(stored.message, stored.conversation)
        for target in targets:
            if stored.translated.get(target.language) != "corrected":
                self._work.spawn(self._translate(stored, target, Priority.LIVE))

    async def translate_last(self, conversation_id: ConversationId, operator: Operator) -> None:
        """The newest messages, for somebody who opens the conversation or answers it now."""
        target = Target(operator.reads, frozenset(operator.languages))
        for stored in await self._store.last_messages(conversation_id, CATCH_UP):
            author = stored.message.author
            own = author is not None and author.id == operator.id
            if stored.source is None or own or operator.reads in stored.translated:
                continue  # still in its line, or nothing to do
            self._work.spawn(self._translate(stored, target, Priority.HISTORY))

    async def translate_for(self, conversation_id: ConversationId, reader: OperatorId) -> None:
        """The same, for whom only the id is known."""
        operator = await self._audience.operator(reader)
        if operator is not None:
            await self.translate_last(conversation_id, operator)

    async def in_the_visitors_language(self, conversation_id: ConversationId) -> None:
        """What the visitor speaks was said, or is not said any more: what operators wrote is
        translated into it. What the visitor wrote stays what it was found to be; only what was
        written under an earlier pin was in its language because of that: it is read again, for
        what it is and not for what is pinned now."""
        messages = await self._store.last_messages(conversation_id, CATCH_UP)
        await self._into_their_language(messages)
        await self._read_again(conversation_id, [one for one in messages if one.pinned])

    async def reconsider(self, changed_by: StoredMessage) -> None:
        """The visitor's language turned out to be another: operators' messages are translated
        into it, and the visitor's own messages before it that now read as another language once
        more. The newest such look replaces those under way: it has all that they have."""
        conversation_id = changed_by.conversation.id
        messages = [
            stored
            for stored in await self._store.last_messages(conversation_id, CATCH_UP)
            if stored.cursor < changed_by.cursor
        ]
        await self._into_their_language(messages)
        await self._read_again(conversation_id, [one for one in messages if not one.pinned])

    async def _read_again(
        self, conversation_id: ConversationId, messages: Sequence[StoredMessage]
    ) -> None:
        """The visitor's messages among these, with what is known now."""
        look = self._looks[conversation_id] = object()
        theirs = [one for one in messages if one.source and one.message.sender == "visitor"]
        try:
            if not theirs:
                return
            visitor_id = theirs[0].conversation.visitor_id  # merged meanwhile, perhaps
            facts = await self._store.language_facts(conversation_id, visitor_id)
            context = self._audience.visitor_context(facts)
            for stored in theirs:
                if context.pinned is not None and not stored.pinned:
                    continue  # pinned meanwhile
                asked = replace(context, pinned=None) if stored.pinned else context
                found = await self._judge.judge(
                    stored.message.text, asked, facts.state, stored.message.language
                )
                if self._looks.get(conversation_id) is not look:
                    return
                if found.message_language != stored.source:
                    await self._found_anew(stored, found)
        finally:
            if self._looks.get(conversation_id) is look:
                del self._looks[conversation_id]

    async def _into_their_language(self, messages: Sequence[StoredMessage]) -> None:
        for stored in messages:
            if stored.source is None or stored.message.sender == "visitor":
                continue
            targets = await self._audience.targets(stored.message, stored.conversation)
            for target in missing(targets, stored.translated):
                self._work.spawn(self._translate(stored, target, Priority.HISTORY))

    async def _found_anew(self, stored: StoredMessage, found: Judgement) -> None:
        await self._append(
            RecordLanguage(
                conversation_id=stored.message.conversation_id,
                of="visitor",
                author_id=stored.conversation.visitor_id,
                message_id=stored.message.id,
                language=found.language,
                confidence=found.confidence,
                source=found.source,
                changed=False,
                message_language=found.message_language,
                state=None,
            )
        )
        await self.again(replace(stored, source=found.message_language))
