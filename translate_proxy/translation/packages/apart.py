"""Work with models in a throw-away process: what kills it, or takes for ever, harms nobody else.

Blocking: to be called on a thread. ``errands`` is what runs there.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from translate_proxy.processes import ended

_LOOK_S = 0.1
_CHUNK = 1 << 16

Told = Callable[[Mapping[str, Any]], None]
"""Progress, as the errand tells it."""


class ErrandError(Exception):
    """It was refused, or its process ended without an answer; the message says why, without its
    subject: ``it was ended by SIGSEGV``."""


class EndedError(ErrandError):
    """Its process ended without an answer, with this ``status``: below zero, a signal's number."""

    def __init__(self, status: int) -> None:
        super().__init__(ended(status))
        self.status = status


class Stopped(Exception):  # noqa: N818  (it was asked for)
    """The errand was ended because nobody wants it any more."""


Apart = Callable[..., Any]
"""``run``, or what stands for it: the same arguments."""


def _nothing(_told: Mapping[str, Any]) -> None:
    return


def run(
    errand: str,
    given: Mapping[str, Any],
    *,
    within_s: float,
    told: Told = _nothing,
    stop: threading.Event | None = None,
) -> Any:
    """Do an errand of ``errands.ERRANDS`` there; its result, plain JSON. ErrandError with the
    errand's own reason, or how its process ended; Stopped when ``stop`` is set meanwhile."""
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
        [sys.executable, "-m", "translate_proxy.translation.packages", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        return _attend(process, json.dumps([errand, given]).encode(), within_s, told, stop)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _attend(
    process: subprocess.Popen[bytes],
    asked: bytes,
    within_s: float,
    told: Told,
    stop: threading.Event | None,
) -> Any:
    if process.stdin is None or process.stdout is None:
        raise ErrandError("the process that tries models cannot be spoken to")
    with suppress(BrokenPipeError):  # it has ended: how is told below
        process.stdin.write(asked)
        process.stdin.close()
    until = time.monotonic() + within_s
    kept = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if stop is not None and stop.is_set():
                raise Stopped
            if time.monotonic() > until:
                raise ErrandError(f"it did not come to an end within {within_s:g} seconds")
            if not selector.select(_LOOK_S):
                continue
            data = os.read(process.stdout.fileno(), _CHUNK)
            if not data:
                raise EndedError(process.wait())
            *lines, kept = (kept + data).split(b"\n")
            for kind, value in map(json.loads, lines):
                if kind == "refused":
                    raise ErrandError(value)
                if kind == "done":
                    return value
                told(value)
