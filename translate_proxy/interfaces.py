"""Every seam on one screen: what the rooms promise each other. Put together in ``app``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

from translate_proxy.commands import Command, OperatorChange, Receipt
from translate_proxy.model import (
    Conversation,
    ConversationId,
    ConversationOrder,
    ConversationStatus,
    Cursor,
    Language,
    LanguageSource,
    MessageId,
    Operator,
    OperatorId,
    Session,
    Shop,
    Side,
    Site,
    SiteKey,
    TranslationStatus,
    UntranslatedReason,
    Visitor,
    VisitorId,
)
from translate_proxy.records import (
    COMMAND_LINE,
    Arrived,
    Correction,
    Editor,
    Erased,
    LanguageFacts,
    LogPage,
    OperatorView,
    Silent,
    Staffed,
    StoredMessage,
    VisitorArrival,
)

Wake = Callable[[ConversationId, Cursor], None]
"""Says that the log has grown. Carries no payload, may be lost, never blocks or raises."""

Clock = Callable[[], float]


# -- the log: everything a client must see --------------------------------------------------


class Log(Protocol):
    """The append-only log and the state that follows from it.

    Every method may raise Refused ``unavailable`` (store out of reach); ``append`` also
    ``overloaded`` (its queue is full) and what the command's docstring says.
    """

    async def append(
        self, command: Command, told: Callable[[Receipt], None] | None = None
    ) -> Receipt:
        """Returns after the commit. ``told`` is given the receipt too, in commit order and also
        when the caller has stopped waiting by then; it must not raise."""
        ...

    async def head(self) -> tuple[str, Cursor]:
        """The log's id and its newest cursor."""
        ...

    async def read_visitor(self, visitor_id: VisitorId, after: Cursor, limit: int) -> LogPage:
        """What this visitor may see after a cursor, oldest first."""
        ...

    async def read_operator(self, view: OperatorView, after: Cursor, limit: int) -> LogPage:
        """An operator's stream after a cursor: unclaimed, own and opened conversations."""
        ...

    async def history(
        self,
        of: VisitorId | ConversationId,
        side: Side,
        before: Cursor | None,
        limit: int,
    ) -> LogPage:
        """The newest ``limit`` events before a cursor: of a visitor (``side`` visitor, without
        what operators alone see) or of one conversation (``side`` operator)."""
        ...

    async def recent(self, visitor_id: VisitorId, messages: int) -> LogPage:
        """Everything since the ``messages``-th last message of the open conversation."""
        ...

    async def conversation(self, conversation_id: ConversationId) -> Conversation | None:
        """One conversation."""
        ...

    async def open_conversation(self, visitor_id: VisitorId) -> Conversation | None:
        """The visitor's conversation that is not closed."""
        ...

    async def visitor(self, visitor_id: VisitorId) -> Visitor | None:
        """One visitor; the one they were merged into, if they were."""
        ...

    async def arrive(
        self, arrival: VisitorArrival, told: Callable[[Arrived], None] | None = None
    ) -> Arrived:
        """Find, make or merge the visitor of a connection. ``told`` as in ``append``."""
        ...

    async def update_page(
        self, visitor_id: VisitorId, page: Mapping[str, Any], locale: Language | None = None
    ) -> None:
        """Where the visitor is now; ``locale`` and the page's ``lang`` are what they are taken to
        speak from now on, where they are told."""

    async def message(self, message_id: MessageId) -> StoredMessage | None:
        """One message."""
        ...

    async def last_messages(
        self, conversation_id: ConversationId, limit: int
    ) -> Sequence[StoredMessage]:
        """The newest messages of a conversation, oldest first."""
        ...

    async def pending(self) -> Sequence[StoredMessage]:
        """Messages that still need a final translation, oldest first."""
        ...

    async def language_facts(
        self, conversation_id: ConversationId, author_id: str
    ) -> LanguageFacts:
        """Refused ``not_found`` for an unknown conversation."""
        ...

    async def to_judge(
        self, message_id: MessageId
    ) -> tuple[StoredMessage, LanguageFacts | None] | None:
        """A message with what is known towards its author's language (None for system texts), read
        together. None when there is no such message, or its visitor is gone."""
        ...


# -- language: which language is this? ---------------------------------------------------


class Detector(Protocol):
    """Gives each candidate a probability. Called on the one detection thread, never on the loop."""

    name: str

    def warm(self, candidates: Sequence[Language]) -> None:
        """Load what the candidates need, so that the first message does not pay for it."""

    def probabilities(self, text: str, candidates: Sequence[Language]) -> Mapping[Language, float]:
        """Probabilities over ``candidates``; they sum to at most 1, the rest is "other"."""


@dataclass(frozen=True, slots=True)
class LanguageContext:
    """What is known besides the text. Every tag but ``candidates`` may be anything a browser sends.

    ``candidates`` are the configured tags, the only possible answers.
    """

    of: Side
    candidates: tuple[Language, ...]
    default: Language
    pinned: Language | None = None
    identity: Language | None = None
    earlier: Language | None = None
    page: Language | None = None
    browser: tuple[Language, ...] = ()
    protected_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a conversation's side speaks after one more message.

    ``language`` is the belief (what the ``language`` event says), ``message_language`` that of this
    very message (what it is translated from). ``state`` is JSON and comes back with the next call.
    ``believed`` is what ``language`` would be without a pin.
    """

    language: Language
    confidence: float
    source: LanguageSource
    changed: bool
    message_language: Language
    state: Mapping[str, Any] = field(default_factory=dict)
    believed: Language | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a detector makes of one sentence: a probability for each candidate (they sum to at most
    1), and how many words of usual length carry language in it."""

    found: Mapping[Language, float]
    words: float


Look = Callable[[str, LanguageContext], Awaitable[Sequence[Seen]]]
"""A text's sentences as the detector sees them; nothing where it fails or takes too long. Never
raises for any text."""


class LanguageJudge(Protocol):
    """The conversation's belief. One call at a time per conversation and author."""

    async def judge(
        self,
        text: str | None,
        context: LanguageContext,
        state: Mapping[str, Any] | None,
        declared: Language | None = None,
    ) -> Judgement:
        """Weigh one message (``None``: only what the context says, e.g. after a pin).

        ``declared`` is the client's own word on this message: evidence, not a pin. Never raises
        for any text; a failing detector leaves the prior.
        """
        ...

    async def start(self, candidates: Sequence[Language]) -> None:
        """Warm the detectors."""

    async def close(self) -> None:
        """Stop the detection thread."""


# -- translation: the same text in another language ---------------------------------------


class Priority(IntEnum):
    """Who goes first when the engine is busy; lower is sooner."""

    LIVE = 0
    PREVIEW = 1
    HISTORY = 2
    API = 3


@dataclass(frozen=True, slots=True)
class TranslationJob:
    """One text for one language. ``lane`` is the conversation (or API key) that shares fairly
    with others; ``deadline_s`` seconds from now after which the result is ``timed_out``.
    ``corrected``: what an operator has made of this text, if they have; whoever translates asks
    for it unless ``asked``. Without ``keep`` the answer is not remembered (text never sent)."""

    lane: str
    site: SiteKey
    text: str
    source: Language
    target: Language
    priority: Priority = Priority.LIVE
    deadline_s: float = 30.0
    protected_terms: tuple[str, ...] = ()
    corrected: str | None = None
    asked: bool = False
    keep: bool = True


@dataclass(frozen=True, slots=True)
class Translated:
    """The outcome. ``untranslated`` carries the original text and a reason."""

    text: str
    status: TranslationStatus
    reason: UntranslatedReason | None = None
    route: tuple[Language, ...] = ()
    engine: str | None = None
    ms: int = 0


class Translator(Protocol):
    """Everything between a message and its translation: guard, phrases, memory, routes, batches."""

    async def translate(self, job: TranslationJob) -> Translated:
        """Never raises for anything the engine or the text does; cancelling the call cancels
        the job."""
        ...

    def route(self, source: Language, target: Language) -> tuple[Language, ...] | None:
        """The route that would be used, ``(source, ..., target)``; None without one."""
        ...

    def pairs(self) -> Sequence[PairStatus]:
        """Every installed or configured pair, for ``doctor``, health, API and console."""
        ...

    async def start(self) -> None:
        """Read the installed packages and warm the configured routes. A model that fails to
        load is reported by ``pairs``, it does not stop the start."""

    async def close(self) -> None:
        """Refuse new jobs, let running batches end, free the models."""

    async def refresh(self) -> None:
        """Packages have been installed or removed: they count from the next message on."""

    async def forget(self) -> None:
        """Empty every cache, whole (after an erasure); returns when nothing of it is left."""


@dataclass(frozen=True, slots=True)
class PairStatus:
    """One direction. ``problem`` is one sentence, None when it works."""

    source: Language
    target: Language
    engine: str
    version: str | None
    configured: bool
    loaded: bool
    problem: str | None = None


# -- accounts: who may answer ---------------------------------------------------------------


class Accounts(Protocol):
    """Operators and their sessions, as the store keeps them. Demo rows are invisible without
    ``--demo``: the store leaves them out of every answer."""

    async def operator(self, operator_id: OperatorId) -> Operator | None:
        """One operator, disabled or not; None when there is none (any more)."""
        ...

    async def operator_by_email(self, email: str) -> tuple[Operator, str] | None:
        """The operator, disabled or not, and the password hash; ``email`` in any case."""
        ...

    async def operators(self, *, disabled: bool = False) -> Sequence[Operator]:
        """Everyone who may sign in, by name; with ``disabled`` also those who may not."""
        ...

    async def add_operator(
        self, operator: Operator, password_hash: str, by: Editor = COMMAND_LINE
    ) -> None:
        """Refused ``conflict`` when the e-mail address is taken."""

    async def change_operator(
        self,
        email: str,
        change: OperatorChange,
        by: Editor = COMMAND_LINE,
        revision: int | None = None,
    ) -> Staffed:
        """Change an operator and end their sessions. Open conversations of theirs that they cannot
        answer any more wait again, which the events tell. ``revision``: only while it is this one.
        Refused ``not_found``, ``Stale``, or ``forbidden`` when nobody would be left who administers
        all sites."""
        ...

    async def remove_operator(
        self, email: str, by: Editor = COMMAND_LINE, revision: int | None = None
    ) -> Staffed:
        """The same for one who leaves; what they wrote stays, under their name."""
        ...

    async def set_password_hash(self, operator_id: OperatorId, password_hash: str) -> None:
        """Replace the hash (a re-hash with newer parameters, or a new password)."""

    async def add_session(self, session: Session) -> None:
        """Store a new session. Refused ``unauthorized`` when the operator has gone meanwhile."""

    async def session(self, token_hash: str) -> Session | None:
        """The session, expired or not; None when unknown or revoked."""
        ...

    async def end_session(self, token_hash: str) -> None:
        """Revoke; unknown ones are ignored."""

    async def end_sessions_of(self, operator_id: OperatorId) -> None:
        """Revoke all of an operator."""


# -- what web/ and sockets/ need of the running server ----------------------------------------


class Readiness(Protocol):
    """Whether requests can be served; made by ``lifecycle``."""

    @property
    def state(self) -> str:
        """``starting``, ``ready`` or ``draining``."""
        ...

    async def problems(self) -> Sequence[str]:
        """Why the server is not ready, one sentence each (store unusable, a configured model
        that fails to load); empty when it is."""
        ...

    def warnings(self) -> Sequence[str]:
        """What works less than it could: missing routes, one sentence each."""
        ...


class Conversations(Protocol):
    """Lists for the console and the API."""

    async def summary(
        self, operator: Operator, conversation_id: ConversationId
    ) -> Mapping[str, Any] | None:
        """One conversation this operator may see, in wire form; None otherwise."""
        ...

    async def waiting_count(self, operator: Operator) -> int:
        """How many conversations of the operator's sites wait."""
        ...

    async def queue_of(self, site: SiteKey) -> Sequence[VisitorId]:
        """Whose conversations wait on a site, the one that waits longest first."""
        ...

    async def summaries(
        self,
        operator: Operator,
        status: ConversationStatus | None = None,
        before: Cursor | None = None,
        limit: int = 50,
        order: ConversationOrder = "activity",
    ) -> Sequence[Mapping[str, Any]]:
        """Conversations this operator may see, newest activity first, in wire form
        (``docs/protocol.md``, "Conversation summaries"). ``before``: only those after the one
        with this ``cursor``. In the order ``waiting``: only those that wait, the longest first."""
        ...

    async def preview_target(
        self, operator: Operator, conversation_id: ConversationId
    ) -> tuple[Site, Language]:
        """The site and the visitor's language of a conversation this operator may see;
        Refused ``not_found`` otherwise."""
        ...

    def shop(self) -> Shop:
        """What the shop is now."""
        ...


class Corrections(Protocol):
    """What operators made of translations, for the same texts of the same site."""

    async def correction(
        self, site: SiteKey, source: Language, target: Language, text: str
    ) -> str | None:
        """The newest for this whole text, apart from case, white space and the full stop."""
        ...

    async def corrections(self, site: SiteKey | None = None) -> Sequence[Correction]:
        """All of them, or those of one site, oldest first."""
        ...

    async def change_correction(self, id_: str, text: str) -> None:
        """Other words from the next time on; Refused ``not_found``."""

    async def remove_correction(self, id_: str) -> None:
        """Forget one; Refused ``not_found``."""


class Keeping(Protocol):
    """What is kept of people, how long, and the copy that is kept of everything."""

    async def find_visitors(self, text: str) -> Sequence[Visitor]:
        """Whoever has this id, e-mail address or signed identity."""
        ...

    async def export(self, visitor_id: VisitorId) -> Mapping[str, Any]:
        """Everything stored of a visitor, as plain JSON; Refused ``not_found``."""
        ...

    async def erase(self, visitor_id: VisitorId) -> Erased:
        """Remove a visitor and all that was said with them; Refused ``not_found``."""
        ...

    async def expire(self, site: SiteKey, before: float, limit: int) -> Erased:
        """Remove at most ``limit`` conversations closed before a time (UTC epoch seconds), and as
        many visitors without a conversation who were last seen before it."""
        ...

    async def expire_silent(
        self, site: SiteKey, before: float, after: tuple[float, str], limit: int
    ) -> Silent:
        """Of at most ``limit`` visitors of a site who were last seen before a time (UTC epoch
        seconds), looked at from the place ``after`` on, remove those without a conversation."""
        ...

    async def known_sites(self) -> Sequence[SiteKey]:
        """Every site that anything is kept of, configured or not any more."""
        ...

    async def retention(self) -> Mapping[SiteKey, int]:
        """Days that closed conversations are kept, of the sites that limit it."""
        ...

    async def scrub(self) -> bool:
        """Leave nothing of removed rows in the database's own files; False while somebody who
        reads them prevents it."""
        ...

    async def backup(self, file: Path) -> None:
        """A consistent copy of the embedded database in a new file, while appends go on. Refused
        ``bad_request`` when the file exists or the database is not embedded."""

    async def renew_log(self) -> str:
        """Give the log a new id: every client starts anew. Returns the id."""
        ...


Report = Callable[[Mapping[str, Any]], None]
"""Progress of long work: ``{"step", "pair"?, "bytes" or "done"?, "of"?}``; may be called often."""


class Administration(Protocol):
    """What an administrator may do, by command: the same for the command line and HTTP."""

    async def run(self, command: str, arguments: Mapping[str, Any], report: Report) -> Any:
        """The command's answer, plain JSON; Refused when it cannot be done. ``report`` is told of
        progress, on the event loop."""
        ...

    async def receive(self, chunks: AsyncIterator[bytes]) -> str:
        """Keep an uploaded package for ``models.install_received``; its name. Refused ``too_long``
        when there is no end to it, ``unavailable`` when it cannot be kept."""
        ...

    def discard(self, name: str) -> None:
        """Throw away what was received and will not be installed."""


class Store(Log, Accounts, Conversations, Corrections, Keeping, Protocol):
    """Everything that is kept."""

    async def check(self, now: float | None = None) -> None:
        """Refused ``unavailable`` when an append could not be made now. A commit: ``now`` is kept
        with it as the time of the last use, unless it is in doubt (None)."""

    @property
    def failing(self) -> bool:
        """Whether the newest write could not be made, whoever asked for it."""
        ...

    @property
    def last_used(self) -> float | None:
        """The newest time that the database knew when it was opened, in UTC epoch seconds; None
        for a new one."""
        ...

    @property
    def waiting(self) -> int:
        """Appends that wait for their commit."""
        ...
