"""What the product speaks of: frozen values, no behaviour beyond their own consistency.

Imports nothing of ours. Times are UTC epoch seconds (float) inside and RFC 3339 with
milliseconds on the wire; cursors are integers below 2**53; ids are lower-case UUID strings;
languages are the BCP 47 tags that were configured, never rewritten.
"""

from __future__ import annotations

import functools
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NewType

import msgspec

ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
VisitorId = NewType("VisitorId", str)
OperatorId = NewType("OperatorId", str)
SiteKey = NewType("SiteKey", str)
Cursor = NewType("Cursor", int)
Language = str

Role = Literal["operator", "supervisor", "admin"]
Manager = Literal["file", "console"]
"""Where a part of the shop is changed: only in the configuration file, or only over the API."""
Side = Literal["visitor", "operator"]
Sender = Literal["visitor", "operator", "system"]
ConversationStatus = Literal["waiting", "assigned", "closed"]
ConversationOrder = Literal["activity", "waiting"]
Availability = Literal["online", "away", "offline"]
TranslationStatus = Literal["translated", "same_language", "phrase", "corrected", "untranslated"]
UntranslatedReason = Literal[
    "no_route", "failed", "timed_out", "overloaded", "unsafe_output", "too_long"
]
LanguageSource = Literal["pinned", "detected", "prior"]
ErrorCode = Literal[
    "bad_request",
    "unsupported_version",
    "unknown_event",
    "unknown_site",
    "origin_not_allowed",
    "bad_token",
    "bad_identity",
    "unauthorized",
    "forbidden",
    "not_found",
    "already_claimed",
    "conflict",
    "managed_by_file",
    "closed",
    "empty",
    "too_long",
    "rate_limited",
    "overloaded",
    "unavailable",
    "internal",
]


OPERATORS_ONLY: frozenset[str] = frozenset({"note"})
"""Event types that a visitor never sees; the store's queries and live delivery both ask here."""


def new_id() -> str:
    """A fresh random id, a lower-case UUID string."""
    return str(uuid.uuid4())


@functools.lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339(at: float) -> str:
    """UTC epoch seconds as RFC 3339 with milliseconds: ``2026-01-02T03:04:05.678Z``."""
    at = round(at, 3)
    second = math.floor(at)
    return f"{_second(second)}.{round((at - second) * 1000):03d}Z"


class Refused(Exception):  # noqa: N818  (it is an answer, not a fault)
    """A request the contract answers with an error code.

    ``code`` is one of the contract's codes, ``detail`` one sentence for a person,
    ``retry_after`` seconds after which trying again makes sense.
    """

    def __init__(self, code: ErrorCode, detail: str, retry_after: float | None = None) -> None:
        super().__init__(code, detail, retry_after)
        self.code: ErrorCode = code
        self.detail = detail
        self.retry_after = retry_after

    def wire(self) -> dict[str, Any]:
        """``{code, detail, retry_after?}`` as the contract has it."""
        body: dict[str, Any] = {"code": self.code, "detail": self.detail}
        if self.retry_after is not None:
            body["retry_after"] = round(self.retry_after, 3)
        return body


class Stale(Refused):
    """``conflict``: it has been changed since the asker has read it."""

    def __init__(self) -> None:
        super().__init__("conflict", "It has been changed meanwhile: read it again.")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message, as both sides may see it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """What stands for a word of one language in another one; the engine does not choose it."""

    source: Language
    target: Language
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """A shop: the pages that may open the widget and the languages its visitors may speak."""

    key: SiteKey
    name: str
    origins: tuple[str, ...]
    languages: tuple[Language, ...]
    default_language: Language
    identity_secret: str | None = None
    max_message_length: int = 4000
    protected_terms: tuple[str, ...] = ()
    retention_days: int | None = None
    appearance: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, Any] = field(default_factory=dict)
    demo: bool = False
    phrases: Mapping[str, Mapping[Language, tuple[str, ...]]] = field(default_factory=dict)
    glossary: tuple[Glossary, ...] = ()
    managed_by: Manager = "file"
    revision: int = 1
    """Another one after every change."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Someone who answers. ``languages[0]`` is the language they read; ``sites`` empty = all; not
    ``active``: disabled, which leaves nothing of them but their name and address."""

    id: OperatorId
    email: str
    name: str
    languages: tuple[Language, ...]
    sites: tuple[SiteKey, ...] = ()
    role: Role = "operator"
    demo: bool = False
    active: bool = True
    revision: int = 1
    """Another one after every change."""

    @property
    def reads(self) -> Language:
        """The reading language: the first of ``languages``."""
        return self.languages[0]

    def serves(self, site: str) -> bool:
        """Whether conversations of this site are theirs to see."""
        return not self.sites or site in self.sites

    @property
    def administers_all(self) -> bool:
        """Whether everything is theirs to change."""
        return self.active and self.role == "admin" and not self.sites

    def shares_site(self, other: Operator) -> bool:
        """Whether there may be a site that both serve."""
        return not self.sites or not other.sites or not set(self.sites).isdisjoint(other.sites)


@dataclass(frozen=True, slots=True)
class Shop:
    """All that the shop is at one moment: its active sites by key. Never changed but replaced
    whole, so keep a site's key and ask for the site when it is needed."""

    by_key: Mapping[SiteKey, Site] = field(default_factory=dict)
    revision: int = 0
    """Another one after every change of any of it."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """Every site that may connect."""
        return tuple(self.by_key.values())

    def site(self, key: str) -> Site | None:
        """The site of this key; None when there is none (any more)."""
        return self.by_key.get(SiteKey(key))

    def served_by(self, operator: Operator) -> tuple[SiteKey, ...]:
        """The keys of the sites whose conversations an operator may see."""
        return tuple(key for key in self.by_key if operator.serves(key))


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in operator. Only the hash of its token is stored."""

    token_hash: str
    operator_id: OperatorId
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person on a shop's page. ``locale`` and ``browser_languages`` are what the page told."""

    id: VisitorId
    site: SiteKey
    name: str | None = None
    email: str | None = None
    locale: Language | None = None
    browser_languages: tuple[Language, ...] = ()
    page_language: Language | None = None
    identity_id: str | None = None
    identity_locale: Language | None = None
    page: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation of one visitor; at most one of a visitor's is not closed. ``language`` is
    what the visitor speaks: ``pinned``, or else what is ``believed``."""

    id: ConversationId
    site: SiteKey
    visitor_id: VisitorId
    status: ConversationStatus
    operator_id: OperatorId | None
    language: Language | None
    pinned: Language | None
    opened_at: float
    updated_at: float
    last_cursor: Cursor
    believed: Language | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. ``client_id`` is the UUID its author's client made."""

    id: MessageId
    conversation_id: ConversationId
    client_id: str
    sender: Sender
    author: Author | None
    text: str
    language: Language | None
    at: float


@dataclass(frozen=True, slots=True)
class Translation:
    """One text for one reader's language. ``route`` e.g. ``("fi", "en", "pl")``; ``ms`` is
    the time from taking the job up to its result, in milliseconds."""

    message_id: MessageId
    language: Language
    text: str
    status: TranslationStatus
    reason: UntranslatedReason | None = None
    route: tuple[Language, ...] = ()
    engine: str | None = None
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log. ``body`` holds the type's own fields.

    ``owner`` and ``owner_after`` are the operator the conversation belonged to before and
    after the event: who may see it follows from the log alone.
    """

    cursor: Cursor
    conversation_id: ConversationId
    type: str
    at: float
    body: Mapping[str, Any]
    site: SiteKey
    visitor_id: VisitorId
    owner: OperatorId | None
    owner_after: OperatorId | None
    _json: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def json(self) -> str:
        """``wire`` as JSON, written once for everybody who reads it."""
        if not self._json:
            self._json.append(msgspec.json.encode(self.wire()).decode())
        return self._json[0]

    def wire(self) -> dict[str, Any]:
        """The event as both namespaces send it."""
        return {
            "cursor": self.cursor,
            "conversation_id": self.conversation_id,
            "type": self.type,
            "at": rfc3339(self.at),
            **self.body,
        }
