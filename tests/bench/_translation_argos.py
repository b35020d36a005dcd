"""Runs in the reference environment: argostranslate as its users call it.

One JSON object a line: ``{"source", "target", "texts"}`` in, ``{"texts", "seconds"}`` out, where
``seconds`` has one entry per text. Needs nothing but that environment.
"""

import json
import sys
import time

from argostranslate import translate  # type: ignore[import-not-found,import-untyped,unused-ignore]


def main() -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        texts, seconds = [], []
        for text in request["texts"]:
            started = time.perf_counter()
            texts.append(translate.translate(text, request["source"], request["target"]))
            seconds.append(time.perf_counter() - started)
        print(json.dumps({"texts": texts, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
