"""Who makes a request: the operator of its bearer token or of the console's cookie."""

from __future__ import annotations

from starlette.requests import Request

from translate_proxy.model import Operator, Refused
from translate_proxy.security.sessions import session_cookie
from translate_proxy.web.deps import WebDeps


class Callers:
    """Asked by every handler that is not for everybody."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps

    async def operator(self, request: Request) -> Operator:
        """Refused ``unauthorized`` when signed out, ``rate_limited`` when too busy."""
        operator = await self._deps.sessions.resolve(self._token(request))
        self._deps.limits.call.check(operator.id)
        return operator

    async def admin(self, request: Request) -> Operator:
        """Refused ``forbidden`` besides for everybody who is not of that role."""
        operator = await self.operator(request)
        if operator.role != "admin":
            raise Refused("forbidden", "Only an administrator may do this.")
        return operator

    async def server_admin(self, request: Request) -> Operator:
        """An administrator of all sites, for what concerns all of them; else ``forbidden``."""
        operator = await self.admin(request)
        if operator.sites:
            raise Refused("forbidden", "Only an administrator of all sites may do this.")
        return operator

    async def still_admin(self, request: Request) -> bool:
        """Whether a long answer may go on: people are signed out meanwhile."""
        try:
            operator = await self._deps.sessions.resolve(self._token(request))
        except Refused:
            return False
        return operator.role == "admin"

    def _token(self, request: Request) -> str | None:
        return token(request, self._deps.settings.server.public_url)


def token(request: Request, public_url: str | None) -> str | None:
    """The bearer token, or the console's cookie."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    return session_cookie(request.scope, public_url)
