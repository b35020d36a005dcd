"""Start, ready, stop: the real command on a configuration of its own."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.product import COMMAND, Product, running

CONFIG = """
[[sites]]
key = "shop"
name = "Shop"
origins = ["https://shop.example"]
languages = ["pt", "fi"]
default_language = "pt"

[[pairs]]
from = "pt"
to = "en"

[[pairs]]
from = "fi"
to = "en"
"""
ANA = ("--email", "ana@shop.example", "--name", "Ana", "--languages", "en", "--password-stdin")


def command(data_dir: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *words, "--data-dir", str(data_dir)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """A data folder with the starter models, for the tests to copy."""
    data_dir = tmp_path_factory.mktemp("installed") / "data"
    models = [str(path) for path in sorted((repo_root / "models").glob("*.argosmodel"))]
    done = command(data_dir, "models", "install", *models)
    assert done.returncode == 0, done.stderr
    return data_dir


@pytest.fixture
def shop(tmp_path: Path, installed: Path) -> Product:
    """A shop with the starter models installed, not running."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    shutil.copytree(installed, tmp_path / "data")
    return Product(tmp_path / "data", "--config", str(config), "--port", "0")


def ready(product: Product) -> httpx.Response:
    return httpx.get(f"{product.url}/health/ready", timeout=120)


def test_a_missing_model_is_a_warning_that_says_what_is_missing(shop: Product) -> None:
    with running(shop):
        added = command(shop.data_dir, "operators", "add", *ANA, stdin="a long password\n")
        assert added.returncode == 0, added.stderr
        answer = ready(shop)
        assert answer.status_code == 200
        assert any("fi -> en" in warning for warning in answer.json()["warnings"])
        assert not any("pt -> en" in warning for warning in answer.json()["warnings"])
        login = {"email": "ana@shop.example", "password": "a long password"}
        assert shop.token(login)


def test_a_configured_model_that_cannot_be_loaded_is_a_problem(shop: Product) -> None:
    broken = next(shop.data_dir.glob("models/*pt_en*/**/model.bin"))
    broken.write_bytes(b"not a model")
    with running(shop):
        answer = ready(shop)
        assert answer.status_code == 503
        assert any("pt -> en" in problem for problem in answer.json()["problems"])
        assert httpx.get(f"{shop.url}/health/live", timeout=120).status_code == 200


def test_a_full_disk_is_a_problem_until_it_has_room_again(tmp_path: Path) -> None:
    with running(Product(tmp_path / "data", "--demo", "--port", "0")) as product:
        assert ready(product).status_code == 200
        process = product.process
        assert process is not None
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        # What is written already may be written over, as on a full disk: nothing may grow.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (2**20, hard))
        while (answer := ready(product)).status_code == 200:
            time.sleep(0.2)
        assert answer.status_code == 503
        assert "no room" in answer.json()["problems"][0]
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        while (answer := ready(product)).status_code == 503:
            time.sleep(0.2)
        assert answer.json()["problems"] == []


def test_demo_accounts_exist_only_in_demo_mode(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with running(Product(data_dir, "--demo", "--port", "0")) as product:
        assert product.token()
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    with running(Product(data_dir, "--config", str(config), "--port", "0")) as product:
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            product.token()
        assert httpx.get(f"{product.url}/demo/", timeout=120).status_code == 404


def test_sigterm_ends_it_with_status_0_and_leaves_nothing_behind(shop: Product) -> None:
    shop.start()
    shop.signal(signal.SIGTERM)
    assert shop.wait() == 0
    assert not (shop.data_dir / "control.sock").exists()
    assert "Traceback" not in shop.log()


def test_a_second_server_on_the_same_data_is_refused_in_one_line(shop: Product) -> None:
    with running(shop):
        second = command(shop.data_dir, "serve", "--port", "0")
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert "in use by another translate-proxy" in second.stderr


def test_a_busy_port_is_told_in_one_line(shop: Product, tmp_path: Path) -> None:
    with running(shop):
        port = shop.url.rpartition(":")[2]
        other = command(tmp_path / "other", "serve", "--port", port)
        assert other.returncode == 1
        assert other.stderr.count("\n") == 1
        assert f"port {port}" in other.stderr


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"TRANSLATE_PROXY_PUBLIC_URL": "https://chat.example"}, "public_url"),
        ({"TRANSLATE_PROXY_HOST": "0.0.0.0"}, "loopback"),
    ],
)
def test_demo_refuses_to_be_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], words: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    refused = command(tmp_path / "data", "serve", "--demo", "--port", "0")
    assert refused.returncode == 1
    assert words in refused.stderr


def test_doctor_says_what_works_and_what_is_missing(shop: Product, tmp_path: Path) -> None:
    told = command(shop.data_dir, "doctor", "--config", str(tmp_path / "config.toml"))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "pt -> en" in told.stdout
    assert "no operators" in told.stdout
    shutil.rmtree(shop.data_dir / "models")
    told = command(shop.data_dir, "doctor", "--config", str(tmp_path / "config.toml"))
    assert "fi -> en" in told.stdout


def test_a_start_says_what_a_new_shop_lacks_and_what_helps(tmp_path: Path) -> None:
    (tmp_path / "my shop.toml").write_text("", encoding="utf-8")
    product = Product(tmp_path / "data", "--port", "0", "--config", str(tmp_path / "my shop.toml"))
    where = f"--config '{tmp_path}/my shop.toml' --data-dir {tmp_path}/data\""
    commands = ("operators add", "models install PAIR", "config check")
    with running(product):
        for command_ in commands:
            [line] = [one for one in product.log().splitlines() if command_ in one]
            assert '"level": "warning"' in line
            assert f"translate-proxy {command_} {where}" in line
    demo = Product(tmp_path / "demo", "--demo", "--port", "0")
    with running(demo):
        assert "operators add" not in demo.log()
        assert "No language packages" not in demo.log()
