"""The shapes of the shop's data over the REST API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from translate_proxy.model import Manager, Role
from translate_proxy.shop.site import SiteSettings
from translate_proxy.web.schemas import Shape, Uuid


class SiteShape(SiteSettings):
    """One shop: the same fields as in the configuration file. `identity_secret` only for
    administrators."""

    managed_by: Manager
    """`file`: it is changed in the configuration file only; `console`: it is changed here."""
    revision: int
    """Another one after every change; the ETag, in quotes."""


class SiteAnswer(Shape):
    """One site."""

    site: SiteShape


class SitesQuery(Shape):
    """A page of sites."""

    after: str | None = Field(None, max_length=64)
    """The key of the last one on the page before: its `next`."""
    limit: int = Field(100, ge=1, le=500)
    """How many at most."""


class SitesAnswer(Shape):
    """A page of sites, by key."""

    items: list[SiteShape]
    next: str | None
    """What to send as `after` for the next page; null on the last one."""


class StaffShape(Shape):
    """An operator, as administrators see them."""

    id: str
    email: str
    name: str
    languages: list[str]
    """The first is the one they read."""
    sites: list[str]
    """Keys of the sites they serve; empty means all."""
    role: Role
    active: bool
    """False: they cannot sign in."""
    revision: int
    """Another one after every change; the ETag, in quotes."""


class OneOperatorAnswer(Shape):
    """One operator."""

    operator: StaffShape


class OperatorsQuery(Shape):
    """A page of operators."""

    after: Uuid | None = None
    """Id of the last one on the page before: its `next`."""
    limit: int = Field(100, ge=1, le=500)
    """How many at most."""


class OperatorsAnswer(Shape):
    """A page of operators, by name."""

    items: list[StaffShape]
    next: str | None
    """What to send as `after` for the next page; null on the last one."""


class ExportQuery(Shape):
    """What is handed out."""

    secrets: bool = False
    """Also what is secret."""


class EditorShape(Shape):
    """Who made a change."""

    id: str | None
    """Of an operator; null: the configuration file at a start, or the command line."""
    name: str


class AuditShape(Shape):
    """A change of the shop."""

    id: int
    at: str
    by: EditorShape
    action: Literal["created", "changed", "removed"]
    kind: str
    """Of what: `site` or `operator`."""
    key: str
    """Which one."""
    site: str | None
    """Whose it is; null: of all sites."""
    before: dict[str, Any] | None
    """The fields that were changed, as they were; secrets are `***`. Null for what is new."""
    after: dict[str, Any] | None
    """The same fields as they are now; null for what was removed."""


class AuditQuery(Shape):
    """A page of changes."""

    after: int | None = Field(None, ge=1, lt=2**53)
    """Id of the last one on the page before: its `next`."""
    limit: int = Field(100, ge=1, le=500)
    """How many at most."""


class AuditAnswer(Shape):
    """A page of changes, the newest first."""

    items: list[AuditShape]
    next: int | None
    """What to send as `after` for the next page; null on the last one."""
