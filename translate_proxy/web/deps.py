"""What the web routes need of the running server; put together by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from prometheus_client import CollectorRegistry

from translate_proxy.interfaces import (
    Administration,
    Clock,
    Conversations,
    LanguageJudge,
    Readiness,
    Translator,
)
from translate_proxy.security.ratelimit import AddressLimit, RateLimit
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.settings import Limits, Settings
from translate_proxy.web.jobs import Jobs

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Who may call how often. Sign-ins are counted twice: guessing one person's password from many
    addresses is as slow as guessing many from one."""

    login_address: AddressLimit
    login_email: RateLimit
    call: RateLimit

    @classmethod
    def of(cls, limits: Limits, monotonic: Clock) -> Self:
        """From the settings; ``monotonic`` gives seconds."""
        return cls(
            login_address=AddressLimit(limits.login, monotonic),
            login_email=RateLimit(limits.login, monotonic),
            call=RateLimit(limits.call, monotonic),
        )


@dataclass(frozen=True, slots=True)
class WebDeps:
    """``static`` holds the built front ends (``widget/`` and ``console/``), ``demo_pages`` the
    demo shop; ``registry`` is what ``/metrics`` shows."""

    settings: Settings
    conversations: Conversations
    sessions: OperatorSessions
    translator: Translator
    judge: LanguageJudge
    readiness: Readiness
    administration: Administration
    jobs: Jobs
    limits: WebLimits
    registry: CollectorRegistry
    version: str
    static: Path = _PACKAGE / "static"
    demo_pages: Path = _PACKAGE / "web" / "demo"
