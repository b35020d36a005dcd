"""The seam between the shop and the database that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from translate_proxy.model import Shop, Site, SiteKey
from translate_proxy.records import Audited, Editor, Imported


class ShopRows(Protocol):
    """What is written is in ``shop`` after the next ``refresh_shop``, of this process and of all
    others. Every change leaves a row of ``audit``."""

    def shop(self) -> Shop:
        """What the shop is now."""
        ...

    async def refresh_shop(self) -> bool:
        """Look whether somebody has changed the shop since it was read; ``shop`` is it then."""
        ...

    async def site(self, key: SiteKey) -> Site | None:
        """An active site as it is stored at this moment."""
        ...

    async def add_site(self, site: Site, by: Editor) -> Site:
        """A new one, managed by the console; as it is stored. Refused ``conflict`` when the key is
        another's; the key of a site that was removed may be used again."""
        ...

    async def change_site(self, site: Site, by: Editor) -> Site:
        """Put this in the place of the site of its key and revision; as it is stored. Refused
        ``not_found``, ``managed_by_file``, or ``Stale``."""
        ...

    async def remove_site(self, key: SiteKey, revision: int | None, by: Editor) -> None:
        """Nobody may connect any more; what was said stays, and is kept as long as it would be.
        ``revision``: only while it has this one. Refused as ``change_site``, and ``conflict`` while
        conversations are open there: nobody would see them."""

    async def import_sites(
        self, given: Sequence[Site], by: Editor, *, dry_run: bool
    ) -> Sequence[Imported]:
        """Make these sites be, all of them or none; others stay. A secret that is left out stays
        what it is. ``dry_run``: nothing is changed. Refused ``managed_by_file`` where a site of
        the configuration file would be another."""
        ...

    async def audit(
        self, sites: Sequence[SiteKey] | None, before: int | None, limit: int
    ) -> Sequence[Audited]:
        """What was changed, the newest first: of these sites, None for everything; only what was
        before the change with the id ``before``."""
        ...

    async def expire_audit(self, before: float) -> int:
        """Forget what was changed before a time (UTC epoch seconds); how many changes."""
        ...
