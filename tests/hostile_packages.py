"""The starter package with one thing wrong: each ended the process that loaded or used it, or says
nothing that anybody could read."""

from __future__ import annotations

import functools
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.translation_support import PT_EN

Files = dict[str, bytes]
MODEL, VOCABULARY, MAP = "model/model.bin", "model/shared_vocabulary.json", "model/vmap.txt"


def _attribute(name: str, value: int) -> Callable[[Files], None]:
    """A number of the model's, which is two bytes behind its name: rank 0, type and size."""

    def change(files: Files) -> None:
        model = files[MODEL]
        at = model.index(name.encode() + b"\0") + len(name) + 1 + 1 + 1 + 4
        files[MODEL] = model[:at] + struct.pack("<h", value) + model[at + 2 :]

    return change


def _flipped(files: Files) -> None:
    chance = random.Random(3)
    model = bytearray(files[MODEL])
    for _ in range(20_000):
        model[chance.randrange(len(model))] ^= 0xFF
    files[MODEL] = bytes(model)


def _vocabulary(change: Callable[[list[str]], list[str]]) -> Callable[[Files], None]:
    def changed(files: Files) -> None:
        files[VOCABULARY] = json.dumps(change(json.loads(files[VOCABULARY]))).encode()

    return changed


def _map(text: bytes) -> Callable[[Files], None]:
    return lambda files: files.update({MAP: text})


def _without_map(change: Callable[[Files], None]) -> Callable[[Files], None]:
    def changed(files: Files) -> None:
        del files[MAP]
        change(files)

    return changed


HOSTILE: dict[str, Callable[[Files], None]] = {
    "no heads": _attribute("decoder/num_heads", 0),
    "no heads to read with": _attribute("encoder/num_heads", 0),
    "an alignment layer that is not there": _attribute("decoder/alignment_layer", 500),
    "flipped bytes": _flipped,
    "a model that ends early": lambda files: files.update({MODEL: files[MODEL][:5_000_000]}),
    "a vocabulary without special tokens": _vocabulary(
        lambda tokens: [f"x{n}" if token[0] == "<" else token for n, token in enumerate(tokens)]
    ),
    "an empty vocabulary": _vocabulary(lambda _tokens: []),
    "one token again and again": _vocabulary(lambda tokens: ["a"] * len(tokens)),
    "one token again and again, no map": _without_map(
        _vocabulary(lambda tokens: ["a"] * len(tokens))
    ),
    "an empty map": _map(b""),
    "a map of one empty line": _map(b"\n"),
    "a map without tabs": _map(b"no table\n" * 100),
    "a map that gives nothing": _map(b"\t</s>\na\t\n"),
    "a map in another encoding": _map(b"\t</s> \xff\xfe\n"),
    "a map that says something else": _map(b"\t</s> . , \xe2\x96\x81the\n"),
}


def hostile_package(made: Path, name: str) -> Path:
    """The archive with this wrong."""
    files = starter_files()
    HOSTILE[name](files)
    return write_package(made, files)


def write_package(made: Path, files: Files) -> Path:
    """An archive of these files, not compressed: that would take the longest."""
    with zipfile.ZipFile(made, "w") as archive:
        for place, body in files.items():
            archive.writestr(f"translate-pt_en-1_1/{place}", body)
    return made


def starter_files() -> Files:
    """What is in the starter package from Portuguese to English, by its place there."""
    return dict(_files())


@functools.cache
def _files() -> tuple[tuple[str, bytes], ...]:
    with zipfile.ZipFile(PT_EN) as archive:
        return tuple(
            (entry.filename.partition("/")[2], archive.read(entry)) for entry in archive.infolist()
        )
