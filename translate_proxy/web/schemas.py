"""The shapes of the REST API. ``openapi.py`` publishes them; requests are read into them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from translate_proxy.model import (
    Availability,
    ConversationOrder,
    ConversationStatus,
    ErrorCode,
    Role,
    Sender,
    TranslationStatus,
    UntranslatedReason,
)

Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]


class Shape(BaseModel):
    """What all of them have in common."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


# -- requests ---------------------------------------------------------------------------------


class LoginRequest(Shape):
    """Sign-in of an operator."""

    email: str = Field(max_length=254)
    """E-mail address, in any case."""
    password: str = Field(max_length=1024)
    """The password."""
    cookie: bool = False
    """Set the session as an HttpOnly cookie instead of giving out the token (browsers)."""


class PreviewRequest(Shape):
    """A text that an operator is about to send."""

    conversation_id: Uuid
    """The conversation it would be sent to."""
    text: str
    """The text, in a language of the operator."""


class ReadingRequest(Shape):
    """A text of a visitor that is no message, such as a rating's comment."""

    conversation_id: Uuid
    """The conversation in which it was written."""
    text: str
    """The text as it was written."""


class ConversationsQuery(Shape):
    """Which conversations are listed."""

    status: ConversationStatus | None = None
    """Only those of this status."""
    before: int | None = Field(None, ge=1, lt=2**53)
    """The ``cursor`` of the last one of the page before: the next page."""
    limit: int = Field(50, ge=1, le=200)
    """How many at most."""
    sort: ConversationOrder = "activity"
    """``activity``, the newest first; or ``waiting``, only those that wait, the longest first."""

    @model_validator(mode="after")
    def _waits(self) -> ConversationsQuery:
        if self.sort == "waiting" and self.status not in (None, "waiting"):
            raise ValueError("only what waits has been waiting")
        return self


# -- answers ----------------------------------------------------------------------------------


class ErrorBody(Shape):
    """What went wrong."""

    code: ErrorCode
    """One of the contract's codes."""
    detail: str
    """One sentence for a person."""
    retry_after: float | None = None
    """Seconds after which trying again makes sense."""


class ErrorAnswer(Shape):
    """Every error."""

    error: ErrorBody
    """What went wrong."""


class OperatorShape(Shape):
    """An operator, as they see themselves."""

    id: str
    email: str
    name: str
    languages: list[str]
    """The first is the one they read."""
    sites: list[str]
    """Keys of the sites they serve; empty means all."""
    role: Role
    availability: Availability | None = None


class LoginAnswer(Shape):
    """A session."""

    token: str | None = None
    """Bearer token; left out when the session was set as a cookie."""
    expires: str
    """When the session ends: UTC, RFC 3339."""
    operator: OperatorShape
    """Who is signed in."""


class LogoutAnswer(Shape):
    """The session is over."""

    ok: bool


class MeAnswer(Shape):
    """Who is signed in."""

    operator: OperatorShape


class PersonShape(Shape):
    """An operator, as others see them."""

    id: str
    name: str


class VisitorShape(Shape):
    """A visitor."""

    id: str
    name: str | None
    email: str | None
    locale: str | None
    page: dict[str, Any]
    verified: bool
    """Whether the shop vouches for the identity."""


class MessageShape(Shape):
    """A message."""

    id: str
    client_id: str
    sender: Sender = Field(alias="from")
    author: PersonShape | None
    text: str
    language: str | None
    attachments: list[Any]


class TranslationShape(Shape):
    """A text in the language of a reader."""

    message_id: str
    language: str
    revision: int
    text: str
    status: TranslationStatus
    reason: UntranslatedReason | None = None
    route: list[str]
    engine: str | None
    ms: int


class SummaryShape(Shape):
    """One conversation in a list."""

    conversation_id: str
    site: str
    status: ConversationStatus
    operator: PersonShape | None
    visitor: VisitorShape
    language: str | None
    pinned: str | None
    opened_at: str
    updated_at: str
    cursor: int
    """The conversation's last cursor: ``before`` of the next page."""
    last_message: MessageShape | None
    last_translation: TranslationShape | None


class ConversationsAnswer(Shape):
    """A page of conversations, newest activity first."""

    conversations: list[SummaryShape]


class ReadingAnswer(Shape):
    """What the operator reads."""

    text: str
    """The text in the operator's reading language; the original where there is no translation."""
    source: str
    """The language it was taken to be in."""
    language: str
    """The language it is read in."""
    status: TranslationStatus
    """How the translation came about."""
    reason: UntranslatedReason | None = None
    """Why there is none."""
    route: list[str]
    """The languages it went through."""
    engine: str | None
    """What translated it."""


class PreviewAnswer(Shape):
    """What the visitor would read."""

    translation: str
    """The text in the visitor's language."""
    back_translation: str
    """That translation in the operator's language again."""
    warnings: list[str]
    """``pivoted``, ``very_short``, ``entity_at_risk``, ``same_language``, ``no_route`` or
    ``untranslated``; more may come."""
    source: str
    """The language the text was taken to be in."""
    language: str
    """The visitor's language."""
    status: TranslationStatus
    """How the translation came about."""
    reason: UntranslatedReason | None = None
    """Why there is none."""
    route: list[str]
    """The languages it went through."""
    engine: str | None
    """What translated it."""
