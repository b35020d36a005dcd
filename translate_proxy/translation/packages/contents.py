"""What the files of a package say of each other, read before the libraries do: those take a
vocabulary, a model and a map that do not belong together as they are, and read past their ends."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from translate_proxy.translation.packages.candidates import vocabulary

_EMBEDDINGS = {
    "source": ("encoder/embeddings_0/weight", "encoder/embeddings/weight"),
    "target": ("decoder/embeddings/weight",),
}
_SPECIAL = {
    "source": {"unk_token": "<unk>"},
    "target": {"unk_token": "<unk>", "eos_token": "</s>"},
}
"""Without the first every unknown piece is one behind the last, without the second no sentence
ends. Many honest packages have none to begin with, and on the source side none to end with."""
_MOST_TWICE = 0.01
"""Share of pieces that are there already."""


def problem_in(folder: Path) -> str | None:
    """What is wrong with the model in ``folder``, one sentence. Raises OSError and ValueError for
    what cannot be read at all."""
    vocabulary_map = folder / "vmap.txt"
    return _vocabulary_problem(folder) or (
        _map_problem(vocabulary_map) if vocabulary_map.is_file() else None
    )


def _vocabulary_problem(folder: Path) -> str | None:
    config = _config(folder / "config.json")
    sizes = shapes(folder / "model.bin")
    for side, names in _EMBEDDINGS.items():
        pieces = vocabulary(folder, side)
        if not all(isinstance(piece, str) for piece in pieces):
            return f"its {side} vocabulary is no list of texts"
        if len(pieces) - len(set(pieces)) > _MOST_TWICE * len(pieces):
            return f"its {side} vocabulary has the same pieces again and again"
        special = [config.get(name, usual) for name, usual in _SPECIAL[side].items()]
        if not set(special) <= set(pieces):
            return f"its {side} vocabulary lacks one of {', '.join(map(str, special))}"
        rows = next((sizes[name][0] for name in names if sizes.get(name)), len(pieces))
        if rows != len(pieces):
            return f"its {side} vocabulary has {len(pieces)} pieces, its model knows {rows}"
    return None


def _config(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    config = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(config, dict):
        raise TypeError(f"{file.name} is not an object")
    return config


def _map_problem(file: Path) -> str | None:
    """What is wrong with the lines of a vocabulary map."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return "its vocabulary map is not UTF-8"
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        _source, tab, targets = line.partition("\t")
        if not tab or "\t" in targets or not targets.strip():
            return f"line {number} of its vocabulary map is none"
    return None if text.endswith("\n") else "its vocabulary map is cut short within a line"


def shapes(model: Path) -> dict[str, tuple[int, ...]]:
    """The size of each of a model's variables, read from the file of CTranslate2's; what is of
    another format has none. ValueError when it ends early."""
    with model.open("rb") as file:
        version = _number(file, "I")
        if not 2 <= version <= 6:
            return {}  # whether it can be used is the library's to say
        _name(file)
        _number(file, "I")
        found = {}
        for _ in range(_number(file, "I")):
            name = _name(file)
            found[name] = tuple(_number(file, "I") for _ in range(_number(file, "B")))
            item = _number(file, "B")
            file.seek(_number(file, "I") * (item if version < 4 else 1), 1)
    return found


def _number(file: BinaryIO, kind: str) -> int:
    size = struct.calcsize(f"<{kind}")
    data = file.read(size)
    if len(data) < size:
        raise ValueError("model.bin ends early")
    number: int = struct.unpack(f"<{kind}", data)[0]
    return number


def _name(file: BinaryIO) -> str:
    length = _number(file, "H")
    return file.read(length).rstrip(b"\0").decode("utf-8", "replace")
