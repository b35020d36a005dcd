"""What the web routes need of the running server; put together by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prometheus_client import CollectorRegistry

from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.interfaces import (
    Administration,
    Clock,
    Conversations,
    LanguageJudge,
    Readiness,
    Translator,
)
from translate_proxy.security.ratelimit import RateLimit
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.security.signins import KnownDevices, SignInLimits
from translate_proxy.settings import Limits, Settings
from translate_proxy.shop.admin import ShopAdmin
from translate_proxy.shop.people import People
from translate_proxy.web.jobs import Jobs

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Who may call how often."""

    login: SignInLimits
    call: RateLimit

    @classmethod
    def of(cls, limits: Limits, monotonic: Clock) -> Self:
        """From the settings; ``monotonic`` gives seconds."""
        return cls(login=SignInLimits(limits, monotonic), call=RateLimit(limits.call, monotonic))


@dataclass(frozen=True, slots=True)
class WebDeps:
    """``static`` holds the built front ends (``widget/`` and ``console/``), ``demo_pages`` the
    demo shop; ``registry`` is what ``/metrics`` shows."""

    settings: Settings
    conversations: Conversations
    sessions: OperatorSessions
    devices: KnownDevices
    translator: Translator
    judge: LanguageJudge
    audience: Audience
    desk: Desk
    readiness: Readiness
    administration: Administration
    shop: ShopAdmin
    people: People
    jobs: Jobs
    limits: WebLimits
    registry: CollectorRegistry
    version: str
    static: Path = _PACKAGE / "static"
    demo_pages: Path = _PACKAGE / "web" / "demo"
