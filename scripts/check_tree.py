"""Checks of the tree that no linter has: file length, what must not be written down, lock files.

Prints one line per finding, ``path:line: what``; exit status 1 if there is any. Looks at the files
that git tracks, and at those it would track.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 440  # "about 400", not counting blank ones; a longer one has more than one subject
CODE = {".py", ".ts", ".tsx", ".js", ".mjs"}
BINARY = {".argosmodel", ".png", ".jpg", ".ico", ".woff2", ".gz", ".sqlite3", ".db", ".mp3"}
FORBIDDEN = {
    r"registry\.npmjs|registry\.yarnpkg|\bpypi\.org|pythonhosted\.org|deb\.debian\.org": (
        "the address of a package registry"
    ),
    r"--(extra-)?index-url|--find-links|(?<![\w.-])/opt/(wheels|pypi)": (
        "a machine's own package source"
    ),
    r"(?<![\w.:-])/(root|home/[a-z][\w-]*|Users/[A-Za-z]\w*|work)/": "a machine's own path",
    r"^(<{7}|={7}|>{7})( |$)": "a merge conflict",
}
PATTERNS = {re.compile(pattern, re.MULTILINE): what for pattern, what in FORBIDDEN.items()}


def files() -> list[Path]:
    """Every file of the project, relative to its root; ignored ones are not."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def whole_file(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """What no file may hold and how long code may be, as (line, what)."""
    if path != Path(__file__).relative_to(ROOT):
        for pattern, what in PATTERNS.items():
            for found in pattern.finditer(text):
                yield text.count("\n", 0, found.start()) + 1, f"{what}: {found[0]}"
    length = sum(1 for line in text.splitlines() if line.strip())
    if path.suffix in CODE and length > MAX_LINES:
        yield length, f"{length} lines; {MAX_LINES} are the most"


def lock_file(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """Lock files hold names, versions and hashes, not where this machine got them."""
    for number, line in enumerate(text.splitlines(), 1):
        if path.name == "package-lock.json":
            if re.search(r'"resolved":\s*"(?!file:)', line):
                yield number, 'a "resolved" address; the folder needs an .npmrc without them'
        elif re.fullmatch(r"requirements.*\.txt", path.name) and not re.match(
            r"[A-Za-z0-9][\w.-]*(\[[\w,-]+\])?==|    --hash=| *#|$", line
        ):
            yield number, f"not a pinned requirement, a hash or a comment: {line}"


def main() -> int:
    """Check every file; the exit status."""
    faults = 0
    for path in files():
        if path.suffix in BINARY:
            continue
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            print(f"{path}:1: not UTF-8 text, and not of a known binary kind")
            faults += 1
            continue
        for number, what in (*whole_file(path, text), *lock_file(path, text)):
            print(f"{path}:{number}: {what}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
