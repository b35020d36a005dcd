"""Every kind of Argos package, with models made here: tokenizers, prefixes, vocabularies."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tiny_package
from tests.translation_support import job, translator
from translate_proxy.settings import Translation
from translate_proxy.translation.engines.argos import ArgosEngine
from translate_proxy.translation.engines.argos_model import ArgosModel, Tokenizer
from translate_proxy.translation.packages import packages

WORDS = ["▁Hello.", "▁Thanks.", "▁Olá.", "▁Obrigado,", "▁amigo."]
SAYS = {"▁Hello.": ["▁Olá."], "▁Thanks.": ["▁Obrigado,", "▁amigo."]}
MERGES = ["H e", "He l", "l o</w>", "T h", "Th a", "n k", "nk s</w>"]
BPE_SOURCE = ["Hel@@", "lo", "Tha@@", "nks", "."]
BPE_TARGET = ["O@@", "lá", ".", "Obri@@", "gado", "amigo", "de", "todos", "!"]
BPE_SAYS = {"Hel@@": ["O@@", "lá", "."], "Tha@@": ["Obri@@", "gado", "amigo", "!"]}


def sentencepiece_package(folder: Path, version: str = "1.9", prefix: str = "") -> Path:
    """Shared vocabulary: the same tokens on both sides."""
    folder.mkdir(parents=True)
    tiny_package.save_sentencepiece(
        folder / "sentencepiece.model", [word.removeprefix("▁") for word in WORDS]
    )
    tokens = [*WORDS, *([prefix] if prefix else [])]
    tiny_package.save_model(folder / "model", tokens, tokens, SAYS)
    more = {"target_prefix": prefix} if prefix else {}
    tiny_package.save_metadata(folder, version, **more)
    return folder


def bpe_package(folder: Path, version: str = "1.0", prefix: str = "") -> Path:
    """Separate vocabularies, Moses and BPE."""
    folder.mkdir(parents=True)
    tiny_package.save_bpe(folder / "bpe.model", MERGES)
    target = [*BPE_TARGET, *([prefix] if prefix else [])]
    tiny_package.save_model(folder / "model", BPE_SOURCE, target, BPE_SAYS)
    more = {"target_prefix": prefix} if prefix else {}
    tiny_package.save_metadata(folder, version, **more)
    return folder


def loaded(packages_dir: Path) -> ArgosModel:
    """The one model of a folder."""
    engine = ArgosEngine(packages_dir, Translation())
    (pair,) = engine.pairs()
    assert (pair.source, pair.target, pair.problem) == ("en", "pt", None)
    return engine.load(pair)


def test_sentencepiece_and_one_vocabulary_for_both_languages(tmp_path: Path) -> None:
    folder = sentencepiece_package(tmp_path / "translate-en_pt")
    assert (folder / "model" / "shared_vocabulary.json").is_file()
    model = loaded(tmp_path)
    assert model.translate(["Thanks.", "Hello."]) == ["Obrigado, amigo.", "Olá."]
    model.close()


def test_bpe_and_a_vocabulary_for_each_language(tmp_path: Path) -> None:
    folder = bpe_package(tmp_path / "translate-en_pt")
    assert (folder / "model" / "source_vocabulary.json").is_file()
    assert (folder / "model" / "target_vocabulary.json").is_file()
    assert Tokenizer(folder).encode(["Hello.", "Thanks."]) == [
        ["Hel@@", "lo", "."],
        ["Tha@@", "nks", "."],
    ]
    model = loaded(tmp_path)
    assert model.translate(["Hello.", "Thanks."]) == ["Olá.", "Obrigado amigo!"]
    model.close()


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("make", [sentencepiece_package, bpe_package])
def test_a_target_prefix_is_given_to_the_model_and_taken_from_its_output(
    make: Callable[..., Path], careful: bool, tmp_path: Path
) -> None:
    make(tmp_path / "translate-en_pt", prefix="__pt__")
    model = loaded(tmp_path)
    hello, thanks = model.translate(["Hello.", "Thanks."], careful)
    assert hello == "Olá."
    assert thanks.startswith("Obrigado")
    assert "__pt__" not in hello + thanks
    model.close()


def test_the_prefix_reaches_the_model(tmp_path: Path) -> None:
    """A model that says something else after its prefix than without it."""
    folder = tmp_path / "translate-en_pt"
    folder.mkdir()
    tiny_package.save_bpe(folder / "bpe.model", MERGES)
    says = {**BPE_SAYS, "nks": ["__pt__", "todos", "!"]}  # whatever begins so goes on so
    tiny_package.save_model(folder / "model", BPE_SOURCE, [*BPE_TARGET, "__pt__"], says)
    tiny_package.save_metadata(folder, "1.5", target_prefix="__pt__")
    model = loaded(tmp_path)
    assert model.translate(["Hello."]) == ["todos!"]
    model.close()


@pytest.mark.parametrize("version", [f"1.{minor}" for minor in range(10)])
async def test_package_versions_from_file_to_translation(version: str, tmp_path: Path) -> None:
    """Installed from an archive as the index has them, then through the whole translator. Old
    packages say less about themselves and carry a splitter that is not used."""
    old = version < "1.5"
    bpe = version in {"1.2", "1.9"}
    make = bpe_package if bpe else sentencepiece_package
    folder = make(tmp_path / "made" / f"translate-en_pt-{version.replace('.', '_')}", version)
    if old:
        (folder / "stanza").mkdir()
        (folder / "stanza" / "resources.json").write_text("{}")
    else:
        tiny_package.save_metadata(
            folder,
            version,
            type="translate",
            from_codes=[{"from_code": "en"}],
            dependencies=[],
            languages=[{"code": "en"}, {"code": "pt"}],
        )
        (folder / "README.md").write_text("# English to Portuguese\n")
    file = tmp_path / f"translate-en_pt-{version.replace('.', '_')}.argosmodel"
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    package = packages.install_file(file, tmp_path / "packages")
    assert (package.version, package.problem) == (version, None)
    async with translator(tmp_path / "packages") as t:
        (pair,) = t.pairs()
        assert pair.problem is None
        result = await t.translate(job("Hello. Thanks."))
    assert (result.status, result.engine) == ("translated", "argos")
    assert result.text == ("Olá. Obrigado amigo!" if bpe else "Olá. Obrigado, amigo.")
