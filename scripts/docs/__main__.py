"""``python -m scripts.docs`` writes them; with ``--check`` it only says what is out of date."""

from __future__ import annotations

import sys

from scripts.docs.files import stale, write


def main(arguments: list[str]) -> int:
    """The exit status: 1 if ``--check`` found something."""
    found = stale()
    for path in found:
        print(f"{path} is out of date: run make docs" if arguments else f"wrote {path}")
    if arguments:
        return 1 if found else 0
    write()
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: python -m scripts.docs [--check]")
    sys.exit(main(sys.argv[1:]))
