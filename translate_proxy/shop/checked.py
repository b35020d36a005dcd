"""What every checked value of a file or a request has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from translate_proxy.model import Refused


class Checked(BaseModel):
    """Frozen, and nothing is taken that is not named; docstrings describe the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
Term = Annotated[str, Field(pattern=r"\S", max_length=1000)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def invalid(error: ValidationError) -> Refused:
    """The first thing that does not fit, as an answer. What was given is left out: it may be a
    secret."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return Refused("bad_request", f"{where}: {first['msg']}." if where else f"{first['msg']}.")
