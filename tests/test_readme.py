"""README.md as somebody who is new walks through it: every line of it is run, in order."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.product import COMMAND, Product, running
from tests.servers import free_port
from tests.sockets.client import connected, operator
from tests.translation_support import EN_PT, PT_EN, repackaged

NOT_RUN = {
    "make run": "sets up the machine; what it starts is what every other test starts",
    "make test": "sets up the machine, and runs this test",
}
PASSWORD = "a password that Ana has thought of"


def lines_of(readme: str) -> list[str]:
    """What is to be typed or pasted, without comments."""
    typed = re.findall(r"^    (\S.*)$", readme, re.MULTILINE)
    return [re.sub(r"\s+# .*", "", line) for line in typed]


def test_every_line_of_the_readme_is_known(repo_root: Path) -> None:
    lines = lines_of((repo_root / "README.md").read_text(encoding="utf-8"))
    others = [line for line in lines if not line.startswith(".venv/bin/translate-proxy ")]
    assert others[: len(NOT_RUN)] == list(NOT_RUN)
    (tag,) = others[len(NOT_RUN) :]
    assert tag.startswith("<script ")


class Walk:
    """A folder as a clone of the repository is after ``make run``."""

    def __init__(self, folder: Path, repo: Path) -> None:
        self.folder = folder
        self.readme = (repo / "README.md").read_text(encoding="utf-8")
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / "bin" / "translate-proxy").symlink_to(COMMAND)
        (folder / "models").symlink_to(repo / "models")
        (named,) = re.findall(r"write a file `([\w.]+)`", self.readme)
        (written,) = re.findall(r"```toml\n(.*?)```", self.readme, re.DOTALL)
        (folder / named).write_text(written, encoding="utf-8")
        index = folder / "index"  # in the place of the one on the Internet
        index.mkdir()
        repackaged(PT_EN, index / "translate-fi_en-1_9.argosmodel", from_code="fi")
        repackaged(EN_PT, index / "translate-en_fi-1_9.argosmodel", to_code="fi")
        self.env = {"TRANSLATE_PROXY_MODELS_INDEX": str(index)}

    def run(self, line: str) -> str:
        """What a line prints; it must do what it says."""
        asks = " operators add " in line  # for a password, at a terminal
        words = [*shlex.split(line), *(["--password-stdin"] if asks else [])]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, **self.env},
            input=f"{PASSWORD}\n",
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_readme_leads_to_a_shop_whose_visitor_is_understood(
    tmp_path: Path, repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Walk(tmp_path, repo_root)
    monkeypatch.chdir(tmp_path)
    commands = [line for line in lines_of(walk.readme) if line.startswith(".venv/")]
    (serve,) = [line for line in commands if " serve " in line]
    before, after = commands[: commands.index(serve)], commands[commands.index(serve) + 1 :]
    printed = {line: walk.run(line) for line in before}
    assert any(text == "Added ana@shop.example.\n" for text in printed.values())
    _, _, *options = shlex.split(serve)
    here = {**walk.env, "TRANSLATE_PROXY_PORT": str(free_port())}  # 8000 may be another's
    with running(Product(tmp_path / "my-data", *options, env=here)) as shop:
        embedded(walk.readme, shop)
        asyncio.run(understood(walk.readme, shop))
        for line in after:
            printed[line] = walk.run(line)
        said = "".join(printed[line] for line in after)
        assert {"fi-en  1.9", "en-fi  1.9"} <= set(said.splitlines())
        for way in ("pt -> en", "en -> pt", "fi -> en", "en -> fi"):
            assert len(re.findall(rf"^Installed {way} ", "".join(printed.values()), re.M)) >= 1
            assert re.search(rf"^{way}  argos \S+  ok$", said, re.M)
            assert re.search(rf"^ok +{way} \(.*: works$", said, re.M)
        assert "warning" not in said
        assert "PROBLEM" not in said
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == sorted(
        [".venv", "index", "models", "my-data"]
    )


def site_of(readme: str) -> tuple[str, str]:
    """The script tag's path, and the shop it is for."""
    found = re.findall(r'<script async src="https://[^/]+(/\S+)" data-site="(\S+)">', readme)
    (tag,) = found
    path, key = tag
    return path, key


def embedded(readme: str, shop: Product) -> None:
    """What the script tag asks for is there, and the console."""
    widget = httpx.get(f"{shop.url}{site_of(readme)[0]}")
    assert widget.status_code == 200
    assert "javascript" in widget.headers["content-type"]
    assert httpx.get(f"{shop.url}/console/").status_code == 200


async def understood(readme: str, shop: Product) -> None:
    """Ana signs in and reads what a visitor of the shop wrote, as README begins."""
    _, key = site_of(readme)
    first = r"writes \*(.*?)\* and the person who answers reads \*(.*?)\*"
    ((asked, read),) = re.findall(first, " ".join(readme.split()))
    (origin,) = re.findall(r'^origins = \["(.*)"\]', readme, re.MULTILINE)
    login = {"email": "ana@shop.example", "password": PASSWORD}
    auth = {"protocol": 1, "site": key, "locale": "pt"}
    async with (
        operator(shop.url, shop.token(login)) as ana,
        connected(shop.url, "/visitor", auth, {"Origin": origin}) as visitor,
    ):
        message = (await visitor.say(asked))["message_id"]
        shown = await ana.event("translation", message_id=message, language="en")
        assert (shown["status"], shown["text"]) == ("translated", read)
        home = shown["conversation_id"]
        answer = await ana.say(
            "The blue parcel with AB-12345 left our house yesterday.", conversation_id=home
        )
        told = await visitor.event("translation", message_id=answer["message_id"], language="pt")
        assert told["status"] == "translated"
        assert "AB-12345" in told["text"]
