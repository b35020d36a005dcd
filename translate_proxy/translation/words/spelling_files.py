"""How a language is misspelt in chats: one TOML file a language in ``config/spelling``.

docs/spelling.md says what the tables mean. A language without a file is read as it is typed.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from translate_proxy.model import Language
from translate_proxy.text import tags

PACKAGE = Path(__file__).resolve().parent.parent.parent
FOLDERS = (PACKAGE / "bundled" / "config" / "spelling", PACKAGE.parent / "config" / "spelling")
"""Where the files are: in an installed wheel, in a checkout."""
END = "."
NUMBER = "#"
"""Among the words of a company: the end of the sentence, and any number."""

DAYS = 7
"""Of a week."""

_TABLES = {
    "language",
    "reviewed_by",
    "accents",
    "endings",
    "keep",
    "everyday",
    "words",
    "sizes",
    "weekdays",
}
_RULE = {"word", "becomes", "behind", "before", "not_behind", "not_before"}

_log = structlog.get_logger(__name__)


class SpellingError(Exception):
    """A spelling file cannot be used; the message is one line that names it."""


def plain(word: str) -> str:
    """A word in small letters without its diacritics."""
    word = word.lower()
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word)
    return "".join([letter for letter in apart if not unicodedata.combining(letter)])


@dataclass(frozen=True, slots=True)
class Company:
    """Words beside another one; ``endings`` of such words."""

    words: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()

    def has(self, word: str) -> bool:
        """Whether this neighbour (``plain``) is one of them."""
        return word in self.words or (bool(self.endings) and word.endswith(self.endings))


@dataclass(frozen=True, slots=True)
class Rule:
    """What a word becomes in some company. Without ``behind`` and ``before`` in any."""

    becomes: str
    behind: Company
    before: Company
    not_behind: Company
    not_before: Company

    def holds(self, last: str, following: str) -> bool:
        """Whether it does between these neighbours (``plain``, ``END``, empty for others)."""
        if self.not_behind.has(last) or self.not_before.has(following):
            return False
        anywhere = self.behind == self.before == _NOBODY
        return anywhere or self.behind.has(last) or self.before.has(following)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Clothing sizes: what each becomes, and which words tell that a letter is one."""

    becomes: Mapping[str, str] = field(default_factory=dict)
    behind: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week from Monday, 0 to 6 abbreviated and 7 to 13 in full. ``days``: the number of
    each in small letters; ``shown``: by number, how a reader gets it."""

    days: Mapping[str, int] = field(default_factory=dict)
    shown: Sequence[str] = ()

    def is_short(self, day: str) -> bool:
        """Whether it is an abbreviation."""
        return self.days[day.lower()] < DAYS


_NOBODY = Company()


@dataclass(frozen=True, slots=True)
class SpellingFile:
    """One file, ready for looking up. ``words``: as typed to what is meant. ``accents``: the same
    for words that only lack their accents. ``rules``: by word. ``known``: all these words.
    ``tails``: the last letters of the endings, three at most; ``longest``: how long one may be."""

    words: Mapping[str, str] = field(default_factory=dict)
    accents: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    everyday: frozenset[str] = frozenset()
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    sizes: Sizes = Sizes()
    known: frozenset[str] = frozenset()
    weekdays: Weekdays = Weekdays()
    tails: frozenset[str] = frozenset()
    longest: int = 0


NOTHING = SpellingFile()


def read(folder: Path, language: Language) -> SpellingFile:
    """One language file. SpellingError when it cannot be used."""
    name = f"{language}.toml"
    try:
        data = tomllib.loads((folder / name).read_text(encoding="utf-8"))
    except OSError as error:
        raise SpellingError(f"{name}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpellingError(f"{name}: not valid TOML: {error}") from error
    if unknown := set(data) - _TABLES - {"in_context"}:
        raise SpellingError(f"{name}: {min(unknown)} is not known")
    if data.get("language") != language:
        raise SpellingError(f"{name}: language must say what the file is")
    try:
        return _made(data)
    except (AttributeError, KeyError, TypeError) as error:
        raise SpellingError(f"{name}: a table is not of its form: {error}") from error


def _made(data: Mapping[str, Any]) -> SpellingFile:
    rules: dict[str, tuple[Rule, ...]] = {}
    for given in data.get("in_context", ()):
        if unknown := set(given) - _RULE:
            raise KeyError(min(unknown))
        sides = [_company(given.get(side, "")) for side in sorted(_RULE - {"word", "becomes"})]
        before, behind, not_before, not_behind = sides
        rule = Rule(str(given["becomes"]), behind, before, not_behind, not_before)
        rules[given["word"]] = (*rules.get(given["word"], ()), rule)
    sizes = data.get("sizes", {})
    words = _texts(data.get("words", {}))
    accents = {plain(word): word for word in data.get("accents", "").split()}
    endings = _texts(data.get("endings", {}))
    return SpellingFile(
        words=words,
        accents=accents,
        endings=endings,
        known=frozenset(word.lower() for word in (*words, *accents, *rules)),
        tails=frozenset(ending[-3:] for ending in endings),
        longest=max(map(len, endings), default=0),
        keep=frozenset(data.get("keep", "").split()),
        everyday=frozenset(map(plain, data.get("everyday", "").split())),
        rules=rules,
        weekdays=_weekdays(data.get("weekdays", {})),
        sizes=Sizes(
            _texts(sizes.get("becomes", {})),
            *(
                frozenset(map(plain, sizes.get(table, "").split()))
                for table in ("behind", "named", "joins")
            ),
        ),
    )


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(text, str) and text for text in table.values()):
        raise TypeError("a text is missing")
    return dict(table.items())


def _weekdays(given: Mapping[str, str]) -> Weekdays:
    if not given:
        return Weekdays()
    days = [day.split() for form in ("short", "full") for day in given[form].split(",")]
    if len(days) != 2 * DAYS or not all(days):
        raise TypeError("a week has seven days")
    return Weekdays(
        {word.lower(): number for number, words in enumerate(days) for word in words},
        [words[0] for words in days],
    )


def _company(given: str) -> Company:
    words = given.split()
    endings = tuple(plain(word[1:]) for word in words if word.startswith("-"))
    return Company(frozenset(plain(word) for word in words if word[0] != "-"), endings)


class SpellingBook:
    """The files of a folder, and nothing if there is none. A file that cannot be used is logged
    once and told by ``problems``; its language is read as it is typed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or next((one for one in FOLDERS if one.is_dir()), FOLDERS[0])
        self._known: dict[Language, SpellingFile] = {}

    def languages(self) -> Sequence[Language]:
        """The languages there is a file for."""
        return sorted(path.stem for path in self._folder.glob("*.toml"))

    def problems(self) -> Sequence[str]:
        """What is wrong with the files, one sentence each. Reads all of them."""
        found: list[str] = []
        for language in self.languages():
            try:
                read(self._folder, language)
            except SpellingError as error:
                found.append(f"spelling: {error}")
        return found

    def of(self, language: Language) -> SpellingFile:
        """What there is for a language: its region's file, else the language's, else nothing."""
        known = self._known.get(language)
        if known is None:
            known = self._known[language] = self._read(language)
        return known

    def _read(self, language: Language) -> SpellingFile:
        for tag in tags.lookups(language):
            if (self._folder / f"{tag}.toml").is_file():
                try:
                    return read(self._folder, tag)
                except SpellingError as error:
                    _log.error("spelling.unusable", problem=str(error))
        return NOTHING
