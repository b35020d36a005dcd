"""A word by itself, as in a list or a table: asked in several ways, what is said most is taken.

The models learned from sentences, and one word is little to go by: "Refund." came back as
"Reembol.", "refund" as "Reembolso", "great" as "Excelente, o meu!", "Great." as "Grande.", "lisboa"
as "I'm in the Word". What most ways of writing it come back as was right in nearly all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from translate_proxy.model import Language
from translate_proxy.text import tags

_NOUNS_IN_CAPITALS = frozenset({"de", "lb"})
_MARKS = ".!?… "


def is_lone(text: str) -> bool:
    """Whether it is one word of a script with capitals; one all in capitals may be a name."""
    return len(text) > 1 and text.isalpha() and text[1:].islower()


def forms(word: str, source: Language) -> tuple[str, ...]:
    """Ways of writing it that a model may know it in, the likeliest first."""
    capital = word[0].upper() + word[1:]
    asked = (f"{capital}.", capital, f"{capital}?")
    if tags.base(source) in _NOUNS_IN_CAPITALS:
        return asked
    return (f"{capital}.", word.lower(), f"{capital}?", f"{word.lower()}?", capital)


def chosen(word: str, outputs: Sequence[str], target: Language) -> str | None:
    """The output that was given most often, without its end and with a capital where the word has
    one; None when there is none. Half as much is believed of one that only copies the word."""
    bare = [output.rstrip(_MARKS) for output in outputs]
    counts = Counter(one.casefold() for one in bare if one)
    if not counts:
        return None
    copied = word.casefold()
    best = max(counts, key=lambda one: counts[one] * (1 if one == copied else 2))  # first of equals
    made = next(one for one in bare if one.casefold() == best)
    if made[1:2].isupper():
        return made
    if word[0].isupper():
        return made[0].upper() + made[1:]
    return made if tags.base(target) in _NOUNS_IN_CAPITALS else made[0].lower() + made[1:]
