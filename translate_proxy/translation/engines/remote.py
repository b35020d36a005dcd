"""The remote engine: a LibreTranslate server elsewhere. Texts leave this machine through it.

Off unless ``[remote] allow_text_to_leave`` says that they may. It serves the pairs that name it,
nothing else. A server that fails again and again is left alone for a while: its messages are then
marked untranslated at once instead of after a wait each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from translate_proxy.interfaces import Clock
from translate_proxy.settings import PairSettings, RemoteSettings
from translate_proxy.text import tags
from translate_proxy.translation.engines.engine import EngineError, EnginePair

NAME = "libretranslate"
FAILURES = 5
"""Failures in a row after which the server is left alone."""
REST_S = 30.0
"""Seconds until one call tries it again."""
_MEMORY = 1 << 16

Post = Callable[[str, Mapping[str, Any]], Any]
"""Posts JSON to an address and returns the answer's JSON. Called on worker threads, several at a
time. Raises RemoteError."""

_log = structlog.get_logger(__name__)


class RemoteError(Exception):
    """The other server did not answer, or not with a translation; one sentence."""


class Circuit:
    """Closed: calls pass. After ``failures`` in a row open: they are refused for ``rest_s``
    seconds. Then one call at a time tries, and its success closes it again. Thread-safe."""

    def __init__(self, clock: Clock, failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._most = failures
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._failed = 0
        self._until = 0.0

    def enter(self) -> None:
        """Raises RemoteError while the server is left alone."""
        with self._lock:
            if self._failed < self._most:
                return
            now = self._clock()
            if now < self._until:
                raise RemoteError(f"left alone after {self._failed} failures in a row")
            self._until = now + self._rest_s  # this call tries; the others go on waiting

    def succeeded(self) -> None:
        """A call came back."""
        with self._lock:
            if self._failed >= self._most:
                _log.info("remote_back")
            self._failed = 0

    def failed(self) -> None:
        """A call did not."""
        with self._lock:
            self._failed += 1
            self._until = self._clock() + self._rest_s
            if self._failed == self._most:
                _log.error("remote_left_alone", seconds=self._rest_s)


class RemoteModel:
    """One direction at the other server."""

    memory = _MEMORY

    def __init__(
        self, pair: EnginePair, settings: RemoteSettings, post: Post, circuit: Circuit
    ) -> None:
        self._url = f"{str(settings.url).rstrip('/')}/translate"
        self._body = {"source": pair.source, "target": pair.target, "format": "text"}
        if settings.api_key:
            self._body["api_key"] = settings.api_key
        self._post = post
        self._circuit = circuit

    def translate(self, sentences: Sequence[str], careful: bool) -> list[str]:  # noqa: ARG002
        """One request. Raises RemoteError; there is no other way for ``careful``."""
        self._circuit.enter()
        try:
            answer = self._post(self._url, {**self._body, "q": list(sentences)})
            texts = answer.get("translatedText") if isinstance(answer, dict) else None
            if not isinstance(texts, list) or [type(one) for one in texts] != [str] * len(
                sentences
            ):
                raise RemoteError("the remote server did not give one text for each sentence")
        except RemoteError:
            self._circuit.failed()
            raise
        self._circuit.succeeded()
        return texts

    def close(self) -> None:
        """Nothing is held."""


class RemoteEngine:
    """The configured pairs that name this engine. ``post`` is the one way out."""

    name = NAME

    def __init__(
        self,
        settings: RemoteSettings,
        configured: Sequence[PairSettings],
        post: Post,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._configured = configured
        self._post = post
        self._circuit = Circuit(clock)

    def _problem(self) -> str | None:
        if not self._settings.allow_text_to_leave:
            return "texts may not leave this machine: set remote.allow_text_to_leave if they may"
        return None if self._settings.url else "remote.url is not set"

    def pairs(self) -> Sequence[EnginePair]:
        """What is configured; nothing is asked of the other server."""
        problem = self._problem()
        return [
            EnginePair(
                NAME,
                tags.canonical(rule.source),
                tags.canonical(rule.target),
                "remote",
                problem=problem,
            )
            for rule in self._configured
            if rule.engine == NAME and rule.enabled
        ]

    def load(self, pair: EnginePair) -> RemoteModel:
        """Ask for one translation, so that a wrong address, key or language shows at the start.
        EngineError when it does not work."""
        if problem := self._problem():
            raise EngineError(problem)
        model = RemoteModel(pair, self._settings, self._post, self._circuit)
        try:
            model.translate(["1"], careful=False)
        except RemoteError as error:
            raise EngineError(f"{pair.source} to {pair.target}: {error}") from error
        return model
