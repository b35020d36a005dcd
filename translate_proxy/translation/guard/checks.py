"""What a translation must not look like: empty, looping, far too long, wrong script, leaking.

Each check compares with the source, because people repeat themselves too ("hahahaha").
"""

from __future__ import annotations

import re

from translate_proxy.model import Language
from translate_proxy.text import tags

_LEAKS = re.compile(
    # One set in front: ``re`` skips ahead to it. Most of it is enough by itself, the rest is not.
    r"[<_@\u2047\u2581\ufffd\x00-\x08\x0b-\x1f\x7f\ue000-\uf8ff]"
    r"(?:(?<![<_@])|(?<=<)(?:/?s|unk|pad|blank|mask|2\w\w)>|(?<=_)_\w\w_?_?|(?<=@)@)"
)
_REPEATED_WORDS = re.compile(r"(?<!\w)(\w(?:.{0,60}?\w)??)(?:\W{1,4}\1(?!\w)){3,}", re.IGNORECASE)
_DOUBLED = re.compile(r"(?<!\w)([^\W\d_]{2,40}+) \1(?!\w)")
_REPEATED_LETTERS = re.compile(r"(\w{1,12}?)\1{5,}", re.IGNORECASE)

SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("Latn", re.compile("[A-Za-zÀ-ÖØ-öø-\u024f\u1e00-\u1eff]")),
    ("Cyrl", re.compile("[\u0400-\u052f]")),
    ("Grek", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("Arab", re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")),
    ("Hebr", re.compile("[\u0590-\u05ff]")),
    ("Deva", re.compile("[\u0900-\u097f]")),
    ("Beng", re.compile("[\u0980-\u09ff]")),
    ("Thai", re.compile("[\u0e00-\u0e7f]")),
    ("Hang", re.compile("[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")),
    ("Kana", re.compile("[\u3040-\u30ff]")),
    ("Hani", re.compile("[\u3400-\u9fff\uf900-\ufaff]")),
)
_WRITTEN_IN: dict[str, frozenset[str]] = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "ky", "kk", "sr-Cyrl"), frozenset({"Cyrl"})),
    "el": frozenset({"Grek"}),
    **dict.fromkeys(("ar", "fa", "ur", "ckb"), frozenset({"Arab"})),
    **dict.fromkeys(("he", "yi"), frozenset({"Hebr"})),
    **dict.fromkeys(("hi", "mr", "ne"), frozenset({"Deva"})),
    "bn": frozenset({"Beng"}),
    "th": frozenset({"Thai"}),
    "ko": frozenset({"Hang", "Hani"}),
    "ja": frozenset({"Kana", "Hani"}),
    **dict.fromkeys(("zh-Hans", "zh-Hant"), frozenset({"Hani"})),
}
"""Every other language of the Argos index is written in Latin script."""
_OTHER = frozenset(
    # languages whose script is not told apart here: no opinion
    ("ta", "te", "kn", "ml", "gu", "pa-Guru", "si", "my", "km", "lo", "ka", "hy", "am")
)
_QUOTES = re.compile('["“”„«»]')
_LATIN = frozenset({"Latn"})
_NOT_LATIN = re.compile("[\u0370-\u1dff\u2c80-\uffff]")
_DENSE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def written_in(language: Language) -> frozenset[str] | None:
    """The names in ``SCRIPTS`` of what a language is written in; None where that is not known."""
    base = tags.base(language)
    return None if base in _OTHER else _WRITTEN_IN.get(base, _LATIN)


def problem(source: str, output: str, target: Language) -> str | None:
    """One word about what is wrong with an output (``empty``, ``leak``, ``length``, ``loop``,
    ``marks``, ``script``); None when nothing is."""
    if not output.strip():
        return "empty"
    leak = _LEAKS.search(output)
    if leak is not None and leak[0] not in source:
        return "leak"
    before, after = _weight(source), _weight(output)
    if after > 3 * before + 30 or (before > 60 and after * 5 < before):
        return "length"
    if _odd_marks(source, output):
        return "marks"
    if _doubles(source, output) or (_loops(output) and not _loops(source)):
        return "loop"
    return "script" if _wrong_script(source, output, target) else None


def _odd_marks(source: str, output: str) -> bool:
    """Whether a bracket came or half a pair went, or quotation marks came to a text without any."""
    for opening, closing in ("()", "[]", "{}"):
        had, has = source.count(opening), output.count(opening)
        also_had, also_has = source.count(closing), output.count(closing)
        if has > had or also_has > also_had or (had == also_had and has != also_has):
            return True
    return _QUOTES.search(output) is not None and _QUOTES.search(source) is None


def _doubles(source: str, output: str) -> bool:
    """Whether a word was copied twice."""
    doubled = _DOUBLED.search(output)
    return doubled is not None and source.count(doubled[1]) == 1


def _weight(text: str) -> int:
    """Length in letters of an alphabet: a Chinese or Korean character says as much as three."""
    return len(text) + (0 if text.isascii() else 2 * len(_DENSE.findall(text)))


def _loops(text: str) -> bool:
    if len(text) < 12:
        return False
    words = text.lower().split()
    repeated = len(words) - len(set(words))
    if len(words) >= 8 and repeated * 3 > len(words) * 2:
        return True
    if repeated >= 3 and _REPEATED_WORDS.search(text):
        return True
    # A word with something six times over has five letters or more that it had before.
    long = [word for word in words if len(word) >= 6]
    if all(len(word) - len(set(word)) < 5 for word in long):
        return False
    return _REPEATED_LETTERS.search(text) is not None


def _wrong_script(source: str, output: str, target: Language) -> bool:
    """Whether most letters are of a script the target is not written in and were not copied."""
    expected = written_in(target)
    if expected is None or (expected is _LATIN and not _NOT_LATIN.search(output)):
        return False
    known = set(source.split())
    fresh = " ".join(word for word in output.split() if word not in known)
    counts = {name: len(letters.findall(fresh)) for name, letters in SCRIPTS}
    right = sum(counts[name] for name in expected)
    return sum(counts.values()) >= 4 and right * 2 < sum(counts.values())
