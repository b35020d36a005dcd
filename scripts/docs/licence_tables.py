"""What the dependencies bring: the tables of ``docs/licences.md``.

Python packages: the names of ``requirements.txt``, the licences of their installed metadata. Node
packages: what the two front ends' lock files say is built into the pages.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

KEEP_NOTICE = "permissive: keep its notice in copies"
MEANINGS: Mapping[str, str] = {
    "AGPL": "installed, never loaded: see below",
    "LGPL": "a separate library: a changed one that you hand on stays LGPL",
    "MPL": "its own files stay MPL where you hand changed ones on",
}
STATED: Mapping[str, str] = {
    # Where the metadata has no SPDX expression, read from the package's licence file.
    "argos-translate-lt": "MIT OR CC0-1.0",
    "certifi": "MPL-2.0",
    "cloudpickle": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
    "ctranslate2": "MIT",
    "flatbuffers": "Apache-2.0",
    "h11": "MIT",
    "itsdangerous": "BSD-3-Clause",
    "langdetect": "Apache-2.0",
    "minisbd": "AGPL-3.0",
    "onnxruntime": "MIT",
    "protobuf": "BSD-3-Clause",
    "pyyaml": "MIT",
    "sacremoses": "MIT",
    "simple-websocket": "MIT",
    "six": "MIT",
    "tomli-w": "MIT",
    "tqdm": "MPL-2.0 AND MIT",
    "tzdata": "Apache-2.0",
    "xmlhttprequest-ssl": "MIT",
}
IN_THE_PAGES = ("preact", "socket.io-client")


@dataclass(frozen=True, slots=True)
class Locked:
    """One line of a lock file: name, version and what brings it."""

    name: str
    version: str
    through: tuple[str, ...]


def normal(name: str) -> str:
    """A Python package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> Iterator[Locked]:
    """The requirements of a lock file, in its order."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        found = re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)", block)
        if found:
            _, _, via = block.partition("# via")
            through = re.findall(r"[A-Za-z0-9][\w.-]*", re.sub(r"\(.*?\)|-c .*", "", via))
            yield Locked(normal(found[1]), found[2], tuple(normal(name) for name in through))


def licence_of(name: str) -> str:
    """A Python package's licence. LookupError if neither its metadata nor ``STATED`` has it."""
    if name in STATED:
        return STATED[name]
    expression = metadata.metadata(name).json.get("license_expression")
    if expression is None:
        raise LookupError(f"{name}: no SPDX licence in its metadata; state it in {__file__}")
    return str(expression)


def meaning(licence: str) -> str:
    """What a licence means for someone who runs or hands on the product."""
    words = set(re.split(r"[\s()-]+", licence))
    return next((text for word, text in MEANINGS.items() if word in words), KEEP_NOTICE)


def direct(root: Path) -> Mapping[str, str]:
    """What ``pyproject.toml`` asks for: name -> version range."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, str] = {}
    for requirement in project["dependencies"]:
        parts = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?\s*([^;]*)(;.*)?", requirement)
        if parts is None:
            raise ValueError(f"cannot read {requirement!r}")
        found[normal(parts[1])] = parts[2].strip()
    return found


def python_packages(root: Path) -> str:
    """The table of everything that ``requirements.txt`` installs."""
    asked = direct(root)
    rows: dict[str, str] = {}
    for locked in read_lock((root / "requirements.txt").read_text(encoding="utf-8")):
        licence = licence_of(locked.name)
        wanted = asked.get(locked.name)
        range_ = f"`{wanted}`" if wanted else "by " + ", ".join(locked.through)
        if locked.name not in rows:  # a second one is the same for another Python version
            rows[locked.name] = (
                f"| {locked.name} | {range_} | {locked.version} | {licence} | {meaning(licence)} |"
            )
    head = [
        "| package | asked for | locked | licence | what it means |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows.values(), ""])


def shipped_node_packages(root: Path) -> Mapping[str, tuple[str, str]]:
    """What is built into the pages, by name: (version, licence), of both front ends."""
    found: dict[str, tuple[str, str]] = {}
    for folder in ("widget_js", "console_js"):
        text = (root / folder / "package-lock.json").read_text(encoding="utf-8")
        packages = json.loads(text)["packages"]
        left = [name for name in IN_THE_PAGES if f"node_modules/{name}" in packages]
        done: set[str] = set()
        while left:
            name = left.pop()
            if name in done:
                continue
            done.add(name)
            package = packages[f"node_modules/{name}"]
            licence = STATED.get(name) or package["license"]
            versions = {*found.get(name, ("",))[0].split(", "), package["version"]} - {""}
            found[name] = (", ".join(sorted(versions)), licence)
            left += package.get("dependencies", {})
    return found


def node_packages(root: Path) -> str:
    """The table of what the widget and the console are built with and carry."""
    rows = [
        f"| {name} | {version} | {licence} | {meaning(licence)} |"
        for name, (version, licence) in sorted(shipped_node_packages(root).items())
    ]
    return "\n".join(
        [
            "| package | locked | licence | what it means |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
