"""Models whose load a process has not survived: the next start tries them elsewhere first.

The key of a model is in a file of the packages' folder while it is being loaded. A process that a
package takes along leaves it there; without that a server would end at every start alike. A power
cut leaves it too, so that nothing follows from it but a trial (``trial``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import structlog

from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.packages import packages, trial

FILE = ".loading"

log = structlog.get_logger(__name__)


class Suspects:
    """Those of one folder (``Record``). Only for whoever holds the data folder."""

    def __init__(self, packages_dir: Path) -> None:
        self._folder = packages_dir
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    def try_again(self, settings: Translation) -> dict[str, str]:
        """The keys of those that fail a trial, each with the reason: they stay suspects, the others
        do not. Takes seconds for each."""
        left = self._left()
        if not left:
            return {}
        engine, failed = ArgosEngine(self._folder, settings), dict[str, str]()
        for package in packages.installed(self._folder):
            key = engine.pair(package).key
            if key in left and package.problem is None:
                problem = trial.problem_of(package)
                if problem is not None:
                    failed[key] = f"it ended the server when it was loaded; {problem}"
                    log.error("model_set_aside", pair=key, reason=problem)
        self._keys = set(failed)
        self._write()
        return failed

    def batch(self, jobs: Sequence[int]) -> AbstractContextManager[None]:  # noqa: ARG002
        """See ``Record``. Loading tries a model: one that is loaded has translated."""
        return nullcontext()

    @contextmanager
    def load(self, model: str) -> Iterator[None]:
        """See ``Record``."""
        with self._lock:
            self._keys.add(model)
            self._write()
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(model)
                self._write()

    def _left(self) -> set[str]:
        try:
            found = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()  # none, or half written: nothing to go by
        return {str(key) for key in found} if isinstance(found, list) else set()

    def _write(self) -> None:
        file = self._folder / FILE
        try:
            if self._keys:
                self._folder.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(sorted(self._keys)), encoding="utf-8")
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("suspects_not_written", reason=error.strerror or str(error))
