"""The shapes of what administrators do over the REST API."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from translate_proxy.web.jobs import State
from translate_proxy.web.schemas import ErrorBody, Shape, Uuid

Pair = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,8}[-_][A-Za-z0-9_-]+$", max_length=40)
]
"""A direction as the command line takes it: ``fi-en``, ``en-pt-BR``."""

# -- models -----------------------------------------------------------------------------------


class PairRequest(Shape):
    """One direction."""

    pair: Pair
    """From and to, such as `fi-en`."""


class OptimiseRequest(PairRequest):
    """One installed direction, and text to try it with."""

    sample: list[Annotated[str, StringConstraints(max_length=1000)]] = Field([], max_length=1000)
    """Sentences in the language that is translated from, beside those of the phrase book. A request
    has 64 KiB at most: longer text goes over the command line."""


class ModelShape(Shape):
    """An installed direction."""

    source: str
    target: str
    version: str
    digest: str | None
    """SHA-256 of the archive it was installed from, if it was installed by us."""
    problem: str | None
    """Why it cannot be used, one sentence."""


class ModelsAnswer(Shape):
    """What is installed."""

    models: list[ModelShape]


class OfferShape(Shape):
    """A direction that the index offers."""

    pair: str
    version: str
    installed: str | None
    """The version that is installed, if any."""


class OffersAnswer(Shape):
    """What the index offers."""

    offers: list[OfferShape]


# -- jobs -------------------------------------------------------------------------------------


class ProgressShape(Shape):
    """How far a job is."""

    model_config = ConfigDict(extra="allow")

    step: str
    """`waiting` (for another job), `download`, `install`, `check` ...; more may come."""
    pair: str | None = None
    bytes: int | None = None
    """Downloaded so far."""
    done: int | None = None
    """Finished parts of this step."""
    of: int | None = None
    """How many bytes or parts there are, where that is known."""


class JobShape(Shape):
    """Long work that goes on without the request that started it."""

    id: Uuid
    kind: str
    """`install`, `upload`, `remove`, `optimise` or `verify`."""
    subject: str
    """The pair it is about. One job at a time is about the same."""
    by: str
    """Name of the operator who started it."""
    state: State
    progress: ProgressShape | None
    result: Any
    """What it has come to, once it is `done`."""
    error: ErrorBody | None
    """Why it has `failed`."""
    started_at: str
    ended_at: str | None


class JobAnswer(Shape):
    """One job."""

    job: JobShape


class JobsAnswer(Shape):
    """What runs and what has run since the server started, the newest first."""

    jobs: list[JobShape]


# -- words ------------------------------------------------------------------------------------


class SiteQuery(Shape):
    """Which site."""

    site: str | None = Field(None, max_length=64)
    """The key of one of your sites; all of them without it."""


class CorrectionsQuery(SiteQuery):
    """A page of corrections."""

    after: Uuid | None = None
    """Id of the last one on the page before."""
    limit: int = Field(100, ge=1, le=500)
    """How many at most."""


class CorrectionShape(Shape):
    """What an operator made of a translation."""

    id: str
    site: str
    source: str
    target: str
    original: str
    text: str
    message_id: str
    operator: str
    """Name of whoever made it."""
    at: str


class CorrectionsAnswer(Shape):
    """A page of corrections, the oldest first."""

    corrections: list[CorrectionShape]
    more: bool
    """Whether there is another page."""


class ChangeRequest(Shape):
    """Other words for a correction."""

    id: Uuid
    text: str = Field(min_length=1, max_length=8000)


class RemoveRequest(Shape):
    """Corrections to forget."""

    ids: list[Uuid] = Field(min_length=1, max_length=500)


class DoneAnswer(Shape):
    """It is done."""

    ok: bool


class GlossaryShape(Shape):
    """What stands for words of one language in another."""

    source: str
    target: str
    terms: dict[str, str]


class WordsShape(Shape):
    """The words of one site, as its configuration has them."""

    site: str
    phrases: dict[str, dict[str, list[str]]]
    """By key and language: every way to say it, the first being the one that is shown."""
    glossary: list[GlossaryShape]
    protected_terms: list[str]
    """What is never translated."""


class WordsAnswer(Shape):
    """The words of your sites."""

    sites: list[WordsShape]
