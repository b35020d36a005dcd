"""Which files are written, wholly or between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from scripts.docs import api_table, licence_tables, phrase_tables, settings_tables

ROOT = Path(__file__).resolve().parent.parent.parent


def between_marks(text: str, name: str, body: str) -> str:
    """``text`` with ``body`` between the two marks called ``name``; ValueError without them."""
    begin, end = f"<!-- {name}: written by make docs -->", f"<!-- end of {name} -->"
    found = re.fullmatch(rf"(.*{re.escape(begin)}\n).*?({re.escape(end)}\n.*)", text, re.DOTALL)
    if found is None:
        raise ValueError(f"the lines {begin!r} and {end!r} are missing")
    return f"{found[1]}\n{body}\n{found[2]}"


def filled(path: str, bodies: Mapping[str, str]) -> tuple[Path, str]:
    """A file, relative to the root, with each body between the marks of its name."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for name, body in bodies.items():
        text = between_marks(text, name, body)
    return Path(path), text


def wanted() -> Mapping[Path, str]:
    """Each file, relative to the root, as it should be."""
    return dict(
        (
            (Path("config/default.toml"), settings_tables.default_toml()),
            filled("docs/operations.md", {"settings": settings_tables.tables()}),
            filled(
                "docs/licences.md",
                {
                    "Python packages": licence_tables.python_packages(ROOT),
                    "Node packages": licence_tables.node_packages(ROOT),
                },
            ),
            filled(
                "docs/phrases.md",
                {"languages": phrase_tables.languages(ROOT), "keys": phrase_tables.keys(ROOT)},
            ),
            filled("docs/api.md", {"calls": api_table.table()}),
        )
    )


def stale() -> list[Path]:
    """The files that are not as they should be."""
    return [
        path
        for path, text in wanted().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]


def write() -> None:
    """Write them all."""
    for path, text in wanted().items():
        (ROOT / path).write_text(text, encoding="utf-8")
