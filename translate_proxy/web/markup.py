"""HTML for the translation API: the text between the tags is translated, the tags stay as they
were written."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser

UNTRANSLATED = frozenset({"script", "style", "code", "pre", "textarea", "kbd", "samp", "var"})
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)


class _Pieces(HTMLParser):
    """Cuts a document into markup and text. ``pieces``: (text, whether it is to be translated)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[tuple[str, bool]] = []
        self._kept: list[str] = []  # open elements whose content is not translated

    def _markup(self, raw: str) -> None:
        self.pieces.append((raw, False))

    def _text(self, raw: str) -> None:
        translated = not self._kept
        if self.pieces and self.pieces[-1][1] == translated:
            raw = self.pieces.pop()[0] + raw
        self.pieces.append((raw, translated))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element opens."""
        self._markup(self.get_starttag_text() or "")
        given = {name: (value or "").lower() for name, value in attrs}
        keep = tag in UNTRANSLATED or given.get("translate") == "no"
        if tag not in VOID and (keep or self._kept):
            self._kept.append(tag)

    def handle_startendtag(self, _tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """``<br/>``."""
        self._markup(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """An element closes, and what was left open inside it."""
        self._markup(f"</{tag}>")
        if tag in self._kept:
            while self._kept.pop() != tag:
                continue

    def handle_data(self, data: str) -> None:
        """Text."""
        self._text(data)

    def handle_entityref(self, name: str) -> None:
        """``&amp;``."""
        self._text(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """``&#233;``."""
        self._text(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        """A comment stays."""
        self._markup(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        """``<!doctype html>``."""
        self._markup(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        """``<?xml ...>``."""
        self._markup(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        """``<![CDATA[...]]>``."""
        self._markup(f"<![{data}]>")


async def translate_markup(text: str, translate: Callable[[str], Awaitable[str]]) -> str:
    """Translate each run of text. Entities are resolved for the engine and written again as
    needed, so that a translation can never become markup."""
    parser = _Pieces()
    parser.feed(text)
    parser.close()
    done: list[str] = []
    for piece, is_text in parser.pieces:
        plain = html.unescape(piece) if is_text else ""
        if plain.strip():
            done.append(html.escape(await translate(plain), quote=False))
        else:
            done.append(piece)
    return "".join(done)
