"""The messages of each conversation on their way to the judge: in order, one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from translate_proxy.conversation.work import Work, tell
from translate_proxy.model import ConversationId, MessageId


@dataclass(slots=True)
class Line:
    """One conversation's."""

    waiting: deque[MessageId] = field(default_factory=deque)
    running: bool = False
    pinned: bool = False
    """Whether a person has said what the visitor speaks since the last one was taken."""
    moved: bool = False
    """Whether somebody else answers the conversation since the last one was read."""


class Lines:
    """``take`` is given each message; ``again`` looks at a conversation that was pinned while one
    of its messages was taken."""

    def __init__(
        self,
        work: Work,
        take: Callable[[MessageId, Line], Awaitable[None]],
        again: Callable[[ConversationId], Awaitable[None]],
    ) -> None:
        self._work = work
        self._take = take
        self._again = again
        self._lines: dict[ConversationId, Line] = {}

    def get(self, conversation_id: ConversationId) -> Line | None:
        """The line of a conversation in which something waits or is taken."""
        return self._lines.get(conversation_id)

    def enqueue(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Take it after those that came before."""
        line = self._lines.setdefault(conversation_id, Line())
        line.waiting.append(message_id)
        if not line.running:
            line.running = True
            self._work.spawn(self._run(conversation_id, line))

    async def _run(self, conversation_id: ConversationId, line: Line) -> None:
        try:
            while line.waiting:
                message_id = line.waiting.popleft()
                try:
                    await self._take(message_id, line)
                except Exception as error:  # noqa: BLE001  (told; others go on now)
                    tell(error, message_id=message_id)
                if line.pinned:  # what was just taken may not have known it
                    line.pinned = False
                    self._work.spawn(self._look_again(conversation_id))
        finally:
            line.running = False
            if not line.waiting:
                self._lines.pop(conversation_id, None)

    async def _look_again(self, conversation_id: ConversationId) -> None:
        await self._again(conversation_id)
