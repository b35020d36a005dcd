"""What an administrator does from the command line or over HTTP, on a running server or an idle
data folder."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from translate_proxy.catalogue import Catalogue
from translate_proxy.conversation.erasure import Erasure
from translate_proxy.interfaces import PairStatus, Report, Store
from translate_proxy.model import Refused, SiteKey, Visitor, rfc3339
from translate_proxy.needs import of_sites
from translate_proxy.records import COMMAND_LINE
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.staff import Staff
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.packages.packages import InstalledPackage


class Admin:
    """Commands by name, each from and to plain JSON, so that they travel through the server's
    Unix socket and the REST API unchanged (``interfaces.Administration``). ``pairs``: how those
    are that a running server uses; ``engine_room``: how its engine process is, where it has one."""

    def __init__(
        self,
        store: Store,
        staff: Staff,
        catalogue: Catalogue,
        erasure: Erasure,
        shop: ShopAdmin,
        *,
        pairs: Callable[[], Sequence[PairStatus]] = tuple,
        engine_room: Callable[[], Mapping[str, Any] | None] = lambda: None,
    ) -> None:
        self._engine_room = engine_room
        self._pairs = pairs
        self._store = store
        self._shop = shop
        self._erasure = erasure
        self._catalogue = catalogue
        self.commands: Mapping[str, Callable[[Mapping[str, Any], Report], Awaitable[Any]]] = {
            "backup": self._backup,
            "corrections.change": self._change_correction,
            "corrections.list": self._list_corrections,
            "corrections.remove": self._remove_correction,
            "engine_room": self._engine_room_facts,
            "log.renew": self._renew_log,
            "models.available": self._models_available,
            "models.fetch": self._models_fetch,
            "models.install": self._models_install,
            "models.install_received": self._models_install_received,
            "models.list": self._models_list,
            "models.optimise": self._models_optimise,
            "models.remove": self._models_remove,
            "models.verify": self._models_verify,
            "operators.add": staff.add,
            "operators.disable": staff.disable,
            "operators.enable": staff.enable,
            "operators.list": staff.list,
            "operators.remove": staff.remove,
            "operators.set": staff.set,
            "shop.export": self._export_shop,
            "shop.import": self._import_shop,
            "sites.needs": self._site_needs,
            "visitors.erase": self._erase_visitor,
            "visitors.export": self._export_visitor,
        }

    async def run(self, command: str, arguments: Mapping[str, Any], report: Report) -> Any:
        """The command's answer; Refused when it cannot be done. ``report`` is told of progress."""
        handler = self.commands.get(command)
        if handler is None:
            raise Refused("unknown_event", f"This server does not know the command {command}.")
        return await handler(arguments, report)

    async def _list_corrections(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Sequence[Mapping[str, Any]]:
        site = arguments.get("site")
        found = await self._store.corrections(None if site is None else SiteKey(str(site)))
        return [
            {
                "id": one.id,
                "site": one.site,
                "source": one.source,
                "target": one.target,
                "original": one.original,
                "text": one.text,
                "message_id": one.message_id,
                "operator": one.operator,
                "at": rfc3339(one.at),
            }
            for one in found
        ]

    async def _change_correction(self, arguments: Mapping[str, Any], _report: Report) -> None:
        text = str(arguments["text"])
        if not text.strip():
            raise Refused("empty", "A correction needs a text.")
        await self._store.change_correction(str(arguments["id"]), text)

    async def _remove_correction(self, arguments: Mapping[str, Any], _report: Report) -> None:
        await self._store.remove_correction(str(arguments["id"]))

    async def receive(self, chunks: AsyncIterator[bytes]) -> str:
        """See ``Administration.receive``."""
        return await self._catalogue.receive(chunks)

    def discard(self, name: str) -> None:
        """See ``Administration.discard``."""
        self._catalogue.discard(name)

    async def _engine_room_facts(self, _arguments: Mapping[str, Any], _report: Report) -> Any:
        return self._engine_room()

    async def _models_list(self, _arguments: Mapping[str, Any], _report: Report) -> Any:
        found = {
            (pair.source, pair.target): pair.problem
            for pair in self._pairs()
            if pair.engine == ArgosEngine.name
        }
        return [
            {
                **_package(one),
                "digest": one.digest,
                "problem": one.problem or found.get((one.source, one.target)),
            }
            for one in await self._catalogue.installed()
        ]

    async def _models_verify(self, _arguments: Mapping[str, Any], _report: Report) -> Any:
        return [
            {**_package(one), "problem": problem} for one, problem in await self._catalogue.verify()
        ]

    async def _models_available(self, _arguments: Mapping[str, Any], _report: Report) -> Any:
        have = {(one.source, one.target): one.version for one in await self._catalogue.installed()}
        return [
            {
                "pair": offer.pair,
                "version": offer.version,
                "installed": have.get((offer.source, offer.target)),
            }
            for offer in await self._catalogue.available()
        ]

    async def _models_install(self, arguments: Mapping[str, Any], report: Report) -> Any:
        return _package(await self._catalogue.install(str(arguments["what"]), report))

    async def _models_fetch(self, arguments: Mapping[str, Any], report: Report) -> Any:
        return _package(await self._catalogue.fetch(str(arguments["pair"]), report))

    async def _models_install_received(self, arguments: Mapping[str, Any], report: Report) -> Any:
        return _package(await self._catalogue.install_received(str(arguments["file"]), report))

    async def _models_optimise(self, arguments: Mapping[str, Any], report: Report) -> Any:
        file = arguments.get("sample")
        pair, texts = str(arguments["pair"]), [str(text) for text in arguments.get("texts", ())]
        path = Path(str(file)) if file else None
        outcome = await self._catalogue.optimise(pair, path, report, texts)
        return {"summary": str(outcome), **asdict(outcome)}

    async def _models_remove(self, arguments: Mapping[str, Any], report: Report) -> Any:
        return _package(await self._catalogue.remove(str(arguments["pair"]), report))

    async def _site_needs(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Sequence[Mapping[str, Any]]:
        shop = self._store.shop()
        wanted = shop.site(str(arguments["site"]))
        if wanted is None:
            known = ", ".join(shop.by_key) or "none is configured"
            raise Refused("not_found", f"There is no site {arguments['site']} ({known}).")
        return [asdict(one) for one in of_sites([wanted], await self._store.operators())]

    async def _export_shop(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Mapping[str, Any]:
        return self._shop.export(secrets=bool(arguments.get("secrets")))

    async def _import_shop(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Sequence[Mapping[str, Any]]:
        dry_run = bool(arguments.get("dry_run"))
        done = await self._shop.import_(arguments["data"], COMMAND_LINE, dry_run=dry_run)
        return [asdict(one) for one in done]

    async def _backup(self, arguments: Mapping[str, Any], _report: Report) -> Mapping[str, Any]:
        await self._store.backup(Path(str(arguments["file"])))
        return {}

    async def _renew_log(self, _arguments: Mapping[str, Any], _report: Report) -> Mapping[str, Any]:
        return {"log": await self._store.renew_log()}

    async def _erase_visitor(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Mapping[str, Any]:
        visitor = await self._visitor(str(arguments["visitor"]))
        erased, scrubbed = await self._erasure.erase(visitor.id)
        return {
            "visitor_id": visitor.id,
            "conversations": len(erased.conversation_ids),
            "scrubbed": scrubbed,
        }

    async def _export_visitor(
        self, arguments: Mapping[str, Any], _report: Report
    ) -> Mapping[str, Any]:
        visitor = await self._visitor(str(arguments["visitor"]))
        return {"exported_at": rfc3339(time.time()), **await self._store.export(visitor.id)}

    async def _visitor(self, text: str) -> Visitor:
        """Refused ``not_found``, or ``bad_request`` when the text names several."""
        found = await self._store.find_visitors(text)
        if not found:
            raise Refused(
                "not_found",
                f"There is no visitor {text}: name one by the whole id (the console's details "
                "show it), the e-mail address or the signed identity.",
            )
        if len(found) > 1:
            ids = ", ".join(f"{one.id} ({one.site})" for one in found)
            raise Refused("bad_request", f"Several visitors are {text}: name one by its id: {ids}")
        return found[0]


def _package(one: InstalledPackage) -> dict[str, Any]:
    return {"source": one.source, "target": one.target, "version": one.version}
