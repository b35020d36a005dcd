"""README's commands, line by line, as somebody new types them."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.product import COMMAND, Product, running

LINE = re.compile(r"^    \.venv/bin/(translate-proxy .+?)(?:\s+# .*)?$", re.MULTILINE)
PASSWORD = "a password of Ana's"


def typed(line: str, folder: Path) -> str:
    """What a command says; the password is given to whoever asks for it."""
    words = shlex.split(line)[1:]
    if words[:2] == ["operators", "add"]:
        words.append("--password-stdin")
    done = subprocess.run(
        [str(COMMAND), *words],
        cwd=folder,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_shop_of_ones_own(repo_root: Path, tmp_path: Path) -> None:
    text = (repo_root / "README.md").read_text(encoding="utf-8")
    configuration = re.search(r"^```toml\n(.+?)^```$", text, re.MULTILINE | re.DOTALL)
    assert configuration
    (tmp_path / "my.toml").write_text(configuration[1], encoding="utf-8")
    (tmp_path / "models").symlink_to(repo_root / "models")
    lines = [found[1] for found in LINE.finditer(text)]
    serve = next(line for line in lines if " serve " in line)
    before, after = lines[: lines.index(serve)], lines[lines.index(serve) + 1 :]
    installed, added = (typed(line, tmp_path) for line in before)
    assert installed.startswith("Installed en -> pt")
    assert added == "Added ana@shop.example.\n"

    assert serve == "translate-proxy serve --config my.toml"
    product = Product(
        tmp_path / "data",
        *("--config", str(tmp_path / "my.toml"), "--port", "0"),
        env={"TRANSLATE_PROXY_MODELS_INDEX": str(repo_root / "models")},  # nothing is fetched here
    )
    with running(product):
        ready = httpx.get(f"{product.url}/health/ready", timeout=60).json()
        assert ready == {"status": "ready", "problems": [], "warnings": []}
        assert product.token({"email": "ana@shop.example", "password": PASSWORD})
        assert httpx.get(f"{product.url}/console/", timeout=60).status_code == 200
        tag = re.search(r'<script async src="https://[^/]+(/.+?)" data-site="(.+?)">', text)
        assert tag
        assert httpx.get(f"{product.url}{tag[1]}", timeout=60).status_code == 200
        shop = {"Origin": "https://shop.example"}
        asked = f"{product.url}/widget/site/{tag[2]}.json"
        assert httpx.get(asked, headers=shop, timeout=60).json()["unserved"] == []
        for line in after:
            if not line.endswith("fi-en en-fi"):  # they are not in the folder
                assert "pt" in typed(line, tmp_path)
