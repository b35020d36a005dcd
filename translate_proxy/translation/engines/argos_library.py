"""The one door to ``argostranslate``: it makes folders and reads the environment when imported.

It is imported at first use, with its folders in a temporary place of ours and its provider, device
and index pinned to the local ones, and the environment is put back afterwards. Only
``argostranslate.package`` is used: the modules that download sentence splitters stay unloaded.
"""

from __future__ import annotations

import functools
import importlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_lock = threading.Lock()

_PINNED = {
    "ARGOS_MODEL_PROVIDER": "OPENNMT",
    "ARGOS_DEVICE_TYPE": "cpu",
    "ARGOS_DEBUG": "0",
    "ARGOS_DEV_MODE": "0",
    "ARGOS_EXPERIMENTAL_ENABLED": "0",
    "ARGOS_CHUNK_TYPE": "MINISBD",
    "ARGOS_PACKAGE_INDEX": "file:///nonexistent/",
}
_DROPPED = ("SNAP", "ARGOS_TRANSLATE_PACKAGE_DIR")


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, *_DROPPED, "KMP_DUPLICATE_LIB_OK")}
    for name in _DROPPED:
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@functools.cache
def _module() -> Any:
    """``argostranslate.package``, imported once, without a trace outside a temporary folder."""
    with _lock, tempfile.TemporaryDirectory(prefix="translate-proxy-") as folder:
        places = {
            "XDG_DATA_HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "XDG_CACHE_HOME": folder,
            "ARGOS_PACKAGES_DIR": f"{folder}/packages",
        }
        with _environment(places | _PINNED):
            return importlib.import_module("argostranslate.package")


def package(folder: Path) -> Any:
    """An ``argostranslate.package.Package`` of an unpacked folder.

    FileNotFoundError, ValueError, TypeError or AttributeError when its metadata cannot be read.
    """
    return _module().Package(folder)
