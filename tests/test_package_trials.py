"""Packages that would end the process: refused before they are installed, survived where they are
there already."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fuzzed_packages import COUNT, SEED_VARIABLE, fuzzed, new_seed
from tests.hostile_packages import HOSTILE, hostile_package
from tests.product import COMMAND, Product, running
from tests.test_translation_packages import leftovers
from tests.translation_support import EN_PT, PT_EN, repackaged, starter_packages
from translate_proxy.app import make_catalogue
from translate_proxy.model import Refused
from translate_proxy.settings import Models, Settings, Translation
from translate_proxy.settings import Server as ServerSettings
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.packages import packages, trial
from translate_proxy.translation.packages.suspects import FILE, Suspects

CRASHES = "no heads"


def told(progress: object) -> None:
    """Nobody looks."""


async def install(data_dir: Path, file: Path) -> packages.InstalledPackage:
    catalogue = make_catalogue(Settings(server=ServerSettings(data_dir=data_dir), models=Models()))
    return await catalogue.install_file(file, told)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_package_is_refused_and_what_was_there_stays(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(starter_packages(), folder)
    bad = hostile_package(tmp_path / "bad.argosmodel", name)
    with pytest.raises(Refused) as refusal:
        await install(tmp_path, bad)
    assert refusal.value.detail.startswith("pt to en cannot be used: ")
    assert leftovers(folder) == ["translate-en_pt", "translate-pt_en"]
    assert [packages.verify(one) for one in packages.installed(folder)] == [None, None]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_fuzzed_package_stops_the_server(tmp_path: Path) -> None:
    """Some are there when it starts, as an earlier release or a hand put them there: those that
    cannot be loaded are named. All are then installed while it runs, and each is refused."""
    seed = new_seed()
    print(f"{SEED_VARIABLE}={seed}")
    bad = tmp_path / "bad.argosmodel"
    planted(tmp_path / "data", PT_EN)
    there = {}
    for number, code in enumerate(("qaa", "qab", "qac", "qad", "qae", "qaf", "qag", "qah", "qai")):
        there[code] = fuzzed(bad, seed, number, from_code=code)
        planted(tmp_path / "data", bad)
    product = Product(tmp_path / "data", "--demo", "--port", "0")
    with running(product):
        ours = {"Authorization": f"Bearer {product.token()}"}
        with httpx.Client(base_url=product.url, headers=ours, timeout=120) as admin:
            health = admin.get("/health/ready")
            assert health.status_code == 200
            warned = " ".join(health.json()["warnings"])
            models = admin.get("/api/models").json()["models"]
            listed = {one["source"]: one["problem"] for one in models}
            for code, what in there.items():
                assert f"{code} -> en: " in warned, what
                assert listed[code], what
            assert not listed["pt"]
            engine = product.engine()
            for number in range(COUNT):
                what = fuzzed(bad, seed, number)
                job = installed_through(admin, bad)
                assert job["state"] == "failed", what
                assert job["error"]["code"] == "bad_request", what
                said = job["error"]["detail"]
                assert "cannot be used: " in said or "argosmodel" in said, f"{what}: {said}"
                print(what, said)
            assert product.engine() == engine
            text = {"q": "O candeeiro chegou ontem.", "source": "pt", "target": "en"}
            answer = admin.post("/translate", json=text)
            assert "lamp" in answer.json()["translatedText"].lower()
        done = subprocess.run(
            [str(COMMAND), "doctor", "--data-dir", str(tmp_path / "data")],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        for code, what in there.items():
            [line] = [line for line in done.stdout.splitlines() if f"{code} -> en" in line]
            assert not line.endswith("works"), what


def installed_through(admin: httpx.Client, file: Path) -> dict[str, Any]:
    """The job of an upload, when it is over."""
    body = {"Content-Type": "application/octet-stream"}
    answer = admin.post("/api/models/upload", content=file.read_bytes(), headers=body)
    assert answer.status_code == 202, answer.text
    place = f"/api/jobs/{answer.json()['job']['id']}"
    deadline = time.monotonic() + 300
    while True:
        job: dict[str, Any] = admin.get(place).json()["job"]
        if job["ended_at"] is not None:
            return job
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_an_honest_package_is_installed(tmp_path: Path) -> None:
    assert (await install(tmp_path, EN_PT)).problem is None
    assert leftovers(tmp_path / "models") == ["translate-en_pt"]


def test_what_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = packages.install_file(PT_EN, tmp_path)
    monkeypatch.setattr(trial, "PATIENCE_S", 0.01)
    assert "did not come to an end" in str(trial.problem_of(package))


def planted(data_dir: Path, archive: Path) -> packages.InstalledPackage:
    """A package that was put there without a trial, as an earlier release did."""
    return packages.install_file(archive, data_dir / "models")


@pytest.fixture
def trap(tmp_path: Path) -> packages.InstalledPackage:
    """A data folder with a package that ends whoever loads it."""
    return planted(tmp_path / "data", hostile_package(tmp_path / "bad.argosmodel", CRASHES))


@pytest.mark.slow
def test_doctor_survives_a_package_that_ends_whoever_loads_it(
    trap: packages.InstalledPackage, tmp_path: Path
) -> None:
    done = subprocess.run(
        [str(COMMAND), "doctor", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in {0, 1}
    assert "pt -> en" in done.stdout
    assert "it ends the process that uses it (SIGFPE)" in done.stdout
    assert trap.path.is_dir()


@pytest.mark.slow
def test_a_package_ends_the_server_once_and_not_at_every_start(
    trap: packages.InstalledPackage, tmp_path: Path
) -> None:
    inside = {"TRANSLATE_PROXY_TRANSLATION_PROCESSES": "0"}  # an engine process is watched anyway
    product = Product(tmp_path / "data", "--port", "0", env=inside)
    with pytest.raises(AssertionError, match="did not start"):
        product.start()
    assert (trap.path.parent / FILE).is_file()
    with running(product):
        answer = httpx.get(f"{product.url}/health/ready", timeout=120)
        assert answer.status_code == 200
        [warning] = [one for one in answer.json()["warnings"] if "pt -> en" in one]
        assert "it ended the process that loaded it" in warning


def test_a_suspect_that_passes_its_trial_is_none_any_more(tmp_path: Path) -> None:
    package = packages.install_file(PT_EN, tmp_path)
    key = ArgosEngine(tmp_path, Translation()).pair(package).key
    with Suspects(tmp_path).load(key):
        after_a_power_cut = (tmp_path / FILE).read_bytes()
    assert not (tmp_path / FILE).exists()
    (tmp_path / FILE).write_bytes(after_a_power_cut)
    suspects = Suspects(tmp_path)
    suspects.try_again(Translation())
    assert suspects.reasons == {}
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("written", ["EN", "eN"])
def test_a_direction_has_one_package_however_its_codes_are_written(
    tmp_path: Path, written: str
) -> None:
    folder = tmp_path / "in"
    packages.install_file(EN_PT, folder)
    other = repackaged(
        EN_PT, tmp_path / "other.argosmodel", from_code=written, package_version="3.0"
    )
    packages.install_file(other, folder)
    assert [(one.source, one.target, one.version) for one in packages.installed(folder)] == [
        ("en", "pt", "3.0")
    ]


def test_what_has_passed_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []
    monkeypatch.setattr(trial, "require_usable", lambda package: tried.append(package.path))
    trials = trial.Trials()
    for file in (EN_PT, EN_PT, PT_EN, EN_PT):
        packages.install_file(file, tmp_path, trials.require_usable)
    assert len(tried) == 2
