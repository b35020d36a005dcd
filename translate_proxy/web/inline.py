"""A line of HTML, as a reader sees it: its text in one piece, and where the tags stand in it.

White space is one space, as HTML shows it; character references are the characters they mean. Both
come back as they were written where they can.
"""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from translate_proxy.translation.guard.alignment import Node, written
from translate_proxy.web.html_tokens import Token

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)

_SPACES = re.compile(
    r"((?:[ \t\n\f\r\u00a0\u2002-\u200a\u202f]"
    r"|&(?:nbsp|ensp|emsp|emsp1[34]|numsp|puncsp|thinsp|hairsp);"
    r"|&#(?:160|819[4-9]|820[0-2]|8239);|&#[xX](?:[aA]0|200[2-9aA]|202[fF]);)+)"
)
_BREAKS = re.compile(
    r"([\u00ad\u200b]|&(?:shy|ZeroWidthSpace);|&#(?:173|8203);|&#[xX](?:[aA][dD]|200[bB]);)"
)
"""Where a word may be broken: not shown, and part of no word."""
_PLAIN = " \t\n\f\r"
_WORDS_APART = re.compile(r"(\s+)")
_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_MAY_OPEN = re.compile(r"<(?:[A-Za-z/!?]|$)")


class Spelling:
    """How the source writes what can be written in several ways."""

    def __init__(self) -> None:
        self._chunks: dict[str, deque[str]] = {}
        self._references: dict[str, str] = {}
        self._bare: set[str] = set()

    def read(self, raw: str) -> str:
        """The characters that a piece of text without white space means, remembered."""
        if not raw.isascii():
            self._bare.update(raw)
        if "&" not in raw and "<" not in raw and ">" not in raw:
            return raw
        plain = html.unescape(raw)
        if _MAY_OPEN.search(raw) is None:
            self._chunks.setdefault(plain, deque()).append(raw)
        for found in _REFERENCE.finditer(raw):
            meant = html.unescape(found[0])
            if len(meant) == 1:
                self._references.setdefault(meant, found[0])
        return plain

    def write(self, text: str) -> str:
        """Text as HTML: what the source wrote in the source's way, and never markup."""
        return "".join(
            part if number % 2 else self._word(part)
            for number, part in enumerate(_WORDS_APART.split(text))
        )

    def _word(self, word: str) -> str:
        known = self._chunks.get(word)
        if known is not None:  # written in several ways: in their order
            return known.popleft() if len(known) > 1 else known[0]
        return "".join(map(self._character, word))

    def _character(self, character: str) -> str:
        if character in "&<>":
            return html.escape(character)
        if character.isascii() or character in self._bare:
            return character
        return self._references.get(character, character)


@dataclass(slots=True)
class Line:
    """One line: what a reader sees, and the tree of what stands in it. ``depth`` is how deep its
    elements nest; ``kept`` are the words that stand for content that is not translated."""

    text: str
    root: Node
    kept: tuple[str, ...]
    depth: int

    def write(self, translated: str, spelling: Spelling) -> str:
        """The translation with everything where it was put."""
        return written(self.root, translated, spelling.write)


class _Builder:
    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._parts: list[str] = []
        self._length = 0
        self._root = Node()
        self._open = [self._root]
        self._names: dict[str, int] = {}
        self._last_space: tuple[Node, int, str] | None = None
        self._kept: list[str] = []
        self._depth = 0

    def add(self, token: Token) -> None:
        """The next token."""
        if token.kind == "text":
            self._text(token.raw)
        elif token.kind == "open" and token.name not in VOID:
            self._open.append(self._node(token.raw, token.name))
            self._names[token.name] = self._names.get(token.name, 0) + 1
            self._depth = max(self._depth, len(self._open))
        elif token.kind == "close" and self._names.get(token.name):
            self._close(token)
        else:
            self._node(token.raw)

    def keep(self, raw: str, word: str) -> None:
        """Content that is not translated, with the word that stands for it."""
        node = self._node(raw)
        self._put(word)
        node.end = self._length
        node.hides = True
        self._kept.append(word)

    def _node(self, raw: str, name: str = "", *, is_space: bool = False) -> Node:
        node = Node(name, raw, start=self._length, end=self._length, is_space=is_space)
        self._open[-1].children.append(node)
        return node

    def _close(self, token: Token) -> None:
        """What is still open inside has no partner and becomes a mark in its place: its content
        is the element's."""
        inner: list[Node] = []
        while (node := self._open.pop()).name != token.name:
            self._names[node.name] -= 1
            inner.append(node)
        self._names[token.name] -= 1
        node.after, node.end = token.raw, self._length
        _unpair(node, inner)

    def _put(self, plain: str) -> None:
        self._parts.append(plain)
        self._length += len(plain)
        self._last_space = None

    def _text(self, raw: str) -> None:
        for number, part in enumerate(_SPACES.split(raw)):
            if number % 2:
                self._space(part)
            elif part:
                self._word(part)

    def _word(self, raw: str) -> None:
        for number, part in enumerate(_BREAKS.split(raw)):
            if number % 2:
                self._node(part)
            elif part:
                self._put(self._spelling.read(part))

    def _space(self, raw: str) -> None:
        fixed = raw.strip(_PLAIN) != ""
        first = self._length == 0 or self._last_space is not None
        if first:  # HTML shows no second space, and none at the beginning
            if fixed or self._length == 0:
                self._node(raw)
            return
        parent = self._open[-1]
        place = len(parent.children)
        if fixed:
            self._node(raw, is_space=True)
        self._put(" ")
        self._last_space = (parent, place, "" if fixed else raw)

    def line(self) -> Line:
        """What has been added."""
        _unpair(self._root, self._open[:0:-1])
        text = "".join(self._parts)
        if self._last_space is not None:  # none is shown at the end either
            text = text[:-1]
            parent, place, raw = self._last_space
            if raw:
                parent.children.insert(place, Node("", raw, start=len(text), end=len(text)))
        self._root.end = len(text)
        _clip(self._root, len(text))
        return Line(text, self._root, tuple(self._kept), self._depth)


def read_line(items: Iterable[Token | tuple[str, str]], spelling: Spelling) -> Line:
    """A line of these tokens; a pair is content that is not translated and what stands for it."""
    builder = _Builder(spelling)
    for item in items:
        if isinstance(item, Token):
            builder.add(item)
        else:
            builder.keep(*item)
    return builder.line()


def _unpair(node: Node, inner: list[Node]) -> None:
    """Take up the content of those that were opened in ``node`` one in the other, the innermost
    first, and never closed."""
    for one in reversed(inner):
        node.children += one.children
        one.children = []
        one.end = one.start


def _clip(node: Node, length: int) -> None:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        one.start, one.end = min(one.start, length), min(one.end, length)
        one.is_space = one.is_space and one.start < length
        waiting += one.children
