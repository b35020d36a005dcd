"""Words of a script that a language is not written in: a name, a greeting, a place.

An engine that never saw their letters leaves them out or makes a mark of them. They stay as they
are, unless nothing else is there: then the text is of another language than was believed.
"""

from __future__ import annotations

import functools
import re

from translate_proxy.model import Language
from translate_proxy.text import tags
from translate_proxy.text.entities import Entity
from translate_proxy.translation.guard.checks import SCRIPTS, written_in

_WORTH_LOOKING = re.compile("[\u0370-\u1fff\u2e80-\ud7ff\uf900-\ufaff\ufb50-\ufdff\ufe70-\ufefc]")


@functools.lru_cache(maxsize=64)
def _patterns(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Runs of words in letters of other scripts, and letters of the own ones. Latin letters are
    no other script: names and codes are written so everywhere."""
    own = written_in(language)
    if own is None:
        return None
    others = "".join(
        letters.pattern[1:-1]
        for script, letters in SCRIPTS
        if script not in own and script != "Latn"
    )
    mine = "".join(letters.pattern[1:-1] for script, letters in SCRIPTS if script in own)
    words = rf"[{others}]+(?:[ '’-][{others}]+)*"
    return re.compile(words), re.compile(f"[{mine}]")


def find(line: str, source: Language) -> list[Entity]:
    """The words of one line in ``source`` that are of another script, as entities."""
    if _WORTH_LOOKING.search(line) is None:
        return []
    patterns = _patterns(tags.base(source))
    if patterns is None or patterns[1].search(line) is None:
        return []
    return [
        Entity("script", match.start(), match.end(), match[0], match[0])
        for match in patterns[0].finditer(line)
    ]
