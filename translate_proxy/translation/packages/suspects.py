"""Models whose load a process has not survived: put aside until their package is another, and tried
apart (``trial``) before the next start believes it.

Their keys, each of which holds the package's version and digest, are in a file of the packages'
folder; so is, while it is being loaded, the key of a model in a process that nobody watches. That
process leaves it there when a package takes it along; without that a server would end at every
start alike. A power cut leaves it too, so that nothing follows from it but the trial.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import structlog

from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.packages import packages, trial

FILE = ".loading"
DOUBTFUL_LOADS = 3
"""Deaths by somebody's SIGKILL, or with batches in hand, while the same model was loaded before it
is put aside. A crash with nothing else in hand is enough at once."""

log = structlog.get_logger(__name__)


class Suspects:
    """Those of one folder (``Record``). Only for whoever holds the data folder."""

    def __init__(self, packages_dir: Path) -> None:
        self._folder = packages_dir
        self._lock = threading.Lock()
        self._loading: set[str] = set()
        self._loads: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}

    @property
    def reasons(self) -> Mapping[str, str]:
        """The keys of those that are put aside, each with why, one sentence."""
        return self._reasons

    def try_again(self, settings: Translation) -> None:
        """Those that an earlier process left and that fail a trial stay put aside, the others do
        not. Takes seconds for each."""
        left = self._left()
        if not left:
            return
        engine = ArgosEngine(self._folder, settings)
        for package in packages.installed(self._folder):
            key = engine.pair(package).key
            if key in left and package.problem is None:
                problem = trial.problem_of(package)
                if problem is not None:
                    self._put_aside(key, f"it ended the process that loaded it; {problem}")
        self._write()

    def blame(self, loading: Iterable[str], *, sure: bool) -> bool:
        """A process that is watched has ended while these were loaded. Whether one more is put
        aside now."""
        before = len(self._reasons)
        for model in loading:
            self._loads[model] += DOUBTFUL_LOADS if sure else 1
            if self._loads[model] >= DOUBTFUL_LOADS and model not in self._reasons:
                self._put_aside(model, "it ended the engine process while it was loaded: put aside")
                self._write()
        return len(self._reasons) > before

    def _put_aside(self, model: str, reason: str) -> None:
        self._reasons[model] = reason
        log.error("model_put_aside", model=model, reason=reason)

    def batch(self, jobs: Sequence[int]) -> AbstractContextManager[None]:  # noqa: ARG002
        """See ``Record``. Loading tries a model: one that is loaded has translated."""
        return nullcontext()

    @contextmanager
    def load(self, model: str) -> Iterator[None]:
        """See ``Record``."""
        with self._lock:
            self._loading.add(model)
            self._write()
        try:
            yield
        finally:
            with self._lock:
                self._loading.discard(model)
                self._write()

    def _left(self) -> set[str]:
        try:
            found = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()  # none, or half written: nothing to go by
        return {str(key) for key in found} if isinstance(found, list) else set()

    def _write(self) -> None:
        file, keys = self._folder / FILE, sorted({*self._loading, *self._reasons})
        try:
            if keys:
                self._folder.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(keys), encoding="utf-8")
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("suspects_not_written", reason=error.strerror or str(error))
