"""An Argos package loaded: its CTranslate2 model and its own tokenizer, run directly.

``argostranslate.translate`` handles one text at a time. Here the sentences of many conversations
share a batch, the package's vocabulary map is used where it has one (the output layer is most of a
small model's time), and nothing is loaded twice.

This module maps the libraries that read models, which may end their process when a file lies to
them: only what runs models imports it, and never at the top of what a server imports.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import sentencepiece

from translate_proxy.settings import Translation
from translate_proxy.translation.engines import argos_library
from translate_proxy.translation.packages import packages

_SOURCE_LIMIT = 512
"""Tokens of a sentence that the engine reads; the splitter makes them far shorter."""
_CAREFUL_BEAM, _CAREFUL_PENALTY, _CAREFUL_NGRAM = 4, 1.2, 3
"""How an output that loops is tried again; on every message it would cost time and quality."""


def device() -> str:
    """Where models of this machine are run."""
    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


class Tokenizer:
    """The package's own tokenizer: SentencePiece, or Moses with BPE."""

    def __init__(self, folder: Path) -> None:
        self._pieces: Any = None
        self._bpe: Any = None
        self._lock = threading.Lock()
        if (folder / "sentencepiece.model").is_file():
            self._pieces = sentencepiece.SentencePieceProcessor(
                model_file=str(folder / "sentencepiece.model"), out_type=str
            )
        else:
            self._bpe = argos_library.package(folder).tokenizer
            self._bpe.encode("a")  # loads

    def encode(self, sentences: Sequence[str]) -> list[list[str]]:
        """Tokens of each sentence. Thread-safe."""
        if self._pieces is not None:
            # One by one: for a list it starts threads at every call, and keeps Python waiting for
            # them, which took a quarter of a worker's time.
            return [self._pieces.encode(sentence) for sentence in sentences]
        with self._lock:  # the Moses tokenizer and the BPE cache are not made for threads
            return [self._bpe.encode(sentence) for sentence in sentences]

    def decode(self, token_lists: Sequence[Sequence[str]]) -> list[str]:
        """The text of each list of tokens, as ``argostranslate`` would give it."""
        if self._pieces is not None:
            return [self._pieces.decode(tokens) for tokens in token_lists]
        with self._lock:
            return [self._bpe.decode(list(tokens)) for tokens in token_lists]


class ArgosModel:
    """One loaded package."""

    def __init__(
        self, package: packages.InstalledPackage, settings: Translation, device: str
    ) -> None:
        folder = package.path / "model"
        self._settings = settings
        self._prefix = package.target_prefix
        self.mapped = (folder / "vmap.txt").is_file()
        self._tokenizer = Tokenizer(package.path)
        self._translator = ctranslate2.Translator(
            str(folder),
            device=device,
            compute_type=settings.compute_type,
            inter_threads=settings.threads,
            intra_threads=1,
        )
        self.memory = _memory(folder)

    def translate(self, sentences: Sequence[str], careful: bool = False) -> list[str]:
        """One batch. Releases the interpreter lock while the model runs."""
        tokens = self._tokenizer.encode(sentences)
        longest = max(map(len, tokens))
        results = self._translator.translate_batch(
            tokens,
            target_prefix=[[self._prefix]] * len(tokens) if self._prefix else None,
            beam_size=max(self._settings.beam_size, _CAREFUL_BEAM if careful else 1),
            repetition_penalty=_CAREFUL_PENALTY if careful else 1.0,
            no_repeat_ngram_size=_CAREFUL_NGRAM if careful else 0,
            length_penalty=self._settings.length_penalty,
            use_vmap=self.mapped,
            max_input_length=_SOURCE_LIMIT,
            # A sane translation has at most twice the tokens; a looping one stops here.
            max_decoding_length=16 + 2 * longest,
        )
        texts = self._tokenizer.decode([result.hypotheses[0] for result in results])
        return [self._clean(text) for text in texts]

    def _clean(self, text: str) -> str:
        if self._prefix:
            text = text.removeprefix(self._prefix)
        return text.replace("\u2581", " ").strip()

    def close(self) -> None:
        """Free the weights."""
        self._translator.unload_model()


def _memory(folder: Path) -> int:
    """Weights are held once, the map's text as strings and vectors (docs/translation.md)."""
    weights = (folder / "model.bin").stat().st_size
    mapped = folder / "vmap.txt"
    return weights + (3 * mapped.stat().st_size if mapped.is_file() else 0) + (8 << 20)
