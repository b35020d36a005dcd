"""The REST API: sign-in, lists and previews. Everything live goes over Socket.IO."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from translate_proxy.model import ConversationId, Cursor, Operator, Refused, rfc3339
from translate_proxy.security import sessions
from translate_proxy.security.cookies import read_cookie, set_cookie
from translate_proxy.security.signins import DEVICE_COOKIE, DEVICE_LIFETIME_S
from translate_proxy.web import schemas
from translate_proxy.web.bodies import read_json, read_query, while_connected
from translate_proxy.web.callers import Callers, token
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.operations import PRIVATE, Operation
from translate_proxy.web.preview import preview
from translate_proxy.web.reading import reading

_log = structlog.get_logger(__name__)


class Api:
    """The handlers."""

    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._callers = Callers(deps)

    def operations(self) -> tuple[Operation, ...]:
        """Sign-in, lists and previews."""
        return (
            Operation(
                "POST",
                "/api/login",
                "Sign in as an operator",
                self.login,
                schemas.LoginAnswer,
                (400, 401, 403, 413, 429, 503),
                body=schemas.LoginRequest,
                signed_in=False,
            ),
            Operation(
                "POST",
                "/api/logout",
                "End the session",
                self.logout,
                schemas.LogoutAnswer,
                (403, 503),
                signed_in=False,
            ),
            Operation(
                "GET",
                "/api/me",
                "Who is signed in",
                self.me,
                schemas.MeAnswer,
                (401, 429, 503),
            ),
            Operation(
                "GET",
                "/api/conversations",
                "Conversations you may see",
                self.conversations,
                schemas.ConversationsAnswer,
                (400, 401, 429, 503),
                query=schemas.ConversationsQuery,
            ),
            Operation(
                "POST",
                "/api/preview",
                "Translate a text for a visitor, and back, without sending it",
                self.preview,
                schemas.PreviewAnswer,
                (400, 401, 403, 404, 413, 429, 503),
                body=schemas.PreviewRequest,
            ),
            Operation(
                "POST",
                "/api/translate",
                "Translate a visitor's text that is no message into your reading language",
                self.translate,
                schemas.ReadingAnswer,
                (400, 401, 403, 404, 413, 429, 503),
                body=schemas.ReadingRequest,
            ),
        )

    async def login(self, request: Request) -> Response:
        """Sign in; counted before the password is looked at."""
        address = request.client.host if request.client else "unknown"
        given = await read_json(request, schemas.LoginRequest)
        email = given.email.strip().lower()
        public_url = self._deps.settings.server.public_url
        known = read_cookie(DEVICE_COOKIE, request.scope, public_url)
        device = self._deps.devices.read(known, email)
        succeeded = self._deps.limits.login.attempt(address, email, device)
        try:
            given_out, session, operator = await self._deps.sessions.sign_in(email, given.password)
        except Refused as refused:
            _log.info("sign-in refused", address=address, code=refused.code)
            raise
        succeeded()
        _log.info("signed in", address=address, operator=operator.id)
        body: dict[str, Any] = {
            "expires": rfc3339(session.expires_at),
            "operator": operator_wire(operator),
        }
        if not given.cookie:
            return JSONResponse({"token": given_out, **body}, headers=PRIVATE)
        response = JSONResponse(body, headers=PRIVATE)
        for name, value, lifetime_s in (
            (sessions.COOKIE, given_out, sessions.LIFETIME_S),
            (DEVICE_COOKIE, self._deps.devices.issue(email), DEVICE_LIFETIME_S),
        ):
            set_cookie(response, name, value, request.scope, public_url, lifetime_s=lifetime_s)
        return response

    async def logout(self, request: Request) -> Response:
        """Revoke the session; without one this changes nothing."""
        public_url = self._deps.settings.server.public_url
        await self._deps.sessions.sign_out(token(request, public_url))
        response = JSONResponse({"ok": True}, headers=PRIVATE)
        set_cookie(response, sessions.COOKIE, "", request.scope, public_url, lifetime_s=0)
        return response

    async def me(self, request: Request) -> Response:
        """Who is signed in."""
        operator = await self._callers.operator(request)
        return JSONResponse({"operator": operator_wire(operator)}, headers=PRIVATE)

    async def conversations(self, request: Request) -> Response:
        """A page of summaries."""
        operator = await self._callers.operator(request)
        asked = read_query(request, schemas.ConversationsQuery)
        found = await self._deps.conversations.summaries(
            operator,
            asked.status,
            None if asked.before is None else Cursor(asked.before),
            asked.limit,
            asked.sort,
        )
        return JSONResponse({"conversations": list(found)}, headers=PRIVATE)

    async def preview(self, request: Request) -> Response:
        """Both directions; stops when the console aborts the request."""
        return await self._translated(request, schemas.PreviewRequest, preview)

    async def translate(self, request: Request) -> Response:
        """Nothing is stored; stops when the console aborts the request."""
        return await self._translated(request, schemas.ReadingRequest, reading)

    async def _translated(
        self,
        request: Request,
        asked: type[schemas.PreviewRequest | schemas.ReadingRequest],
        work: Callable[..., Awaitable[schemas.PreviewAnswer | schemas.ReadingAnswer]],
    ) -> Response:
        operator = await self._callers.operator(request)
        given = await read_json(request, asked)
        site, language = await self._deps.conversations.preview_target(
            operator, ConversationId(given.conversation_id)
        )
        translator, judge = self._deps.translator, self._deps.judge
        doing = work(operator, site, language, given.text, translator=translator, judge=judge)
        answer = await while_connected(request, doing)
        return JSONResponse(answer.model_dump(exclude_none=True), headers=PRIVATE)


def operator_wire(operator: Operator) -> dict[str, Any]:
    """An operator as the API shows them to themselves."""
    return {
        "id": operator.id,
        "email": operator.email,
        "name": operator.name,
        "languages": list(operator.languages),
        "sites": list(operator.sites),
        "role": operator.role,
    }
