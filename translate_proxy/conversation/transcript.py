"""An exported visitor as one page that a person can read: each text in both languages.

HTML and not plain text, because only ``lang`` and ``dir`` show a line of Arabic beside a line of
English as they were written. The page is one file without a script; texts are escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; font-size: 1.1rem; }
ol { list-style: none; padding: 0; }
li { margin: .9rem 0; }
li p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.who, .about, small { color: #555; font-size: .85rem; }
.other { padding-inline-start: .8rem; border-inline-start: 3px solid #ccc; }
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
KNOWN = ("name", "email", "phone", "identity_id", "locale", "site", "created_at", "seen_at")


def transcript(exported: Mapping[str, Any]) -> str:
    """The page of what ``Keeping.export`` gives."""
    title = escape(f"Conversations of visitor {exported['visitor_id']}")
    parts = [_person(one) for one in exported["visitors"]]
    parts += [_conversation(one) for one in exported["conversations"]]
    return PAGE.format(title=title, style=STYLE, body="\n".join(parts))


def _person(visitor: Mapping[str, Any]) -> str:
    rows = [f"{name}: {visitor[name]}" for name in KNOWN if visitor[name] is not None]
    if visitor["page"]:
        rows.append(f"last page: {visitor['page'].get('url')}")
    return f'<p class="about">{"<br>".join(map(escape, rows))}</p>'


def _conversation(conversation: Mapping[str, Any]) -> str:
    heading = escape(f"{conversation['opened_at']}, {conversation['site']}")
    entries = "\n".join(_entries(conversation["events"]))
    return f"<section>\n<h2>{heading}</h2>\n<ol>\n{entries}\n</ol>\n</section>"


def _entries(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    translations: dict[str, dict[str, Mapping[str, Any]]] = {}
    languages: dict[str, str] = {}
    for event in events:  # in log order, so the newest stays
        if event["type"] == "translation":
            translations.setdefault(event["message_id"], {})[event["language"]] = event
        elif event["type"] == "language" and event.get("message_id"):
            languages[event["message_id"]] = event.get("message_language") or event["language"]
    for event in events:
        if event["type"] == "message":
            id_ = event["message"]["id"]
            yield _message(event, languages.get(id_), translations.get(id_, {}))
        elif (said := _SAID.get(event["type"])) is not None:
            yield _entry(event["at"], event["type"], [_text(said(event))])


def _message(
    event: Mapping[str, Any],
    language: str | None,
    translations: Mapping[str, Mapping[str, Any]],
) -> str:
    message = event["message"]
    name = (message["author"] or {}).get("name")
    who = f"{message['from']} {name}" if name else message["from"]
    if message.get("redacted"):
        return _entry(event["at"], who, [_text("(taken back)")])
    texts = [_text(message["text"], language or message["language"])]
    for tag, made in translations.items():
        if made["status"] not in {"same_language", "untranslated"}:
            how = " → ".join(made["route"]) or made["status"]
            texts.append(_text(made["text"], tag, how))
    return _entry(event["at"], who, texts)


def _joined(*parts: str | None, by: str = " ") -> str:
    return by.join(part for part in parts if part)


Said = Callable[[Mapping[str, Any]], str]
_SAID: Mapping[str, Said] = {
    "note": lambda event: f"{event['note']['author']['name']}: {event['note']['text']}",
    "rated": lambda event: _joined(f"{event['stars']} of 5.", event["comment"]),
    "contact": lambda event: _joined(event["name"], event["email"], event["phone"], by=", "),
    "assigned": lambda event: str(event["operator"]["name"]),
    "transferred": lambda event: f"{event['from']['name']} → {event['to']['name']}",
    "closed": lambda event: str(event["by"].get("name") or event["by"]["from"]),
}
"""What stands in the page for events that are not messages; the others are of the trade."""


def _entry(at: str, who: str, texts: Sequence[str]) -> str:
    return f'<li>\n<p class="who">{escape(at)} {escape(who)}</p>\n{"".join(texts)}</li>'


def _text(text: str, language: str | None = None, how: str | None = None) -> str:
    tag = f' lang="{escape(language)}"' if language else ""
    kind = "" if how is None else ' class="other"'
    note = "" if how is None else f" <small>({escape(how)})</small>"
    return f'<p{tag} dir="auto"{kind}>{escape(text)}{note}</p>\n'
