"""A site as it is written: in the configuration, over the API, in a row."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, create_model, model_validator
from pydantic.fields import FieldInfo

from translate_proxy.model import Glossary, Site, SiteKey
from translate_proxy.shop.checked import Checked, Key, Tag, Term


def _exact(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        parts = urlsplit(origin)
        if f"{parts.scheme}://{parts.netloc}" != origin or parts.scheme not in {"http", "https"}:
            raise ValueError(
                f"{origin!r} is not an origin such as https://shop.example "
                "(no path, no slash at the end)"
            )
    return tuple(origin.lower() for origin in origins)


def _lists_of_texts(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: {tag: _texts(said) for tag, said in tags.items()}
        if isinstance(tags, Mapping)
        else tags
        for key, tags in value.items()
    }


def _texts(said: Any) -> Any:
    if isinstance(said, str):
        return (said,)
    return tuple(said) if isinstance(said, list) else said


def _with_texts(value: _Texts) -> _Texts:
    for key, tags in value.items():
        if empty := [tag for tag, texts in tags.items() if not texts]:
            raise ValueError(f"phrases.{key}.{empty[0]} has no text")
    return value


_Texts = Mapping[str, Mapping[Tag, tuple[Term, ...]]]
Origins = Annotated[tuple[str, ...], AfterValidator(_exact)]
Phrases = Annotated[_Texts, BeforeValidator(_lists_of_texts), AfterValidator(_with_texts)]


SECRETS = frozenset({"identity_secret"})
"""Fields of a site that are shown to few and kept in no list of changes."""


class Appearance(Checked):
    """How the widget looks on a site's pages."""

    color: str | None = Field(None, pattern=r"^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")
    """`#rrggbb` or `#rgb`."""
    position: Literal["right", "left"] | None = None
    """The corner at the bottom of the page."""
    logo: str | None = Field(None, pattern=r"^https://[^\s]+$", max_length=2000)
    """An https address of a square picture."""


class GlossarySettings(Checked):
    """Words of one direction that the engine does not choose."""

    source: Tag = Field(alias="from")
    """Language of the original."""
    target: Tag = Field(alias="to")
    """Language of the translation."""
    terms: Mapping[Term, Term]
    """Each word or term, and what stands for it; the same again to leave it as it is."""


class SiteSettings(Checked):
    """One shop."""

    key: Key
    """Public key in the script tag: letters, digits, `-` and `_`."""
    name: str = Field(min_length=1, max_length=200)
    """Shown in the widget and the console."""
    origins: Origins
    """Origins of the shop's pages, exact: `https://shop.example`."""
    languages: tuple[Tag, ...] = Field(min_length=1)
    """What visitors of this site may speak: the candidates of detection."""
    default_language: Tag
    """The language assumed when nothing else is known; one of `languages`."""
    identity_secret: str | None = Field(None, min_length=16)
    """Secret for signed identities (HMAC-SHA256), at least 16 characters."""
    max_message_length: int = Field(4000, ge=1, le=8000)
    """Longest message, in code points."""
    protected_terms: tuple[str, ...] = ()
    """Names and words that are never translated."""
    retention_days: int = Field(365, ge=0, le=36_500)
    """Days that a closed conversation is kept; 0: for ever. Visitors without one: 7 days."""
    appearance: Appearance = Field(default_factory=Appearance)
    """`color` (`#rrggbb`), `position` (`right` or `left`), `logo` (an https address)."""
    texts: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """The shop's own interface texts, per language tag."""
    phrases: Phrases = Field(default_factory=dict)
    """The shop's own phrases (docs/phrases.md): per key and language tag what is shown, or a list
    of that and of what else people type for it."""
    glossary: tuple[GlossarySettings, ...] = ()
    """What stands for the shop's words in other languages (docs/phrases.md)."""

    @model_validator(mode="after")
    def _check_default(self) -> Self:
        if self.default_language not in self.languages:
            raise ValueError("default_language must be one of languages")
        return self


def _left_out_or(info: FieldInfo) -> FieldInfo:
    """The field of a change: it may be left out, which is not a value that may be sent."""
    field = copy(info)
    field.default, field.default_factory = None, None
    field.json_schema_extra = _without_default
    return field


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


SiteChange = create_model(
    "SiteChange",
    __base__=Checked,
    __doc__="What is to be another from now on; the rest stays.",
    **{  # type: ignore[call-overload]  # fields that are known only when it runs
        name: (info.annotation, _left_out_or(info))
        for name, info in SiteSettings.model_fields.items()
        if name != "key"
    },
)


def changed(site: Site, given: Checked) -> Site:
    """The site with the fields that a ``SiteChange`` names; ValidationError when they do not go
    with the others."""
    named = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
    now = site_of(SiteSettings.model_validate({"key": site.key, **written(site), **named}))
    return replace(now, demo=site.demo, managed_by=site.managed_by, revision=site.revision)


def site_of(given: SiteSettings) -> Site:
    """What the product speaks of."""
    return Site(
        key=SiteKey(given.key),
        name=given.name,
        origins=given.origins,
        languages=given.languages,
        default_language=given.default_language,
        identity_secret=given.identity_secret,
        max_message_length=given.max_message_length,
        protected_terms=given.protected_terms,
        retention_days=given.retention_days or None,
        appearance=given.appearance.model_dump(exclude_none=True),
        texts=given.texts,
        phrases=given.phrases,
        glossary=tuple(Glossary(one.source, one.target, one.terms) for one in given.glossary),
    )


def written(site: Site) -> dict[str, Any]:
    """A site as plain JSON, in the words of ``SiteSettings`` but for its key."""
    return {
        "name": site.name,
        "origins": list(site.origins),
        "languages": list(site.languages),
        "default_language": site.default_language,
        "identity_secret": site.identity_secret,
        "max_message_length": site.max_message_length,
        "protected_terms": list(site.protected_terms),
        "retention_days": site.retention_days or 0,
        "appearance": dict(site.appearance),
        "texts": {tag: dict(texts) for tag, texts in site.texts.items()},
        "phrases": {
            key: {tag: list(texts) for tag, texts in tags.items()}
            for key, tags in site.phrases.items()
        },
        "glossary": [
            {"from": one.source, "to": one.target, "terms": dict(one.terms)}
            for one in site.glossary
        ],
    }


def read(key: str, stored: Mapping[str, Any]) -> Site:
    """The site of what ``written`` made, now or in an earlier version."""
    return Site(
        key=SiteKey(key),
        name=stored["name"],
        origins=tuple(stored["origins"]),
        languages=tuple(stored["languages"]),
        default_language=stored["default_language"],
        identity_secret=stored["identity_secret"],
        max_message_length=stored["max_message_length"],
        protected_terms=tuple(stored["protected_terms"]),
        retention_days=stored.get("retention_days") or None,
        appearance=stored["appearance"],
        texts=stored["texts"],
        phrases={
            key: {tag: tuple(texts) for tag, texts in tags.items()}
            for key, tags in stored.get("phrases", {}).items()
        },
        glossary=tuple(
            Glossary(one["from"], one["to"], one["terms"]) for one in stored.get("glossary", ())
        ),
    )
