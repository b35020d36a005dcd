"""What the store answers with, and what it is told of an arriving visitor: values that cross the
seam of the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from translate_proxy.model import (
    Conversation,
    ConversationId,
    Cursor,
    Event,
    Language,
    Message,
    MessageId,
    Operator,
    OperatorId,
    SiteKey,
    TranslationStatus,
    Visitor,
    VisitorId,
)


@dataclass(frozen=True, slots=True)
class LogPage:
    """Events in cursor order. ``looked_to`` is how far the log was searched: events up to it that
    are not here are not the asker's. ``more``: there are further ones (for history: older
    messages, and for operators notes)."""

    events: tuple[Event, ...]
    looked_to: Cursor
    more: bool


@dataclass(frozen=True, slots=True)
class OperatorView:
    """What an operator's stream is made of: unclaimed conversations of ``sites``, the operator's
    own, and those they have ``opened``."""

    operator_id: OperatorId
    sites: tuple[SiteKey, ...]
    opened: tuple[ConversationId, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with what is known of it: its conversation as it is now, the language it was found
    to be in (None before detection) and the status of its newest translation per language.
    ``pinned``: that language was a pin's, not read in the text."""

    message: Message
    conversation: Conversation
    cursor: Cursor
    source: Language | None
    translated: Mapping[Language, TranslationStatus]
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """What the store knows towards one author's language in one conversation. ``corrected``: what
    operators have made of the message's text, by source and target; None where nobody asked."""

    conversation: Conversation
    visitor: Visitor
    earlier: Language | None
    state: Mapping[str, Any] | None
    corrected: Mapping[tuple[Language, Language], str] | None = None


@dataclass(frozen=True, slots=True)
class VisitorArrival:
    """What a connecting page says of its visitor, already checked. ``visitor_id`` comes from a
    valid token; ``identity_*``, ``name`` and ``email`` of an identity only when it was signed."""

    site: SiteKey
    visitor_id: VisitorId | None
    locale: Language | None
    browser_languages: tuple[Language, ...]
    page_language: Language | None
    page: Mapping[str, Any] | None
    name: str | None = None
    email: str | None = None
    identity_id: str | None = None
    identity_locale: Language | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed: these conversations and so many visitors. ``events`` tell it."""

    conversation_ids: tuple[ConversationId, ...]
    visitors: int
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Silent:
    """How far a site's visitors were looked through for those who never said anything:
    ``removed`` of them, up to ``place`` (last seen, id); ``more``: there are further ones."""

    removed: int
    place: tuple[float, str]
    more: bool


@dataclass(frozen=True, slots=True)
class Staffed:
    """How an operator is after a change. ``events`` tell which conversations wait again."""

    operator: Operator
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who the visitor is. ``changed``: another one than the token said (merged, or not theirs),
    so that the client's timeline is not this visitor's. ``events`` are those of a merge."""

    visitor: Visitor
    conversation: Conversation | None
    changed: bool
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What an operator made of a text. ``original`` is the message's, ``at`` UTC epoch seconds."""

    id: str
    site: SiteKey
    source: Language
    target: Language
    original: str
    text: str
    message_id: MessageId
    operator: str
    at: float


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes the shop: an operator, or without an id whoever has the machine."""

    id: OperatorId | None
    name: str


CONFIGURATION = Editor(None, "the configuration file")
COMMAND_LINE = Editor(None, "the command line")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file does to a part of the shop, and to which of its fields where it is changed."""

    key: str
    action: Literal["created", "changed", "unchanged"]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audited:
    """One change of the shop, at UTC epoch seconds. ``kind`` and ``key`` say of what; ``before``
    and ``after`` hold what is different, all of it where it came or went, and no secrets."""

    id: int
    at: float
    editor: Editor
    action: Literal["created", "changed", "removed"]
    kind: str
    key: str
    site: SiteKey | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
