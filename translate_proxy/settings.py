"""Typed settings: defaults, then ``config/default.toml``'s shape in a file, then the environment.

No side effects: nothing is created or opened here. ``load`` raises ``SettingsError`` with one line
that names the setting, what is wrong and what to do. The environment overrides the file:
``TRANSLATE_PROXY_<FIELD>`` for ``[server]``, ``TRANSLATE_PROXY_<SECTION>_<FIELD>`` for the others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails

from translate_proxy.shop.checked import Checked, Tag
from translate_proxy.shop.site import SiteSettings

_TOLD = 4
"""Faults of a configuration that are told at once."""
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,20})?) ?/ ?(s|min|h)(?: ?, ?burst ([0-9]{1,9}))?")
ENV_PREFIX = "TRANSLATE_PROXY_"


class SettingsError(Exception):
    """The configuration cannot be used; the message is one line for the person who wrote it."""


class Rate(Checked):
    """``"2/s, burst 20"``: tokens a second and how many may be saved up."""

    per_second: float = Field(gt=0)
    burst: int = Field(ge=1)

    _UNITS: ClassVar[dict[str, int]] = {"s": 1, "min": 60, "h": 3600}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``N/s``, ``N/min`` or ``N/h`` with an optional ``, burst M``. ValueError if not."""
        found = _RATE.fullmatch(" ".join(text.split()))
        if found is None:
            raise ValueError('a rate looks like "2/s, burst 20" or "60/min"')
        amount = float(found[1])
        seconds = cls._UNITS[found[2]]
        return cls(per_second=amount / seconds, burst=int(found[3] or max(1, round(amount))))

    @model_serializer
    def _written(self) -> str:
        unit, amount, digits = "s", self.per_second, 20
        for shorter, seconds in self._UNITS.items():  # the first that needs no long fraction
            if round(self.per_second * seconds, 6) / seconds == self.per_second:
                unit, amount, digits = shorter, self.per_second * seconds, 6
                break
        number = f"{amount:.{digits}f}".rstrip("0").rstrip(".")
        return f"{number}/{unit}, burst {self.burst}"


def _rate(value: Any, info: ValidationInfo) -> Any:
    is_rate = isinstance(Limits.model_fields[info.field_name or ""].default, Rate)
    return Rate.parse(value) if is_rate and isinstance(value, str) else value


class Server(Checked):
    """Where it listens and where it keeps its data."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """TCP port; 0 takes a free one."""
    data_dir: Path = Path("data")
    """Folder of the database, the secret keys and the installed models. Made at the first start."""
    database_url: str | None = None
    """SQLAlchemy URL, e.g. `postgresql+psycopg://...`. Unset: SQLite in the data folder."""
    public_url: str | None = None
    """The address visitors and operators use, e.g. `https://chat.example.com`. Required behind a
    proxy; makes cookies `Secure` and is the one foreign Host that is accepted."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    metrics_token: str | None = None
    """Bearer token for `/metrics`. Unset: from loopback only, and only without a `public_url`."""
    audit_days: int = Field(365, ge=1, le=36_500)
    """Days that is kept what was changed of the shop, and by whom."""
    shutdown_seconds: float = Field(10, ge=1, le=120)
    """The longest a stop may take, in seconds."""
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")
    """`debug`, `info`, `warning` or `error`. No level prints message text."""
    log_format: str = Field("auto", pattern="^(auto|json|console)$")
    """`json`, `console`, or `auto`: console on a terminal, JSON elsewhere."""

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                ip_network(address, strict=False)
            except ValueError:
                raise ValueError(
                    f"{address!r} is not an address such as 10.0.0.1 or 10.0.0.0/8"
                ) from None
        return value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ValueError("write it as https://host without a path")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @property
    def packages_dir(self) -> Path:
        """Where installed models live."""
        return self.data_dir / "models"


class Limits(Checked):
    """What one client may ask for. Counted before any work is done."""

    message: Annotated[Rate, Field(description='Messages a visitor may send. "2/s, burst 20".')] = (
        Rate(per_second=2, burst=20)
    )
    operator_message: Annotated[
        Rate, Field(description="Calls that change something, per operator.")
    ] = Rate(per_second=20, burst=100)
    call: Annotated[
        Rate, Field(description="Other events of one socket (sync, history, typing).")
    ] = Rate(per_second=20, burst=100)
    connect: Annotated[Rate, Field(description="New connections per client address.")] = Rate(
        per_second=10, burst=200
    )
    address_message: Annotated[
        Rate,
        Field(
            description="Messages of all visitors behind one client address together. An office or "
            "a mobile network may be one address."
        ),
    ] = Rate(per_second=10, burst=300)
    address_bytes: Annotated[
        Rate, Field(description="Bytes that these visitors may have stored; burst 100000 or more.")
    ] = Rate(per_second=4000, burst=2_000_000)
    address_visitor: Annotated[Rate, Field(description="New visitors from one client address.")] = (
        Rate(per_second=0.5, burst=300)
    )
    address_call: Annotated[
        Rate, Field(description="Other events of all sockets of one client address together.")
    ] = Rate(per_second=100, burst=1000)
    site_message: Annotated[
        Rate, Field(description="Messages of all visitors of one site together.")
    ] = Rate(per_second=100, burst=5000)
    site_bytes: Annotated[
        Rate, Field(description="Bytes that these visitors may have stored; burst 100000 or more.")
    ] = Rate(per_second=50_000, burst=20_000_000)
    site_visitor: Annotated[Rate, Field(description="New visitors of one site.")] = Rate(
        per_second=20, burst=5000
    )
    frame: Annotated[
        Rate,
        Field(
            description="WebSocket frames of one connection, whatever they hold; 4 KiB count as "
            "one more. Whoever sends more is disconnected."
        ),
    ] = Rate(per_second=200, burst=2000)
    login: Annotated[
        Rate, Field(description="Sign-in attempts per client address, or per known device.")
    ] = Rate(per_second=10 / 60, burst=10)
    login_failure: Annotated[
        Rate, Field(description="Failed sign-ins for one e-mail address from one client address.")
    ] = Rate(per_second=1 / 60, burst=10)
    login_email: Annotated[
        Rate,
        Field(
            description="Failed sign-ins for one e-mail address from everywhere. A browser in "
            "which this person has signed in before is not concerned."
        ),
    ] = Rate(per_second=10 / 60, burst=100)
    append_queue: int = Field(2000, ge=1)
    """Clients' calls that may wait for the database; one more is refused with `overloaded`."""
    socket_queue: int = Field(64, ge=1)
    """Packets that may wait for one client before its pump pauses."""
    slow_client_seconds: float = Field(30, ge=1)
    """A client that reads nothing for so long while packets wait is disconnected; it resumes."""
    header_seconds: float = Field(15, gt=0)
    """A request's header must be there so many seconds after the connection's beginning, or after
    the answer before it."""
    body_seconds: float = Field(30, gt=0)
    """So long a request's body may take; one second more for each KiB of it."""
    connections_per_address: int = Field(1200, ge=1)
    """Open connections from one client address, HTTP and WebSocket together (loopback and trusted
    proxies excepted)."""
    sockets_per_address: int = Field(500, ge=1)
    """Open sockets from one client address (loopback and trusted proxies excepted)."""
    sockets_per_site: int = Field(20_000, ge=1)
    """Open visitor sockets of one site."""

    _parse_rates = field_validator("*", mode="before")(_rate)


class Translation(Checked):
    """How texts are translated. Measured defaults: see docs/translation.md."""

    processes: int = Field(1, ge=0, le=1)
    """Whether detection and translation run in a process of their own (1), which is replaced when
    it crashes or hangs, or inside the server (0: for tests and tiny machines)."""
    threads: int = Field(2, ge=1, le=64)
    """Batches that run at the same time (CTranslate2 `inter_threads`)."""
    beam_size: int = Field(1, ge=1, le=8)
    """Hypotheses kept while decoding."""
    length_penalty: float = Field(1.0, ge=0, le=2)
    """How much longer hypotheses are preferred when `beam_size` is above 1."""
    compute_type: str = Field("default", pattern="^[a-z0-9_]+$")
    """Arithmetic of the models: `default` (as the package was made, mostly 8-bit), `int8`,
    `float32`, on a GPU also `float16`, `int8_float16`."""
    batch_size: int = Field(16, ge=1, le=256)
    """Sentences in one batch at most."""
    queue: int = Field(1000, ge=1)
    """Jobs that may wait; beyond it a message ends `untranslated` with `overloaded`."""
    lane_concurrency: int = Field(4, ge=1)
    """Jobs of one conversation in the engine at the same time."""
    deadline_seconds: float = Field(30, gt=0)
    """A translation that takes longer ends `untranslated` with `timed_out`."""
    stuck_seconds: float = Field(20, gt=0)
    """A batch that takes longer is given up: its messages end `untranslated` with `failed`, and
    another thread takes over."""
    hold_ms: int = Field(1500, ge=0, le=10_000)
    """How long the widget may hold an operator's message for its translation, in milliseconds."""
    cache_entries: int = Field(20_000, ge=0)
    """Translations kept in memory, per process."""
    model_memory_mb: int = Field(2048, ge=64)
    """Models above this are dropped, least recently used first."""
    max_chars: int = Field(8000, ge=1)
    """Longer texts end `untranslated` with `too_long`."""


class LanguageSettings(Checked):
    """How the language of a message is worked out."""

    detector: str = Field("default", pattern="^(default|ngram|langdetect|lingua)$")
    """`ngram` (the default, the best measured one: 3 MiB of memory a language), `langdetect` (less
    than 1 MiB, slower and less right) or `lingua` (28 MiB; an extra to install). `default` is the
    first. See docs/language.md."""
    time_box_seconds: float = Field(0.25, gt=0, le=5)
    """The longest that the detector may look at one message, in seconds; then what is known besides
    the text decides, for those that wait behind it too."""
    neighbours: bool = False
    """Serve a visitor whose language the site does not have with a neighbouring one that it has:
    Danish with Norwegian, Slovak with Czech (docs/language.md)."""


class Models(Checked):
    """Where models come from."""

    index: str = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"
    """An index of Argos packages: an https address, a file, or a folder of `.argosmodel` files."""


class OutboundSettings(Checked):
    """What may leave this machine, and how. Texts do only to a `[remote]` server."""

    allow_private: bool = False
    """Whether addresses of private networks may be fetched from (a mirror of your own)."""
    allow_http: bool = False
    """Whether plain http may be used; only together with a mirror of your own."""
    max_megabytes: int = Field(2048, ge=1)
    """The largest file that is fetched."""
    max_seconds: float = Field(3600, gt=0)
    """The longest that fetching one file may take."""


class RemoteSettings(Checked):
    """A LibreTranslate server elsewhere, for the pairs with `engine = "libretranslate"`."""

    url: str | None = Field(None, pattern="^https?://[^ ]+$")
    """Its address, e.g. `https://translate.example.com`; what `[outbound]` forbids stays so."""
    api_key: str | None = None
    """The key that it gave you."""
    allow_text_to_leave: bool = False
    """Whether what people write may be sent there. Unless this is true, nothing ever is."""
    timeout_seconds: float = Field(10, gt=0, le=60)
    """The longest that one request may take."""


class PairSettings(Checked):
    """One direction of translation."""

    source: Tag = Field(alias="from")
    """Language of the original."""
    target: Tag = Field(alias="to")
    """Language of the translation."""
    engine: str | None = None
    """`argos` (default), `firefox` or `libretranslate`."""
    via: tuple[Tag, ...] = ()
    """Pivot languages, in order."""
    enabled: bool = True
    """False forbids this direction."""


class ApiKey(Checked):
    """Someone who may use the LibreTranslate-compatible API."""

    name: str = Field(min_length=1, max_length=100)
    """Who it is, for the log."""
    key: str = Field(min_length=16, max_length=200)
    """The secret that is sent as `api_key`; at least 16 characters."""
    characters_per_minute: int = Field(60_000, ge=1)
    """How much may be translated, in code points."""


class Settings(Checked):
    """The whole configuration."""

    server: Server = Server()
    limits: Limits = Limits()
    translation: Translation = Translation()
    language: LanguageSettings = LanguageSettings()
    models: Models = Models()
    outbound: OutboundSettings = OutboundSettings()
    remote: RemoteSettings = RemoteSettings()
    sites: tuple[SiteSettings, ...] = ()
    pairs: tuple[PairSettings, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()
    demo: bool = False

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        keys = [site.key for site in self.sites]
        if len(set(keys)) != len(keys):
            raise ValueError("two sites have the same key")
        if self.demo and "demo" in keys:
            raise ValueError('the site key "demo" is taken by --demo')
        if self.demo and self.server.public_url:
            raise ValueError("--demo cannot be used with public_url: its password is public")
        if self.demo and self.server.host not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("--demo listens on loopback only: set host to 127.0.0.1")
        return self


SECTIONS: Mapping[str, type[Checked]] = {
    "server": Server,
    "limits": Limits,
    "translation": Translation,
    "language": LanguageSettings,
    "models": Models,
    "outbound": OutboundSettings,
    "remote": RemoteSettings,
}


def env_name(section: str, field: str) -> str:
    """The environment variable that sets one field of a section."""
    return ENV_PREFIX + (field if section == "server" else f"{section}_{field}").upper()


def _from_env(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    known = {
        env_name(section, name): (section, name, info)
        for section, model in SECTIONS.items()
        for name, info in model.model_fields.items()
    }
    found: dict[str, dict[str, Any]] = {}
    for variable, raw in environ.items():
        if not variable.startswith(ENV_PREFIX):
            continue
        if variable not in known:
            raise SettingsError(f"{variable} is not a setting; docs/operations.md lists them")
        section, name, info = known[variable]
        is_list = info.annotation is not None and "tuple" in str(info.annotation)
        parts = [part.strip() for part in raw.split(",") if part.strip()]
        found.setdefault(section, {})[name] = parts if is_list else raw
    return found


def load(
    file: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    *,
    demo: bool = False,
) -> Settings:
    """Settings from a TOML file (or none), the environment, and the command line's ``[server]``
    overrides, the last one winning. SettingsError with one clear line."""
    data: dict[str, Any] = {}
    if file is not None:
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror or error}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: not valid TOML: {error}") from error
    for section, values in _from_env(environ).items():
        data[section] = {**data.get(section, {}), **values}
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    if given:
        data["server"] = {**data.get("server", {}), **given}
    if demo:
        data["demo"] = True
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        # What is there and should not be comes first: it is why something else is missing.
        every = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        said = "; ".join(map(_said, every[:_TOLD]))
        raise SettingsError(said if file is None else f"{file}: {said}") from error


def _said(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "configuration"
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such setting"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"
