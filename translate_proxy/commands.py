"""What may be appended to the log, one frozen value each, and what an append answers.

A command that a client sends carries ``client_id``, the UUID the client made: (author, client id)
is unique until erasure and a repeat is answered with the first receipt. Commands of the relay
(``RecordLanguage``, ``RecordTranslation``, ``Settle``) have none: they are repeatable by nature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from translate_proxy.model import (
    Conversation,
    ConversationId,
    Event,
    Language,
    LanguageSource,
    MessageId,
    Operator,
    OperatorId,
    Role,
    Side,
    SiteKey,
    Translation,
    VisitorId,
)


@dataclass(frozen=True, slots=True)
class SendVisitorMessage:
    """A visitor writes. Opens a conversation when the visitor has none that is open."""

    client_id: str
    site: SiteKey
    visitor_id: VisitorId
    text: str
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class SendOperatorMessage:
    """An operator writes; only in a conversation of their own. Refused ``forbidden``/``closed``."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId
    text: str
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class AddNote:
    """A remark that operators see and visitors never do."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An operator takes a waiting conversation. Refused ``already_claimed``/``closed``."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId


@dataclass(frozen=True, slots=True)
class Transfer:
    """The owner (or a supervisor) hands a conversation to another operator of the site."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId
    to: OperatorId


@dataclass(frozen=True, slots=True)
class CloseByOperator:
    """The owner (or a supervisor) ends the conversation; a waiting one anyone of the site may."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId


@dataclass(frozen=True, slots=True)
class CloseByVisitor:
    """The visitor ends their open conversation. Refused ``not_found`` without one."""

    client_id: str
    visitor_id: VisitorId


@dataclass(frozen=True, slots=True)
class Believed:
    """What somebody speaks as far as nobody has said it: in the place of a pin it takes that back.
    ``confidence`` is 0 to 1."""

    language: Language
    confidence: float
    source: LanguageSource


@dataclass(frozen=True, slots=True)
class PinByOperator:
    """An operator says what the visitor speaks; it wins over all detection until changed or taken
    back. Refused ``forbidden`` as ``Correct``."""

    client_id: str
    operator: Operator
    conversation_id: ConversationId
    language: Language | Believed


@dataclass(frozen=True, slots=True)
class PinByVisitor:
    """ "Not my language?": the visitor says what they speak, or takes it back. ``locale``: the
    page's own, to which a visitor returns who has taken it back before the first message."""

    client_id: str
    visitor_id: VisitorId
    language: Language | Believed
    locale: Language | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """An operator replaces a translation; it outranks machine output for good. Refused
    ``forbidden`` unless they answer or have answered the conversation, or supervise; one that is
    nobody's is anyone's of the site."""

    client_id: str
    operator: Operator
    message_id: MessageId
    language: Language
    text: str


@dataclass(frozen=True, slots=True)
class Redact:
    """A message is taken back: its text goes for good, with all that was made of it. Refused
    ``forbidden`` unless it is the operator's own or they supervise, ``not_found`` when it is not
    there or was taken back before."""

    client_id: str
    operator: Operator
    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Rate:
    """1 to 5 stars for the visitor's newest conversation."""

    client_id: str
    visitor_id: VisitorId
    stars: int
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveContact:
    """How to reach the visitor later, and what they want; opens a conversation if none is open."""

    client_id: str
    site: SiteKey
    visitor_id: VisitorId
    text: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None


VisitorCommand = SendVisitorMessage | LeaveContact | CloseByVisitor | PinByVisitor | Rate
OperatorCommand = (
    SendOperatorMessage
    | AddNote
    | Claim
    | Transfer
    | CloseByOperator
    | PinByOperator
    | Correct
    | Redact
)
ClientCommand = VisitorCommand | OperatorCommand


@dataclass(frozen=True, slots=True)
class RecordLanguage:
    """What one author's side speaks after ``message_id``. ``state`` is what is believed from now
    on; None: it is a finding about an old message, which says what that one is in and changes
    neither what is believed nor what the conversation speaks. ``believed``: what ``language`` would
    be without a pin, where there is one. ``translations`` of the message that have come until now
    follow it, as of ``RecordTranslation``, whose ``settles`` it is too."""

    conversation_id: ConversationId
    of: Side
    author_id: str
    message_id: MessageId
    language: Language
    confidence: float
    source: LanguageSource
    changed: bool
    message_language: Language
    state: Mapping[str, Any] | None
    believed: Language | None = None
    translations: tuple[Translation, ...] = ()
    settles: bool = False


@dataclass(frozen=True, slots=True)
class RecordTranslation:
    """A final translation. Dropped when a correction for the same language exists. ``settles``:
    it was the message's last one, the message needs nothing more."""

    conversation_id: ConversationId
    translation: Translation
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """The message needs no (further) translation."""

    message_id: MessageId


RelayCommand = RecordLanguage | RecordTranslation | Settle
Command = ClientCommand | RelayCommand


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """What becomes of an operator; None leaves it as it is."""

    name: str | None = None
    languages: tuple[Language, ...] | None = None
    sites: tuple[SiteKey, ...] | None = None
    role: Role | None = None
    password_hash: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an append. ``answer`` is what the ack carries besides ``ok``; ``events`` are
    the new log entries, empty for a repeat; ``conversation`` is how a ``RecordLanguage`` has left
    it: whoever wants to know what was true at that moment need not ask again."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    repeated: bool = False
    conversation: Conversation | None = None
