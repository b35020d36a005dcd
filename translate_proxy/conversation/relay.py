"""The line between the two sides: finds each message's language, has it translated, and appends
both to the log, after the message itself is stored, acknowledged and shown.

A conversation's messages are judged in order, one at a time; their translations run side by side
and may end in any order. What is not finished stays marked in the store and is taken up again at
the next start, so every message gets its final translation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import Any, TypeVar

import structlog

from translate_proxy.commands import RecordLanguage, RecordTranslation, RelayCommand, Settle
from translate_proxy.conversation.audience import Audience, Target, missing
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.interfaces import (
    LanguageContext,
    LanguageJudge,
    Priority,
    Translated,
    TranslationJob,
    Translator,
)
from translate_proxy.model import (
    ConversationId,
    Event,
    Language,
    MessageId,
    Operator,
    Refused,
    Translation,
)
from translate_proxy.records import LanguageFacts, StoredMessage

CATCH_UP = 20
"""How many of the newest messages are translated when somebody opens a conversation."""
GIVE_WAY_S = 0.005
"""How long a message waits for the judge while senders wait for their acknowledgement. To judge is
to hold the interpreter: at 100 messages a second one after the other doubled what acks took."""
RETRY_S = (0.1, 0.5, 2.0, 5.0)
_MOVES = frozenset({"assigned", "transferred"})

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Line:
    """One conversation's messages on their way to the judge, in order."""

    waiting: deque[MessageId] = field(default_factory=deque)
    running: bool = False
    pinned: bool = False
    """Whether a person has said what the visitor speaks since the last one was taken."""
    moved: bool = False
    """Whether somebody else answers the conversation since the last one was read."""


class Relay:
    """``deadline_s``: seconds a translation may take before it ends ``timed_out``."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        judge: LanguageJudge,
        translator: Translator,
        audience: Audience,
        deadline_s: float,
    ) -> None:
        self._log = conversation_log
        self._store = conversation_log.store
        self._judge = judge
        self._translator = translator
        self._audience = audience
        self._deadline_s = deadline_s
        # One message is judged at a time, over all conversations: more would hardly be faster, they
        # share one interpreter, but who sends a message waits behind them (docs/faults.md). What
        # is known of those that wait is read together meanwhile.
        self._judging = asyncio.Lock()
        self._lines: dict[ConversationId, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Take up what an earlier run left unfinished, then follow the log."""
        left = await self._store.pending()
        if left:
            log.info("relay.resumed", messages=len(left))
        for stored in left:
            self._enqueue(stored.message.conversation_id, stored.message.id)
        self._log.follow(self.follow)

    @property
    def unfinished(self) -> int:
        """Lines and translations under way."""
        return len(self._tasks)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is under way, at most so long; the rest is taken up at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def close(self) -> None:
        """Stop at once, and begin nothing more; nothing is lost, see ``drain``."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def follow(self, events: Sequence[Event]) -> None:
        """Take messages into their lines; after a pin, look again at what was said; after a claim,
        look who answers."""
        for event in events:
            line = self._lines.get(event.conversation_id)
            if event.type == "message":
                self._enqueue(event.conversation_id, event.body["message"]["id"])
            elif _is_pin(event):
                self._spawn(self._reconsider(event.conversation_id))
                if line is not None:
                    line.pinned = True
            elif event.type in _MOVES and line is not None:
                line.moved = True

    def catch_up(self, conversation_id: ConversationId, operator: Operator) -> None:
        """Translate the newest messages for somebody who opens the conversation."""
        self._spawn(self._translate_last(conversation_id, operator))

    async def again(self, stored: StoredMessage) -> None:
        """Translate one message anew, for everybody it is for."""
        targets = await self._audience.targets(stored.message, stored.conversation)
        for target in targets:
            if stored.translated.get(target.language) != "corrected":
                self._spawn(self._translate(stored, target, Priority.LIVE))

    # -- lines -----------------------------------------------------------------------------

    def _enqueue(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        line = self._lines.setdefault(conversation_id, _Line())
        line.waiting.append(message_id)
        if not line.running:
            line.running = True
            self._spawn(self._run_line(conversation_id, line))

    async def _run_line(self, conversation_id: ConversationId, line: _Line) -> None:
        try:
            while line.waiting:
                message_id = line.waiting.popleft()
                try:
                    await self._take(message_id, line)
                except Exception as error:  # noqa: BLE001  (told; others go on now)
                    _tell(error, message_id=message_id)
                if line.pinned:  # what was just taken may not have known it
                    line.pinned = False
                    self._spawn(self._reconsider(conversation_id))
        finally:
            line.running = False
            if not line.waiting:
                self._lines.pop(conversation_id, None)

    async def _take(self, message_id: MessageId, line: _Line) -> None:
        line.moved = False
        found = await self._patiently(lambda: self._store.to_judge(message_id))
        if found is None:  # erased meanwhile
            return
        async with self._judging:
            if self._store.senders:
                await asyncio.sleep(GIVE_WAY_S)
            stored, finding = await self._judged(*found)
        if line.moved:
            stored = await self._patiently(lambda: self._as_it_is_now(stored))
        # The engine does not wait for the commit of what was found, only its result does.
        recorded = None if finding is None else self._spawn(self._append(finding))
        targets = await self._patiently(
            lambda: self._audience.targets(stored.message, stored.conversation)
        )
        left = missing(targets, stored.translated)
        countdown = _Countdown(len(left))
        for target in left:
            self._spawn(self._translate(stored, target, Priority.LIVE, countdown, recorded))
        if not await _succeeded(recorded):  # told; still marked, so the next start takes it up
            return
        if not left:
            await self._append(Settle(message_id))
        if finding is not None and finding.changed and stored.message.sender == "visitor":
            self._spawn(self._reconsider(stored.conversation.id, before=stored))

    async def _as_it_is_now(self, stored: StoredMessage) -> StoredMessage:
        """With whoever answers the conversation now, and the language that was just found."""
        home = await self._store.conversation(stored.conversation.id)
        if home is None:
            return stored
        if stored.message.sender == "visitor":
            home = replace(home, language=stored.conversation.language)
        return replace(stored, conversation=home)

    async def _judged(
        self, stored: StoredMessage, facts: LanguageFacts | None
    ) -> tuple[StoredMessage, RecordLanguage | None]:
        """The message with its language found, the conversation as that leaves it, and what is to
        be recorded of it: nothing where an earlier run has."""
        message = stored.message
        if stored.source is not None or message.author is None or facts is None:
            return stored, None
        context = await self._patiently(lambda: self._audience.context(message, facts))
        if context is None:
            return stored, None
        judgement = await self._judge.judge(message.text, context, facts.state, message.language)
        conversation = facts.conversation
        if context.of == "visitor":
            conversation = replace(conversation, language=judgement.language)
        judged = replace(stored, source=judgement.message_language, conversation=conversation)
        return judged, RecordLanguage(
            conversation_id=message.conversation_id,
            of=context.of,
            author_id=message.author.id,
            message_id=message.id,
            language=judgement.language,
            confidence=judgement.confidence,
            source=judgement.source,
            changed=judgement.changed,
            message_language=judgement.message_language,
            state=judgement.state,
        )

    # -- one translation -------------------------------------------------------------------

    async def _translate(
        self,
        stored: StoredMessage,
        target: Target,
        priority: Priority,
        countdown: _Countdown | None = None,
        after: asyncio.Task[None] | None = None,
    ) -> None:
        """``after``: what must be in the log before the translation."""
        result = await self._translated(stored, target, priority)
        if not await _succeeded(after):
            return
        message_id = stored.message.id
        await self._append(
            RecordTranslation(
                conversation_id=stored.message.conversation_id,
                translation=Translation(
                    message_id=message_id,
                    language=target.language,
                    text=result.text,
                    status=result.status,
                    reason=result.reason,
                    route=result.route,
                    engine=result.engine,
                    ms=result.ms,
                ),
                settles=countdown is not None and countdown.is_last(),
            )
        )

    async def _translated(
        self, stored: StoredMessage, target: Target, priority: Priority
    ) -> Translated:
        text = stored.message.text
        site = self._audience.site(stored.conversation.site)
        source = stored.source or stored.message.language
        if source is None or site is None:
            return Translated(text, "untranslated", "no_route")
        if source in target.same:
            return Translated(text, "same_language")
        job = TranslationJob(
            lane=stored.conversation.id,
            site=site.key,
            text=text,
            source=source,
            target=target.language,
            priority=priority,
            deadline_s=self._deadline_s,
            protected_terms=site.protected_terms,
        )
        return await self._translator.translate(job)

    # -- what was said before --------------------------------------------------------------

    async def _translate_last(self, conversation_id: ConversationId, operator: Operator) -> None:
        target = Target(operator.reads, frozenset(operator.languages))
        for stored in await self._store.last_messages(conversation_id, CATCH_UP):
            author = stored.message.author
            own = author is not None and author.id == operator.id
            if stored.source is None or own or operator.reads in stored.translated:
                continue  # still in its line, or nothing to do
            self._spawn(self._translate(stored, target, Priority.HISTORY))

    async def _reconsider(
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
                    self._spawn(self._translate(stored, target, Priority.HISTORY))

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

    # -- patience --------------------------------------------------------------------------

    async def _append(self, command: RelayCommand) -> None:
        await self._patiently(lambda: self._log.append(command))

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until the store answers: what it refuses for good is not asked for again."""
        pauses = chain(RETRY_S, repeat(RETRY_S[-1]))
        while True:
            try:
                return await attempt()
            except Refused as refusal:
                if refusal.code not in {"unavailable", "overloaded"}:
                    raise
                await asyncio.sleep(next(pauses))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if self._closed:  # appended while we stop: still marked, so the next start takes it up
            task.cancel()
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _tell(error)


async def _succeeded(task: asyncio.Task[None] | None) -> bool:
    """Wait for its end; how it failed has been told."""
    if task is None:
        return True
    await asyncio.wait([task])
    return not task.cancelled() and task.exception() is None


def _tell(error: BaseException, **about: str) -> None:
    """A conversation that was erased meanwhile needs nothing more; anything else is a fault, and
    the next start takes the message up again."""
    if isinstance(error, Refused) and error.code == "not_found":
        log.info("relay.gone", **about)
    else:
        log.error("relay.failed", exc_info=error, **about)


def _is_pin(event: Event) -> bool:
    """A person said what the visitor speaks; what the relay finds out of it names a message."""
    return (
        event.type == "language"
        and event.body["source"] == "pinned"
        and "message_id" not in event.body
    )


class _Countdown:
    """Tells the last of several translations that it is the last."""

    def __init__(self, count: int) -> None:
        self._left = count

    def is_last(self) -> bool:
        """To be asked once by each."""
        self._left -= 1
        return self._left == 0
