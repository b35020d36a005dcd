"""Packages made from a starter package by chance: one of its files cut short, random or hostile.

FUZZ_SEED replays a run; every package says its own number.
"""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

from tests.hostile_packages import MAP, MODEL, VOCABULARY, Files, starter_files, write_package

SEED_VARIABLE = "FUZZ_SEED"
COUNT = 30
PIECES, METADATA, CONFIG = "sentencepiece.model", "metadata.json", "model/config.json"

Change = Callable[[Files, random.Random], None]


def new_seed() -> int:
    """The seed of this run: a new one, or the one to replay."""
    return int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(2**32))


def _cut(name: str) -> Change:
    def change(files: Files, chance: random.Random) -> None:
        # A map that ends with a line is a shorter one, and as good as any.
        files[name] = files[name][: chance.randrange(len(files[name]) // 2)].rstrip(b"\n")

    return change


def _noise(name: str) -> Change:
    def change(files: Files, chance: random.Random) -> None:
        files[name] = chance.randbytes(chance.choice([1, 100, 100_000]))

    return change


def _flipped(name: str, most: int, within: int | None = None) -> Change:
    """So many bytes at most are others, among the first ones."""

    def change(files: Files, chance: random.Random) -> None:
        body = bytearray(files[name])
        end = min(len(body), within or len(body))
        for place in chance.sample(range(end), chance.randrange(most // 2, most)):
            body[place] = chance.randrange(256)
        files[name] = bytes(body)

    return change


def _number(files: Files, chance: random.Random) -> None:
    """One of the model's numbers is one that no model has."""
    model = files[MODEL]
    heads, layer = [b"decoder/num_heads", b"encoder/num_heads"], b"decoder/alignment_layer"
    name = chance.choice([*heads, layer])
    at = model.index(name + b"\0") + len(name) + 1 + 1 + 1 + 4
    value = chance.randrange(300, 2**15)
    if name in heads:
        value = chance.choice([0, -value, value])
    files[MODEL] = model[:at] + struct.pack("<h", value) + model[at + 2 :]


def _shape(files: Files, chance: random.Random) -> None:
    """The model's words are said to be others in number, or longer."""
    model = files[MODEL]
    name = chance.choice([b"decoder/embeddings/weight", b"encoder/embeddings_0/weight"])
    at = model.index(name + b"\0") + len(name) + 1 + 1 + 4 * chance.randrange(2)
    value = chance.choice([0, 1, 2**31 - 1, 2**32 - 1, chance.randrange(2**32)])
    files[MODEL] = model[:at] + struct.pack("<I", value) + model[at + 4 :]


def _vocabulary(files: Files, chance: random.Random) -> None:
    tokens = json.loads(files[VOCABULARY])
    changed: object = chance.choice(
        [
            tokens[: chance.randrange(len(tokens))],
            [*tokens, *(f"more{n}" for n in range(chance.randrange(1, 50_000)))],
            tokens[chance.randrange(3, 100) :],
            [chance.choice(tokens) for _ in tokens],
            [[token] for token in tokens],
            {token: number for number, token in enumerate(tokens)},
            list(range(len(tokens))),
        ]
    )
    files[VOCABULARY] = json.dumps(changed).encode()


def _map(files: Files, chance: random.Random) -> None:
    lines = files[MAP].split(b"\n")
    for place in chance.sample(range(len(lines) - 1), chance.randrange(1, 2000)):
        lines[place] = chance.choice(
            [
                b"",
                chance.randbytes(20).replace(b"\n", b""),
                lines[place].replace(b"\t", b" "),
                lines[place] + b"\t\xe2\x96\x81the",
            ]
        )
    files[MAP] = b"\n".join(lines)


def _other_tokenizer(files: Files, chance: random.Random) -> None:
    """A BPE tokenizer of noise in place of the SentencePiece one."""
    del files[PIECES]
    files["bpe.model"] = chance.choice([b"", b"#version: 0.2\n", chance.randbytes(5000)])


def _metadata(files: Files, chance: random.Random) -> None:
    known = json.loads(files[METADATA])
    name = chance.choice(["from_code", "to_code", "type"])
    value: object = chance.choice(
        [None, 7, [], {}, "../../x", "\0", "x" * 70_000, "\ud800", "x/y", ""]
    )
    body = json.dumps({**known, name: value}).encode()
    files[METADATA] = chance.choice([body, body, b"[" * 200_000, b"null", b"", b"\xff\xfe{}"])


def _config(files: Files, chance: random.Random) -> None:
    known = json.loads(files[CONFIG])
    name = chance.choice(["eos_token", "unk_token"])
    value: object = chance.choice([None, 7, [], "nothing of this kind", ""])
    body = json.dumps({**known, name: value}).encode()
    files[CONFIG] = chance.choice([body, body, body[:40], b"[]", b"\0\xff", b"[" * 200_000])


CHANGES: dict[str, Change] = {
    "a model cut short": _cut(MODEL),
    "a model of noise": _noise(MODEL),
    "a model with a damaged head": _flipped(MODEL, 60, 400),
    "a model with damage": _flipped(MODEL, 40_000),
    "a model with a number that none has": _number,
    "a model with a shape that it has not": _shape,
    "pieces cut short": _cut(PIECES),
    "pieces of noise": _noise(PIECES),
    "damaged pieces": _flipped(PIECES, 40_000),
    "another tokenizer": _other_tokenizer,
    "a vocabulary cut short": _cut(VOCABULARY),
    "another vocabulary": _vocabulary,
    "a map cut short": _cut(MAP),
    "a damaged map": _map,
    "other metadata": _metadata,
    "another configuration": _config,
}


def fuzzed(made: Path, seed: int, number: int, **metadata: str) -> str:
    """Write package ``number`` of this seed; what is wrong with it. ``metadata``: what else is said
    of it, where it can be read."""
    name = list(CHANGES)[number % len(CHANGES)]
    files = starter_files()
    if metadata:
        files[METADATA] = json.dumps({**json.loads(files[METADATA]), **metadata}).encode()
    CHANGES[name](files, random.Random(f"{seed}-{number}"))
    write_package(made, files)
    return f"{name} ({SEED_VARIABLE}={seed}, number {number})"
