"""Laughter in the languages of the world: "kkkk", "rsrs", "jajaja", "хахаха", "555", "lol".

A model takes it for a word; here it is a span that stays out of the engine's hands like an emoji:
as it was typed where everybody reads it ("haha", "lol"), else as the target language laughs.
"""

from __future__ import annotations

import functools
import re

from translate_proxy.model import Language
from translate_proxy.text import tags
from translate_proxy.text.entities import Entity

_BEGINS, _ENDS = r"(?<![\w@#&/.+'’-])", r"(?![\w@#&/+-]|[.'’]\w)"


def _of(*pairs: str) -> str:
    """Words in which two letters alternate, each as often as one likes: "haha", "aahahaah"."""
    found: list[str] = []
    for pair in pairs:
        one, other = [f"[{letter}{letter.upper()}]+" for letter in list(pair)]
        found += [rf"(?:{one}{other}){{2,}}(?:{one})?", rf"(?:{other}{one}){{2,}}(?:{other})?"]
    return "|".join(found)


_READ_EVERYWHERE = (
    rf"{_BEGINS}(?:[hH][aA]+(?: [hH][aA]+)+|[hH][eE]+(?: [hH][eE]+)+"
    rf"|[bBmM]?[wWuU][aA](?:[hH]+[aA]+)+[hH]?|{_of('ha', 'he', 'hi', 'ho')}"
    rf"|[xX][dD]+|(?:[lL][oO]+)+[lL]+|[lL][mM][fF]?[aA][oO]+|[rR][oO][fF][lL]+){_ENDS}"
)
_ANYWHERE = (
    rf"{_BEGINS}(?:[kK]{{4,}}|{_of('ха', 'хе', 'хи', 'хо', 'χα', 'χε', 'χι')}"
    rf"|ח{{3,}}|ه{{2,}}|خ{{3,}}){_ENDS}|[ㅋㅎ]+|哈{{2,}}|呵{{2,}}|嘿{{2,}}|嘻{{2,}}"
)
_SPANISH = rf"{_of('ja', 'je', 'ji')}"
_LANGUAGES: dict[Language, str] = {
    "pt": rf"{_BEGINS}(?:[kK]{{2,}}|{_of('rs', 'ks')}|[uaesUAES]*(?:[hH]+[uaesUAES]+){{2,}}[hH]*"
    rf"|{_SPANISH}|rs(?!\s?\d)){_ENDS}",
    **dict.fromkeys(("es", "ca", "gl", "eu"), rf"{_BEGINS}(?:[kK]{{3,}}|{_SPANISH}){_ENDS}"),
    "fr": rf"{_BEGINS}(?:[mM][dD][rR]+|[pP][tT][dD][rR]+){_ENDS}",
    "ja": r"(?<![\w.])w{2,}(?![\w.])|(?<=[\u3040-\u30ff\u4e00-\u9fff])w+(?![\w.])|ｗ+"
    r"|[（(]笑+[）)]|^\s*[草笑]+\s*$",
    "th": r"^5{3,}\+*$|(?:(?<=[\u0e00-\u0e7f])5{3,}|(?<![\d.,])5{4,})\+*"
    r"(?![\w.,]|\s?(?:บาท|฿|ชิ้น|อัน|ตัว|คน|กรัม|เมตร|นาที|วัน))",
    "zh-Hans": r"(?<![\d.,])23{3,}(?![\w.,])",
}
"""Of one language: elsewhere "555" is a number, "jaja" a German yes, "www" a link's beginning."""
_LAUGHS: dict[Language, str] = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr-Cyrl"), "хаха"),
    **dict.fromkeys(("es", "ca", "gl", "eu"), "jaja"),
    **dict.fromkeys(("zh-Hans", "zh-Hant"), "哈哈"),
    "el": "χαχα",
    "he": "חחח",
    "ar": "ههه",
    "th": "555",
    "ja": "笑",
    "ko": "ㅋㅋㅋ",
}
"""How other languages than these laugh: "haha"."""
_SIGN = re.compile(
    # One set in front: ``re`` skips ahead to it. Then what it has to be the beginning of.
    r"[hHjJkKxXwｗхХχΧחهخㅋㅎ哈呵嘿嘻笑草52]"
    r"(?:(?<=[hHjJхХχΧ])[aeiouAEIOUаеиоАЕИОαειΑΕΙ]+[sS ]?[hHjJхХχΧ]|(?<=[kK])(?:[kK]|[sS][kK])"
    r"|(?<=[xX])[dD]|(?<=w)w|(?<=[\u3040-\u9fff]w)|(?<=ח)ח|(?<=ه)ه|(?<=خ)خ|(?<=5)5|(?<=2)3"
    r"|(?<=[ｗㅋㅎ哈呵嘿嘻笑草]))"
)
_SIGNS = ("lol", "loo", "lmao", "lmfao", "rofl", "mdr", "tdr", "rsr", " rs")
"""What all laughter has somewhere, and few other texts."""
_PLACE_BEFORE_RS = re.compile(r"(?:,|\b(?:em|para|pra|no|do|de|ao|o|e))\s*$", re.IGNORECASE)
"""What says that "rs" is the state of Rio Grande do Sul."""


@functools.lru_cache(maxsize=64)
def _pattern(language: Language) -> re.Pattern[str]:
    own = _LANGUAGES.get(language)
    return re.compile(
        f"(?P<kept>{_READ_EVERYWHERE})|{_ANYWHERE}" + (f"|{own}" if own is not None else "")
    )


def _may_laugh(line: str) -> bool:
    if _SIGN.search(line) is not None:
        return True
    small = line.lower()
    return any(sign in small for sign in _SIGNS)


def find(line: str, source: Language, target: Language) -> list[Entity]:
    """The laughter of one line in ``source``, as entities that become what is read in
    ``target``."""
    found: list[Entity] = []
    if not _may_laugh(line):
        return found
    for match in _pattern(tags.base(source)).finditer(line):
        text = match[0].strip()
        start = match.start() + match[0].index(text)
        if text == "rs" and _PLACE_BEFORE_RS.search(line[max(0, start - 9) : start]):
            continue
        becomes = text if match["kept"] else _LAUGHS.get(tags.base(target), "haha")
        found.append(Entity("laughter", start, start + len(text), text, becomes))
    return found
