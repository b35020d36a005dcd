"""Chat written as the models like it: a capital first, one mark last, no shouting.

The models learned from edited text. "thanks" by itself came back as "Obrigado por enviar uma
edição"; "Thanks." comes back as "Obrigado." (docs/translation.md has the table). The end is put
back as it was written; a capital stays, it does no harm. A dash between clauses is a hyphen for the
engine: of "—", which it may not know, it made "s".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from translate_proxy.model import Language
from translate_proxy.text import tags

_STOPS = {"zh-Hans": "。", "zh-Hant": "。", "ja": "。", "hi": "।", "bn": "।"}
"""Full stops other than the usual one."""
_WITHOUT_STOP = frozenset({"th", "lo", "km", "my"})
_MARKS = ".!?…‼⁇⁈⁉。！？।؟"
_DASH = re.compile(r"(?<=\S )[-–—](?= \S)")
_CLOSING = frozenset(")]\"'»”’%°")


class Dressed(NamedTuple):
    """``text`` is for the engine; ``undress`` makes its output end as the source did."""

    text: str
    end: str | None
    shouted: bool
    dashes: tuple[str, ...] = ()

    def undress(self, output: str) -> str:
        """The output with the source's own end, in capitals if the source was, and with
        its dashes if there are as many."""
        if self.end is not None:
            output = output.rstrip().rstrip(_MARKS).rstrip() + self.end
        if len(self.dashes) == len(_DASH.findall(output)):
            dashes = iter(self.dashes)
            output = _DASH.sub(lambda _: next(dashes), output)
        return output.upper() if self.shouted else output


def dress(text: str, source: Language, *, shouting_allowed: bool) -> Dressed:
    """``text`` has no white space at its ends and at least one letter. ``shouting_allowed`` is
    False when capitals in it are not only the writer's (placeholders)."""
    dashes = tuple(_DASH.findall(text))
    made = _dressed(_DASH.sub("-", text) if dashes else text, source, shouting_allowed)
    return made._replace(dashes=dashes)


def _dressed(text: str, source: Language, shouting_allowed: bool) -> Dressed:
    shouted = shouting_allowed and _is_shouted(text)
    if shouted:
        text = text.lower()
    first, _, _ = text.partition(" ")
    if text[0].islower() and (first[1:].islower() or not first[1:].isalpha()):
        text = text[0].upper() + text[1:]
    bare = text.rstrip(_MARKS)
    marks = text[len(bare) :]
    if not marks:
        stops = (text[-1].isalnum() or text[-1] in _CLOSING) and _stop(source)
        return Dressed(text + stops, "", shouted) if stops else Dressed(text, None, shouted)
    if len(marks) == 1 or not bare:
        return Dressed(text, None, shouted)
    mark = "?" if "?" in marks else marks[0]
    return Dressed(bare + mark, marks, shouted)


def _stop(source: Language) -> str:
    language = tags.base(source)
    return "" if language in _WITHOUT_STOP else _STOPS.get(language, ".")


def _is_shouted(text: str) -> bool:
    """Two words or more, all in capitals, of a script that has them."""
    if " " not in text or text.upper() != text or text.lower() == text:
        return False
    return sum(map(str.isalpha, text)) >= 6
