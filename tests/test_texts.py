"""The hand-written texts of ``tests/texts`` through ``POST /translate``."""

from __future__ import annotations

from pathlib import Path

from tests.texts import load, translated

HOLD = ("laughter", "phrases_joined")
"""The kinds that nothing is wrong with."""


def test_there_are_two_hundred_of_every_kind_in_both_directions() -> None:
    texts = load()
    assert len(texts) >= 200
    for kind in {text.kind for text in texts} - {"accents"}:  # English has none
        for source in ("en", "pt"):
            assert len([t for t in texts if (t.kind, t.source) == (kind, source)]) >= 5
    assert len({text.text for text in texts}) == len(texts)


async def test_they_come_back_undamaged(tmp_path: Path) -> None:
    texts = [text for text in load() if text.kind in HOLD]
    outputs = await translated(texts, tmp_path)
    damaged = {
        text.text: (output, damage)
        for text, output in zip(texts, outputs, strict=True)
        if (damage := text.damage(output))
    }
    assert damaged == {}
