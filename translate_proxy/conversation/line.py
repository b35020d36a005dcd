"""The messages of each conversation on their way to the judge: in order, one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from translate_proxy.conversation.work import Work, tell
from translate_proxy.model import ConversationId, MessageId


@dataclass(slots=True)
class _Line:
    """One conversation's."""

    waiting: deque[MessageId] = field(default_factory=deque)
    running: bool = False


class Lines:
    """``take`` is given each message; the next one's turn is when it returns."""

    def __init__(self, work: Work, take: Callable[[MessageId], Awaitable[None]]) -> None:
        self._work = work
        self._take = take
        self._lines: dict[ConversationId, _Line] = {}

    def enqueue(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Take it after those that came before."""
        line = self._lines.setdefault(conversation_id, _Line())
        line.waiting.append(message_id)
        if not line.running:
            line.running = True
            self._work.spawn(self._run(conversation_id, line))

    def waiting(self, conversation_id: ConversationId) -> bool:
        """Whether messages of it wait for the one whose turn it is."""
        line = self._lines.get(conversation_id)
        return line is not None and bool(line.waiting)

    async def _run(self, conversation_id: ConversationId, line: _Line) -> None:
        try:
            while line.waiting:
                message_id = line.waiting.popleft()
                try:
                    await self._take(message_id)
                except Exception as error:  # noqa: BLE001  (told; others go on now)
                    tell(error, message_id=message_id)
        finally:
            line.running = False
            if not line.waiting:
                self._lines.pop(conversation_id, None)
