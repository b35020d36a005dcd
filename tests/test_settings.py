"""Settings: what a file, the environment and the command line make of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from translate_proxy.app import configured_sites
from translate_proxy.settings import (
    SECTIONS,
    PairSettings,
    Rate,
    Settings,
    SettingsError,
    env_name,
    load,
)
from translate_proxy.shop.site import SiteSettings

SITE = """
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://Shop.example"]
languages = ["en", "pt"]
default_language = "en"
"""


def load_text(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, **overrides: Any
) -> Settings:
    file = folder / "my.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {}, overrides)


def test_nothing_given_is_the_defaults() -> None:
    settings = load(None, {"PATH": "/bin"})
    assert settings == Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.port == 8000
    assert settings.sites == ()


def test_the_default_file_parses_to_the_defaults(repo_root: Path) -> None:
    assert load(repo_root / "config" / "default.toml", {}) == Settings()


def test_the_default_file_names_every_key(repo_root: Path) -> None:
    text = (repo_root / "config" / "default.toml").read_text(encoding="utf-8")
    for section, model in SECTIONS.items():
        _, _, after = text.partition(f"\n[{section}]\n")
        body = re.split(r"^(?:# )?\[", after, maxsplit=1, flags=re.MULTILINE)[0]
        for name in model.model_fields:
            assert re.search(rf"^(# )?{name} = ", body, re.MULTILINE), f"{section}.{name}"


def test_the_examples_of_the_default_file_are_valid(repo_root: Path, tmp_path: Path) -> None:
    text = (repo_root / "config" / "default.toml").read_text(encoding="utf-8")
    without_marks = re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    given = tomllib.loads(without_marks)
    assert set(given["sites"][0]) == set(SiteSettings.model_fields)
    aliases = {info.alias or name for name, info in PairSettings.model_fields.items()}
    assert set(given["pairs"][0]) == aliases
    assert load_text(tmp_path, without_marks).sites[0].key == "my-shop"


def test_the_environment_overrides_the_file_and_the_command_line_both(tmp_path: Path) -> None:
    text = '[server]\nport = 1\nhost = "localhost"\nlog_level = "debug"\n'
    environ = {"TRANSLATE_PROXY_PORT": "2", "TRANSLATE_PROXY_LOG_LEVEL": "error"}
    settings = load_text(tmp_path, text, environ, port=3, host=None)
    assert settings.server.port == 3
    assert settings.server.log_level == "error"
    assert settings.server.host == "localhost"


def test_every_section_can_be_set_from_the_environment() -> None:
    environ = {
        "TRANSLATE_PROXY_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2",
        "TRANSLATE_PROXY_LIMITS_MESSAGE": "60/min, burst 5",
        "TRANSLATE_PROXY_TRANSLATION_BEAM_SIZE": "1",
        "TRANSLATE_PROXY_LANGUAGE_DETECTOR": "langdetect",
    }
    settings = load(None, environ)
    assert settings.server.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.limits.message == Rate(per_second=1, burst=5)
    assert settings.translation.beam_size == 1
    assert settings.language.detector == "langdetect"


def test_no_two_settings_share_an_environment_variable() -> None:
    names = [
        env_name(section, field)
        for section, model in SECTIONS.items()
        for field in model.model_fields
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("2/s, burst 20", Rate(per_second=2, burst=20)),
        ("30/min", Rate(per_second=0.5, burst=30)),
        ("0.5/s", Rate(per_second=0.5, burst=1)),
        (" 3600 / h , burst 1 ", Rate(per_second=1, burst=1)),
    ],
)
def test_rates_are_read_in_every_unit(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["10/min", "1/h, burst 3", "0.1/h", "7.3/min", "0.3/s", "40/s"])
def test_rates_are_written_as_they_are_read(text: str) -> None:
    """The engine process is handed the settings in writing."""
    written = str(Rate.parse(text).model_dump())
    assert written.startswith(text)
    assert Rate.parse(written) == Rate.parse(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nport = 70000", "server.port"),
        ("[server]\nportt = 1", "server.portt"),
        ('[limits]\nmessage = "fast"', "limits.message"),
        ('[limits]\nmessage = "0/s"', "limits.message"),
        ('[server]\npublic_url = "chat.example.com"', "server.public_url"),
        ('[server]\nlog_level = "loud"', "server.log_level"),
        (SITE.replace('"en"\n', '"fi"\n'), "default_language must be one of languages"),
        (SITE.replace("https://Shop.example", "shop.example"), "is not an origin"),
        (SITE.replace('"shop"', '"a shop"'), "sites.0.key"),
        (SITE + SITE, "two sites have the same key"),
        ('[[pairs]]\nfrom = "pt"', "pairs.0.to"),
        ("[server", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(tmp_path, text)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_is_refused_rather_than_ignored() -> None:
    with pytest.raises(SettingsError, match="TRANSLATE_PROXY_PROT is not a setting"):
        load(None, {"TRANSLATE_PROXY_PROT": "1"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: No such file"):
        load(tmp_path / "missing.toml", {})


def test_origins_are_compared_in_lower_case(tmp_path: Path) -> None:
    assert load_text(tmp_path, SITE).sites[0].origins == ("https://shop.example",)


@pytest.mark.parametrize(
    "text",
    [
        '[server]\npublic_url = "https://chat.example.com"',
        '[server]\nhost = "0.0.0.0"',
        SITE.replace('"shop"', '"demo"'),
    ],
)
def test_demo_refuses_to_be_public(tmp_path: Path, text: str) -> None:
    file = tmp_path / "my.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="demo"):
        load(file, {}, demo=True)


def test_settings_cannot_be_changed_later() -> None:
    settings = load(None, {}, demo=True)
    assert settings.demo
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(("line", "kept"), [("", 365), ("retention_days = 30", 30)])
def test_conversations_are_kept_a_year_unless_the_site_says_otherwise(
    tmp_path: Path, line: str, kept: int
) -> None:
    assert _retention(tmp_path, line) == kept


def test_a_site_may_keep_conversations_for_ever(tmp_path: Path) -> None:
    assert _retention(tmp_path, "retention_days = 0") is None


def _retention(tmp_path: Path, line: str) -> int | None:
    settings = load_text(
        tmp_path,
        f"""
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://shop.example"]
languages = ["en"]
default_language = "en"
{line}
""",
    )
    [site] = configured_sites(settings)
    return site.retention_days


def test_every_fault_of_a_file_is_told_and_misspelt_keys_first(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text(
        '[[sites]]\nkey = "shop"\nname = "Shop"\norigins = ["https://shop.example/"]\n'
        'lanuages = ["en"]\ndefault_language = "en"\n'
    )
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    told = str(caught.value)
    assert told.startswith(f"{file}: sites.0.lanuages: there is no such setting; ")
    assert "sites.0.languages: Field required" in told
    assert "no slash at the end" in told
