"""What must be true of every run, whatever happened in it: each returns one line a violation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.faults.clients import Client, Event, OperatorClient, VisitorClient
from translate_proxy.model import rfc3339


def event_of(row: Any) -> Event:
    """A row of the log as the wire has it, with ``_`` fields that say whose it is."""
    return {
        "cursor": row.cursor,
        "conversation_id": row.conversation_id,
        "type": row.type,
        "at": rfc3339(row.at),
        **row.body,
        "_visitor": row.visitor_id,
        "_owners": {row.owner, row.owner_after},
        "_unclaimed": row.owner is None,
    }


def wrong_messages(clients: Sequence[Client], log: list[Event]) -> list[str]:
    """Acknowledged messages that are not there once, or not in the order they were sent; refused
    ones, or ones that nobody sent, that are there."""
    found: dict[str, list[Event]] = {}
    for event in log:
        if event["type"] == "message":
            found.setdefault(event["message"]["client_id"], []).append(event)
    faults = [fault for client in clients for fault in _wrong_messages_of(client, found)]
    if found:
        faults.append(f"{len(found)} messages that nobody sent")
    return faults


def _wrong_messages_of(client: Client, found: dict[str, list[Event]]) -> list[str]:
    faults = []
    newest = 0
    for one in client.sent:
        if one.name != "message" or one.answer is None:
            continue
        copies = found.pop(one.id, [])
        if not one.answer["ok"]:
            if copies:
                faults.append(f"{client.name}: a refused message is in the log")
            continue
        if len(copies) != 1:
            faults.append(f"{client.name}: {one.id} is there {len(copies)} times")
            continue
        cursor, text = copies[0]["cursor"], copies[0]["message"]["text"]
        if cursor < newest:
            faults.append(f"{client.name}: {cursor} is out of order")
        if (cursor, text) != (one.answer["cursor"], one.payload["text"]):
            faults.append(f"{client.name}: {cursor} is not what was acknowledged")
        newest = cursor
    return faults


def differences(client: Client, log: list[Event]) -> list[str]:
    """How a client's timeline differs from what the log has for it."""
    asked = client.asked if isinstance(client, OperatorClient) else set()
    end = log[-1]["cursor"] if log else 2**53
    if isinstance(client, VisitorClient):
        expected = {
            event["cursor"]
            for event in log
            if event["_visitor"] == client.visitor_id and event["type"] != "note"
        }
    else:
        assert isinstance(client, OperatorClient)
        expected = {
            event["cursor"]
            for event in log
            if event["cursor"] > (client.since or 0)
            and (event["_unclaimed"] or client.operator_id in event["_owners"])
        } | {
            event["cursor"]
            for event in log
            if event["cursor"] >= client.opened.get(event["conversation_id"], 2**53)
        }
    has = {
        cursor
        for cursor, event in client.timeline.items()
        # The answer to ``open`` may be lost and the conversation come all the same; and what is
        # younger than this reading of the log is not judged by it.
        if (cursor in expected or event["conversation_id"] not in asked) and cursor <= end
    }
    faults = []
    if missing := sorted(expected - has):
        faults.append(f"{client.name}: lacks {missing[:5]} ({len(missing)} in all)")
    if strange := sorted(has - expected):
        faults.append(f"{client.name}: has {strange[:5]} ({len(strange)} in all) of others")
    for event in log:
        shown = client.timeline.get(event["cursor"])
        plain = {key: value for key, value in event.items() if not key.startswith("_")}
        if shown is not None and shown != plain:
            faults.append(f"{client.name}: {event['cursor']} differs from the log")
    return faults


def wrong_translations(log: list[Event]) -> list[str]:
    """Messages without a language or a translation, with one revision twice, or given up."""
    translated: dict[str, Counter[tuple[str, int]]] = {}
    languages: set[str] = set()
    for event in log:
        if event["type"] == "translation":
            seen = translated.setdefault(event["message_id"], Counter())
            seen[event["language"], event["revision"]] += 1
        elif event["type"] == "language" and "message_id" in event:
            languages.add(event["message_id"])
    faults = [
        f"the translation {event['cursor']} was given up"
        for event in log
        if event.get("reason") == "failed"
    ]
    for event in log:
        if event["type"] != "message":
            continue
        message_id = event["message"]["id"]
        if message_id not in translated:
            faults.append(f"message {event['cursor']} has no translation")
        if message_id not in languages:
            faults.append(f"message {event['cursor']} has no language")
    for message_id, seen in translated.items():
        if any(count != 1 for count in seen.values()):
            faults.append(f"message {message_id} has a revision twice")
    return faults
