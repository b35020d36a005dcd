"""What of a message carries language: the text without links, numbers, codes, names and emoji.

The translation guard protects such spans; for detection they only have to go, so a few regular
expressions are enough here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

MAX_CHARS: Final = 600
"""Letters beyond this change no answer and only cost time."""

_SPANS: Final = re.compile(
    r"""
      `[^`]*`                                          # code
    | (?:https?://|www\.)\S+                           # links
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)*                     # e-mail addresses
    | (?<!\w)[@\#][\w.-]+                              # mentions, tags
    | \b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|eu|info|shop|io|pdf|jpe?g|png|docx?|xlsx?|zip)\b
    | (?<!\w)[:;=8][-o^']?[)(\]\[DdPp/\\|*3oO]+(?!\w)  # emoticons
    | \b[A-Za-z]{1,4}\b\ ?:\ ?(?=\d)                   # "nr: 5"
    | [A-Za-z0-9_-]*\d[A-Za-z0-9.,:/_-]*              # numbers and whatever has a digit in it
    """,
    re.VERBOSE,
)
_REPEATED: Final = re.compile(r"([^\W\d_])\1{2,}")
_LAUGHTER: Final = re.compile(
    r"\b(?:(?:h[aeiou]){2,}h?|(?:ja){3,}|(?:ха){2,}|x+d+|lo+l|:?rofl)\b", re.I
)


def language_text(text: str, names: Sequence[str] = ()) -> str:
    """The part of ``text`` that carries language, NFC, single spaces, at most ``MAX_CHARS``.

    ``names`` are the shop's protected terms. Empty when nothing is left.
    """
    text = unicodedata.normalize("NFC", text[: MAX_CHARS * 4])
    for name in names:
        if name and name.lower() in text.lower():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    text = _SPANS.sub(" ", text)
    text = _LAUGHTER.sub(" ", text)
    text = _REPEATED.sub(r"\1\1", text)
    kept = [
        char if char.isalpha() or char in "'’-.!?\n" or _is_mark(char) else " " for char in text
    ]
    return " ".join("".join(kept).split())[:MAX_CHARS] if any(map(str.isalpha, kept)) else ""


def _is_mark(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char).startswith("M")


def words(text: str) -> list[str]:
    """The words of a ``language_text``, lower case, without the marks around them."""
    found = (word.strip("'’-.!?").lower() for word in text.split())
    return [word for word in found if word]
