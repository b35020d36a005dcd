"""HTML for the translation API: what a reader reads as one sentence is translated as one, and the
tags come back as they were written, around the words on which they stood.

Blocks and line breaks end a line; everything else stands within one (``inline``). Where a line's
elements stand in its translation is found by ``alignment``. A translation never becomes markup.
"""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from translate_proxy.model import Language
from translate_proxy.translation.guard.alignment import (
    Node,
    Sentence,
    TooManyNodes,
    hollow,
)
from translate_proxy.translation.work import segments
from translate_proxy.watchdog import doing
from translate_proxy.web.html_tokens import Token, attributes, tokens
from translate_proxy.web.inline import VOID, Line, Spelling, read_line

UNTRANSLATED = frozenset(
    {"script", "style", "code", "pre", "textarea", "kbd", "samp", "var", "xmp", "iframe"}
    | {"noembed", "noframes", "plaintext"}
)
BLOCKS = frozenset(
    {"address", "article", "aside", "audio", "base", "blockquote", "body", "br", "button", "canvas"}
    | {"caption", "center", "col", "colgroup", "dd", "details", "dialog", "dir", "div", "dl", "dt"}
    | {"embed", "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1"}
    | {"h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "iframe", "input"}
    | {"label", "legend", "li", "link", "listing", "main", "math", "menu", "meta", "nav"}
    | {"noembed", "noframes", "noscript", "object", "ol", "optgroup", "option", "p", "plaintext"}
    | {"pre", "script", "search", "section", "select", "slot", "style", "summary", "svg", "table"}
    | {"tbody", "td", "template", "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "video"}
    | {"xmp"}
)
"""Elements that HTML does not show within a line, and those whose texts are nobody's sentence."""

MAX_DEPTH = 30
"""Elements within elements of one line; a deeper line is translated piece by piece."""
AT_ONCE = 8
"""Texts of one document that are translated at the same time."""

_LONG_CHARS = 1500
"""Longer ones take more than a moment, and may be more than a translation takes at once."""

_T = TypeVar("_T")
Translate = Callable[[str], Awaitable[str]]
_Item = Token | tuple[str, str]
_NO = re.compile("translate", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}\Z")
_LONGEST_NUMBER = 5
_ORDINAL = re.compile(r"st|nd|rd|th|er|re|e|ème|o|a|os|as|º|ª", re.IGNORECASE)
_WORD = re.compile(r"`\d+`")
"""What stands for content that is not translated: code to the guard, which keeps it."""


async def translate_markup(document: str, translate: Translate, target: Language = "") -> str:
    """The document in the language ``target``. Never raises for anything the document holds."""
    work = _Work(translate, target)
    parts = await _aside(len(document), lambda: _parts(document))
    lines = [part for part in parts if not isinstance(part, str)]
    done = iter(await asyncio.gather(*map(work.line, lines)))
    return "".join(part if isinstance(part, str) else next(done) for part in parts)


# -- lines ------------------------------------------------------------------------------------


class _Kept:
    """Whether we are in an element whose content is not translated."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._names: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._open)

    def enter(self, token: Token) -> bool:
        """An opening tag; whether its content is kept."""
        if token.name in VOID or not (self._open or _is_kept(token)):
            return False
        self._open.append(token.name)
        self._names[token.name] += 1
        return True

    def leave(self, token: Token) -> None:
        """A closing tag, with what was left open inside."""
        if not self._names[token.name]:
            return
        while (name := self._open.pop()) != token.name:
            self._names[name] -= 1
        self._names[token.name] -= 1


def _is_kept(token: Token) -> bool:
    if token.name in UNTRANSLATED:
        return True
    if not _NO.search(token.raw):
        return False
    given = dict(reversed(list(attributes(token.raw))))  # the first of a name counts
    return (
        given.get("translate", "").lower() == "no"
        or "notranslate" in given.get("class", "").lower().split()
    )


def _parts(document: str) -> list[str | list[_Item]]:
    """The document as markup and lines, in order."""
    cutter = _Cutter()
    for token in tokens(document):
        cutter.add(token)
    return cutter.end()


class _Cutter:
    def __init__(self) -> None:
        self._parts: list[str | list[_Item]] = []
        self._line: list[_Item] = []
        self._kept = _Kept()
        self._inside: list[str] = []  # what a kept element holds so far
        self._inside_is_block = False
        self._drawings = 0

    def add(self, token: Token) -> None:
        """The next token."""
        if self._kept:
            self._keep(token)
            return
        is_block = self._is_block(token)
        if is_block:
            self._end_line()
        if token.kind == "open" and self._kept.enter(token):
            self._inside, self._inside_is_block = [token.raw], is_block
        elif is_block:
            self._parts.append(token.raw)
        else:
            self._line.append(token)

    def end(self) -> list[str | list[_Item]]:
        """Everything; a kept element that was never closed goes to the end."""
        self._end_line()
        return [*self._parts, "".join(self._inside)]

    def _is_block(self, token: Token) -> bool:
        if token.name in {"svg", "math"}:
            self._drawings = max(0, self._drawings + (1 if token.kind == "open" else -1))
        in_drawing = self._drawings > 0 and token.name not in {"", "a", "tspan"}
        return in_drawing or token.name in BLOCKS

    def _keep(self, token: Token) -> None:
        self._inside.append(token.raw)
        if token.kind == "open":
            self._kept.enter(token)
        elif token.kind == "close":
            self._kept.leave(token)
        if not self._kept:
            raw = "".join(self._inside)
            self._inside = []
            if self._inside_is_block:
                self._parts.append(raw)
            else:
                self._line.append((raw, ""))

    def _end_line(self) -> None:
        self._line = _with_ordinals(self._line)
        if any(isinstance(item, Token) and item.kind == "text" for item in self._line):
            self._parts.append(self._line)
        else:
            self._parts.append(_raw(self._line))
        self._line = []


# -- one line ---------------------------------------------------------------------------------


class _Work:
    def __init__(self, translate: Translate, target: Language) -> None:
        self._translate = translate
        self._target = target
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, asyncio.Future[str]] = {}

    async def _one(self, text: str) -> str:
        """The translation of a text, asked for once."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = asyncio.ensure_future(self._asked(text))
        return await known

    async def _asked(self, text: str) -> str:
        async with self._turn:
            return await self._translate(text)

    async def line(self, items: Sequence[_Item]) -> str:
        """One line as HTML again."""
        raw = _raw(items)
        spelling = Spelling()
        line = await _aside(len(raw), lambda: read_line(_named(items, raw), spelling))
        if not segments.has_words(line.text):
            return raw
        if line.depth > MAX_DEPTH:
            return await self._piece_by_piece(items)
        try:
            cut = await _aside(len(raw), lambda: _Cut.of(line))
        except TooManyNodes:
            return await self._piece_by_piece(items)
        texts = cut.texts()
        made = dict(zip(texts, await asyncio.gather(*map(self._one, texts)), strict=True))
        if all(made[text] == text for text in cut.sentences()):
            return raw
        written = await _aside(len(raw), lambda: cut.write(made, self._target, spelling))
        return await self._piece_by_piece(items) if written is None else written

    async def _piece_by_piece(self, items: Sequence[_Item]) -> str:
        """Each text between two tags by itself."""
        done: list[str] = []
        for item in items:
            is_text = isinstance(item, Token) and item.kind == "text"
            done.append(await self.line([item]) if is_text else _raw([item]))
        return "".join(done)


@dataclass(slots=True)
class _Cut:
    """A line with its sentences; a short line that no tag cuts is one text."""

    line: Line
    parts: list[tuple[str, Sentence | None]]  # those without a sentence are kept as they are
    joined: Callable[[Sequence[str], Language], list[str]]

    @classmethod
    def of(cls, line: Line) -> _Cut:
        """Raises TooManyNodes."""
        text = line.text
        cut = any(_cuts(child, len(text)) for child in line.root.children)
        if not cut and len(text) < _LONG_CHARS:
            return cls(line, [(text, Sentence(text, 0, len(text)))], lambda made, _: list(made))
        split = segments.split(text)
        parts: list[tuple[str, Sentence | None]] = []
        at = 0
        for part in split:
            if isinstance(part, str):
                parts.append((part, None))
            else:
                sentence = Sentence(text, at, at + len(part.text))
                sentence.look(line.root)
                parts.append((part.text, sentence))
            at += len(parts[-1][0])
        return cls(line, parts, lambda made, target: segments.joined(split, made, target))

    def sentences(self) -> list[str]:
        """The texts whose translations stand in the line's."""
        return [text for text, sentence in self.parts if sentence is not None]

    def texts(self) -> list[str]:
        """Every text whose translation is needed."""
        pieces = [one for _, sentence in self.parts if sentence for one in sentence.pieces()]
        return list(dict.fromkeys([*self.sentences(), *pieces]))

    def write(self, made: dict[str, str], target: Language, spelling: Spelling) -> str | None:
        """The line as HTML; None when something that stood for content was lost, or an element's
        words."""
        pieces = self.joined([made[text] for text in self.sentences()], target)
        froms, tos = [0], [0]
        for (text, sentence), piece in zip(self.parts, pieces, strict=True):
            if sentence is not None:
                sentence.place(piece, tos[-1], made)
            froms.append(froms[-1] + len(text))
            tos.append(tos[-1] + len(piece))
        _put_rest(self.line.root, froms, tos)
        translated = "".join(pieces)
        words = _words_of(translated)
        if any(len(words.get(word, ())) != 1 for word in self.line.kept):
            return None
        for node in _hidden(self.line.root):
            word = self.line.text[node.start : node.end]
            node.put(words[word][0], words[word][0] + len(word))
        self.line.root.first, self.line.root.last = 0, len(translated)
        if hollow(self.line.root, self.line.text, translated):
            return None
        return self.line.write(translated, spelling) if _encloses(self.line.root) else None


async def _aside(size: int, work: Callable[[], _T]) -> _T:
    """Off the event loop where it takes more than a moment."""
    if size < _LONG_CHARS:
        return doing("markup", work)
    return await asyncio.to_thread(doing, "markup", work)


def _with_ordinals(line: list[_Item]) -> list[_Item]:
    """The items with "2<sup>nd</sup>" as content that is not translated."""
    items: list[_Item] = []
    for item in line:
        items.append(item)
        if isinstance(item, Token) and item.name == "sup" and item.kind == "close":
            items[-4:] = _ordinal(items[-4:])
    return items


def _ordinal(items: list[_Item]) -> list[_Item]:
    tags = [(one.kind, one.name) for one in items if isinstance(one, Token)]
    if tags != [("text", ""), ("open", "sup"), ("text", ""), ("close", "sup")]:
        return items
    raw = _raw(items[:1])
    number = _NUMBER.search(raw, max(0, len(raw) - _LONGEST_NUMBER))
    if number is None or not _ORDINAL.fullmatch(_raw(items[2:3])):
        return items
    return [Token("text", raw[: number.start()]), (number[0] + _raw(items[1:]), "")]


def _raw(items: Sequence[_Item]) -> str:
    return "".join(item.raw if isinstance(item, Token) else item[0] for item in items)


def _named(items: Sequence[_Item], raw: str) -> Iterator[_Item]:
    """The items, with a word for all content that is not translated: code in backticks, which the
    guard keeps. An image between words is such content too."""
    texts = [n for n, item in enumerate(items) if isinstance(item, Token) and _says(item)]
    taken = set(_WORD.findall(raw))
    number = 0
    for n, item in enumerate(items):
        is_image = isinstance(item, Token) and item.name == "img" and item.kind == "open"
        if isinstance(item, Token) and not (is_image and texts and texts[0] < n < texts[-1]):
            yield item
            continue
        number += 1
        while f"`{number}`" in taken:
            number += 1
        yield _raw([item]), f"`{number}`"


def _words_of(translated: str) -> dict[str, list[int]]:
    """Where the words that stand for something stand."""
    found: dict[str, list[int]] = {}
    for word in _WORD.finditer(translated):
        found.setdefault(word[0], []).append(word.start())
    return found


def _says(token: Token) -> bool:
    return token.kind == "text" and segments.has_words(token.raw)


def _cuts(node: Node, length: int) -> bool:
    """Whether it, or something in it, begins or ends in the middle of the line."""
    if 0 < node.start < length or 0 < node.end < length:
        return True
    return any(_cuts(child, length) for child in node.children)


def _hidden(root: Node) -> Iterator[Node]:
    for child in root.children:
        if child.hides:
            yield child
        yield from _hidden(child)


def _encloses(node: Node) -> bool:
    """Whether all that stands for content stands within what it stood in."""
    return all(
        (node.first or 0) <= (child.first or 0) and (child.last or 0) <= (node.last or 0)
        for child in node.children
        if child.hides or any(_hidden(child))
    ) and all(map(_encloses, node.children))


def _put_rest(node: Node, froms: Sequence[int], tos: Sequence[int]) -> None:
    """Put what stands at the edges of sentences and between them. ``froms`` and ``tos``: where
    the parts of the line begin, and its end, in the source and in the translation."""
    for child in node.children:
        if child.first is None:
            n = min(bisect_right(froms, child.start), len(froms) - 1) - 1
            child.first = min(tos[n] + child.start - froms[n], tos[n + 1])
            if child.start == froms[n + 1]:
                child.first = tos[n + 1]
        if child.last is None:
            n = max(bisect_left(froms, child.end), 1) - 1
            child.last = min(tos[n] + child.end - froms[n], tos[n + 1])
            if child.end == froms[n + 1]:
                child.last = tos[n + 1]
        child.last = max(child.first, child.last)
        _put_rest(child, froms, tos)
