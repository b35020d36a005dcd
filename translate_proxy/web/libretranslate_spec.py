"""``/spec``: LibreTranslate's calls described in its own form, Swagger 2.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TEXT = {"type": "string"}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
_DETECTED = {
    "type": "object",
    "properties": {
        "confidence": {"type": "number", "minimum": 0, "maximum": 100},
        "language": _TEXT,
    },
}
_NAMED = {"type": "object", "properties": {"code": _TEXT, "name": _TEXT}}
_ANSWERS: Mapping[str, Any] = {
    "translate": {
        "type": "object",
        "properties": {
            "translatedText": {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]},
            "detectedLanguage": _DETECTED,
            "alternatives": {"type": "array", "items": _TEXT},
        },
    },
    "detections": {"type": "array", "items": _DETECTED},
    "languages": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "code": _TEXT,
                "name": _TEXT,
                "targets": {"type": "array", "items": _TEXT},
            },
        },
    },
    "health": {"type": "object", "properties": {"status": _TEXT}},
    "frontend-settings": {
        "type": "object",
        "properties": {
            "charLimit": {"type": "integer"},
            "frontendTimeout": {"type": "integer"},
            "apiKeys": {"type": "boolean"},
            "keyRequired": {"type": "boolean"},
            "suggestions": {"type": "boolean"},
            "filesTranslation": {"type": "boolean"},
            "supportedFilesFormat": {"type": "array", "items": _TEXT},
            "language": {"type": "object", "properties": {"source": _NAMED, "target": _NAMED}},
        },
    },
    "error-response": _ERROR,
}
_Q = ("q", True, "Text, or in JSON an array of texts")
_KEY = ("api_key", False, "API key")
_LANGUAGES = (
    ("source", True, "Source language code, or auto"),
    ("target", True, "Target language code"),
)
_CALLS: Sequence[tuple[str, str, str, str, Sequence[tuple[str, bool, str]], Sequence[int]]] = (
    (
        "/translate",
        "post",
        "Translate text from a language to another",
        "translate",
        (
            _Q,
            *_LANGUAGES,
            ("format", False, "text or html"),
            ("alternatives", False, "Preferred number of alternative translations"),
            _KEY,
        ),
        (400, 403, 429, 500),
    ),
    (
        "/detect",
        "post",
        "Detect the language of a single text",
        "detections",
        (_Q, _KEY),
        (400, 403, 429, 500),
    ),
    ("/languages", "get", "Retrieve list of supported languages", "languages", (), ()),
    ("/health", "get", "Health check", "health", (), ()),
    (
        "/frontend/settings",
        "get",
        "Retrieve frontend specific settings",
        "frontend-settings",
        (),
        (),
    ),
    ("/suggest", "post", "Suggestions are disabled", "error-response", (), (403,)),
    ("/translate_file", "post", "Files translation is disabled", "error-response", (), (403,)),
)


def describe(version: str) -> dict[str, Any]:
    """The document."""
    paths: dict[str, Any] = {}
    for path, method, summary, answer, fields, errors in _CALLS:
        good = {"200": _response("It worked", answer)} if answer != "error-response" else {}
        paths[path] = {
            method: {
                "summary": summary,
                "tags": ["frontend" if path.startswith("/frontend") else "translate"],
                "parameters": [
                    {
                        "in": "formData",
                        "name": name,
                        "type": "string",
                        "required": required,
                        "description": description,
                    }
                    for name, required, description in fields
                ],
                "responses": {
                    **good,
                    **{str(status): _response("Refused", "error-response") for status in errors},
                },
            }
        }
    return {
        "swagger": "2.0",
        "info": {"title": "LibreTranslate", "version": version},
        "paths": paths,
        "definitions": dict(_ANSWERS),
    }


def _response(description: str, answer: str) -> dict[str, Any]:
    return {"description": description, "schema": {"$ref": f"#/definitions/{answer}"}}
