"""Prints which share of the texts comes back undamaged, by kind, and what is wrong with others."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from tests.texts import load, translated


def main() -> None:
    """Translate all of them and print."""
    texts = load()
    with tempfile.TemporaryDirectory() as folder:
        outputs = asyncio.run(translated(texts, Path(folder)))
    whole: Counter[str] = Counter()
    for text, output in zip(texts, outputs, strict=True):
        damage = text.damage(output)
        whole[text.kind] += not damage
        if damage:
            print(f"{text.kind} {text.source}: {text.text!r}\n    {output!r}\n    {damage}")
    every = Counter(text.kind for text in texts)
    for kind, number in every.items():
        print(f"{kind:16} {whole[kind]:3} of {number}")
    stayed = sum(text.stayed(output) for text, output in zip(texts, outputs, strict=True))
    share = whole.total() / every.total()
    print(f"undamaged {whole.total()} of {every.total()} ({share:.1%}); untranslated {stayed}")


if __name__ == "__main__":
    main()
