"""The phrase book: what people in a shop's chat say most, written by people in every language.

A neural model is worst at what a chat is fullest of: "ok", "obrigado!", "um momento". Such a
message, when the whole of it is in the book, is answered from the book: the same key in the other
language. One TOML file a language in ``config/phrases`` (docs/phrases.md), read when the language
is first needed; sites add their own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from translate_proxy.model import Language
from translate_proxy.text import tags
from translate_proxy.translation.words.phrase_forms import (
    Part,
    Utterance,
    apart,
    asks,
    carried,
    fold,
    forms,
    has_breaks,
    holds_term,
    is_drawled,
    squeezed,
    together,
    uttered,
)

PACKAGE = Path(__file__).resolve().parent.parent.parent
FOLDERS = (PACKAGE / "bundled" / "config" / "phrases", PACKAGE.parent / "config" / "phrases")
"""Where the files are: in an installed wheel, in a checkout."""
KEYS_FILE = "keys.toml"
MAX_PARTS = 8
"""Messages of more parts are not put together of phrases."""

Texts = Mapping[str, Sequence[str]]
"""Per key: the text that is shown, then what else people type for it."""

_log = structlog.get_logger(__name__)


class PhraseError(Exception):
    """A phrase file cannot be used; the message is one line that names it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the book can say. ``what`` and ``whether`` are the questions among ``sections``."""

    sections: Mapping[str, tuple[str, ...]]
    what: frozenset[str]
    whether: frozenset[str]

    @property
    def all(self) -> tuple[str, ...]:
        """Every key, in the order of the files."""
        return tuple(key for keys in self.sections.values() for key in keys)


NO_KEYS = Keys({}, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class LanguageFile:
    """One language file as it stands. ``marks_questions``: whether words or their order tell a
    yes-or-no question from a statement; where they do not, only the question mark does. ``joins``:
    words between two phrases ("and")."""

    language: Language
    register: str
    reviewed_by: str
    marks_questions: bool
    texts: Texts
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language ready for looking up: ``shown`` per key; form to key, of messages without and
    with a question mark; the forms that drawled messages are compared with; the words that join
    two phrases; and the last words of all."""

    shown: Mapping[str, str]
    said: Mapping[str, str]
    asked: Mapping[str, str]
    drawled: Mapping[str, str]
    joins: frozenset[str]
    last_words: frozenset[str]

    def key_of(self, what: Utterance) -> str | None:
        """The key that the whole message says."""
        table = self.asked if what.asks else self.said
        found = table.get(what.form)
        if found is None and is_drawled(what.form):
            short = squeezed(what.form)
            if len(short) == 1:
                return None  # "kkkk" laughs and "mmm" thinks: no letter is drawled by itself
            found = table.get(short) or table.get(self.drawled.get(short, ""))
        return found


def read_keys(folder: Path) -> Keys:
    """``keys.toml``. PhraseError when it cannot be used."""
    data = _toml(folder / KEYS_FILE)
    try:
        sections = {name: tuple(map(str, keys)) for name, keys in data["sections"].items()}
        keys = Keys(sections, frozenset(data["what"]), frozenset(data["whether"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise PhraseError(f"{KEYS_FILE}: what, whether and [sections] must be there") from error
    unknown = (keys.what | keys.whether) - set(keys.all)
    if unknown:
        raise PhraseError(f"{KEYS_FILE}: {min(unknown)} is in no section")
    return keys


def read_language(folder: Path, language: Language, keys: Keys) -> LanguageFile:
    """One language file. PhraseError when it cannot be used."""
    name = f"{language}.toml"
    data = _toml(folder / name)
    texts: dict[str, tuple[str, ...]] = {}
    for section, known in keys.sections.items():
        for key, given in data.pop(section, {}).items():
            if key not in known:
                raise PhraseError(f"{name}: {key} is no key of [{section}]")
            texts[key] = _text_list(name, key, given)
    told = {"language", "register", "reviewed_by", "marks_questions", "joins"}
    if unknown := set(data) - told:
        raise PhraseError(f"{name}: {min(unknown)} is not known")
    if data.get("language") != language or not isinstance(data.get("marks_questions"), bool):
        raise PhraseError(f"{name}: language and marks_questions must say what the file is")
    register, reviewed_by = data.get("register", ""), data.get("reviewed_by", "")
    marks_questions = data["marks_questions"]
    joins = _text_list(name, "joins", data["joins"]) if data.get("joins") else ()
    return LanguageFile(language, str(register), str(reviewed_by), marks_questions, texts, joins)


def _text_list(name: str, key: str, given: Any) -> tuple[str, ...]:
    if (
        isinstance(given, list)
        and given
        and all(isinstance(text, str) and text.strip() for text in given)
    ):
        return tuple(given)
    raise PhraseError(f"{name}: {key} must be a list of texts")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PhraseError(f"{path.name}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PhraseError(f"{path.name}: not valid TOML: {error}") from error


def index(
    texts: Texts,
    language: Language,
    keys: Keys,
    *,
    marks_questions: bool,
    joins: Sequence[str] = (),
) -> Phrases:
    """Make the texts of one language ready.

    A text that is written with a question mark wants one in the message, but for questions that
    begin with a question word and, where the language marks questions, for the first text of any.
    """
    said: dict[str, str] = {}
    implied: dict[str, str] = {}
    asked: dict[str, str] = {}
    for key, variants in texts.items():
        is_question = key in keys.what or key in keys.whether or asks(variants[0], language)
        for number, text in enumerate(variants):
            marked = asks(text, language)
            for form in forms(text, language) - {""}:
                if marked or is_question:
                    asked.setdefault(form, key)
                if not marked:
                    said.setdefault(form, key)
                elif key in keys.what or (marks_questions and is_question and number == 0):
                    implied.setdefault(form, key)
    said = implied | said
    drawled: dict[str, str] = {}
    for form in (*said, *asked):
        if squeezed(form) != form:
            drawled.setdefault(squeezed(form), form)
    shown = {key: variants[0] for key, variants in texts.items()}
    last_words = frozenset(form.rpartition(" ")[2] for form in (*said, *asked))
    return Phrases(shown, said, asked, drawled, frozenset(map(fold, joins)), last_words)


def _may_end(form: str, known: Sequence[Phrases]) -> bool:
    """Whether a phrase ends as this form does, which most messages do not. A drawled end may."""
    last = form.rpartition(" ")[2]
    return last[-2:-1] == last[-1] or any(last in phrases.last_words for phrases in known)


class PhraseBook:
    """The files of a folder, and nothing if there is none. A file that cannot be used is logged
    once and told by ``problems``; its language has no phrases then."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or next((one for one in FOLDERS if one.is_dir()), FOLDERS[0])
        self._keys: Keys | None = None
        self._known: dict[str, Phrases | None] = {}

    @property
    def keys(self) -> Keys:
        """What the book can say; nothing when ``keys.toml`` cannot be used."""
        if self._keys is None:
            try:
                self._keys = read_keys(self._folder)
            except PhraseError as error:
                _log.error("phrases.unusable", problem=str(error))
                self._keys = NO_KEYS
        return self._keys

    def languages(self) -> Sequence[Language]:
        """The languages there is a file for."""
        names = (path.stem for path in self._folder.glob("*.toml") if path.name != KEYS_FILE)
        return sorted(names)

    def problems(self) -> Sequence[str]:
        """What is wrong with the files, one sentence each. Reads all of them."""
        found: list[str] = []
        try:
            keys = read_keys(self._folder)
        except PhraseError as error:
            return [f"phrase book: {error}"]
        for language in self.languages():
            try:
                missing = set(keys.all) - set(read_language(self._folder, language, keys).texts)
            except PhraseError as error:
                found.append(f"phrase book: {error}")
            else:
                if missing:
                    found.append(f"phrase book: {language}.toml: {len(missing)} keys are missing")
        return found

    def load(self, languages: Sequence[Language]) -> None:
        """Read these languages now rather than at their first message."""
        for language in languages:
            for _ in self.of(language):
                pass

    def of(self, language: Language) -> Iterator[Phrases]:
        """What there is for a language, best first: its region's file, then the language's."""
        for tag in tags.lookups(language):
            if tag not in self._known:
                self._known[tag] = self._read(tag)
            phrases = self._known[tag]
            if phrases is not None:
                yield phrases

    def _read(self, tag: Language) -> Phrases | None:
        if not (self._folder / f"{tag}.toml").is_file():
            return None
        try:
            found = read_language(self._folder, tag, self.keys)
        except PhraseError as error:
            _log.error("phrases.unusable", problem=str(error))
            return None
        return index(
            found.texts,
            tag,
            self.keys,
            marks_questions=found.marks_questions,
            joins=found.joins,
        )


class SitePhrases:
    """A site's own phrases over the book: new keys, other wording, more ways of saying it.

    ``own``: per key and language tag, the text to show and what else is typed for it.
    """

    def __init__(
        self, book: PhraseBook, own: Mapping[str, Mapping[Language, Sequence[str]]] | None = None
    ) -> None:
        self._book = book
        by_language: dict[Language, dict[str, Sequence[str]]] = {}
        for key, worded in (own or {}).items():
            for tag, texts in worded.items():
                by_language.setdefault(tags.canonical(tag), {})[key] = texts
        self._own = {
            tag: index(texts, tag, book.keys, marks_questions=False)
            for tag, texts in by_language.items()
        }

    def find(
        self, text: str, source: Language, target: Language, terms: tuple[str, ...] = ()
    ) -> str | None:
        """The message in the other language when the whole is a phrase of both, or nothing but
        such phrases one after the other. The book
        does not answer for a text with one of ``terms`` in it; the site's own phrases do."""
        spans = carried(text, source, target)
        if spans is None:
            return None
        known = tuple(self._own_of(source) if holds_term(text, terms) else self._of(source))
        what = uttered(text, source, spans)
        if what is not None:
            found = self._shown(known, what, target)
            if found is not None:
                return what.dressed(found)
            if not _may_end(what.form, known):
                return None
        joins = frozenset([word for phrases in known for word in phrases.joins])
        if what is not None and joins.isdisjoint(what.form.split()) and not has_breaks(text):
            return None
        return self._joined(apart(text, source, spans, joins), known, target)

    def _shown(self, known: Sequence[Phrases], what: Utterance, target: Language) -> str | None:
        for phrases in known:
            key = phrases.key_of(what)
            if key is None:
                continue
            for other in self._of(target):
                if key in other.shown:
                    return other.shown[key]
        return None

    def _joined(
        self, parts: Sequence[Part], known: Sequence[Phrases], target: Language
    ) -> str | None:
        """Each phrase in the other language; None unless every part is in one. The longest comes
        first: "no, thanks" before "no"."""
        if not 1 < len(parts) <= MAX_PARTS:
            return None
        if not any(self._says(parts[at:], known, target) for at in range(len(parts))):
            return None  # most of the others: their end is no phrase
        done = ""
        at = 0
        while at < len(parts):
            for end in range(len(parts), at, -1):
                shown = self._says(parts[at:end], known, target)
                if shown is not None:
                    break
            else:
                if parts[at].form:
                    return None
                end, shown = at + 1, ""
            done += (" " if done and shown and done[-1] not in "\r\n" else "") + shown
            done += parts[end - 1].between
            at = end
        return done.lstrip(" ")

    def _says(
        self, parts: Sequence[Part], known: Sequence[Phrases], target: Language
    ) -> str | None:
        what = together(parts)
        return self._shown(known, what, target) if what is not None else None

    def _own_of(self, language: Language) -> Iterator[Phrases]:
        return (self._own[tag] for tag in tags.lookups(language) if tag in self._own)

    def _of(self, language: Language) -> Iterator[Phrases]:
        yield from self._own_of(language)
        yield from self._book.of(language)
