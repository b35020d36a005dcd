"""The hand-written texts of ``tests/texts`` through ``POST /translate``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.texts import load, translated

UNDAMAGED = {
    "accents": 11,
    "brackets": 12,
    "chat_spelling": 11,
    "html_breaks": 12,
    "html_entities": 11,
    "html_space": 11,
    "html_tags": 12,
    "laughter": 12,
    "lone_words": 12,
    "markdown": 12,
    "mixed_case": 12,
    "pairs": 11,
    "phrases_joined": 12,
    "placeholders": 12,
    "ranges": 12,
    "scripts": 12,
    "sentences_apart": 12,
}
"""How many of each kind's twelve come back undamaged, at least: to be raised, never lowered."""


def test_there_are_two_hundred_of_every_kind_in_both_directions() -> None:
    texts = load()
    assert len(texts) >= 200
    assert {text.kind for text in texts} == set(UNDAMAGED)
    for kind in set(UNDAMAGED) - {"accents"}:  # English has none
        for source in ("en", "pt"):
            assert len([t for t in texts if (t.kind, t.source) == (kind, source)]) >= 5
    assert len({text.text for text in texts}) == len(texts)


async def test_they_come_back_undamaged(tmp_path: Path) -> None:
    texts = load()
    outputs = await translated(texts, tmp_path)
    whole: Counter[str] = Counter()
    for text, output in zip(texts, outputs, strict=True):
        damage = text.damage(output)
        whole[text.kind] += not damage
        if damage:
            print(text.kind, repr(text.text), repr(output), damage)  # shown when it fails
    stayed = [t.text for t, output in zip(texts, outputs, strict=True) if t.stayed(output)]
    assert stayed == []
    assert whole.total() >= 0.95 * len(texts)
    fewer = {kind: whole[kind] for kind, least in UNDAMAGED.items() if whole[kind] < least}
    assert fewer == {}
