"""What must survive a translation byte for byte, found by one pass of one expression.

The kinds are those of a shop's chat: order numbers and SKUs, sizes, prices and amounts, dates and
times, e-mail addresses, links, phone numbers, IBANs, coupon codes, mentions, file names, code in
backticks, markup, emoji, and the site's own words. Small whole numbers ("2 shirts") are left to the
model, which needs them for the plural; the guard checks that none is invented.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_L = r"[^\W\d_]"  # a letter of any script
_NOT_BEFORE = r"(?<![\w@#])"
_NOT_AFTER = r"(?!\w)"
_CURRENCY = r"(?:(?:US|R|A|C)[ ]?\$|[$€£¥₽₺₴₹₩₪₫฿]|zł|Kč|kr\.?|Ft|lei|лв\.?|грн\.?|руб\.?)"
_ISO_CURRENCY = (
    r"(?:EUR|USD|GBP|PLN|CZK|SEK|NOK|DKK|HUF|RON|BGN|TRY|UAH|RUB|CHF|BRL|JPY|CNY|INR|CAD|AUD)"
)
_MONEY = rf"(?:{_CURRENCY}|{_ISO_CURRENCY})"
_SPACE = r"[ \u00a0\u2009\u202f]"
_FRACTION = "[½¼¾⅓⅔⅛]"
_NUMBER = (
    rf"(?:\d{{1,40}}(?:[.,:/'’·*–-]\d{{1,40}}|{_SPACE}\d{{2,4}}(?!\d)){{0,9}}{_FRACTION}?"
    rf"|{_FRACTION})"
)
_UNIT = (
    r"(?:[kcdm]?m[²³]|mm|cm|dm|km|mg|kg|ml|cl|dl|mAh|Wh|kWh|kW|GB|TB|MB|KB|GHz|MHz|Hz|px|DPI|dpi|"
    r"°C|°F|°|″|\"|%|‰|[gmlLWV](?![\w'’]))"
)
_CLOCK = r"(?:\d{1,2}(?:[:.hH]\d{2}|[hH]))"
_RAISED = "⁰¹²³⁴-⁹₀-₉"
_TLD = (
    r"(?:com|net|org|info|biz|shop|store|online|app|dev|io|eu|example|test|de|at|ch|pt|br|es|fr|it|"
    r"nl|be|pl|cz|sk|hu|ro|bg|gr|fi|ee|lv|lt|se|no|dk|is|ie|uk|ru|ua|tr|hr|si|rs|us|ca|mx|cn|jp)"
)
_FILE = (
    r"(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|txt|rtf|zip|rar|7z|jpe?g|png|gif|webp|svg|heic|mp[34]|mov|"
    r"avi|wav|html?|xml|json|exe|apk|dmg)"
)
_EMOJI_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_EMOJI_TAIL = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_EMOJI = rf"(?:{_EMOJI_BASE}{_EMOJI_TAIL}(?:\u200d{_EMOJI_BASE}{_EMOJI_TAIL})*)"
_EMOTICON = r"(?:[:;=8]['’]?-?[()\[\]DPpOo3/\\|*](?!\w)|<3+|</3|\^_?\^|[xX]D(?!\w)|¯\\_\(ツ\)_/¯)"

_KINDS: tuple[tuple[str, str], ...] = (
    ("emoji", r"[0-9#*]\ufe0f?\u20e3"),
    ("code", r"```.{1,2000}?```|`[^`\n]{1,500}`"),
    (
        "program",  # what a program fills in
        (
            r"\{\{[^{}\n]{1,200}\}\}|\{%[^{}%\n]{1,200}%\}|[$#%@]\{[\w.]{1,64}\}|##\w{1,64}##"
            r"|\{[\w.]{0,64}(?:[:!][^{}\s]{1,20})?\}"
            r"|\{\w{1,64},[ ]?(?:plural|select\w{0,7}|number|date|time)"
            r"(?:[^{}\n]{0,200}\{[^{}\n]{0,200}\}){0,9}[^{}\n]{0,200}\}"
            r"|%\(\w{1,64}\)[sdifgxr]|(?<![\w.,])\d{1,9}%%|%%"
            r"|(?<!\d)%(?:\d{1,2}\$)?[+#-]{0,2}\d{0,3}(?:\.\d{1,3})?[sdifgxX@](?!\w)"
            r"|<%[^<>%\n]{0,200}%>|<\?[^<>?\n]{0,200}\?>|\[\[[ ]?[\w.-]{1,64}[ ]?\]\]"
        ),
    ),
    ("marker", r"(?<![\w)])\([a-z]\)(?!\w)"),
    (
        "markup",
        r"</?[A-Za-z][^<>\n]{0,200}>|<[\w.-]{1,64}>|<!--.{0,200}?-->|&(?:[a-z]{2,8}|#\d{1,6});",
    ),
    ("path", r"(?<![\w\\])(?:[A-Za-z]:\\|\\\\[\w.$-]{1,63}\\)[^\s<>\"“”«»|?*]{0,300}"),
    ("link", r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:|tel:)[^\s<>\"“”«»]+"),
    (
        "email",
        (
            r"(?<![\w.+%'-])[\w.+%'-]{0,63}\w@"
            rf"(?:(?:[\w-]{{1,63}}\.){{1,8}}[^\W\d_]{{2,24}}|{_L}[\w-]{{0,62}}(?!\w))"
        ),
    ),
    (
        "mention",
        (
            rf"{_NOT_BEFORE}@(?:{_L}[\w.-]{{0,62}}\w|\w{{1,64}})"
            rf"|{_NOT_BEFORE}#\w{{1,64}}(?:[-/.:]\w{{1,64}}){{0,9}}"
        ),
    ),
    (
        "file",
        rf"(?<![\w-])[\w-]{{1,64}}+(?:[.()][\w-]{{1,64}}+\)?){{0,4}}\.{_FILE}{_NOT_AFTER}",
    ),
    ("link", rf"(?<![\w.@-])(?:[a-z0-9-]{{1,63}}\.){{1,8}}{_TLD}(?:/[^\s<>\"]*)?(?![\w@])"),
    (
        "iban",
        rf"{_NOT_BEFORE}[A-Z]{{2}}\d{{2}}(?:{_SPACE}?[A-Z0-9]{{4}}){{2,7}}(?:{_SPACE}?[A-Z0-9]{{1,3}})?{_NOT_AFTER}",
    ),
    ("phone", rf"{_NOT_BEFORE}(?:\+|00){_SPACE}?\d(?:[ \u00a0()./-]{{0,2}}\d){{5,14}}{_NOT_AFTER}"),
    ("phone", rf"{_NOT_BEFORE}\(\d{{1,5}}\){_SPACE}?\d(?:[ \u00a0./-]?\d){{4,12}}{_NOT_AFTER}"),
    (
        "price",
        (
            rf"(?<!\w)[+−~≈-]?{_MONEY}{_SPACE}?[+−-]?{_NUMBER}(?:,-|\.-|,–)?{_NOT_AFTER}"
            rf"|(?<![\w.,~])[+−~≈-]?{_NUMBER}(?:,-|,–)?{_SPACE}?{_MONEY}{_NOT_AFTER}"
        ),
    ),
    (
        "time",  # 9–17h
        rf"(?<![\w.,:–—-])(?:{_CLOCK}|\d{{1,2}})[–—-]{_CLOCK}{_NOT_AFTER}",
    ),
    (
        "time",
        rf"(?<![\w.,:])\d{{1,2}}(?:[:.h]\d{{2}})?{_SPACE}?(?:[ap]\.m\.|[ap]m|AM|PM|[AP]\.M\.){_NOT_AFTER}",
    ),
    (
        "measure",
        rf"(?<![\w.,~])[+−±≈≤≥~-]?{_NUMBER}(?:{_SPACE}?[x×]{_SPACE}?{_NUMBER}){{0,3}}{_SPACE}?{_UNIT}(?!\w)",
    ),
    (
        "measure",
        rf"(?<![\w.,]){_NUMBER}(?:{_SPACE}[x×*]{_SPACE}{_NUMBER}){{1,3}}(?:{_SPACE}?{_MONEY})?{_NOT_AFTER}",
    ),
    (
        "size",
        (
            r"(?<![\w'’.&-])(?:[SML]|X{1,4}[SL]|[2-6]X[SL]|(?:EU|UK|US|FR|IT)[ ]\d{1,2}(?:[.,]5)?)"
            r"(?![\w'’&-]|\.\w)"
        ),
    ),
    (
        "reference",
        (
            rf"{_NOT_BEFORE}(?=\w)(?!\d+(?:st|nd|rd|th|er|re|ème|eme|º|ª|s|ste|de|e|o|a){_NOT_AFTER})"
            r"(?!\d{1,4}(?:-[a-zß-öø-ÿœ\u03ac-\u03ce\u0430-\u045f]{2,}){1,3}(?![\w-]))"
            rf"(?=[\w/#-]{{0,64}}\d)(?=[\w/.#-]{{0,64}}[^\W\d_])\w{{1,64}}+(?:[-/.:#]\w{{1,64}}+)*(?:['’]s)?{_NOT_AFTER}"
        ),
    ),
    (
        "reference",
        (
            rf"{_NOT_BEFORE}\w{{0,64}}{_L}_\w+|{_NOT_BEFORE}[A-Z]{{1,8}}\.\d{{2,}}{_NOT_AFTER}"
            rf"|{_NOT_BEFORE}[A-Z]{{2,}}(?:-[A-Z]{{2,}})+{_NOT_AFTER}"
            rf"|{_NOT_BEFORE}[A-Z]{{1,8}}(?:&[A-Z]{{1,8}}){{1,4}}{_NOT_AFTER}"
        ),
    ),
    (
        "formula",  # H₂O, x², √2, 5≠6
        (
            rf"{_NOT_BEFORE}(?:[^\W_{_RAISED}]{{1,3}}[{_RAISED}]{{1,8}}){{1,6}}"
            rf"[^\W_{_RAISED}]{{0,3}}{_NOT_AFTER}"
            rf"|[{_RAISED}]++|√{_SPACE}?\w{{1,16}}{_NOT_AFTER}|(?<!\w)\w{{1,16}}(?:[≠≤≥≈±÷]\w{{1,16}}){{1,9}}{_NOT_AFTER}"
        ),
    ),
    ("reference", rf"[§№¶]{_SPACE}?{_NUMBER}{_NOT_AFTER}"),
    ("number", rf"(?<![\w.,~])[+−±≈≤≥~-]?{_NUMBER}{_NOT_AFTER}"),
    (
        "sign",
        (
            r"(?<!\S)(?:[<>≤≥=±≈→←↔⇒≠@§~|•·$€£¥₽₺₴₹₩₪₫฿]|<<|>>|[<>=!]=|\|\||[-=]>)(?![^\s.,;!?])"
            r"|&&+|[⟨⟩【】〖〗『』「」〈〉《》]"
        ),
    ),
    ("emoji", rf"{_EMOJI}++"),
    ("emoji", rf"(?<!\w){_EMOTICON}++"),
    (
        "control",
        r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufdd0-\ufdef\ufffd\u2047\u2581\ue000-\uf8ff]+",
    ),
)

_COUPON_WORDS = re.compile(
    r"\b(?:code|codes|coupon|voucher|promo|código|codigo|cupom|cupão|cupón|vale|codice|buono|rabatt\w*|"
    r"gutschein\w*|kod\w*|kupon\w*|kupong\w*|koodi\w*|alekoodi\w*|kupons|kods|kodas|kuponas|cod|codul|"
    r"kortingscode|kód\w*|κωδικ\w*|κουπόνι|код\w*|купон\w*|промокод\w*|indirim)\b",
    re.IGNORECASE,
)
_SHOUTED = re.compile(rf"[A-ZÀ-ÖØ-Þ](?<![\w@#].)[A-ZÀ-ÖØ-Þ]{{3,23}}{_NOT_AFTER}")
_DASH = re.compile(r"(?<=\w)[–—](?=\d)")
_SMALL = re.compile(r"[+−-]?\d{1,2}")
_TRAILING = ".,;:!?'\"’”»*_"


class Entity(NamedTuple):
    """A protected span: ``text == line[start:end]``. ``becomes`` is what a glossary puts there."""

    kind: str
    start: int
    end: int
    text: str
    becomes: str | None = None

    @property
    def output(self) -> str:
        """What stands there in the translation."""
        return self.text if self.becomes is None else self.becomes

    def moved(self, by: int) -> Entity:
        """The same where the line begins elsewhere."""
        return Entity(self.kind, self.start + by, self.end + by, self.text, self.becomes)


_PATTERN = re.compile(
    "|".join(f"(?P<{kind}_{n}>{expression})" for n, (kind, expression) in enumerate(_KINDS))
)
_WORTH_LOOKING = re.compile(
    # One set in front: ``re`` skips ahead to it. Most of it is enough by itself, the rest is not.
    r"[\d@#`<>±&_:;=^{%(\\|[²³¹¼-¾§¶·~•\x00-\x1f\u00a9\u00ae\u2028-\u3299\ue000-\uffff\U0001f000-\U000e007f"
    r"$€£¥₽₺₴₹₩₪₫฿.A-ZxkzKFlлгр]"
    r"(?:(?<![.A-ZxkzKFlлгр\s\[])|(?<=\[)\["
    r"|(?<=\w\.)\w|(?<=[A-Z])[A-Z]|(?<=\b[SML])\b|(?<=[xX])D"
    r"|(?<!\S.)(?:(?<=k)r|(?<=z)ł|(?<=K)č|(?<=F)t|(?<=l)ei|(?<=л)в|(?<=г)рн|(?<=р)уб)\b)"
)
"""What every kind has somewhere; most words of most messages have none of it. Never white space."""
_SPACE_AFTER = re.compile(r"\s")


@functools.lru_cache(maxsize=256)
def _terms_pattern(terms: tuple[str, ...]) -> re.Pattern[str] | None:
    parts = [_term(term) for term in sorted(set(terms), key=len, reverse=True) if term.strip()]
    return re.compile("|".join(parts)) if parts else None


def _term(term: str) -> str:
    """A site's word. One that looks like an ordinary capitalised word ("Next") is matched as it is
    written or in capitals only, so that the word "next" is still translated; any other ("H&M",
    "Blue Shop", "iLamp") in any case."""
    text = re.escape(term.strip())
    plain = re.fullmatch(rf"{_L}+", term.strip()) and term.strip()[1:].islower()
    body = f"(?:{text}|{re.escape(term.strip().upper())})" if plain else f"(?i:{text})"
    return rf"(?<!\w){body}(?!\w)"


def find(text: str, terms: tuple[str, ...] = ()) -> list[Entity]:
    """The protected spans of a text in order; they do not overlap. Small whole numbers are not
    among them. The site's words come before everything else."""
    own = _terms_pattern(terms) if terms else None
    found = (
        [Entity("term", match.start(), match.end(), match[0]) for match in own.finditer(text)]
        if own
        else []
    )
    general: Iterable[Entity] = _general(text)
    if _DASH.search(text) is not None:
        general = _ranges(text, general)
    found = merged(found, general)
    if _SHOUTED.search(text) is not None and _COUPON_WORDS.search(text) is not None:
        found = _with_coupons(text, found)
    return found


def _general(text: str) -> Iterator[Entity]:
    """Everything but the site's words and coupons. An entity begins in a word worth looking at:
    the long expression is tried there only."""
    at = 0
    while (sign := _WORTH_LOOKING.search(text, at)) is not None:
        start = sign.start()
        while start > at and not text[start - 1].isspace():
            start -= 1
        space = _SPACE_AFTER.search(text, sign.start())
        end = space.start() if space is not None else len(text)
        at = start
        while at < end:
            match = _PATTERN.match(text, at)
            if match is None:
                at += 1
                continue
            kind = (match.lastgroup or "").rpartition("_")[0]
            span = _trimmed(match[0]) if kind in {"link", "path"} else match[0]
            if span and not (kind == "number" and _SMALL.fullmatch(span)):
                yield Entity(kind, at, at + len(span), span)
            at += len(span) or 1


def _ranges(text: str, found: Iterable[Entity]) -> Iterator[Entity]:
    """What a dash joins without a space, "9h–17h", as one."""
    before: Entity | None = None
    for one in found:
        joined = before is not None and before.end + 1 == one.start
        if before is not None and joined and text[before.end] in "–—":
            before = Entity(one.kind, before.start, one.end, text[before.start : one.end])
            continue
        if before is not None:
            yield before
        before = one
    if before is not None:
        yield before


def merged(first: list[Entity], others: Iterable[Entity]) -> list[Entity]:
    """Both, without those of ``others`` that touch one of ``first``; each in order."""
    if not first:
        return list(others)
    joined: list[Entity] = []
    at = 0
    for entity in others:
        while at < len(first) and first[at].end <= entity.start:
            joined.append(first[at])
            at += 1
        if at == len(first) or entity.end <= first[at].start:
            joined.append(entity)
    return joined + first[at:]


def _with_coupons(text: str, found: list[Entity]) -> list[Entity]:
    """Words in capitals, in a text that speaks of a code and is not all capitals."""
    if text.upper() == text:
        return found
    coupons = (
        Entity("coupon", match.start(), match.end(), match[0])
        for match in _SHOUTED.finditer(text)
        if not _COUPON_WORDS.fullmatch(match[0])
    )
    return merged(found, coupons)


def _trimmed(link: str) -> str:
    """A link without the sentence's punctuation behind it; a bracket stays if it was opened."""
    closing = link.count(")") - link.count("(")
    end = len(link)
    while end and (link[end - 1] in _TRAILING or (link[end - 1] in ")]}" and closing > 0)):
        closing -= link[end - 1] == ")"
        end -= 1
    return link[:end]
