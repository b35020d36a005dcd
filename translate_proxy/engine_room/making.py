"""Puts the translator together: where engines run and wherever a command needs one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from translate_proxy.security.outbound import Outbound, OutboundError
from translate_proxy.settings import Settings
from translate_proxy.translation.engines.engine import Engine
from translate_proxy.translation.engines.firefox import FirefoxEngine
from translate_proxy.translation.engines.record import Record
from translate_proxy.translation.engines.remote import Post, RemoteEngine, RemoteError
from translate_proxy.translation.translator import Translator
from translate_proxy.translation.words.phrases import PhraseBook
from translate_proxy.translation.words.words import Words


def remote_post(settings: Settings) -> Post:
    """The remote engine's way out."""
    outbound = Outbound(settings.outbound)

    def post(url: str, body: Mapping[str, Any]) -> Any:
        # On a worker thread: a loop of its own, so that the caller's is not asked to wait.
        try:
            return asyncio.run(outbound.post_json(url, body, settings.remote.timeout_seconds))
        except OutboundError as error:
            raise RemoteError(str(error)) from error

    return post


def other_engines(settings: Settings) -> list[Engine]:
    """Beside that of the Argos packages; what they load is in processes of their own, or elsewhere
    altogether."""
    folder = settings.server.data_dir / "firefox"
    post = remote_post(settings)
    return [
        FirefoxEngine(folder, settings.translation, settings.pairs),
        RemoteEngine(settings.remote, settings.pairs, post, time.monotonic),
    ]


def make_translator(
    settings: Settings,
    words: Words | None = None,
    *,
    record: Record | None = None,
    aside: Mapping[str, str] | None = None,
) -> Translator:
    """The translator of these settings, not yet started."""
    return Translator(
        settings.translation,
        pairs=settings.pairs,
        packages_dir=settings.server.packages_dir,
        clock=time.monotonic,
        engines=other_engines(settings),
        words=words or Words(PhraseBook()),
        record=record,
        aside=aside,
    )
