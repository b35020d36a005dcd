"""Models from an index, through the command line and a running server."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.product import COMMAND, Product, running
from tests.sockets.client import operator, visitor
from tests.test_offline import NAMESPACE
from tests.test_outbound import Mirror, mirror
from tests.translation_support import EN_PT, PT_EN, repackaged

__all__ = ["mirror"]
CONFIG = """
[models]
index = "{index}"
[outbound]
allow_private = true
allow_http = true
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://shop.example"]
languages = ["gl"]
default_language = "gl"
"""
ANA = {"email": "ana@shop.example", "password": "a long password"}


def relabelled(original: Path, code: str) -> bytes:
    """The pt-en package as one from another language."""
    made = io.BytesIO()
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            body = source.read(entry)
            if entry.filename.endswith("metadata.json"):
                known = json.loads(body)
                body = json.dumps({**known, "from_code": code, "from_name": code}).encode()
            target.writestr(entry, body)
    return made.getvalue()


class Shop:
    """A data folder with its configuration, and the command line on it."""

    def __init__(self, folder: Path, index: str, before: Sequence[str] = ()) -> None:
        self.before = before
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG.format(index=index))
        self.options = ("--config", str(self.config))
        self.data_dir = folder / "data"

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.before, str(COMMAND), *words, *self.options, "--data-dir", str(self.data_dir)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.data_dir.glob("models/.*"))


@pytest.fixture
def galician(mirror: Mirror, tmp_path: Path) -> Shop:
    """A shop whose index offers Galician."""
    package = relabelled(PT_EN, "gl")
    mirror.files["/gl_en.argosmodel"] = package
    entry = {
        "type": "translate",
        "from_code": "gl",
        "to_code": "en",
        "package_version": "1.0",
        "links": [f"{mirror.url}/gl_en.argosmodel"],
    }
    mirror.files["/index.json"] = json.dumps([entry]).encode()
    return Shop(tmp_path, f"{mirror.url}/index.json")


async def understood(product: Product, text: str) -> str:
    """The status of a Galician message's translation."""
    token = await asyncio.to_thread(product.token, ANA)
    galician = visitor(product.url, site="shop", locale="gl", languages=["gl"])
    async with operator(product.url, token) as desk, galician as guest:
        sent = await guest.say(text, language="gl")
        translation = await desk.event("translation", message_id=sent["message_id"])
        status: str = translation["status"]
        return status


def test_a_running_server_learns_a_language(galician: Shop, mirror: Mirror) -> None:
    add = ("operators", "add", "--email", ANA["email"], "--name", "Ana", "--languages", "en")
    text = "Boas, onde está o meu pedido? Necesito axuda, por favor."
    with running(Product(galician.data_dir, *galician.options, "--port", "0")) as product:
        added = galician.command(*add, "--password-stdin", stdin=ANA["password"] + "\n")
        assert added.returncode == 0, added.stderr
        assert asyncio.run(understood(product, text)) == "untranslated"

        assert galician.command("models", "available").stdout == "gl-en  1.0\n"
        mirror.breaks["/gl_en.argosmodel"] = 1_000_000
        broken = galician.command("models", "install", "gl-en")
        assert broken.returncode == 1
        assert "run it again to continue" in broken.stderr
        done = galician.command("models", "install", "gl-en")
        assert (done.returncode, done.stdout) == (0, "Installed gl -> en (1.1).\n"), done.stderr
        assert "bytes=1000000-" in mirror.ranges
        assert galician.leftovers() == []
        assert asyncio.run(understood(product, text)) == "translated"
        assert "gl -> en" in galician.command("models", "list").stdout
        assert galician.command("models", "verify").returncode == 0

        assert galician.command("models", "remove", "gl-en").returncode == 0
        assert asyncio.run(understood(product, text + " Grazas.")) == "untranslated"
        assert galician.leftovers() == []


def test_what_cannot_be_installed_says_why(galician: Shop, mirror: Mirror, tmp_path: Path) -> None:
    for what in ("fi-en", "nonsense", str(tmp_path / "missing.argosmodel")):
        refused = galician.command("models", "install", what)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
    mirror.files["/gl_en.argosmodel"] = b"not a package"
    damaged = galician.command("models", "install", "gl-en")
    assert damaged.returncode == 1
    assert galician.leftovers() == []
    assert galician.command("models", "remove", "gl-en").returncode == 1
    mirror.files["/index.json"] = b"<html>"
    assert galician.command("models", "available").returncode == 1


def test_a_folder_is_an_index_too(tmp_path: Path, repo_root: Path) -> None:
    shop = Shop(tmp_path, str(repo_root / "models"))
    assert shop.command("models", "available").stdout == "en-pt  1.1\npt-en  1.1\n"
    assert shop.command("models", "install", "pt-en", "en-pt").returncode == 0
    assert shop.command("models", "list").stdout.count("ok") == 2


def test_without_a_network_only_what_needs_it_fails_and_says_so(tmp_path: Path) -> None:
    """In a network namespace with nothing but loopback; no server runs, so none is asked."""
    shop = Shop(tmp_path, "https://models.example/index.json", before=NAMESPACE)
    for needing in (("models", "available"), ("models", "install", "fi-en")):
        refused = shop.command(*needing)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert "The index cannot be read: https://models.example/index.json" in refused.stderr
        assert refused.stdout == ""
    for words in (
        ("models", "install", str(PT_EN)),
        ("models", "list"),
        ("models", "verify"),
        ("models", "remove", "pt-en"),
        ("doctor",),
    ):
        done = shop.command(*words)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_steps_of_the_document_lead_to_three_languages_off_line(
    tmp_path: Path, repo_root: Path
) -> None:
    """``docs/models.md`` as it is written, with the starter packages in other languages' place."""
    text = (repo_root / "docs" / "models.md").read_text(encoding="utf-8")
    (tmp_path / "shop.toml").write_text("\n".join(re.findall(r"```toml\n(.*?)```", text, re.S)))
    (script,) = re.findall(r"```sh\n(.*?)```", text, re.S)
    steps = [shlex.split(line, comments=True) for line in script.splitlines()]
    assert {step[0] for step in steps} == {"translate-proxy"}
    index = tmp_path / "argos"
    index.mkdir()
    for code in ("fi", "et", "pl"):
        repackaged(PT_EN, index / f"translate-{code}_en-1_9.argosmodel", from_code=code)
        repackaged(EN_PT, index / f"translate-en_{code}-1_9.argosmodel", to_code=code)
    printed = {}
    for _, *words in steps:
        if words[0] == "serve":
            continue  # every test of the product does
        if words[0] == "operators":
            words.append("--password-stdin")
        done = subprocess.run(
            [*NAMESPACE, str(COMMAND), *words],
            cwd=tmp_path,
            input="a long password\n",
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed[words[0], words[1]] = done.stdout
    assert printed["models", "available"].count(" 1.9\n") == 6
    assert printed["models", "install"].count("Installed ") == 6
    assert printed["models", "list"].count(" ok\n") == 6
    assert printed["doctor", "--config"].count(": works\n") == 6
    assert "warning" not in printed["doctor", "--config"]
    shutil.rmtree(index)
    shutil.rmtree(tmp_path / "data")
