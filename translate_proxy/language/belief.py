"""What a conversation's side speaks: a small hidden Markov model, pure functions.

The author writes in one language ``C`` that rarely changes; each message is in a language ``M``
that is usually ``C`` and now and then a borrowed one ("ok", "merci", a brand); the detector sees
the text of the message.

    prior       P(C=c)   ~ product over sources of  r               where the source says c
                                                    (1-r)/(n-1)     where it says another
    transition  P(c'->c)  = (1-s) [c'=c] + s P0(c)                  s = SWITCH
    message     P(M=m|c)  = (1-b) [m=c] + b / n                     b = astray(words)
    evidence    l(m)      = P(text | M=m), from the detectors (see ``evidence``)

    forward     a(c)     ~ sum_c' a'(c') P(c'->c)  x  sum_m P(m|c) l(m)
    message     P(M=m)   ~ l(m) x ((1-f) abar(m) + f / n)           f = FOREIGN x b

``abar`` is the belief after the transition, before the text; ``P0`` is half the prior, half
uniform. ``b`` falls with the number of words that carry language, so one message moves the odds of
two languages by at most ``((1-b) + b/n) / (b/n)``: a borrowed word does not flip a conversation, a
whole sentence does, at once. A message's own language is asked more narrowly (``f``): most short
texts that look foreign are misread, not borrowed. With somebody's first words ``f`` takes the place
of ``b``: there is nothing yet to be led astray from. A message is read sentence by sentence.

Sources: L. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77(2), 1989 (forward
algorithm); P. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35, 1964 (the
contamination ``b``); M. Herbster and M. Warmuth, "Tracking the best expert", Machine Learning 32,
1998 (``s``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from translate_proxy.interfaces import LanguageContext
from translate_proxy.language.groups import close, neighbour
from translate_proxy.model import Language
from translate_proxy.text.tags import match

Distribution = dict[Language, float]
"""A probability for each candidate; sums to 1."""

IDENTITY: Final = 0.97
EARLIER: Final = 0.96
PAGE: Final = 0.90
BROWSER: Final = (0.88, 0.45, 0.35)
OPERATOR: Final = 0.90
PROFILE: Final = (0.85, 0.60, 0.50)
DECLARED: Final = 0.97
"""How often a source is right about the language somebody writes."""
DEFAULT_ODDS: Final = 1.5
"""How much likelier the site's default is than another of its languages."""
SWITCH: Final = 0.03
FLOOR: Final = 1e-6
"""The least probability that a message in a language looks like this one."""
FOREIGN: Final = 0.12
"""Of the texts that lead astray, those that really are in another language."""
MARGIN: Final = 1.5
CLOSE_MARGIN: Final = 2.5
"""Odds that another language, or a close one, needs over the present one before it is named."""


def prior(context: LanguageContext, *, neighbours: bool = False) -> Distribution:
    """What is believed before a word is read, from the context alone. With ``neighbours`` a source
    that names a language which is not served speaks for a close one that is."""
    candidates = context.candidates
    belief = dict.fromkeys(candidates, 1.0)

    def meant(tag: str | None) -> Language | None:
        return match(tag, candidates) or (neighbour(tag, candidates) if neighbours else None)

    ranked = [found for found in dict.fromkeys(map(meant, context.browser)) if found is not None]
    if context.of == "operator":
        reports = list(zip(ranked, PROFILE, strict=False))
        reports.append((context.default, OPERATOR))
    else:
        reports = list(zip(ranked, BROWSER, strict=False))
        reports.append((context.default, DEFAULT_ODDS / (DEFAULT_ODDS + len(candidates) - 1)))
    weighed = [
        *reports,
        (context.identity, IDENTITY),
        (context.earlier, EARLIER),
        (context.page, PAGE),
    ]
    for tag, reliability in weighed:
        said = meant(tag)
        if said is not None:
            hear(belief, said, reliability)
    return normalised(belief)


def hear(belief: Distribution, said: Language, reliability: float) -> None:
    """Weigh, in place, a source that is right with the given probability. One that would be less
    often right than chance says nothing."""
    others = len(belief) - 1
    if others and reliability * others > 1 - reliability:
        belief[said] *= reliability * others / (1 - reliability)


def normalised(weights: Mapping[Language, float]) -> Distribution:
    """The weights scaled to sum to 1; uniform when they carry nothing."""
    total = math.fsum(weights.values())
    if not total > 0 or not math.isfinite(total):
        return dict.fromkeys(weights, 1.0 / len(weights))
    return {language: weight / total for language, weight in weights.items()}


def astray(words: float) -> float:
    """``b``: how likely a text of so many words says nothing about its author's language, because
    it is borrowed, quoted or misread."""
    return 0.001 + 0.8 * math.exp(-max(words - 1, 0) / 1.1)


def step(belief: Distribution, start: Distribution) -> Distribution:
    """The belief about the next message, before it is read."""
    even = 1 / len(belief)
    return {
        language: (1 - SWITCH) * weight + SWITCH * (start[language] + even) / 2
        for language, weight in belief.items()
    }


def update(
    belief: Distribution,
    evidence: Mapping[Language, float],
    words: float,
    *,
    first: bool = False,
) -> tuple[Distribution, Distribution]:
    """``(belief, message)`` after a message: the author's language and that of this very message.

    ``belief`` is the stepped belief, ``evidence`` P(text | language) up to a factor, ``first``
    whether nothing that the author wrote was read before.
    """
    stray = astray(words)
    foreign = FOREIGN * stray
    contamination = foreign if first else stray
    background = contamination / len(belief) * math.fsum(evidence.values())
    author = {
        language: weight * ((1 - contamination) * evidence[language] + background)
        for language, weight in belief.items()
    }
    message = {
        language: evidence[language] * ((1 - foreign) * weight + foreign / len(belief))
        for language, weight in belief.items()
    }
    return normalised(author), normalised(message)


def evidence(found: Mapping[Language, float], candidates: Sequence[Language]) -> Distribution:
    """A detector's answer as P(text | language) up to a factor. What it gives to "other" speaks for
    no candidate; a candidate that it does not know is average."""
    if not found:
        return dict.fromkeys(candidates, 1.0)
    average = math.fsum(found.values()) / len(found)
    other = max(0.0, 1.0 - math.fsum(found.values())) / len(candidates)
    return {
        language: max(found.get(language, average), 0.0) + other + FLOOR for language in candidates
    }


def name(belief: Distribution, present: Language | None) -> Language:
    """The language to name: the most probable, unless ``present`` is within the margin, which is
    wider between close languages."""
    best = max(belief, key=lambda language: belief[language])
    if present in belief:
        margin = CLOSE_MARGIN if close(best, present) else MARGIN
        if belief[best] < margin * belief[present]:
            return present
    return best
