"""Hand-written texts of the kinds that failed once, with what must hold of their translations.

One TOML file a kind, written before their translations were looked at; a text says what must stand
in the translation, not how the rest is worded. ``python -m tests.texts`` prints the shares.
"""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.translation_support import starter_packages
from tests.webapp import running
from translate_proxy.settings import Translation
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text and what must hold of its translation.

    ``holds``: stands in it as it is written here. ``lacks``: does not, as a whole word. ``says``:
    of each list at least one, in any case. ``counts``: how often. ``lines``: how many. ``one_of``:
    is one of these, apart from its end. ``may_stay``: may come back as it is.
    """

    kind: str
    source: str
    text: str
    html: bool = False
    holds: Sequence[str] = ()
    lacks: Sequence[str] = ()
    says: Sequence[Sequence[str]] = ()
    counts: dict[str, int] = field(default_factory=dict)
    lines: int | None = None
    one_of: Sequence[str] = ()
    may_stay: bool = False

    @property
    def target(self) -> str:
        """The other language of the starter packages."""
        return "pt" if self.source == "en" else "en"

    def stayed(self, output: str) -> bool:
        """Whether it was not translated and should have been."""
        return output == self.text and not self.may_stay

    def damage(self, output: str) -> list[str]:
        """What is wrong with this translation, one line each."""
        small = output.lower()
        found = ["not translated"] if self.stayed(output) else []
        found += [f"{wanted!r} is gone" for wanted in self.holds if wanted not in output]
        found += [f"{word!r} stands there" for word in self.lacks if _stands(word, output)]
        found += [
            f"none of {list(words)}"
            for words in self.says
            if not any(word.lower() in small for word in words)
        ]
        found += [
            f"{mark!r} {output.count(mark)} times, not {times}"
            for mark, times in self.counts.items()
            if output.count(mark) != times
        ]
        if self.html:
            found += [
                f"{name}: {_count(pattern, self.text)} times, then {_count(pattern, output)}"
                for name, pattern in _HTML.items()
                if _count(pattern, self.text) != _count(pattern, output)
            ]
        if self.lines is not None and output.count("\n") + 1 != self.lines:
            found.append(f"not {self.lines} lines")
        if self.one_of and output.rstrip(".! ") not in self.one_of:
            found.append(f"none of {list(self.one_of)}")
        return found


_HTML = {
    "ends of sentences": r"[.!?](?=[\s<]|$)",
    "space inside a tag": r"<\w[^>]*>[ ]+\S|\S[ ]+</",
    "tags": r"<[^>]*>",
}
"""What a page has as often before as afterwards."""


def _count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text))


def _stands(word: str, output: str) -> bool:
    before = r"(?<!\w)" if word[0].isalnum() else ""
    after = r"(?!\w)" if word[-1].isalnum() else ""
    return re.search(before + re.escape(word) + after, output) is not None


def load() -> list[Text]:
    """Every text of every file."""
    found: list[Text] = []
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for given in data["texts"]:
            rest: dict[str, Any] = {key: value for key, value in given.items() if key != "from"}
            html = data.get("html", False)
            found.append(Text(kind=path.stem, source=given["from"], html=html, **rest))
    return found


async def translated(texts: Sequence[Text], folder: Path) -> list[str]:
    """What ``POST /translate`` answers to each, with the starter packages and the phrase book.
    ``folder`` is an empty one."""
    words = Words(PhraseBook())
    translator = Translator(Translation(), (), starter_packages(), time.monotonic, words=words)
    await translator.start()
    try:
        async with running(folder, demo=True, translator=translator) as web:
            outputs: list[str] = []
            for text in texts:
                body = {
                    "q": text.text,
                    "source": text.source,
                    "target": text.target,
                    "format": "html" if text.html else "text",
                }
                answer = await web.client.post("/translate", json=body)
                outputs.append(answer.raise_for_status().json()["translatedText"])
            return outputs
    finally:
        await translator.close()
