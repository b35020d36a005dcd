"""The process in which a Firefox model runs: JSON lines from standard input to standard output.

First come the names of its files, answered by ``{}``; then each ``{"texts"}`` is answered by
``{"texts"}``. What goes wrong is ``{"error"}``, one sentence. It ends when its input does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _load(request: dict[str, Any]) -> Any:
    from fxtranslate import Translator  # noqa: PLC0415  (an extra: its absence is an answer)

    source, target = (Path(request[name]).read_bytes() for name in ("source_vocab", "target_vocab"))
    lexicon = request["shortlist"]
    return Translator(
        Path(request["model"]).read_bytes(),
        source,
        target,
        Path(lexicon).read_bytes() if lexicon else None,
    )


def _answer(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  (the engine's panics are no Exceptions)
        return {"error": f"{type(error).__name__}: {str(error)[:200]}"}


def main() -> None:
    """Load one model, then answer until standard input ends."""
    model: Any = None

    def load() -> dict[str, Any]:
        nonlocal model
        model = _load(json.loads(sys.stdin.readline()))
        return {}

    def translate(line: str) -> dict[str, Any]:
        return {"texts": [model.translate(text) for text in json.loads(line)["texts"]]}

    print(json.dumps(_answer(load)), flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(lambda line=line: translate(line))), flush=True)  # type: ignore[misc]


if __name__ == "__main__":
    main()
