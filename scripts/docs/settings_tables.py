"""``config/default.toml`` and the tables of ``docs/operations.md``, from the settings' code.

What a setting means is its docstring in ``translate_proxy/settings.py`` or
``translate_proxy/shop/site.py``; nothing is written twice.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from translate_proxy import settings
from translate_proxy.shop.site import SiteSettings

HEAD = """\
# The configuration of translate_proxy: every key, its meaning and its default.
#
# A copy of this file is a good start: `translate-proxy serve --config my.toml`. Leave out what
# stays as it is. The environment overrides the file (TRANSLATE_PROXY_PORT,
# TRANSLATE_PROXY_LIMITS_MESSAGE ...), the command line overrides both. This file is written by
# `make docs` from the settings' code.
"""
TAIL = """\

# -- shops: one [[sites]] table each -----------------------------------------------------------
{site}
# -- language pairs: optional; without any, every installed package is used --------------------
{pair}"""
EXAMPLES: dict[str, str] = {
    "remote.url": '"https://translate.example.com"',
    "remote.api_key": '"the key that it gave you"',
    "site.key": '"my-shop"',
    "site.name": '"My shop"',
    "site.origins": '["https://shop.example"]',
    "site.languages": '["en", "pt", "fi"]',
    "site.default_language": '"en"',
    "site.identity_secret": '"at least sixteen characters"',
    "site.retention_days": "365",
    "site.appearance": '{ color = "#1f6feb", position = "right" }',
    "site.texts": '{ pt = { greeting = "Olá! Procura uma prenda?" } }',
    "site.phrases": '{ gift_wrap = { en = ["Do you wrap gifts?", "gift wrap?"], '
    'pt = "Embrulham para oferta?" } }',
    "site.glossary": '[{ from = "en", to = "pt", terms = { "size chart" = "tabela de medidas" } }]',
    "site.protected_terms": '["My shop", "SuperWidget"]',
    "pair.from": '"fi"',
    "pair.to": '"pt"',
    "pair.engine": '"argos"',
    "pair.via": '["en"]',
    "server.database_url": '"postgresql+psycopg://user@localhost/translate_proxy"',
    "server.public_url": '"https://chat.example.com"',
    "server.metrics_token": '"a long random word"',
    "server.redis_url": '"redis://localhost:6379/0"',
}


def rate_text(rate: settings.Rate) -> str:
    """A rate as it is written in a file: ``2/s, burst 20``."""
    for unit, seconds in (("s", 1), ("min", 60), ("h", 3600)):
        amount = round(rate.per_second * seconds, 9)
        if amount >= 1 and float(amount).is_integer():
            return f"{int(amount)}/{unit}, burst {rate.burst}"
    return f"{rate.per_second:g}/s, burst {rate.burst}"


def toml_value(value: Any) -> str:
    """A default as TOML."""
    match value:
        case settings.Rate():
            return f'"{rate_text(value)}"'
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple() | list():
            return f"[{', '.join(toml_value(item) for item in value)}]"
        case dict():
            return "{}"
    return f'"{value}"'


def meaning(info: FieldInfo) -> str:
    """The setting's docstring on one line, with the range that is checked."""
    bounds = {
        kind: getattr(rule, kind)
        for rule in info.metadata
        for kind in ("ge", "le")
        if getattr(rule, kind, None) is not None
    }
    text = " ".join((info.description or "").split())
    if "ge" in bounds and "le" in bounds:
        return f"{text} From {bounds['ge']} to {bounds['le']}."
    if bounds.get("ge", 1) > 1:
        return f"{text} At least {bounds['ge']}."
    return text


def fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The names as a file has them."""
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def toml_keys(prefix: str, model: type[BaseModel], *, example: bool = False) -> Iterator[str]:
    """Each key under its meaning; a comment where it has no default or belongs to an example."""
    for name, info in fields(model):
        for line in textwrap.wrap(meaning(info), 96):
            yield f"# {line}"
        default = info.get_default(call_default_factory=True, validated_data={})
        shown = EXAMPLES.get(f"{prefix}.{name}")
        if default is None and shown is None:
            raise LookupError(f"{prefix}.{name} has no default: give an example in {__file__}")
        if example or default is None:
            yield f"# {name} = {shown or toml_value(default)}"
        else:
            yield f"{name} = {toml_value(default)}"


def default_toml() -> str:
    """The whole of ``config/default.toml``."""
    parts = [HEAD]
    for section, model in settings.SECTIONS.items():
        about = " ".join((model.__doc__ or "").split())
        parts.append("\n".join(["", f"# {about}", f"[{section}]", *toml_keys(section, model), ""]))
    site = "\n".join(["# [[sites]]", *toml_keys("site", SiteSettings, example=True), ""])
    pair = "\n".join(["# [[pairs]]", *toml_keys("pair", settings.PairSettings, example=True), ""])
    parts.append(TAIL.format(site=site, pair=pair))
    return "".join(parts)


def tables() -> str:
    """The tables of ``docs/operations.md``: one per section, then sites and pairs."""
    rows: list[str] = []
    for section, model in settings.SECTIONS.items():
        rows += ["", f"### `[{section}]`", "", " ".join((model.__doc__ or "").split()), ""]
        rows += ["| key | environment | default | meaning |", "| --- | --- | --- | --- |"]
        for name, info in fields(model):
            default = info.get_default(call_default_factory=True, validated_data={})
            value = "unset" if default is None else f"`{toml_value(default)}`"
            env = settings.env_name(section, name)
            rows.append(f"| `{name}` | `{env}` | {value} | {meaning(info)} |")
    for title, kind in (("sites", SiteSettings), ("pairs", settings.PairSettings)):
        rows += ["", f"### `[[{title}]]`", "", " ".join((kind.__doc__ or "").split()), ""]
        rows += ["| key | default | meaning |", "| --- | --- | --- |"]
        for name, info in fields(kind):
            default = info.get_default(call_default_factory=True, validated_data={})
            if isinstance(default, BaseModel):
                default = default.model_dump(exclude_none=True)
            value = "unset" if default is None else f"`{toml_value(default)}`"
            value = "required" if info.is_required() else value
            rows.append(f"| `{name}` | {value} | {meaning(info)} |")
    return "\n".join([*rows[1:], ""])
