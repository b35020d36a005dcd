"""What is done with models in a throw-away process: a map is made, a package tried.

``python -m translate_proxy.translation.packages PARENT`` reads ``[errand, {...}]`` from its
standard input and writes lines ``["told" | "done" | "refused", value]``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from translate_proxy.settings import Translation
from translate_proxy.translation.packages import optimise, packages
from translate_proxy.translation.packages.packages import PackageError
from translate_proxy.translation.packages.tried import try_package
from translate_proxy.translation.words.phrases import PhraseError

Tell = Callable[[Mapping[str, Any]], None]


def make_map(given: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Give an installed package a map: ``packages_dir``, ``source``, ``target``, ``texts`` (more
    than the phrase book's), ``threads``, ``settings`` (of ``[translation]``)."""
    settings = Translation.model_validate(given["settings"])
    every = packages.installed(Path(given["packages_dir"]))
    ends = (given["source"], given["target"])
    package = next((one for one in every if (one.source, one.target) == ends), None)
    if package is None:
        raise PackageError(f"{ends[0]}-{ends[1]} is not installed any more")

    def told(step: str, done: int, of: int) -> None:
        tell({"step": step, "done": done, "of": of})

    told("sample text", 0, 1)
    try:
        with closing(optimise.Opposite(package, every, settings)) as back:
            known = [*optimise.sample(package, back, settings), *given["texts"]]
            return asdict(optimise.make(package, known, settings.threads, told, back=back))
    except (PhraseError, OSError, UnicodeDecodeError, RuntimeError) as error:
        raise PackageError(f"it cannot be optimised: {error}") from error


ERRANDS: Mapping[str, Callable[[Mapping[str, Any], Tell], dict[str, Any]]] = {
    "map": make_map,
    "trial": lambda given, _tell: try_package(given),
}


def main() -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever waits, which ends this
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print is none of ours

    def say(kind: str, value: Any) -> None:
        lines.write(json.dumps([kind, value]) + "\n")

    errand, given = json.load(sys.stdin)
    try:
        done = ERRANDS[errand](given, lambda value: say("told", value))
    except PackageError as error:
        say("refused", str(error))
    except MemoryError:
        say("refused", "it needs far more memory than its files say")
    except Exception as error:  # noqa: BLE001  (whatever the libraries say of a hostile file)
        say("refused", f"{type(error).__name__}: {error}")
    else:
        say("done", done)
    lines.flush()
    os._exit(0)  # models that are half broken are not taken down in order
