"""The server with a judge or a translator that holds the event loop for ever at a text that begins
with "stuck": ``python -m tests.faults.stuck_server judge|translator FOLDER [DATABASE_URL]``."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, NoReturn

from tests.fakes import QuickTranslator
from translate_proxy import logs
from translate_proxy.app import App
from translate_proxy.interfaces import Translated
from translate_proxy.language.judge import Judge
from translate_proxy.model import Site, SiteKey
from translate_proxy.serving import Server, listen, lock_data_dir, uvicorn_config
from translate_proxy.settings import load

SITE = Site(SiteKey("shop"), "Shop", (), ("en", "pt"), "en")


def _hold() -> NoReturn:
    print("stuck", flush=True)
    while True:
        time.sleep(60)


class StuckJudge(Judge):
    """See the module."""

    async def judge(self, text: str | None, *given: Any) -> Any:
        """See the module."""
        if text is not None and text.startswith("stuck"):
            _hold()
        return await super().judge(text, *given)


class StuckTranslator(QuickTranslator):
    """See the module."""

    async def translate(self, job: Any) -> Translated:
        """See the module."""
        if job.text.startswith("stuck"):
            _hold()
        return await super().translate(job)


def main(where: str, folder: str, database_url: str | None = None) -> None:
    """Run it; prints ``ready``, and ``stuck`` when it is."""
    inside = {"TRANSLATE_PROXY_TRANSLATION_PROCESSES": "0"}
    settings = load(None, inside, {"data_dir": folder, "database_url": database_url})
    logs.configure("info", "json")
    kind = StuckJudge if where == "judge" else Judge
    translator = StuckTranslator() if where == "translator" else QuickTranslator()
    with lock_data_dir(settings.server.data_dir), listen("127.0.0.1", 0) as listener:
        judge = kind(settings.language, time.monotonic)
        app = App(settings, [SITE], judge=judge, translator=translator)

        async def ready() -> None:
            print("ready", flush=True)

        asyncio.run(Server(uvicorn_config(app), app, ready).serve([listener]))


if __name__ == "__main__":
    main(*sys.argv[1:])
