"""The server's own secret keys: made once, kept in the data folder, readable by nobody else."""

from __future__ import annotations

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "secrets.json"
_KEY_BYTES = 32


class KeysError(Exception):
    """The key file cannot be used; the message is one line for the person who runs the server."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """``visitor_tokens``: keys that sign visitor tokens, oldest first; the last one signs, all
    verify, so a key is rotated by appending one and dropping the first 180 days later."""

    visitor_tokens: tuple[bytes, ...]


def load_or_make_keys(data_dir: Path) -> Keys:
    """Read ``secrets.json`` of the data folder, or make it (mode 0600) at the first start.

    The file appears whole or not at all, and two processes that start at the same moment end up
    with the same keys. Raises KeysError when it is unreadable, damaged or open to other users: new
    keys are never put in place of old ones, because that would disown every visitor.
    """
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            _make(path)
        if path.stat().st_mode & stat.S_IRWXO:
            raise KeysError(f"{path} is open to every user of this machine: run chmod 600 on it")
        return _parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(f"{path} is damaged: restore it from a backup") from error


def _parse(text: str) -> Keys:
    keys = tuple(bytes.fromhex(key) for key in json.loads(text)["visitor_tokens"])
    if not keys or any(len(key) < _KEY_BYTES for key in keys):
        raise ValueError("no key, or one that is too short")
    return Keys(visitor_tokens=keys)


def _make(path: Path) -> None:
    body = json.dumps({"visitor_tokens": [secrets.token_hex(_KEY_BYTES)]}).encode()
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, does not replace a file that another process just made.
            path.hardlink_to(draft)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
