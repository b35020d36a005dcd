"""What is logged, whatever earlier tests of this process have made of the logging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.testing import LogCapture


@contextmanager
def logged_by(module: Any) -> Iterator[list[Any]]:
    """The entries of a module's ``log``, of every level."""
    capture, before = LogCapture(), module.log
    module.log = structlog.wrap_logger(
        None, processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    try:
        yield capture.entries
    finally:
        module.log = before
