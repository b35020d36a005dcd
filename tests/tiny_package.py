"""Argos packages of a few kilobytes whose models say what the test wants, built with CTranslate2.

The model is a real transformer with one layer. Each source token may stand for a phrase: the first
target token follows from which source token is there (attention weighs all source tokens alike),
every later one from the token before it.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec

SPECIAL = ("<unk>", "<s>", "</s>")


def _zeros(layer: Any, width: int, outputs: Sequence[int]) -> None:
    for linear, rows in zip(layer.linear, outputs, strict=True):
        linear.weight = np.zeros((rows * width, width), np.float32)
        linear.bias = np.zeros(rows * width, np.float32)


def _norm(layer: Any, width: int) -> None:
    layer.gamma = np.ones(width, np.float32)
    layer.beta = np.zeros(width, np.float32)


def _nothing(layer: Any, width: int) -> None:
    """A layer that passes on what it gets: nothing is added to the residual."""
    _norm(layer.self_attention.layer_norm, width)
    _zeros(layer.self_attention, width, (3, 1))
    _norm(layer.ffn.layer_norm, width)
    for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
        linear.weight = np.zeros((width, width), np.float32)
        linear.bias = np.zeros(width, np.float32)


def save_model(
    folder: Path, source: Sequence[str], target: Sequence[str], says: Mapping[str, Sequence[str]]
) -> None:
    """Write a CTranslate2 model. ``says``: for a source token, the target tokens it stands for; a
    target token is followed by the same one wherever it stands."""
    source, target = [*SPECIAL, *source], [*SPECIAL, *target]
    width = len(source) + len(target)
    place = np.eye(width, dtype=np.float32)
    spec = TransformerSpec.from_config((1, 1), 1)
    encoder, decoder = spec.encoder, spec.decoder
    for part in (encoder, decoder):
        part.scale_embeddings = False
        part.position_encodings.encodings = np.zeros((600, width), np.float32)
        _norm(part.layer_norm, width)
        _nothing(part.layer[0], width)
    encoder.embeddings[0].weight = place[: len(source)]
    decoder.embeddings.weight = place[len(source) :]
    attention = decoder.layer[0].attention
    _norm(attention.layer_norm, width)
    _zeros(attention, width, (1, 2, 1))
    attention.linear[1].weight[width:] = place  # the values are the source tokens themselves
    attention.linear[2].weight[:] = 0.1 * place
    decoder.projection.weight = np.zeros((len(target), width), np.float32)
    decoder.projection.bias = np.zeros(len(target), np.float32)
    for key, tokens in says.items():
        decoder.projection.weight[target.index(tokens[0]), source.index(key)] = 1
        for before, after in zip(tokens, [*tokens[1:], "</s>"], strict=True):
            column = len(source) + target.index(before)
            decoder.projection.weight[target.index(after), column] = 10
    spec.register_source_vocabulary(source)
    spec.register_target_vocabulary(target)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    assert ctranslate2.contains_model(str(folder))


def save_sentencepiece(file: Path, words: Sequence[str]) -> None:
    """A SentencePiece model in which each of the words is one piece."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words),
        model_writer=model,
        model_type="word",
        vocab_size=len(words) + len(SPECIAL),
        minloglevel=3,
    )
    file.write_bytes(model.getvalue())


def save_bpe(file: Path, merges: Sequence[str]) -> None:
    """Codes as subword-nmt writes them: the pairs that are joined, in order."""
    file.write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")


def save_metadata(folder: Path, version: str, **more: Any) -> None:
    """``metadata.json`` of a package from English to Portuguese."""
    metadata = {
        "package_version": version,
        "argos_version": version,
        "from_code": "en",
        "from_name": "English",
        "to_code": "pt",
        "to_name": "Portuguese",
        **more,
    }
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def optimisable(made: Path) -> tuple[Path, list[str]]:
    """A package from "tlh", of which nobody has words or phrases, to English, and texts of it that
    are enough to make it a vocabulary map, within seconds. It says each word again."""
    words = [f"{a}{b}{c}" for a in "bdf" for b in "aeio" for c in ("na", "ro", "si", "tu", "zo")]
    words += [f"{word}{end}" for word in words for end in ("ma", "xe")][:60]
    pieces = [f"\u2581{word}" for word in words]
    with tempfile.TemporaryDirectory(prefix="tiny-package-") as name:
        folder = Path(name)
        save_sentencepiece(folder / "sentencepiece.model", words)
        save_model(folder / "model", pieces, pieces, {piece: [piece] for piece in pieces})
        save_metadata(folder, "1.0", from_code="tlh", to_code="en")
        with zipfile.ZipFile(made, "w") as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, f"translate-tlh_en-1_0/{file.relative_to(folder)}")
    return made, [" ".join([word] * times) for word in words for times in range(1, 7)]
