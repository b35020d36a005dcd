"""What clients may send, checked once, here. Unknown fields are ignored: clients may be newer."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from translate_proxy.model import Refused
from translate_proxy.text.plain import storable

M = TypeVar("M", bound="Payload")
MAX_CURSOR = 2**53 - 1
MAX_TEXT = 8000
PROTOCOL = 1


def _clean(text: str) -> str:
    """Text that every database and every page can hold."""
    if not storable(text):
        raise ValueError("must not contain U+0000 or lone surrogates")
    return text


def _uuid(text: str) -> str:
    return str(UUID(text))


Text = Annotated[str, AfterValidator(_clean)]
Short = Annotated[Text, Field(max_length=200)]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
ClientId = Annotated[str, Field(min_length=32, max_length=45), AfterValidator(_uuid)]
Id = Annotated[Text, Field(min_length=1, max_length=64)]
Cursor = Annotated[int, Field(ge=0, le=MAX_CURSOR)]


class Payload(BaseModel):
    """One object from a client. Strict: a number is not a string, a string is not a number."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Page(Payload):
    """Where the visitor is."""

    url: Annotated[Text, Field(max_length=2048)]
    title: Annotated[Text, Field(max_length=500)] | None = None
    referrer: Annotated[Text, Field(max_length=2048)] | None = None
    lang: Annotated[Text, Field(max_length=35)] | None = None
    cart: dict[Short, Any] | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept. Refused ``bad_request`` for a cart that is not plain and small."""
        kept = self.model_dump(exclude_none=True)
        check_cart(kept.get("cart"))
        return kept


class PageChange(Page):
    """``page``: where the visitor is now, and the page's language tag where that has changed."""

    locale: Annotated[Text, Field(max_length=35)] | None = None

    def stored(self) -> dict[str, Any]:
        """See ``Page``; the tag is the visitor's, not the page's."""
        return {name: value for name, value in super().stored().items() if name != "locale"}


class Connect(Payload):
    """What both namespaces' ``auth`` have in common."""

    protocol: int
    log: Id | None = None
    cursor: Cursor | None = None


class VisitorAuth(Connect):
    """``auth`` of ``/visitor``."""

    site: Id
    token: Annotated[Text, Field(max_length=1000)] | None = None
    locale: Annotated[Text, Field(max_length=35)] | None = None
    languages: Annotated[list[Annotated[Text, Field(max_length=35)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    name: Short | None = None
    identity: dict[str, Any] | None = None
    page: Page | None = None


class OperatorAuth(Connect):
    """``auth`` of ``/operator``."""

    token: Annotated[Text, Field(max_length=1000)] | None = None
    open: Annotated[list[Id], Field(max_length=50)] = Field(default_factory=list)


class Empty(Payload):
    """No fields."""


class Sync(Payload):
    """``sync``."""

    cursor: Cursor


class VisitorHistory(Payload):
    """``history`` of a visitor."""

    before: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class VisitorMessage(Payload):
    """``message`` of a visitor."""

    id: ClientId
    text: Text
    language: Tag | None = None


class VisitorLanguage(Payload):
    """``set_language`` of a visitor; None takes it back."""

    id: ClientId | None = None
    language: Tag | None


class Contact(Payload):
    """``contact``."""

    id: ClientId
    text: Text
    name: Short | None = None
    email: Annotated[Text, Field(max_length=320)] | None = None
    phone: Annotated[Text, Field(max_length=64)] | None = None


class Rating(Payload):
    """``rate``."""

    id: ClientId
    stars: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[Text, Field(max_length=4000)] | None = None


class WithId(Payload):
    """A visitor's ``close``."""

    id: ClientId


class Availability(Payload):
    """``availability``."""

    status: Literal["online", "away", "offline"]


class ConversationRef(Payload):
    """``open``, ``leave``, ``typing``."""

    conversation_id: Id


class OperatorHistory(VisitorHistory):
    """``history`` of an operator."""

    conversation_id: Id


class ConversationCommand(WithId):
    """``claim`` and ``close`` of an operator."""

    conversation_id: Id


class OperatorMessage(ConversationCommand):
    """``message`` of an operator."""

    text: Text
    language: Tag | None = None


class Note(ConversationCommand):
    """``note``."""

    text: Text


class Transfer(ConversationCommand):
    """``transfer``."""

    operator_id: Id


class Correction(WithId):
    """``correct``."""

    message_id: Id
    language: Tag
    text: Text


class Redaction(WithId):
    """``redact``."""

    message_id: Id


class Again(WithId):
    """``translate``: one message, or the newest of a conversation."""

    message_id: Id | None = None
    conversation_id: Id | None = None


class OperatorLanguage(ConversationCommand):
    """``set_language`` of an operator; None takes it back."""

    language: Tag | None


def parse(model: type[M], args: tuple[Any, ...]) -> M:
    """The one object of an event. Refused ``bad_request`` naming the field and what is wrong."""
    if len(args) > 1 or (args and not isinstance(args[0], dict)):
        raise Refused("bad_request", "An event carries one object.")
    return validate(model, args[0] if args else {})


def validate(model: type[M], data: Any) -> M:
    """``data`` as this model, or Refused ``bad_request``."""
    if not isinstance(data, dict):
        raise Refused("bad_request", "Expected an object.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][:4])
        raise Refused("bad_request", f"{where}: {first['msg']}"[:300]) from None


def check_cart(cart: Any) -> None:
    """Refused ``bad_request`` unless it is plain JSON of at most 4,000 characters."""
    try:
        written = json.dumps(cart, ensure_ascii=False, allow_nan=False)
        _clean(written.replace("\\u0000", "\x00"))
    except (ValueError, TypeError, RecursionError):
        raise Refused("bad_request", "page.cart: plain values only.") from None
    if len(written) > 4000:
        raise Refused("bad_request", "page.cart: too large.")
