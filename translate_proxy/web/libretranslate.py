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
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from translate_proxy.interfaces import LanguageContext, Priority, Translated, TranslationJob
from translate_proxy.model import Language, Refused, SiteKey
from translate_proxy.security.ratelimit import RateLimit
from translate_proxy.settings import ApiKey, Rate
from translate_proxy.web.bodies import read_body, while_connected
from translate_proxy.web.deps import WebDeps
from translate_proxy.web.errors import STATUS
from translate_proxy.web.markup import translate_markup

AT_A_TIME = 4
"""Requests that translate at the same time; each is one lane of the engine."""
WAITING = 64
"""Requests that may wait for that; one more is refused."""
DEADLINE_S = 60.0
MAX_TEXTS = 500
SITE = SiteKey("")  # no site: its translations are nobody's memory
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


def _encodable(value: str | list[str]) -> str | list[str]:
    """Lone surrogates could not be sent back."""
    "".join(value).encode("utf-8")  # a UnicodeError is a ValueError
    return value


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    q: Annotated[str | list[str], AfterValidator(_encodable)]
    api_key: str = ""


class TranslateBody(_Body):
    """``/translate``."""

    source: str = Field(max_length=35)
    target: str = Field(max_length=35)
    format: Literal["text", "html"] = "text"


class DetectBody(_Body):
    """``/detect``."""


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
        self._turn = asyncio.Semaphore(AT_A_TIME)
        self._waiting = 0

    def routes(self) -> list[Route]:
        """Paths and methods as LibreTranslate has them."""
        return [
            Route("/translate", _answered(self.translate), methods=["POST"]),
            Route("/detect", _answered(self.detect), methods=["POST"]),
            Route("/languages", _answered(self.languages), methods=["GET"]),
        ]

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
        given = await _read(request, DetectBody)
        text = given.q if isinstance(given.q, str) else " ".join(given.q)
        self._admit(given.api_key, len(text))
        return [(await self._detected(text)).wire()]

    async def translate(self, request: Request) -> Any:
        """One text, or an array of them."""
        given = await _read(request, TranslateBody)
        texts = [given.q] if isinstance(given.q, str) else given.q
        if len(texts) > MAX_TEXTS:
            raise Refused("bad_request", f"q: at most {MAX_TEXTS} texts at a time.")
        key = self._admit(given.api_key, sum(map(len, texts)))
        if self._waiting >= WAITING:
            raise Refused("overloaded", "Too many requests are waiting; try again.", 5.0)
        self._waiting += 1
        try:
            async with self._turn:
                done = await while_connected(request, self._all(key, given, texts))
        finally:
            self._waiting -= 1
        single = isinstance(given.q, str)
        answer: dict[str, Any] = {
            "translatedText": done[0][0] if single else [text for text, _ in done]
        }
        if given.source == "auto":
            found = [detected.wire() for _, detected in done if detected is not None]
            answer["detectedLanguage"] = found[0] if single else found
        return answer

    async def _all(
        self, key: ApiKey, given: TranslateBody, texts: Sequence[str]
    ) -> list[tuple[str, _Detected | None]]:
        return await asyncio.gather(*(self._one(key, given, text) for text in texts))

    async def _one(
        self, key: ApiKey, given: TranslateBody, text: str
    ) -> tuple[str, _Detected | None]:
        detected = await self._detected(text) if given.source == "auto" else None
        source = given.source if detected is None else detected.language
        for language in (source, given.target):
            if language not in self._tags():
                raise Refused("bad_request", f"{language} is not supported")

        async def plain(part: str) -> str:
            job = TranslationJob(
                lane=f"api:{key.name}",
                site=SITE,
                text=part,
                source=source,
                target=given.target,
                priority=Priority.API,
                deadline_s=DEADLINE_S,
            )
            return _text(await self._deps.translator.translate(job), source, given.target)

        if not text.strip():
            return text, detected
        html = given.format == "html"
        return (
            await translate_markup(text, plain, given.target) if html else await plain(text)
        ), detected

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

    def _admit(self, given: str, characters: int) -> ApiKey:
        """Whose key it is, with the characters counted. Refused ``forbidden``/``rate_limited``."""
        for key in self._keys:
            if hmac.compare_digest(key.key.encode(), given.encode("utf-8", "replace")):
                self._limits[key.name].check(key.name, characters)
                return key
        if not given and self._deps.settings.demo:
            self._limits[DEMO_KEY.name].check(DEMO_KEY.name, characters)
            return DEMO_KEY
        raise Refused("forbidden", "Invalid API key" if given else "Send an api_key.")


def _text(result: Translated, source: Language, target: Language) -> str:
    if result.status != "untranslated" or result.reason == "unsafe_output":
        return result.text
    if result.reason == "no_route":
        raise Refused("bad_request", f"{source} cannot be translated to {target}: no model.")
    if result.reason == "too_long":
        raise Refused("too_long", "The text is too long.")
    if result.reason in {"overloaded", "timed_out"}:
        raise Refused("overloaded", "The engine is busy; try again.", 5.0)
    raise Refused("internal", "The engine failed.")


async def _read(request: Request, model: type[Any]) -> Any:
    """JSON or a form, as LibreTranslate's clients send either."""
    body = await read_body(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    try:
        given = (
            json.loads(body)
            if kind == "application/json"
            else dict(parse_qsl(body.decode("utf-8"), max_num_fields=20))
        )
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise Refused("bad_request", f"Invalid request: {where}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise Refused("bad_request", "Invalid request: neither JSON nor a form") from None


def _answered(handler: Callable[[Request], Awaitable[Any]]) -> Callable[..., Awaitable[Response]]:
    """Answers and errors in LibreTranslate's own form: ``{"error": "..."}``."""

    async def answer(request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            return JSONResponse(await handler(request), headers=headers)
        except Refused as refused:
            if refused.retry_after is not None:
                headers["Retry-After"] = str(max(1, round(refused.retry_after)))
            return JSONResponse({"error": refused.detail}, STATUS[refused.code], headers)

    return answer
