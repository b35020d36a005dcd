"""The line between the two sides: finds each message's language, has it translated, and appends
both to the log, after the message itself is stored, acknowledged and shown.

A conversation's messages are judged in order, one at a time; their translations run side by side
and may end in any order. What is not finished stays marked in the store and is taken up again at
the next start, so every message gets its final translation. One that was in hand when the process
died comes last then, and alone; one that was so twice ends ``failed`` (``in_hand``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from translate_proxy.commands import (
    Receipt,
    RecordLanguage,
    RecordTranslation,
    RelayCommand,
    Settle,
)
from translate_proxy.conversation.audience import Audience, Target, missing
from translate_proxy.conversation.in_hand import InHand
from translate_proxy.conversation.line import Lines
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.conversation.reconsider import Reconsider
from translate_proxy.conversation.work import Work, patiently, succeeded
from translate_proxy.interfaces import (
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
    Translation,
)
from translate_proxy.records import LanguageFacts, StoredMessage
from translate_proxy.watchdog import ABOUT

_MOVES = frozenset({"assigned", "transferred"})
TOGETHER_S = 0.25
"""So long what was found of a message waits for its translations, in seconds, to be appended with
them; not when the next message of the conversation needs it."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Care:
    """One message from its turn in the line to its last translation. ``holders``: what is still
    done for it; ``corrected``: what operators have made of its text, by source and target, None
    where nobody asked; ``begun``: the languages it is or was translated into, ``left``: how many of
    these translations have not ended; ``looked``: whether there will be no more of them; ``moved``:
    whether somebody else answers than when it was read, so that beginning early is in vain;
    ``made``: translations that wait to be appended with the language, None when it is on its way;
    ``due``: set when it must not wait any longer."""

    message_id: MessageId
    conversation_id: ConversationId | None = None
    holders: int = 1
    left: int = 0
    looked: bool = False
    settled: bool = False
    moved: bool = False
    corrected: Mapping[tuple[Language, Language], str] | None = None
    begun: set[Language] = field(default_factory=set)
    made: dict[Language, Translation] | None = field(default_factory=dict)
    due: asyncio.Event = field(default_factory=asyncio.Event)

    def keep(self, translation: Translation) -> bool:
        """Have it appended with the language; False when that is on its way already."""
        if self.made is None:
            return False
        self.made[translation.language] = translation
        self.left -= 1
        if not self.left:
            self.due.set()
        return True


class Relay:
    """``deadline_s``: seconds a translation may take before it ends ``timed_out``."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        judge: LanguageJudge,
        translator: Translator,
        audience: Audience,
        *,
        deadline_s: float,
        in_hand: InHand | None = None,
    ) -> None:
        self._log = conversation_log
        self._store = conversation_log.store
        self._judge = judge
        self._translator = translator
        self._audience = audience
        self._deadline_s = deadline_s
        self._in_hand = in_hand or InHand()
        self._ends: dict[MessageId, asyncio.Event] = {}
        self._work = Work()
        self._reconsider = Reconsider(
            self._store,
            judge,
            audience,
            self._work,
            translate=self._translate,
            append=self._append,
        )
        self._lines = Lines(self._work, self._take)
        self._judged_now: dict[ConversationId | None, _Care] = {}
        self._under_way: dict[tuple[MessageId, Language], object] = {}

    async def start(self) -> None:
        """Take up what an earlier run left unfinished, then follow the log."""
        left = await self._store.pending()
        self._in_hand.open({stored.message.id for stored in left})
        suspects = [one for one in left if self._in_hand.deaths(one.message.id)]
        others = [one for one in left if one not in suspects]
        if left:
            log.info("relay.resumed", messages=len(left), suspects=len(suspects))
        taken_up = [self._take_up(stored) for stored in others]
        if suspects:
            self._work.spawn(self._take_up_last(suspects, taken_up))
        self._log.follow(self.follow)

    def _take_up(self, stored: StoredMessage) -> asyncio.Event:
        """Set when nothing is done for the message any more."""
        ended = self._ends[stored.message.id] = asyncio.Event()
        self._lines.enqueue(stored.message.conversation_id, stored.message.id)
        return ended

    async def _take_up_last(
        self, suspects: Iterable[StoredMessage], others: Iterable[asyncio.Event]
    ) -> None:
        """Those that were in hand when the process died: after all others, one at a time."""
        for ended in others:
            await ended.wait()
        for stored in suspects:
            deaths = self._in_hand.deaths(stored.message.id)
            log.warning("relay.suspect", message_id=stored.message.id, deaths=deaths)
            await self._take_up(stored).wait()

    @property
    def unfinished(self) -> int:
        """Lines and translations under way."""
        return len(self._work)

    async def drain(self, timeout_s: float) -> None:
        """Wait for what is under way, at most so long; the rest is taken up at the next start."""
        await self._work.drain(timeout_s)

    async def close(self) -> None:
        """Stop at once, and begin nothing more; nothing is lost, see ``drain``."""
        await self._work.close()
        self._in_hand.close()

    def follow(self, events: Sequence[Event]) -> None:
        """Take messages into their lines; after a pin, look again at what was said; after a claim,
        translate it for who answers now."""
        for event in events:
            if event.type == "message":
                self._lines.enqueue(event.conversation_id, event.body["message"]["id"])
                self._hurry(event.conversation_id)
            elif _is_pin(event):
                self._hurry(event.conversation_id)
                spoken = self._reconsider.in_the_visitors_language(event.conversation_id)
                self._work.spawn(spoken)
            elif event.type in _MOVES and event.owner_after is not None:
                moved = self._reconsider.translate_for(event.conversation_id, event.owner_after)
                self._work.spawn(moved)
                if event.conversation_id in self._judged_now:
                    self._judged_now[event.conversation_id].moved = True
                    self._hurry(event.conversation_id)

    def _hurry(self, conversation_id: ConversationId) -> None:
        if conversation_id in self._judged_now:
            self._judged_now[conversation_id].due.set()

    def catch_up(self, conversation_id: ConversationId, operator: Operator) -> None:
        """Translate the newest messages for somebody who opens the conversation."""
        self._work.spawn(self._reconsider.translate_last(conversation_id, operator))

    async def again(self, stored: StoredMessage) -> None:
        """Translate one message anew, for everybody it is for."""
        await self._reconsider.again(stored)

    # -- one message -----------------------------------------------------------------------

    async def _take(self, message_id: MessageId) -> None:
        care = _Care(message_id)
        ABOUT.set(message_id)
        try:
            await self._care_for(care)
        finally:
            self._judged_now.pop(care.conversation_id, None)
            self._let_go(care)

    def _let_go(self, care: _Care) -> None:
        """One thing less is done for the message."""
        care.holders -= 1
        if care.holders:
            return
        if care.looked and not care.left:
            self._in_hand.put_down(care.message_id)
        else:
            self._in_hand.leave(care.message_id)
        ended = self._ends.pop(care.message_id, None)
        if ended is not None:
            ended.set()

    async def _care_for(self, care: _Care) -> None:
        message_id = care.message_id
        found = await patiently(lambda: self._store.to_judge(message_id))
        if found is None:  # erased meanwhile
            care.looked = True
            return
        care.conversation_id = found[0].conversation.id
        care.corrected = None if found[1] is None else found[1].corrected
        self._judged_now[care.conversation_id] = care
        if self._in_hand.given_up(message_id):
            log.error("relay.given_up", message_id=message_id)
            stored, finding = found[0], None
        else:
            self._in_hand.take(message_id)
            stored, finding = await self._judged(*found)
        if finding is None:
            await self._look(care, stored)
            return
        # The engine does not wait for the commit of what was found, only its result does.
        recorded = self._work.spawn(self._record(care, stored, finding))
        targets = await patiently(
            lambda: self._audience.targets(stored.message, stored.conversation)
        )
        if not (care.looked or care.moved):
            self._begin(care, stored, targets, recorded)
        if not care.left or self._lines.waiting(stored.conversation.id):
            care.due.set()
        if not await succeeded(recorded):  # told; still marked, so the next start takes it up
            return
        if finding.changed and stored.message.sender == "visitor":
            self._work.spawn(self._reconsider.reconsider(stored))

    async def _record(self, care: _Care, stored: StoredMessage, finding: RecordLanguage) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER_S):
                await care.due.wait()
        made, care.made = care.made or {}, None
        settles = bool(made) and not care.left
        together = replace(finding, translations=tuple(made.values()), settles=settles)
        receipt = await self._append(together)
        care.settled = settles
        now = receipt.conversation or stored.conversation
        await self._look(care, replace(stored, conversation=now))

    async def _look(self, care: _Care, stored: StoredMessage) -> None:
        """Whom the message is for, once its language is in the log. Whoever came until then is
        seen here; who comes after it finds the language there and is translated for by ``catch_up``
        or ``follow``."""
        targets = await patiently(
            lambda: self._audience.targets(stored.message, stored.conversation)
        )
        self._begin(care, stored, targets)
        care.looked = True
        if not care.left and not care.settled:
            await self._append(Settle(care.message_id))

    def _begin(
        self,
        care: _Care,
        stored: StoredMessage,
        targets: Sequence[Target],
        recorded: asyncio.Task[None] | None = None,
    ) -> None:
        """The translations that the message needs and that have not begun."""
        for target in missing(targets, stored.translated):
            if target.language in care.begun:
                continue
            care.begun.add(target.language)
            care.left += 1
            care.holders += 1
            task = self._work.spawn(self._translate(stored, target, Priority.LIVE, care, recorded))
            task.add_done_callback(lambda _task: self._let_go(care))  # also of one that never ran

    async def _judged(
        self, stored: StoredMessage, facts: LanguageFacts | None
    ) -> tuple[StoredMessage, RecordLanguage | None]:
        """The message with its language found, the conversation as that leaves it, and what is to
        be recorded of it: nothing where an earlier run has."""
        message = stored.message
        if stored.source is not None or message.author is None or facts is None:
            return stored, None
        context = await patiently(lambda: self._audience.context(message, facts))
        if context is None:
            return stored, None
        judgement = await self._judge.judge(message.text, context, facts.state, message.language)
        conversation, changed = facts.conversation, judgement.changed
        if context.of == "visitor":
            # What a pin, or taking it back, has changed was told and looked after then.
            changed = changed and judgement.language != conversation.language
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
            changed=changed,
            message_language=judgement.message_language,
            state=judgement.state,
            believed=judgement.believed,
        )

    # -- one translation -------------------------------------------------------------------

    async def _translate(
        self,
        stored: StoredMessage,
        target: Target,
        priority: Priority,
        care: _Care | None = None,
        after: asyncio.Task[None] | None = None,
    ) -> None:
        """``care``: of the message that needs it; ``after``: what must be in the log before it."""
        ABOUT.set(stored.message.id)
        under_way = (stored.message.id, target.language)
        if priority is Priority.HISTORY and under_way in self._under_way:
            return
        mine = self._under_way[under_way] = object()
        try:
            result = await self._translated(stored, target, priority, care)
            if priority is Priority.HISTORY and self._under_way.get(under_way) is not mine:
                return  # the message's own translation came to be needed meanwhile
            made = _translation(stored, target, result)
            together = after is not None and care is not None and care.keep(made)
            if await succeeded(after) and not together:
                await self._append_translation(stored, made, care)
        finally:
            if self._under_way.get(under_way) is mine:
                del self._under_way[under_way]

    async def _append_translation(
        self, stored: StoredMessage, made: Translation, care: _Care | None
    ) -> None:
        if care is not None:
            care.left -= 1
        await self._append(
            RecordTranslation(
                conversation_id=stored.message.conversation_id,
                translation=made,
                settles=care is not None and not care.left,
            )
        )

    async def _append(self, command: RelayCommand) -> Receipt:
        return await patiently(lambda: self._log.append(command))

    async def _translated(
        self, stored: StoredMessage, target: Target, priority: Priority, care: _Care | None
    ) -> Translated:
        text = stored.message.text
        site = self._audience.site(stored.conversation.site)
        source = stored.source or stored.message.language
        if self._in_hand.given_up(stored.message.id):
            return Translated(text, "untranslated", "failed")
        if source is None or site is None:
            return Translated(text, "untranslated", "no_route")
        if source in target.same:
            return Translated(text, "same_language")
        corrected = None if care is None else care.corrected
        job = TranslationJob(
            lane=stored.conversation.id,
            site=site.key,
            text=text,
            source=source,
            target=target.language,
            priority=priority,
            deadline_s=self._deadline_s,
            protected_terms=site.protected_terms,
            corrected=None if corrected is None else corrected.get((source, target.language)),
            asked=corrected is not None,
        )
        return await self._translator.translate(job)


def _translation(stored: StoredMessage, target: Target, result: Translated) -> Translation:
    return Translation(
        message_id=stored.message.id,
        language=target.language,
        text=result.text,
        status=result.status,
        reason=result.reason,
        route=result.route,
        engine=result.engine,
        ms=result.ms,
    )


def _is_pin(event: Event) -> bool:
    """A person said what the visitor speaks, or took it back; what the relay finds out names a
    message."""
    return event.type == "language" and "message_id" not in event.body
