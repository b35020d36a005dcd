"""The Firefox engine: the models that Firefox translates pages with, run by ``fxtranslate``.

The library keeps Python's global lock while it translates and binds a model to the thread that
loaded it: in this process it would stop every conversation for the length of a sentence. So each
loaded model has processes of its own (``firefox_worker``), which also keep a crash to themselves.

Model files lie in ``<data_dir>/firefox/<from><to>/`` (``enpt``) or ``<from>-<to>/`` under their own
names: ``model.*.bin``, ``vocab.*.spm`` (or ``srcvocab.*`` and ``trgvocab.*``), ``lex.*.bin``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import queue
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from translate_proxy.model import Language
from translate_proxy.settings import PairSettings, Translation
from translate_proxy.text import tags
from translate_proxy.translation.engines.engine import EngineError, EnginePair

NAME = "firefox"
_LOAD_S = 60.0
_END_S = 2.0
_NOT_INSTALLED = "the extra firefox is not installed: pip install 'translate-proxy[firefox]'"


@dataclass(frozen=True, slots=True)
class _Files:
    model: Path
    source_vocab: Path
    target_vocab: Path
    shortlist: Path | None

    @property
    def every(self) -> tuple[Path, ...]:
        """The files, each once."""
        named = (self.model, self.source_vocab, self.target_vocab, self.shortlist)
        return tuple(dict.fromkeys(path for path in named if path is not None))

    def version(self) -> str:
        """Changes when a file is replaced."""
        seen = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self.every]
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:8]


def _find(folder: Path) -> _Files | str:
    """The files of one direction, or what is missing in one sentence."""

    def one(pattern: str) -> Path | None:
        return next(iter(sorted(folder.glob(pattern))), None)

    model, shared = one("model.*.bin"), one("vocab.*.spm")
    source, target = one("srcvocab.*.spm") or shared, one("trgvocab.*.spm") or shared
    if model is None:
        return f"no model.*.bin in {folder}"
    if source is None or target is None:
        return f"no vocab.*.spm in {folder}"
    return _Files(model, source, target, one("lex.*.bin"))


def _directions(name: str) -> tuple[Language, Language] | None:
    """``enpt`` and ``en-pt`` are English to Portuguese; None for any other folder name."""
    source, dash, target = name.partition("-")
    if not dash and len(name) == 4:
        source, target = name[:2], name[2:]
    if not source.isalpha() or not target.replace("_", "").isalpha():
        return None
    return tags.canonical(source), tags.canonical(target)


class _Worker:
    """One process with one loaded model; one call at a time."""

    def __init__(self, files: _Files) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "translate_proxy.translation.engines.firefox_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which then ends this
        )
        names = {
            "model": str(files.model),
            "source_vocab": str(files.source_vocab),
            "target_vocab": str(files.target_vocab),
            "shortlist": str(files.shortlist) if files.shortlist else None,
        }
        self.ask(names, _LOAD_S)

    def ask(self, request: dict[str, Any], within_s: float) -> dict[str, Any]:
        """One answer. RuntimeError for the engine's error, a dead process or none in time; the
        process is ended then, since nobody knows what state it is in."""
        try:
            answer = self._exchange(request, within_s)
        except (OSError, ValueError) as error:
            self.end()
            raise RuntimeError(f"the Firefox process failed: {error}") from error
        if "error" in answer:
            self.end()
            raise RuntimeError(str(answer["error"]))
        return answer

    def _exchange(self, request: dict[str, Any], within_s: float) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("it has no pipes")
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        # One line answers one line, so that nothing can wait in the reader's own buffer.
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if not poll.poll(within_s * 1000):
            raise TimeoutError(f"no answer in {within_s:g} seconds")
        line = self._process.stdout.readline()
        if not line:
            raise ValueError("it ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Stop the process. Does no harm twice."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what could not be flushed has no reader any more
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class FirefoxModel:
    """One direction: a process at once, others up to ``threads`` when batches run side by side."""

    def __init__(self, files: _Files, threads: int, stuck_s: float) -> None:
        self._files = files
        self._stuck_s = stuck_s
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._places = threading.BoundedSemaphore(threads)
        self._idle.put(_Worker(files))
        self.memory = threads * (2 * sum(path.stat().st_size for path in files.every) + (30 << 20))

    def translate(self, sentences: Sequence[str], careful: bool) -> list[str]:  # noqa: ARG002
        """One by one: the library knows no batches, and no other way for ``careful``."""
        with self._places:
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                worker = _Worker(self._files)
            answer = worker.ask({"texts": list(sentences)}, self._stuck_s)
            self._idle.put(worker)
        texts: list[str] = answer["texts"]
        return texts

    def close(self) -> None:
        """End the processes."""
        while not self._idle.empty():
            self._idle.get_nowait().end()


class FirefoxEngine:
    """The models of one folder. ``configured``: the pairs of the configuration; those that name
    this engine and have no files are told as a problem."""

    name = NAME

    def __init__(
        self,
        folder: Path,
        settings: Translation,
        configured: Sequence[PairSettings] = (),
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._wanted = {
            (tags.canonical(rule.source), tags.canonical(rule.target))
            for rule in configured
            if rule.engine == NAME and rule.enabled
        }

    def _folders(self) -> dict[tuple[Language, Language], Path]:
        folders = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        named = {_directions(path.name): path for path in folders if path.is_dir()}
        return {directions: path for directions, path in named.items() if directions is not None}

    def pairs(self) -> Sequence[EnginePair]:
        """Every folder of model files, and every configured pair that has none."""
        found = [self._pair(*directions, path) for directions, path in self._folders().items()]
        missing = self._wanted - {(pair.source, pair.target) for pair in found}
        return found + [
            self._pair(source, target, self._folder / f"{source}-{target}")
            for source, target in sorted(missing)
        ]

    def _pair(self, source: Language, target: Language, folder: Path) -> EnginePair:
        files = _find(folder)
        version, problem = ("", files) if isinstance(files, str) else (files.version(), None)
        if importlib.util.find_spec("fxtranslate") is None:
            problem = _NOT_INSTALLED
        return EnginePair(NAME, source, target, version, problem=problem)

    def load(self, pair: EnginePair) -> FirefoxModel:
        """Start a process with this model. EngineError when it cannot be used."""
        folder = self._folders().get((pair.source, pair.target))
        files = _find(folder) if folder else "its folder is gone"
        if isinstance(files, str):
            raise EngineError(f"{pair.source} to {pair.target}: {files}")
        try:
            model = FirefoxModel(files, self._settings.threads, self._settings.stuck_seconds)
        except (OSError, RuntimeError) as error:
            raise EngineError(f"{files.model.parent.name} cannot be loaded: {error}") from error
        try:
            model.translate(["1"], careful=False)
        except RuntimeError as error:
            model.close()
            raise EngineError(f"{files.model.parent.name} cannot be used: {error}") from error
        return model
