"""What the tests of translation share: the starter packages, installed once, and a fake engine."""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from translate_proxy.interfaces import Priority, TranslationJob
from translate_proxy.model import SiteKey
from translate_proxy.settings import PairSettings
from translate_proxy.settings import Translation as Settings
from translate_proxy.translation.engines.engine import EngineError, EnginePair
from translate_proxy.translation.packages import packages
from translate_proxy.translation.translator import Translator

MODELS = Path(__file__).resolve().parent.parent / "models"
EN_PT = MODELS / "translate-en_pt-1_1.argosmodel"
PT_EN = MODELS / "translate-pt_en-1_1.argosmodel"


@functools.cache
def starter_packages() -> Path:
    """Both starter packages in a folder that lives as long as the process. Do not change it."""
    folder = Path(tempfile.mkdtemp(prefix="starter-packages-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for file in (EN_PT, PT_EN):
        packages.install_file(file, folder)
    return folder


def pair_rule(source: str, target: str, **more: Any) -> PairSettings:
    """A ``[[pairs]]`` entry."""
    return PairSettings.model_validate({"from": source, "to": target, **more})


def job(text: str, source: str = "en", target: str = "pt", **more: Any) -> TranslationJob:
    """A job of lane "a" on site "shop"."""
    given = {"lane": "a", "site": SiteKey("shop"), "priority": Priority.LIVE, **more}
    return TranslationJob(text=text, source=source, target=target, **given)


@asynccontextmanager
async def translator(
    packages_dir: Path,
    pairs: Sequence[PairSettings] = (),
    engines: Sequence[Any] = (),
    **settings: Any,
) -> AsyncIterator[Translator]:
    """A started translator, closed afterwards."""
    made = Translator(Settings(**settings), pairs, packages_dir, time.monotonic, engines)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


Answer = Callable[[Sequence[str]], Any]


@dataclass
class FakeModel:
    """Answers with what ``answer`` makes of a batch, and writes down what it was asked."""

    answer: Answer
    batches: list[list[str]] = field(default_factory=list)
    careful: list[bool] = field(default_factory=list)
    memory: int = 1
    closed: int = 0
    running: int = 0
    most_running: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def translate(self, sentences: Sequence[str], careful: bool) -> Any:
        with self.lock:
            self.batches.append(list(sentences))
            self.careful.append(careful)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            return self.answer(sentences)
        finally:
            with self.lock:
                self.running -= 1

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeEngine:
    """Offers the given directions; every load makes a new ``FakeModel``."""

    answer: Answer
    directions: Sequence[tuple[str, str]] = (("en", "pt"),)
    name: str = "fake"
    memory: int = 1
    refuse: str | None = None
    before_load: Callable[[], object] = lambda: None
    models: list[FakeModel] = field(default_factory=list)

    def pairs(self) -> list[EnginePair]:
        return [EnginePair(self.name, source, target, "1") for source, target in self.directions]

    def load(self, pair: EnginePair) -> FakeModel:
        assert pair in self.pairs()
        self.before_load()
        if self.refuse:
            raise EngineError(self.refuse)
        model = FakeModel(self.answer, memory=self.memory)
        self.models.append(model)
        return model

    @property
    def rules(self) -> tuple[PairSettings, ...]:
        """Pairs that pin this engine."""
        return tuple(pair_rule(*direction, engine=self.name) for direction in self.directions)

    @property
    def batches(self) -> list[list[str]]:
        """Everything that all its models were asked."""
        return [batch for model in self.models for batch in model.batches]


def echo(sentences: Sequence[str]) -> list[str]:
    """The sentences themselves."""
    return list(sentences)


class Gate:
    """An answer that waits until it is opened; ``entered`` says how many wait or went through."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, sentences: Sequence[str]) -> list[str]:
        self.entered.release()
        self.opened.wait(60)
        return list(sentences)


def repackaged(original: Path, made: Path, **metadata: str) -> Path:
    """A package with other metadata: a newer version, or what passes for another pair. It is not
    compressed, so that installing it takes no time."""
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            body = source.read(entry)
            if entry.filename.endswith("metadata.json"):
                body = json.dumps({**json.loads(body), **metadata}).encode()
            target.writestr(entry.filename, body)
    return made
