"""No text costs more than its length: every pattern of the package and every stage that people's
text passes, with hostile texts that grow. The one test here that measures: growth, never time."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Sequence

import pytest

from tests.linear_support import (
    HOSTILE,
    Hostile,
    compiled_in_functions,
    compiling,
    held_patterns,
    own_texts,
    too_steep,
    tried,
)
from translate_proxy.interfaces import LanguageContext, Translated
from translate_proxy.language.detection import content, scripts
from translate_proxy.language.detection.detection import observe
from translate_proxy.language.detection.ngram_detector import NgramDetector
from translate_proxy.security.identity import _CONTROL
from translate_proxy.storage.corrections import text_key
from translate_proxy.text import entities, folding
from translate_proxy.text.plain import check_text
from translate_proxy.translation.guard import (
    checks,
    dressing,
    guard,
    laughter,
    markdown,
    other_scripts,
)
from translate_proxy.translation.words import phrase_forms, spelling, weekdays
from translate_proxy.translation.words.phrases import PhraseBook, SitePhrases
from translate_proxy.translation.words.spelling_files import SpellingBook
from translate_proxy.translation.work import segments
from translate_proxy.translation.work.sentence_work import _attempts
from translate_proxy.web import preview
from translate_proxy.web.markup import translate_markup

pytestmark = pytest.mark.slow

TERMS = ("Blue Shop", "H&M", "aa", "Next")
GLOSSARY = (("tote bag", "saco de pano"), ("a b", "c"))
CONTEXT = LanguageContext(
    of="visitor", candidates=("en", "pt", "el"), default="en", protected_terms=TERMS
)
PHRASES = SitePhrases(PhraseBook())
DETECTOR = NgramDetector()
SPELLING = SpellingBook().of("pt")
WEEK = SpellingBook().of("en").weekdays


def _sentences(text: str) -> None:
    for part in segments.split(text, TERMS, GLOSSARY, ("pt", "el"), (SPELLING, SPELLING)):
        if isinstance(part, segments.Sentence):
            for template, _ in _attempts(part):
                if guard.intact(template, template.text):
                    guard.restore(template, template.text)


def _whole(text: str) -> segments.Sentence:
    """The text as if it were one sentence."""
    return segments.Sentence(text, tuple(entities.find(text, TERMS)))


def _guarded(text: str) -> None:
    sentence = _whole(text)
    guard.protect(text, sentence.found, guard.SCHEMES[0])
    for template, _ in _attempts(sentence):
        if guard.intact(template, template.text):
            guard.repair(sentence.found, guard.restore(template, template.text))
    guard.intact(guard.protect("a", (), guard.SCHEMES[0]), text)


def _legible(text: str) -> None:
    sentence = _whole(text)
    guard.legible(sentence.found, text + " ", TERMS)
    guard.repair(sentence.found, text.replace(",", "."))


def _dressed(text: str) -> None:
    for shouting in (True, False):
        if text.strip():
            dressing.dress(text.strip(), "en", shouting_allowed=shouting).undress(text)


def _warned(text: str) -> None:
    there = Translated(text.upper(), "translated", route=("en", "pt"))
    preview.warnings(text, there, Translated("", "translated"), TERMS)


def _looked_up(text: str) -> None:
    PHRASES.find(text, "en", "pt", TERMS)
    phrase_forms.asks(text, "el")
    for form in phrase_forms.forms(text, "de"):
        phrase_forms.squeezed(form)
        phrase_forms.is_drawled(form)


def _marked(text: str) -> None:
    marks = markdown.find(text)
    markdown.taken_off(text, (), marks)
    markdown.brackets(text, (), markdown.quotes(text, ()))
    markdown.requoted(text, text)
    markdown.fenced(text.splitlines())
    markdown.Edges(marks).within(0, len(text))


async def _as_it_is(text: str) -> str:
    return text


def _as_markup(text: str) -> None:
    # Long enough to be taken apart at every size: short ones are not, and cost less.
    asyncio.run(translate_markup(f"<p>{'Long. ' * 300}<b>a</b> {text} <i>b</i></p>", _as_it_is))


STAGES: dict[str, Callable[[str], object]] = {
    "entities": entities.find,
    "entities with terms": lambda text: entities.find(text, TERMS),
    "segments": _sentences,
    "guard": _guarded,
    "legible": _legible,
    "markdown": _marked,
    "laughter": lambda text: laughter.find(text, "pt", "el"),
    "other scripts": lambda text: other_scripts.find(f"{text} \u0436 a", "pt"),
    "spelling": lambda text: spelling.protected(text, [], SPELLING),
    "weekdays": lambda text: weekdays.find(f"{text} seg-sex", SPELLING.weekdays, WEEK),
    "dressing": _dressed,
    "checks": lambda text: checks.problem(text[: len(text) // 2], text, "pt"),
    "checks of a copy": lambda text: checks.problem(text, text, "ru"),
    "phrases": _looked_up,
    "language text": lambda text: content.language_text(text, TERMS),
    "words": lambda text: content.amount(content.words(text)),
    "language segments": content.segments,
    "folding": lambda text: (folding.fold(text), folding.latin_spellings(text, "el")),
    "scripts": scripts.script_of,
    "detection": lambda text: observe(DETECTOR, text, CONTEXT),
    "detector": lambda text: DETECTOR.probabilities(text, CONTEXT.candidates),
    "preview": _warned,
    "markup": _as_markup,
    "check_text": lambda text: check_text(text, 20_000),
    "name": _CONTROL.search,
    "corrections": text_key,
}

ORDINARY = (
    "Hello! Where is my order AB-12345 of 14/03/2026, 1,500 EUR, 30 cm? Blue Shop, H&M, 40 or 60.",
    "the 1960s (1) 12:30 aa a b",
    "tamanho P ou M? kkkk",
)


@functools.cache
def compiled_at_work() -> dict[re.Pattern[str], str]:
    """What the stages compile for ordinary texts."""
    entities._terms_pattern.cache_clear()
    with compiling() as found:
        for text in ORDINARY:
            for stage in STAGES.values():
                stage(text)
    return found


def test_every_pattern_is_found() -> None:
    held = set(held_patterns().values())
    assert {entities._PATTERN, content._SPANS, guard.SCHEMES[0].pattern} <= held
    assert len(held) >= 50


def test_every_function_that_compiles_is_reached() -> None:
    """A function that makes a pattern at run time is run by a stage, or its pattern is plain."""
    reached = set(compiled_at_work().values())
    out_of_reach = [
        call.where
        for call in compiled_in_functions()
        if call.pattern is None and call.where not in reached
    ]
    assert not out_of_reach


def _every_pattern() -> dict[str, re.Pattern[str]]:
    named = held_patterns()
    written = (call for call in compiled_in_functions() if call.pattern is not None)
    named |= {f"{call.where}.{n}": call.pattern for n, call in enumerate(written) if call.pattern}
    named |= {f"{where}.{n}": made for n, (made, where) in enumerate(compiled_at_work().items())}
    return named


PATTERNS = _every_pattern()


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_are_linear(name: str) -> None:
    pattern = PATTERNS[name]
    own = own_texts(pattern)
    _are_linear(tried(pattern), (*own, *HOSTILE[:: 2 if len(own) > 20 else 1]))


@pytest.mark.parametrize("name", STAGES)
def test_stages_are_linear(name: str) -> None:
    _are_linear(STAGES[name], HOSTILE)


def _are_linear(run: Callable[[str], object], texts: Sequence[Hostile]) -> None:
    for text in ORDINARY:
        run(text)  # whatever is read or made once
    steep = {hostile: problem for hostile in texts if (problem := too_steep(run, hostile))}
    assert not steep
