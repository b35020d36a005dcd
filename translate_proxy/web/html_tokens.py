"""HTML cut into tokens that, put together again, are the document byte for byte.

The rules are those of the HTML standard's tokenizer as far as they say where a token ends. Parsers
that are well kept (lexbor, html5lib, libxml2) build a tree and write it anew: case, quotes and
broken parts of what a shop wrote would not come back. ``html.parser`` keeps them, but takes time
that grows with the square of hostile documents. Every step here ends further on than it began and
nothing is looked at twice, so that time grows with the length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["text", "open", "close", "other"]

_SPACE = " \t\n\f\r"
_NAME = re.compile(rf"[A-Za-z][^{_SPACE}/>]*")
_BETWEEN = re.compile(rf"[{_SPACE}/]*")
_ATTRIBUTE = re.compile(rf"[^{_SPACE}/>][^{_SPACE}/>=]*")
_EQUALS = re.compile(rf"(?<![{_SPACE}])[{_SPACE}]*=[{_SPACE}]*")
_UNQUOTED = re.compile(rf"[^{_SPACE}>]*")
_COMMENT_END = re.compile(r"--!?>")
_RAW = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
_RAW_END = {name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.IGNORECASE) for name in _RAW}
"""Elements whose content is text up to their own end tag."""


class Token(NamedTuple):
    """``name`` is a tag's, in lower case. ``other``: comments, doctypes, CDATA, and a tag or
    comment that does not end before the document does."""

    kind: Kind
    raw: str
    name: str = ""


def tokens(document: str) -> Iterator[Token]:
    """The tokens in order. Never raises; joined, their ``raw`` is the document."""
    ends = _Ends(document)
    at = start = 0
    foreign = 0
    while (at := document.find("<", at)) >= 0:
        token = _markup(document, at, ends)
        if token is None:  # a mere "<"
            at += 1
            continue
        if start < at:
            yield Token("text", document[start:at])
        yield token
        at = start = at + len(token.raw)
        if token.name in {"svg", "math"}:
            foreign = max(0, foreign + (1 if token.kind == "open" else -1))
        if token.kind != "open" or (foreign and token.name == "title"):
            continue
        if token.name == "plaintext":
            break
        if token.name in _RAW_END:
            found = _RAW_END[token.name].search(document, at)
            at = found.start() if found else len(document)
    if start < len(document):
        yield Token("text", document[start:])


def attributes(raw: str) -> Iterator[tuple[str, str]]:
    """Names, in lower case, and values of an opening tag, both as they were written otherwise."""
    name = _NAME.match(raw, 1)
    at = name.end() if name else len(raw)
    while (found := _attribute(raw, at)) is not None:
        key, value, at = found
        if not key:
            return
        yield key.lower(), value.strip("\"'")


class _Ends:
    """Where something ends. What was looked for once and not found is not looked for again."""

    def __init__(self, document: str) -> None:
        self._document = document
        self._absent: set[str] = set()

    def after(self, mark: str, at: int) -> int | None:
        """Behind the next ``mark``; None without one."""
        if mark in self._absent:
            return None
        found = self._document.find(mark, at)
        if found < 0:
            self._absent.add(mark)
            return None
        return found + len(mark)


def _markup(document: str, at: int, ends: _Ends) -> Token | None:
    """The token that the "<" at ``at`` begins; None when it is text."""
    follows = document[at + 1 : at + 2]
    if follows == "!":
        return Token("other", document[at : _declaration(document, at, ends)])
    if follows == "?":
        return Token("other", document[at : _first(document, at, ends, "?>", ">")])
    closing = follows == "/"
    name = _NAME.match(document, at + 1 + closing)
    if name is not None:
        end = _tag(document, name.end())
        if end is None:
            return Token("other", document[at:])
        return Token("close" if closing else "open", document[at:end], name[0].lower())
    if closing and at + 2 < len(document):
        return Token("other", document[at : _first(document, at, ends, ">")])
    return None


def _declaration(document: str, at: int, ends: _Ends) -> int:
    if document.startswith("<!--", at):
        if document.startswith("<!--!>", at):  # not an end yet
            found = _COMMENT_END.search(document, at + 5)
        else:
            found = _COMMENT_END.search(document, at + 2)
        return found.end() if found else len(document)
    if document.startswith("<![CDATA[", at):
        return _first(document, at, ends, "]]>", ">")
    return _first(document, at, ends, ">")


def _first(document: str, at: int, ends: _Ends, *marks: str) -> int:
    """Behind the first of the marks that still comes, else the end."""
    found = (ends.after(mark, at) for mark in marks)
    return next((end for end in found if end is not None), len(document))


def _tag(document: str, at: int) -> int | None:
    """Behind the ">" of a tag whose attributes begin at ``at``; None when it never ends."""
    while (found := _attribute(document, at)) is not None:
        key, _, at = found
        if not key:
            return at
    return None


def _attribute(document: str, at: int) -> tuple[str, str, int] | None:
    """Name, value (in its quotes) and end of the next attribute; no name behind the ">"; None
    when the document ends first."""
    between = _BETWEEN.match(document, at)
    at = between.end() if between else at
    if at >= len(document):
        return None
    if document[at] == ">":
        return "", "", at + 1
    name = _ATTRIBUTE.match(document, at)
    if name is None:
        return None  # it cannot be: what begins nothing else begins a name
    at = name.end()
    equals = _EQUALS.match(document, at)
    if equals is None:
        return name[0], "", at
    at = start = equals.end()
    quote = document[at : at + 1]
    if quote in {'"', "'"}:
        at = document.find(quote, at + 1) + 1
        return (name[0], document[start:at], at) if at else None
    value = _UNQUOTED.match(document, at)
    at = value.end() if value else at
    return name[0], document[start:at], at
