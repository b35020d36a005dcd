"""The table of ``docs/api.md``, from what routes the REST API."""

from __future__ import annotations

from typing import Any, cast

from translate_proxy.web.application import operations
from translate_proxy.web.operations import Operation


def table() -> str:
    """Every operation: method and path, what it does, who may, what is sent."""
    rows = ["| call | does | for | send |", "| --- | --- | --- | --- |"]
    # Only handlers ask the running server for anything.
    rows += [_row(operation) for operation in operations(cast(Any, None))]
    return "\n".join(rows)


def _row(operation: Operation) -> str:
    who = operation.role + "s" if operation.signed_in else "everybody"
    sent = "the file itself" if operation.upload else ""
    for model, mark in ((operation.body, "{}"), (operation.query, "?")):
        if model is not None:
            names = ", ".join(
                f"{name}{'' if info.is_required() else '?'}"
                for name, info in model.model_fields.items()
            )
            sent = f"`{{{names}}}`" if mark == "{}" else f"query: `{names}`"
    call = f"`{operation.method} {operation.path}`"
    return f"| {call} | {operation.summary} | {who} | {sent} |"
