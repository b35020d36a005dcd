"""What each client command does to the log and to the state beside it.

Every function here runs inside the writer's transaction, checks first (raising Refused) and writes
after, so that a refused command leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from translate_proxy import commands as c
from translate_proxy.model import (
    Conversation,
    ConversationId,
    Event,
    Language,
    MessageId,
    Operator,
    OperatorId,
    Refused,
    Sender,
    SiteKey,
    VisitorId,
    new_id,
)
from translate_proxy.storage import corrections, redaction, tables
from translate_proxy.storage.transaction import Transaction

Answer = Mapping[str, Any]
_MESSAGE = select(tables.events.c.conversation_id, tables.events.c.body).where(
    tables.events.c.message_id == bindparam("message_id"), tables.events.c.type == "message"
)


def append(transaction: Transaction, command: c.ClientCommand) -> c.Receipt:
    """Run one client command, or answer its repeat with the first answer."""
    if isinstance(command, c.VisitorCommand):
        # Who was merged acts as the one they were merged into, on sockets that are still open too.
        visitor_id = VisitorId(transaction.visitor(command.visitor_id).id)
        if visitor_id != command.visitor_id:
            command = replace(command, visitor_id=visitor_id)
        author: str = visitor_id
    else:
        author = command.operator.id
    earlier = transaction.earlier_answer(author, command.client_id)
    if earlier is not None:
        return c.Receipt(answer=earlier, repeated=True)
    answer = _HANDLERS[type(command)](transaction, command)
    events = transaction.take_events()
    transaction.remember_answer(author, command.client_id, answer.get("conversation_id"), answer)
    return c.Receipt(answer=answer, events=events)


# -- visitors ------------------------------------------------------------------------------


def _send_visitor_message(transaction: Transaction, command: c.SendVisitorMessage) -> Answer:
    visitor = transaction.visitor(command.visitor_id)
    conversation = _open_or_begin(transaction, command.site, visitor)
    author = {"id": command.visitor_id, "name": visitor.name or ""}
    return _message(transaction, conversation, "visitor", author, command)


def _leave_contact(transaction: Transaction, command: c.LeaveContact) -> Answer:
    visitor = transaction.visitor(command.visitor_id)
    conversation = _open_or_begin(transaction, command.site, visitor)
    given = {"name": command.name, "email": command.email, "phone": command.phone}
    # The event tells what was given; a name that the shop vouched for stays.
    vouched = {"name", "email"} if visitor.identity_id is not None else set()
    known = {key: value for key, value in given.items() if value and key not in vouched}
    if known:
        transaction.change_visitor(command.visitor_id, **known)
    transaction.emit(conversation, "contact", {**given, "text": command.text})
    author = {"id": command.visitor_id, "name": known.get("name") or visitor.name or ""}
    return _message(transaction, conversation, "visitor", author, command)


def _close_by_visitor(transaction: Transaction, command: c.CloseByVisitor) -> Answer:
    conversation = transaction.open_conversation(command.visitor_id)
    if conversation is None:
        raise Refused("not_found", "There is no open conversation.")
    return _close(transaction, conversation, {"from": "visitor", "id": command.visitor_id})


def _pin_by_visitor(transaction: Transaction, command: c.PinByVisitor) -> Answer:
    conversation = transaction.open_conversation(command.visitor_id)
    if conversation is None:
        # Nothing has been said yet: it is what the visitor's next conversation starts from.
        taken_back = isinstance(command.language, c.Believed)
        locale = command.locale if taken_back else command.language
        transaction.change_visitor(command.visitor_id, locale=locale)
        return {"conversation_id": None}
    return _pin(transaction, conversation, command.language)


def _rate(transaction: Transaction, command: c.Rate) -> Answer:
    transaction.flush()
    newest = transaction.connection.execute(
        select(tables.conversations.c.id)
        .where(
            tables.conversations.c.visitor_id == command.visitor_id,
            tables.conversations.c.last_message_cursor.is_not(None),
        )
        .order_by(tables.conversations.c.last_message_cursor.desc())
        .limit(1)
    ).scalar_one_or_none()
    if newest is None:
        raise Refused("not_found", "There is no conversation to rate.")
    conversation = transaction.conversation(ConversationId(newest))
    body = {"stars": command.stars, "comment": command.comment}
    event = transaction.emit(conversation, "rated", body)
    transaction.change_conversation(conversation.id)
    return _answer(event)


# -- operators -----------------------------------------------------------------------------


def _send_operator_message(transaction: Transaction, command: c.SendOperatorMessage) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    _require_open(conversation)
    if conversation.status == "waiting":  # whoever answers first has taken it
        conversation, _ = _assign(transaction, conversation, command.operator)
    elif not _may_act(command.operator, conversation):
        raise Refused("forbidden", "Another operator answers this conversation.")
    author = {"id": command.operator.id, "name": command.operator.name}
    return _message(transaction, conversation, "operator", author, command)


def _add_note(transaction: Transaction, command: c.AddNote) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    author = {"id": command.operator.id, "name": command.operator.name}
    note = {
        "id": new_id(),
        "client_id": command.client_id,
        "author": author,
        "text": command.text,
    }
    event = transaction.emit(conversation, "note", {"note": note})
    transaction.change_conversation(conversation.id)
    return _answer(event)


def _claim(transaction: Transaction, command: c.Claim) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    _require_open(conversation)
    if conversation.operator_id == command.operator.id:
        return {"conversation_id": conversation.id, "cursor": conversation.last_cursor}
    if conversation.status != "waiting":
        raise Refused("already_claimed", "Another operator has taken this conversation.")
    _, event = _assign(transaction, conversation, command.operator)
    return _answer(event)


def _transfer(transaction: Transaction, command: c.Transfer) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    _require_open(conversation)
    if not _may_act(command.operator, conversation):
        raise Refused("forbidden", "Only the operator who answers can hand it over.")
    row = transaction.connection.execute(
        select(tables.operators).where(tables.operators.c.id == command.to)
    ).one_or_none()
    if row is None or not row.active or (row.sites and conversation.site not in row.sites):
        raise Refused("not_found", "There is no such operator for this site.")
    giver_id = conversation.operator_id or command.operator.id
    giver = transaction.connection.execute(
        select(tables.operators.c.name).where(tables.operators.c.id == giver_id)
    ).scalar_one_or_none()
    after = replace(conversation, status="assigned", operator_id=OperatorId(row.id))
    body = {
        "from": {"id": giver_id, "name": giver or ""},
        "to": {"id": row.id, "name": row.name},
    }
    event = transaction.emit(conversation, "transferred", body, after=after)
    transaction.change_conversation(conversation.id, status="assigned", operator_id=row.id)
    return _answer(event)


def _close_by_operator(transaction: Transaction, command: c.CloseByOperator) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    _require_open(conversation)
    if conversation.status == "assigned" and not _may_act(command.operator, conversation):
        raise Refused("forbidden", "Another operator answers this conversation.")
    by = {"from": "operator", "id": command.operator.id, "name": command.operator.name}
    return _close(transaction, conversation, by)


def _pin_by_operator(transaction: Transaction, command: c.PinByOperator) -> Answer:
    conversation = _seen_by(transaction, command.operator, command.conversation_id)
    _require_part(transaction, command.operator, conversation)
    return _pin(transaction, conversation, command.language)


def _redact(transaction: Transaction, command: c.Redact) -> Answer:
    conversation, message = _message_seen_by(transaction, command.operator, command.message_id)
    author = message["author"]
    own = message["from"] == "operator" and author and author["id"] == command.operator.id
    if not own and not _supervises(command.operator):
        raise Refused("forbidden", "That is another's message.")
    return _answer(redaction.redact(transaction, conversation, command.message_id))


def _correct(transaction: Transaction, command: c.Correct) -> Answer:
    conversation, message = _message_seen_by(transaction, command.operator, command.message_id)
    _require_part(transaction, command.operator, conversation)
    newest, _ = transaction.newest_translation(command.message_id, command.language)
    body = {
        "message_id": command.message_id,
        "language": command.language,
        "revision": newest + 1,
        "text": command.text,
        "status": "corrected",
        "route": [],
        "engine": "operator",
        "ms": 0,
        "author": {"id": command.operator.id, "name": command.operator.name},
    }
    event = transaction.emit(
        conversation,
        "translation",
        body,
        message_id=command.message_id,
        language=command.language,
    )
    transaction.change_conversation(conversation.id)
    corrections.keep(transaction, command, conversation, message["text"])
    return {**_answer(event), "revision": newest + 1}


# -- shared steps --------------------------------------------------------------------------


def _open_or_begin(transaction: Transaction, site: SiteKey, visitor: Any) -> Conversation:
    conversation = transaction.open_conversation(VisitorId(visitor.id))
    if conversation is not None:
        return conversation
    conversation = Conversation(
        id=ConversationId(new_id()),
        site=site,
        visitor_id=VisitorId(visitor.id),
        status="waiting",
        operator_id=None,
        language=None,
        pinned=None,
        opened_at=transaction.now,
        updated_at=transaction.now,
        last_cursor=transaction.cursor,
    )
    transaction.insert_conversation(conversation)
    transaction.emit(conversation, "queued", {"site": site, "visitor": visitor_wire(visitor)})
    return conversation


def visitor_wire(row: Any) -> dict[str, Any]:
    """What operators may know of a visitor, in wire form."""
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "locale": row.identity_locale or row.locale,
        "page": row.page,
        "verified": row.identity_id is not None,
    }


def _message(
    transaction: Transaction,
    conversation: Conversation,
    sender: Sender,
    author: Mapping[str, str],
    command: c.SendVisitorMessage | c.SendOperatorMessage | c.LeaveContact,
) -> Answer:
    message_id = MessageId(new_id())
    declared: Language | None = None if isinstance(command, c.LeaveContact) else command.language
    body: dict[str, Any] = {
        "message": {
            "id": message_id,
            "client_id": command.client_id,
            "from": sender,
            "author": dict(author),
            "text": command.text,
            "language": declared,
            "attachments": [],
        }
    }
    event = transaction.emit(conversation, "message", body, message_id=message_id)
    transaction.add_pending(message_id, conversation.id, event.cursor)
    transaction.change_conversation(conversation.id, last_message_cursor=event.cursor)
    return {"message_id": message_id, **_answer(event)}


def _assign(
    transaction: Transaction, conversation: Conversation, operator: Operator
) -> tuple[Conversation, Event]:
    after = replace(conversation, status="assigned", operator_id=operator.id)
    body = {"operator": {"id": operator.id, "name": operator.name}}
    event = transaction.emit(conversation, "assigned", body, after=after)
    transaction.change_conversation(conversation.id, status="assigned", operator_id=operator.id)
    return after, event


def _close(transaction: Transaction, conversation: Conversation, by: Mapping[str, str]) -> Answer:
    event = transaction.emit(conversation, "closed", {"by": dict(by)})
    transaction.change_conversation(conversation.id, status="closed", closed_at=transaction.now)
    return _answer(event)


def _pin(
    transaction: Transaction, conversation: Conversation, language: Language | c.Believed
) -> Answer:
    pinned = None if isinstance(language, c.Believed) else language
    if isinstance(language, c.Believed):
        if conversation.pinned is None:
            return {"conversation_id": conversation.id, "cursor": conversation.last_cursor}
        # A message may have been judged since the belief was asked for.
        now = replace(language, language=conversation.believed or language.language)
    else:
        now = c.Believed(language, 1.0, "pinned")
    body = {
        "of": "visitor",
        "author_id": conversation.visitor_id,
        "language": now.language,
        "confidence": now.confidence,
        "source": now.source,
        "changed": conversation.language != now.language,
    }
    event = transaction.emit(conversation, "language", body)
    transaction.change_conversation(conversation.id, pinned=pinned)
    return _answer(event)


def _seen_by(
    transaction: Transaction, operator: Operator, conversation_id: ConversationId
) -> Conversation:
    conversation = transaction.conversation(conversation_id)
    if not operator.serves(conversation.site):
        raise Refused("not_found", "There is no such conversation.")
    return conversation


def _message_seen_by(
    transaction: Transaction, operator: Operator, message_id: MessageId
) -> tuple[Conversation, Mapping[str, Any]]:
    transaction.flush()
    row = transaction.connection.execute(_MESSAGE, {"message_id": message_id}).one_or_none()
    if row is None or row.body["message"].get("redacted"):
        raise Refused("not_found", "There is no such message.")
    return _seen_by(transaction, operator, row.conversation_id), row.body["message"]


def _supervises(operator: Operator) -> bool:
    return operator.role in {"supervisor", "admin"}


def _may_act(operator: Operator, conversation: Conversation) -> bool:
    return (
        conversation.status == "waiting"
        or conversation.operator_id == operator.id
        or _supervises(operator)
    )


_TAKEN_PART = (
    select(tables.events.c.cursor)
    .where(
        tables.events.c.conversation_id == bindparam("conversation_id"),
        tables.events.c.owner_after == bindparam("operator_id"),
    )
    .limit(1)
)


def _require_part(transaction: Transaction, operator: Operator, conversation: Conversation) -> None:
    """What the visitor reads is changed by whoever answers or has answered this conversation, or a
    supervisor; of one that is nobody's, by anyone of the site. Refused ``forbidden``."""
    if conversation.operator_id is None or _may_act(operator, conversation):
        return
    transaction.flush()
    asked = {"conversation_id": conversation.id, "operator_id": operator.id}
    if transaction.connection.execute(_TAKEN_PART, asked).first() is None:
        raise Refused("forbidden", "Another operator answers this conversation.")


def _require_open(conversation: Conversation) -> None:
    if conversation.status == "closed":
        raise Refused("closed", "This conversation is closed.")


def _answer(event: Event) -> dict[str, Any]:
    return {"conversation_id": event.conversation_id, "cursor": event.cursor}


_HANDLERS: Mapping[type, Callable[[Transaction, Any], Answer]] = {
    c.SendVisitorMessage: _send_visitor_message,
    c.LeaveContact: _leave_contact,
    c.CloseByVisitor: _close_by_visitor,
    c.PinByVisitor: _pin_by_visitor,
    c.Rate: _rate,
    c.SendOperatorMessage: _send_operator_message,
    c.AddNote: _add_note,
    c.Claim: _claim,
    c.Transfer: _transfer,
    c.CloseByOperator: _close_by_operator,
    c.PinByOperator: _pin_by_operator,
    c.Correct: _correct,
    c.Redact: _redact,
}
