"""Memory that comes back, and a network that is not asked."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.translation_support import starter_packages
from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.engines.models import Models
from translate_proxy.translation.packages import packages

MIB = 1 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
async def test_loading_and_dropping_200_times_does_not_grow_the_process(tmp_path: Path) -> None:
    """The budget has room for one model: each use of the other direction drops the first. Without
    their maps, which take long to read; 20 loads with them follow."""
    plain = tmp_path / "plain"
    shutil.copytree(starter_packages(), plain)
    for path in [*plain.glob("*/model/vmap.txt"), *plain.glob(f"*/{packages.RECORD}")]:
        path.unlink()
    for folder, times in ((plain, 200), (starter_packages(), 20)):
        engine = ArgosEngine(folder, Translation())
        models = Models({engine.name: engine}, 60 * MIB)
        pairs = engine.pairs()
        settled = 0
        for number in range(times):
            async with models.use(pairs[number % 2]) as entry:
                assert entry.model.translate(["Good morning."], False)
            if number % 2:
                assert models.memory <= 60 * MIB
            if number == times // 5:
                gc.collect()
                settled = resident()
        assert resident() - settled < 12 * MIB
        await models.close()
        assert models.memory == 0


OFFLINE = """
import asyncio, sys, time
from pathlib import Path

def refuse(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"}:
        raise OSError(f"the network is refused: {event} {args}")
    if event == "urllib.Request":
        raise OSError("the network is refused")

sys.addaudithook(refuse)

from translate_proxy.interfaces import TranslationJob
from translate_proxy.settings import Translation
from translate_proxy.translation.packages import packages
from translate_proxy.translation.translator import Translator

async def main(models, folder):
    for file in sorted(Path(models).glob("*.argosmodel")):
        packages.install_file(file, Path(folder))
    translator = Translator(Translation(), (), Path(folder), time.monotonic)
    await translator.start()
    text = "Hello! Where is my order AB-12345?  It cost 42,50 \\u20ac. Thanks\\nMr. Smith"
    job = TranslationJob(lane="a", site="shop", text=text, source="en", target="pt")
    result = await translator.translate(job)
    await translator.close()
    assert result.status == "translated", result
    assert "AB-12345" in result.text and "42,50 \\u20ac" in result.text, result

asyncio.run(main(*sys.argv[1:3]))
loaded = {"minisbd", "stanza", "onnxruntime", "argostranslate.sbd", "argostranslate.translate"}
assert not loaded & set(sys.modules), loaded & set(sys.modules)
print("done")
"""


def test_without_network_everything_works_and_nothing_is_written_elsewhere(
    tmp_path: Path, repo_root: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", OFFLINE, repo_root / "models", tmp_path / "packages"],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(repo_root)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.stdout.endswith("done\n"), done.stderr
    assert list(home.iterdir()) == []


def test_the_environment_is_as_before_after_argostranslate_was_imported(tmp_path: Path) -> None:
    script = """
import os
before = dict(os.environ)
from pathlib import Path
from translate_proxy.translation.engines import argos_library
argos_library.package(next(Path(os.environ["PACKAGES"]).glob("translate-*")))
import sys
assert "argostranslate.package" in sys.modules
assert dict(os.environ) == before
from argostranslate import settings
assert settings.model_provider is settings.ModelProvider.OPENNMT
assert settings.device == "cpu"
assert not settings.remote_package_index.startswith("http")
"""
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PACKAGES": str(starter_packages()),
            "ARGOS_MODEL_PROVIDER": "OPENAI",
            "ARGOS_DEVICE_TYPE": "cuda",
            "SNAP": str(tmp_path),
            "SNAP_USER_DATA": str(tmp_path / "snap"),
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(home.iterdir()) == []
    assert not (tmp_path / "snap").exists()
