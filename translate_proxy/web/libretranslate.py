"""The LibreTranslate-compatible API on the same models.

For shops that translate their other texts with LibreTranslate's clients. It has a small queue of
its own and a priority below every chat: a catalogue being translated delays no message. Keys are
configured (``[[api_keys]]``); without a key it answers only in demo mode.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from translate_proxy.interfaces import LanguageContext, Priority, Translated, TranslationJob
from translate_proxy.model import Language, Refused, SiteKey
from translate_proxy.security.ratelimit import AddressLimit, RateLimit
from translate_proxy.settings import ApiKey, Rate
from translate_proxy.text.plain import storable
from translate_proxy.web.bodies import read_body, while_connected
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.errors import STATUS
from translate_proxy.web.libretranslate_spec import describe
from translate_proxy.web.markup import translate_markup
from translate_proxy.web.turns import Turns

AT_A_TIME = 4
"""Requests that translate at the same time, one fewer of one key."""
WAITING = 64
"""Requests of one key that may wait for that; one more is refused."""
WRONG_KEYS = Rate(per_second=0.1, burst=20)
"""How many wrong keys one address may send."""
_LONGEST_VALUE = 200
_LONGEST_BOUNDARY = 70
_LONGEST_HEAD = 1000
_MOST_FIELDS = 20
"""Of a form, as a form of the other kind may have; longer ones are none."""
DEADLINE_S = 60.0
MAX_TEXTS = 500
SITE = SiteKey("")  # no site: its translations are nobody's memory
Handler = Callable[[Request], Awaitable[Any]]
DEMO_KEY = ApiKey(name="demo", key="x" * 16)

NAMES: Mapping[Language, str] = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish",
    "fr": "French", "gl": "Galician", "he": "Hebrew", "hr": "Croatian", "hu": "Hungarian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nb": "Norwegian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sv": "Swedish", "tr": "Turkish",
    "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """``key``: whose, by name; ``source`` may be ``auto``."""

    key: str
    source: Language
    target: Language
    is_html: bool


@dataclass(frozen=True, slots=True)
class _Detected:
    language: Language
    confidence: float

    def wire(self) -> dict[str, Any]:
        return {"confidence": round(self.confidence * 100, 1), "language": self.language}


class LibreTranslate:
    """The handlers."""

    def __init__(self, deps: WebDeps, monotonic: Callable[[], float]) -> None:
        self._deps = deps
        self._keys = deps.settings.api_keys
        self._limits = {
            key.name: RateLimit(
                Rate(per_second=key.characters_per_minute / 60, burst=key.characters_per_minute),
                monotonic,
            )
            for key in (*self._keys, DEMO_KEY)
        }
        self._wrong_keys = AddressLimit(WRONG_KEYS, monotonic)
        self._turns = Turns(AT_A_TIME, WAITING)
        self._spec = describe(deps.version)

    def routes(self) -> list[Route]:
        """Paths and methods as LibreTranslate has them."""
        files = _refusing(403, "Files translation are disabled on this server.")
        handlers: list[tuple[str, str, Handler]] = [
            ("/translate", "POST", self.translate),
            ("/detect", "POST", self.detect),
            ("/languages", "GET", self.languages),
            ("/frontend/settings", "GET", self.frontend_settings),
            ("/spec", "GET", self.spec),
            ("/health", "GET", self.health),
            ("/suggest", "POST", _refusing(403, "Suggestions are disabled on this server.")),
            ("/translate_file", "POST", files),
            (
                "/download_file/{name}",
                "GET",
                _refusing(400, "Files translation are disabled on this server."),
            ),
        ]
        return [
            route
            for path, method, handler in handlers
            for route in (
                Route(path, _answered(handler), methods=[method]),
                Route(path, _wrong_method(method)),  # an app: of any other method
            )
        ]

    async def health(self, _request: Request) -> Any:
        """That this process answers; ``/health/ready`` says whether it can serve."""
        return {"status": "ok"}

    async def spec(self, _request: Request) -> Any:
        """The description of these calls."""
        return self._spec

    async def frontend_settings(self, _request: Request) -> Any:
        """What LibreTranslate's page asks for before it shows itself."""
        tags = self._tags()
        target = "en" if "en" in tags or not tags else tags[0]
        return {
            "charLimit": self._longest,
            "frontendTimeout": 500,
            "apiKeys": bool(self._keys),
            "keyRequired": not self._deps.settings.demo,
            "suggestions": False,
            "filesTranslation": False,
            "supportedFilesFormat": [],
            "language": {
                "source": {"code": "auto", "name": "Auto Detect"},
                "target": {"code": target, "name": NAMES.get(target, target)},
            },
        }

    async def languages(self, _request: Request) -> Any:
        """Every source language with what it can be translated into."""
        tags = self._tags()
        route = self._deps.translator.route
        return [
            {
                "code": source,
                "name": NAMES.get(source, source),
                "targets": [target for target in tags if route(source, target) is not None],
            }
            for source in tags
        ]

    async def detect(self, request: Request) -> Any:
        """The language of a text, most likely first (one is told)."""
        given = await _read(request)
        key = self._key(request, given)
        text = " ".join(_texts(given))
        self._limits[key.name].check(key.name, len(text))
        return [(await self._detected(text)).wire()]

    async def translate(self, request: Request) -> Any:
        """One text, or an array of them."""
        given = await _read(request)
        key = self._key(request, given)
        texts = _texts(given)
        source, target = _named(given, "source"), _named(given, "target")
        alternatives = _number(given, "alternatives")
        kind = _optional(given, "format") or "text"
        if len(texts) > MAX_TEXTS:
            raise _too_large(len(texts), MAX_TEXTS)
        for text in texts if kind == "text" else ():
            if len(text) > self._longest:
                raise _too_large(len(text), self._longest)
        tags = self._tags()
        for language in (target,) if source == "auto" else (source, target):
            if language not in tags:
                raise Refused("bad_request", f"{language} is not supported")
        if kind not in {"text", "html"}:
            raise Refused("bad_request", f"{kind} format is not supported")
        self._limits[key.name].check(key.name, sum(map(len, texts)))
        ask = _Asked(key.name, source, target, is_html=kind == "html")
        async with self._turns.turn(key.name):
            done = await while_connected(request, self._all(ask, texts))
        single = isinstance(given["q"], str)
        answer: dict[str, Any] = {
            "translatedText": done[0][0] if single else [text for text, _ in done]
        }
        if source == "auto":
            found = [detected.wire() for _, detected in done if detected is not None]
            answer["detectedLanguage"] = found[0] if single else found
        if alternatives:  # a preferred number: the engines here have one answer each
            answer["alternatives"] = [] if single else [[] for _ in texts]
        return answer

    async def _all(self, ask: _Asked, texts: Sequence[str]) -> list[tuple[str, _Detected | None]]:
        return await asyncio.gather(*(self._one(ask, text) for text in texts))

    async def _one(self, ask: _Asked, text: str) -> tuple[str, _Detected | None]:
        detected = await self._detected(text) if ask.source == "auto" else None
        source = ask.source if detected is None else detected.language

        async def plain(part: str) -> str:
            job = TranslationJob(
                lane=f"api:{ask.key}",
                site=SITE,
                text=part,
                source=source,
                target=ask.target,
                priority=Priority.API,
                deadline_s=DEADLINE_S,
            )
            return _text(await self._deps.translator.translate(job), source, ask.target)

        if not text.strip():
            return text, detected
        if ask.is_html:
            return await translate_markup(text, plain, ask.target), detected
        return await plain(text), detected

    async def _detected(self, text: str) -> _Detected:
        tags = tuple(self._tags())
        if not tags:
            raise Refused("unavailable", "No models are installed.")
        context = LanguageContext(of="visitor", candidates=tags, default=tags[0])
        judgement = await self._deps.judge.judge(text, context, None)
        return _Detected(judgement.message_language, judgement.confidence)

    def _tags(self) -> list[Language]:
        pairs = [pair for pair in self._deps.translator.pairs() if pair.problem is None]
        return sorted({tag for pair in pairs for tag in (pair.source, pair.target)})

    @property
    def _longest(self) -> int:
        return self._deps.settings.translation.max_chars

    def _key(self, request: Request, given: Mapping[str, Any]) -> ApiKey:
        """Whose key it is. Refused ``forbidden``; ``rate_limited`` for an address that has sent
        many wrong ones."""
        sent = _optional(given, "api_key")
        for key in self._keys:
            if hmac.compare_digest(key.key.encode(), sent.encode("utf-8", "replace")):
                return key
        if not sent and self._deps.settings.demo:
            return DEMO_KEY
        if not sent:
            raise Refused(
                "forbidden", "Please contact the server operator to get an API key (api_key)"
            )
        self._wrong_keys.check(request.client.host if request.client else "unknown")
        raise Refused("forbidden", "Invalid API key")


def _text(result: Translated, source: Language, target: Language) -> str:
    if result.status != "untranslated" or result.reason == "unsafe_output":
        return result.text
    if result.reason == "no_route":
        raise Refused(
            "bad_request",
            f"{NAMES.get(target, target)} ({target}) is not available as a target language from "
            f"{NAMES.get(source, source)} ({source})",
        )
    if result.reason == "too_long":
        raise Refused("bad_request", "Invalid request: a text exceeds the text limit")
    if result.reason in {"overloaded", "timed_out"}:
        raise Refused("overloaded", "The engine is busy; try again.", 5.0)
    raise Refused("internal", "The engine failed.")


async def _read(request: Request) -> Mapping[str, Any]:
    """The parameters, as LibreTranslate's clients send them: JSON, a form of either kind, or the
    address."""
    body = await read_body(request)
    sent = request.headers.get("content-type", "")
    kind = sent.partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            given = json.loads(body)
            if not isinstance(given, dict):
                raise Refused("bad_request", "Invalid JSON format")
            return given
        form: dict[str, str]
        if kind == "multipart/form-data":
            form = _multipart(sent, body)
        else:
            form = dict(parse_qsl(body.decode("utf-8"), max_num_fields=20))
    except (ValueError, RecursionError):
        raise Refused("bad_request", "Invalid request: neither JSON nor a form") from None
    form = {**form, **request.query_params}
    if "q" in form:  # a form has CRLF where the text has line breaks
        form["q"] = "\n".join(form["q"].splitlines())
    return form


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form that may hold files (RFC 7578: its parts are flat); ValueError for what
    is none. Cut at the delimiter once: a parser that follows parts within parts takes seconds for
    a few thousand of them."""
    boundary = _header_of(f"Content-Type: {kind}").get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise ValueError("no boundary")
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii"), _MOST_FIELDS + 1)
    fields: dict[str, str] = {}
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return fields
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank or len(head) > _LONGEST_HEAD:
            raise ValueError("a part without its header")
        told = _header_of(head.decode("utf-8").strip())
        name = told.get_param("name", header="content-disposition")
        if isinstance(name, str):
            fields[name] = content.decode("utf-8")
    raise ValueError("no end, or too many fields")


def _header_of(text: str) -> Message:
    return HeaderParser().parsestr(text, headersonly=True)


def _missing(name: str) -> Refused:
    return Refused("bad_request", f"Invalid request: missing {name} parameter")


def _too_large(size: int, limit: int) -> Refused:
    return Refused("bad_request", f"Invalid request: request ({size}) exceeds text limit ({limit})")


def _texts(given: Mapping[str, Any]) -> list[str]:
    q = given.get("q")
    if not q:
        raise _missing("q")
    texts = [q] if isinstance(q, str) else q
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused("bad_request", "Invalid request: q parameter is not a text")
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates could not be sent back
        raise Refused("bad_request", "Invalid request: q parameter cannot be encoded") from None
    return texts


def _optional(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE or not storable(value):
        raise Refused("bad_request", f"Invalid request: {name} parameter is not valid")
    return value


def _named(given: Mapping[str, Any], name: str) -> Language:
    value = _optional(given, name)
    if not value:
        raise _missing(name)
    return value


def _number(given: Mapping[str, Any], name: str) -> int:
    try:
        return max(0, int(given.get(name) or 0))
    except (ValueError, TypeError, OverflowError):
        raise Refused("bad_request", f"Invalid request: {name} parameter is not a number") from None


def _refusing(status: int, why: str) -> Handler:
    """What is switched off here, as LibreTranslate says it."""

    async def refuse(_request: Request) -> Any:
        raise Refused("forbidden" if status == 403 else "bad_request", why)

    return refuse


def _wrong_method(right: str) -> Response:
    headers = {"Allow": right, "Cache-Control": "no-store"}
    return JSONResponse({"error": "Method Not Allowed"}, 405, headers)


def _answered(handler: Handler) -> Callable[..., Awaitable[Response]]:
    """Answers and errors in LibreTranslate's own form: ``{"error": "..."}``."""

    async def answer(request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            return JSONResponse(await handler(request), headers=headers)
        except Refused as refused:
            if refused.retry_after is not None:
                headers["Retry-After"] = str(max(1, round(refused.retry_after)))
            said = refused.detail
            if refused.code == "rate_limited":
                said = f"Slowdown: {said}"
            return JSONResponse({"error": said}, STATUS[refused.code], headers)

    return answer
