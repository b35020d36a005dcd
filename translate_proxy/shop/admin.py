"""What people may do with the shop, whether they come over the API or from a console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from pydantic import ValidationError

from translate_proxy.model import Operator, Refused, Site, SiteKey, Stale
from translate_proxy.records import Audited, Editor, Imported
from translate_proxy.shop.checked import Checked, invalid
from translate_proxy.shop.file import handed_out, taken_in
from translate_proxy.shop.rows import ShopRows
from translate_proxy.shop.site import SiteSettings, changed, site_of

DAY_S = 86_400.0

log = structlog.get_logger(__name__)


class ShopAdmin:
    """``look`` is called after every change: whatever is open here goes by it then. Whoever is
    handed over may do what they do here at all; whether they may do it to this site is asked."""

    def __init__(self, rows: ShopRows, look: Callable[[], Awaitable[object]]) -> None:
        self._rows = rows
        self._look = look

    def sites(self, operator: Operator) -> Sequence[Site]:
        """Those that the operator serves, by key."""
        shop = self._rows.shop()
        return [shop.by_key[key] for key in sorted(shop.served_by(operator))]

    async def site(self, operator: Operator, key: str) -> Site:
        """As it is stored. Refused ``not_found``; another's site is as one that is not there."""
        found = await self._rows.site(SiteKey(key)) if operator.serves(key) else None
        if found is None:
            raise Refused("not_found", "You have no such site.")
        return found

    async def add_site(self, admin: Operator, given: SiteSettings) -> Site:
        """Refused ``conflict`` when the key is taken."""
        made = await self._rows.add_site(site_of(given), _editor(admin))
        await self._look_now()
        return made

    async def change_site(
        self, admin: Operator, key: str, given: Checked, revision: int | None
    ) -> Site:
        """Change the fields that ``given``, a ``SiteChange``, names. ``revision``: that of the
        site that was read, None for whatever it is now. Refused ``not_found``, ``bad_request``,
        ``managed_by_file``, or ``Stale``."""
        while True:
            site = await self.site(admin, key)
            try:
                wanted = changed(site, given)
            except ValidationError as error:
                raise invalid(error) from None
            if revision is not None:
                wanted = replace(wanted, revision=revision)
            try:
                made = await self._rows.change_site(wanted, _editor(admin))
                break
            except Stale:
                if revision is not None:
                    raise  # else somebody was faster: once more, with what they made of it
        await self._look_now()
        return made

    async def remove_site(self, admin: Operator, key: str, revision: int | None) -> None:
        """Refused as ``change_site``, and ``conflict`` while conversations are open there."""
        await self.site(admin, key)
        await self._rows.remove_site(SiteKey(key), revision, _editor(admin))
        await self._look_now()

    def export(self, *, secrets: bool) -> dict[str, Any]:
        """All of the shop as a file holds it."""
        return handed_out(self._rows.shop().sites, secrets=secrets)

    async def import_(self, data: Any, by: Editor, *, dry_run: bool) -> Sequence[Imported]:
        """Make the shop what a file says, as far as it does; ``dry_run``: only say what would be
        done. Refused ``bad_request`` for a file that is none, ``managed_by_file``."""
        done = await self._rows.import_sites(taken_in(data), by, dry_run=dry_run)
        await self._look_now()
        return done

    async def audit(self, admin: Operator, before: int | None, limit: int) -> Sequence[Audited]:
        """What was changed of what is theirs, the newest first, from before a change on."""
        return await self._rows.audit(admin.sites or None, before, limit)

    async def expire_audit(self, now: float | None, days: int) -> None:
        """Forget what was changed more than so many days before a time (UTC epoch seconds; None:
        it is in doubt, and nothing is forgotten)."""
        if now is not None and (gone := await self._rows.expire_audit(now - days * DAY_S)):
            log.info("audit.expired", changes=gone)

    async def _look_now(self) -> None:
        try:
            await self._look()
        except Refused as refused:  # the change stands, and is looked for again soon
            log.warning("shop.unread", reason=refused.code)


def _editor(operator: Operator) -> Editor:
    return Editor(operator.id, operator.name)
