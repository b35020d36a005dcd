"""What the documents say is what the code does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from scripts.docs.files import between_marks, stale
from scripts.docs.licence_tables import read_lock, shipped_node_packages
from tests.translation_support import PT_EN
from translate_proxy.model import ErrorCode, TranslationStatus, UntranslatedReason
from translate_proxy.settings import SECTIONS, PairSettings, env_name
from translate_proxy.shop.site import SiteSettings

DOCUMENTS = sorted(
    path.relative_to(Path(__file__).parent.parent)
    for folder in (".", "docs", "models")
    for path in (Path(__file__).parent.parent / folder).glob("*.md")
)
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def test_no_written_part_is_out_of_date() -> None:
    assert stale() == [], "run make docs"


def test_a_document_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        between_marks("# Operations\n", "settings", "body")


def test_operations_names_every_setting_with_its_variable_and_meaning(repo_root: Path) -> None:
    text = (repo_root / "docs" / "operations.md").read_text(encoding="utf-8")
    for section, model in SECTIONS.items():
        for name in model.model_fields:
            row = rf"^\| `{name}` \| `{env_name(section, name)}` \| [^|]+ \| [^|]{{10,}} \|$"
            assert re.search(row, text, re.MULTILINE), f"{section}.{name}"
    for kind in (SiteSettings, PairSettings):
        for name, info in kind.model_fields.items():
            row = rf"^\| `{info.alias or name}` \| [^|]+ \| [^|]{{10,}} \|$"
            assert re.search(row, text, re.MULTILINE), name


def test_the_widget_is_as_small_as_promised(repo_root: Path) -> None:
    build = (repo_root / "widget_js" / "build.mjs").read_text(encoding="utf-8")
    text = (repo_root / "docs" / "embedding.md").read_text(encoding="utf-8")
    limits = [int(limit) for limit in re.findall(r"^const \w+_LIMIT = (\d+);", build, re.MULTILINE)]
    assert [f"below {limit / 1024:g} KB" for limit in limits] == re.findall(r"below \d+ KB", text)


def test_architecture_draws_the_layers_that_are_checked(repo_root: Path) -> None:
    project = tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    height = {name: -n for n, layer in enumerate(layers) for name in layer.split(" | ")}
    text = (repo_root / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"^    model <- (?:.+\n)+", text, re.MULTILINE)
    assert drawn
    steps = [re.findall(r"\w+", step) for step in drawn[0].split("<-")]
    heights = [{height[name] for name in step} for step in steps]
    assert all(len(one) == 1 for one in heights)
    assert [max(one) for one in heights] == sorted({max(one) for one in heights})
    rooms = {path.parent.name for path in (repo_root / "translate_proxy").glob("*/__init__.py")}
    assert rooms <= {name for step in steps for name in step}


def test_operations_names_every_beat(repo_root: Path) -> None:
    text = (repo_root / "docs" / "operations.md").read_text(encoding="utf-8")
    beats = {
        beat
        for path in (repo_root / "translate_proxy").rglob("*.py")
        for beat in re.findall(r"\bevery\([\w.]+, \"(\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert {"retention", "head", "owners"} <= beats
    assert {beat for beat in beats if f"`{beat}`" not in text} == set()


@pytest.mark.parametrize(("side", "heading"), [("visitor", "Visitors"), ("operator", "Operators")])
def test_protocol_has_every_call_once(repo_root: Path, side: str, heading: str) -> None:
    code = repo_root / "translate_proxy" / "sockets" / f"{side}.py"
    calls = re.findall(r"\"(\w+)\": Call\(", code.read_text(encoding="utf-8"))
    text = (repo_root / "docs" / "protocol.md").read_text(encoding="utf-8")
    chapter = text.partition(f"\n## {heading}: ")[2].partition("\n## ")[0]
    table = chapter.partition("\n| client calls | ")[2].partition("\n\n")[0]
    assert len(calls) > 5
    assert sorted(calls) == sorted(re.findall(r"^\| `(\w+) \{", table, re.MULTILINE))


def test_protocol_has_every_refusal_and_every_reason(repo_root: Path) -> None:
    text = (repo_root / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = text.partition("\n| code | means | ")[2].partition("\n\n")[0]
    named = [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines()[2:]]
    assert sorted(get_args(ErrorCode)) == sorted(code for row in named for code in row)
    for word in get_args(UntranslatedReason) + get_args(TranslationStatus):
        assert f"`{word}`" in text, word


def test_licences_lists_every_locked_package(repo_root: Path) -> None:
    text = (repo_root / "docs" / "licences.md").read_text(encoding="utf-8")
    lock = (repo_root / "requirements.txt").read_text(encoding="utf-8")
    names = {locked.name for locked in read_lock(lock)}
    assert {"argos-translate-lt", "minisbd", "psycopg-binary", "starlette"} <= names
    assert len(names) == len(
        set(re.findall(r"^([\w.-]+)==|^([\w.-]+)\[.*\]==", lock, re.MULTILINE))
    )
    for name in names:
        assert re.search(rf"^\| {re.escape(name)} \| .* \| .* \|$", text, re.MULTILINE), name


def test_licences_names_what_the_extras_bring(repo_root: Path) -> None:
    text = (repo_root / "docs" / "licences.md").read_text(encoding="utf-8")
    project = tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, requirements in project["optional-dependencies"].items():
        assert f"`{extra}` brings" in text
        for requirement in requirements:
            assert f"`{re.split('[<>=~! ]', requirement)[0]}` (" in text


def test_licences_lists_every_package_in_the_pages(repo_root: Path) -> None:
    text = (repo_root / "docs" / "licences.md").read_text(encoding="utf-8")
    shipped = shipped_node_packages(repo_root)
    assert {"socket.io-client", "engine.io-client"} <= set(shipped)
    for name in shipped:
        assert f"\n| {name} | " in text


def test_what_the_front_ends_ask_for_at_run_time_is_known_to_the_licence_table(
    repo_root: Path,
) -> None:
    for folder in ("widget_js", "console_js"):
        package = json.loads((repo_root / folder / "package.json").read_text(encoding="utf-8"))
        assert set(package.get("dependencies", {})) <= set(shipped_node_packages(repo_root))


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_inside_the_repository_lead_somewhere(repo_root: Path, document: Path) -> None:
    text = (repo_root / document).read_text(encoding="utf-8")
    for found in LINK.finditer(text):
        target, _, place = (found[1] or found[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = repo_root / document.parent / target if target else repo_root / document
        assert file.exists(), target
        if place:
            assert place in headings(file), found[0]


def headings(file: Path) -> set[str]:
    """The addresses of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def test_argos_packages_are_read_without_the_agpl_package(tmp_path: Path) -> None:
    """What docs/licences.md says of minisbd."""
    code = """
import sys
for name in ("minisbd", "onnxruntime", "stanza", "spacy"):
    sys.modules[name] = None  # an import of it fails
import argostranslate.package
from pathlib import Path
import zipfile
zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])
package = argostranslate.package.Package(next(Path(sys.argv[2]).iterdir()))
print(package.from_code, package.to_code, package.tokenizer is not None)
"""
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(PT_EN), str(tmp_path / "package")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["pt", "en", "True"]
