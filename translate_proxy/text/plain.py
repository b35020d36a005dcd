"""What may be sent as a message, by whatever entrance it comes, and what may be printed."""

from __future__ import annotations

import re
import unicodedata

from translate_proxy.model import Refused


def storable(text: str) -> bool:
    """Whether every database and every page can hold it: no U+0000, no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: white space, format and control characters alone
    (U+200B, U+FEFF, U+2060 and their like)."""
    return all(char.isspace() or unicodedata.category(char) in {"Cf", "Cc"} for char in text)


def check_text(text: str, longest: int) -> None:
    """Refused ``bad_request`` for what cannot be stored, ``empty`` for what nobody would see,
    ``too_long`` above ``longest`` code points."""
    if not storable(text):
        raise Refused("bad_request", "The text holds U+0000 or a lone surrogate.")
    if is_blank(text):
        raise Refused("empty", "The text is empty.")
    if len(text) > longest:
        raise Refused("too_long", f"The text is longer than {longest} characters.")


_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What a terminal or a log's reader acts on instead of showing it: controls, breaks of lines, the
direction of writing; and what cannot be written in UTF-8."""


def printable(text: str) -> str:
    """One line that shows what steers a terminal (``\\x1b``, ``\\u202e``) instead of doing it."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
