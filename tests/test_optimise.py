"""Vocabulary maps made from the model itself: what they keep, what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.translation_support import job, starter_packages, translator
from translate_proxy.catalogue import Catalogue
from translate_proxy.model import Refused
from translate_proxy.settings import Settings, Translation
from translate_proxy.translation.engines.argos_model import ArgosModel, Tokenizer
from translate_proxy.translation.packages import (
    candidates,
    errands,
    optimise,
    packages,
    sample_text,
)
from translate_proxy.translation.packages.outcome import Outcome
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError

TEXTS = optimise.phrase_texts("en")
PIECES = 300
"""Of 32,000: the frequent ones make a map that is good enough for the phrases."""


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The starter packages without their maps, as they are when installed."""
    folder = tmp_path / "models"
    shutil.copytree(starter_packages(), folder)
    for path in folder.glob("*/model/vmap.txt"):
        path.unlink()
        record = path.parent.parent / packages.RECORD
        told = json.loads(record.read_text())
        del told["files"]["model/vmap.txt"]
        record.write_text(json.dumps(told))
    return folder


def package_of(folder: Path) -> InstalledPackage:
    return next(one for one in packages.installed(folder) if one.source == "en")


def nothing(step: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimise, "MIN_AGREEMENT", 60.0)
    monkeypatch.setattr(optimise, "MIN_SAME", 0.3)


def test_a_map_is_made_checked_recorded_and_used(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient(monkeypatch)
    before = package_of(plain)
    steps: list[str] = []

    def told(step: str, done: int, of: int) -> None:
        steps.append(step)

    outcome = optimise.make(before, TEXTS, 2, told, pieces=PIECES)
    after = package_of(plain)
    assert list(dict.fromkeys(steps)) == [
        "vocabulary",
        "pieces in sentences",
        "words",
        "words in sentences",
        "sample text",
        "check",
    ]
    assert outcome.checked >= optimise.MIN_HELD_BACK
    assert packages.verify(after) is None
    assert after.digest == before.digest
    assert after.map_digest is not None

    lines = (after.path / "model" / "vmap.txt").read_text(encoding="utf-8").split("\n")[:-1]
    known = set(candidates.vocabulary(after.path / "model", "target"))
    table = {key: words.split(" ") for key, words in (line.split("\t") for line in lines)}
    assert len(table) == len(lines) == outcome.pieces
    assert all(word in known for words in list(table.values())[:200] for word in words)
    assert "</s>" in table[""]
    everywhere = set(table[""])
    assert {"▁sim", "▁Sim"} & (everywhere | set(table["▁yes"]))
    assert "▁NASA" in everywhere | set(table["▁NASA"])  # names come through

    (after.path / "model" / "vmap.txt").write_text("damaged")
    assert packages.verify(after) == "model/vmap.txt is not the file that was installed"


@pytest.mark.parametrize(("common", "per_piece"), [(0.001, 1), (0.02, 8)])
def test_a_map_that_changes_what_comes_out_is_refused_with_its_figures(
    plain: Path, monkeypatch: pytest.MonkeyPatch, common: float, per_piece: int
) -> None:
    # Nothing of the vocabulary and next to nothing of the text: it cannot be good.
    monkeypatch.setattr(candidates, "COMMON", common)
    monkeypatch.setattr(candidates, "PER_PIECE", per_piece)
    monkeypatch.setattr(candidates, "_SEEN_SHARE", 1.0)
    before = sorted(path.name for path in plain.rglob("*"))
    with pytest.raises(PackageError, match=r"keeps none.* % of .* chrF"):
        optimise.make(package_of(plain), TEXTS, 2, nothing, pieces=10)
    assert sorted(path.name for path in plain.rglob("*")) == before
    assert packages.verify(package_of(plain)) is None


def test_too_little_text_to_check_with_is_refused(plain: Path) -> None:
    with pytest.raises(PackageError, match="--sample FILE"):
        optimise.make(package_of(plain), TEXTS[:60], 2, nothing, pieces=10)


def test_what_is_checked_holds_a_piece_that_nothing_was_learnt_from() -> None:
    texts = [f"word{number} is here" for number in range(400)]
    tokens = [text.split() for text in texts]
    learnt, held_back = optimise._split(texts, tokens)
    seen = {token for sentence in learnt for token in sentence}
    assert 20 < len(held_back) < 100
    assert len(learnt) + len(held_back) == 400
    assert all(text.split()[0] not in seen for text in held_back)


def test_text_to_check_with_is_enough_but_not_all() -> None:
    texts = [f"word{number} is here" for number in range(20_000)]
    learnt, held_back = optimise._split(texts, [text.split() for text in texts])
    assert optimise.MOST_HELD_BACK / 2 <= len(held_back) <= optimise.MOST_HELD_BACK
    assert len(learnt) > 0.9 * len(texts)


def test_what_a_source_piece_calls_for_is_what_it_is_translated_to(plain: Path) -> None:
    package = package_of(plain)
    tokenizer = Tokenizer(package.path)
    texts = [f"Where is my {word}?" for word in ("shirt", "order", "invoice", "brother")]
    asked = candidates.Candidates(package.path / "model", package.target_prefix, 1)
    try:
        asked.read(tokenizer.encode(texts), lambda *_: None, natural=True)
        table = dict(line.rstrip("\n").split("\t") for line in asked.lines())
    finally:
        asked.close()
    everywhere = set(table[""].split(" "))
    for piece, wanted in (("▁shirt", "▁camisa"), ("▁brother", "▁irmão")):
        assert wanted in everywhere | set(table[piece].split(" ")[:10])
    assert "▁irmão" not in table["▁shirt"].split(" ")[:3]


def test_a_translation_that_is_given_calls_for_words_that_the_model_would_not_choose(
    plain: Path,
) -> None:
    package = package_of(plain)
    tokenizer = Tokenizer(package.path)
    source, given = tokenizer.encode(["Where is my order?", "Onde está a minha encomenda?"])

    def likely(**read: Any) -> list[str]:
        asked = candidates.Candidates(package.path / "model", package.target_prefix, 1)
        try:
            asked.read([source], lambda *_: None, **read)
            (counts,) = asked._seen
            pairs, shares = counts.shares(len(asked.source))
            wanted = asked.source.index("▁order") * len(asked.target)
            of_order = (pairs >= wanted) & (pairs < wanted + len(asked.target))
            best = pairs[of_order][shares[of_order].argsort()[::-1]] - wanted
            return [asked.target[number] for number in best]
        finally:
            asked.close()

    assert likely()[0] == "▁pedido"
    assert likely(given=[given])[0] == "▁encomenda"
    assert likely(given=[["▁Onde", "no piece of the model"]]) == []


def test_every_word_is_used_frequent_ones_more_often() -> None:
    words = [f"w{'abcdefghij'[rank % 10]}{'x' * (rank // 10)}" for rank in range(40)]
    texts = sample_text.mixed(words, ["Where is my blue shirt?"], seed=1)
    assert texts == sample_text.mixed(words, ["Where is my blue shirt?"], seed=1)
    used = " ".join(texts).lower().replace("?", "").split()
    assert all(used.count(word) == 6 for word in words)
    assert {"rows", "sentences"} == {"sentences" if "?" in text else "rows" for text in texts}


def test_words_of_the_other_language_are_left_out() -> None:
    pieces = ["▁the", "▁obrigado", "▁Zanzibar", "ing", "▁5", "</s>", "▁a"]
    words = sample_text.words_of("en", "pt", pieces)
    known = len(sample_text.frequent_words("en"))
    assert words[0] == "the"
    assert words[known] == "Zanzibar"
    assert "obrigado" not in words
    numbers = words[known + 1 :]
    assert len(numbers) > 1000
    assert all(any(map(str.isdigit, number)) for number in numbers)
    assert numbers == sample_text.words_of("pt", "en", [])[-len(numbers) :]
    assert sample_text.frequent_words("pt-BR") == sample_text.frequent_words("pt")
    assert sample_text.frequent_words("tlh") == []


async def test_a_running_translator_takes_the_new_map(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient(monkeypatch)
    whole = optimise.make

    def quickly(
        package: InstalledPackage,
        texts: Sequence[str],
        threads: int,
        told: optimise.Told,
        *,
        back: optimise.Opposite,
    ) -> Outcome:
        assert back is not None  # asked for its own texts elsewhere: that takes minutes
        return whole(package, texts[:900], threads, told, pieces=PIECES)

    def here(errand: str, given: Any, *, told: Any, **_limits: Any) -> Any:
        """The errand in this process, where ``make`` is the quick one."""
        return errands.ERRANDS[errand](given, told)

    monkeypatch.setattr(optimise, "make", quickly)
    told: list[Any] = []
    async with translator(plain) as made:
        versions = {pair.target: pair.version for pair in made.pairs()}
        catalogue = Catalogue(Settings(translation=Translation()), plain, made.refresh, run=here)
        await catalogue.optimise("en-pt", None, told.append)
        after = {pair.target: pair.version for pair in made.pairs()}
        assert after["pt"] != versions["pt"]
        assert after["en"] == versions["en"]
        done = await made.translate(job("I would like to buy a blue shirt."))
        assert done.status == "translated"
    assert {one["pair"] for one in told} == {"en-pt"}
    assert all(0 <= one["done"] <= one["of"] for one in told)
    assert [problem for _, problem in await catalogue.verify()] == [None, None]


async def test_a_pair_that_is_not_installed_is_refused(plain: Path) -> None:
    with pytest.raises(Refused, match="not installed"):
        await Catalogue(Settings(), plain).optimise("fi-en", None, lambda _: None)


def test_chrf_is_what_sacrebleu_says() -> None:
    import sacrebleu

    outputs = ["Onde está a minha encomenda?", "Bom dia a todos."]
    references = ["Onde está o meu pedido?", "Bom dia, todos."]
    wanted = sacrebleu.corpus_chrf(outputs, [references]).score
    assert optimise.chrf(outputs, references) == pytest.approx(wanted, abs=0.01)


def test_the_opposite_direction_gives_text_of_words_that_the_phrases_do_not_have(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["relógio", "montanha", "escrever", "vermelho", "professora", "janela", "nadar", "pão"]
    monkeypatch.setattr(sample_text, "words_of", lambda *_: words)
    every = packages.installed(plain)
    back = sample_text.Opposite(package_of(plain), every, Translation())
    pairs = sample_text.returned(package_of(plain), back)
    assert pairs == sorted(set(pairs))
    for english, portuguese in (("mountain", "montanha"), ("window", "janela"), ("bread", "pão")):
        both = [pair for pair in pairs if english in pair[0].lower()]
        assert both
        assert any(portuguese in text.lower() for _, text in both)
    back.close()
    alone = sample_text.Opposite(package_of(plain), [package_of(plain)], Translation())
    assert sample_text.returned(package_of(plain), alone) == []


def test_the_opposite_direction_is_loaded_once_and_let_go_of(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    closed: list[str] = []

    class Counted(ArgosModel):
        def __init__(self, package: packages.InstalledPackage, *given: Any) -> None:
            super().__init__(package, *given)
            self.pair = f"{package.source}-{package.target}"
            loaded.append(self.pair)

        def close(self) -> None:
            super().close()
            closed.append(self.pair)

    monkeypatch.setattr(sample_text, "ArgosModel", Counted)
    monkeypatch.setattr(sample_text, "words_of", lambda *_: ["janela"])
    monkeypatch.setattr(sample_text, "phrase_texts", lambda _: ["Onde?"])
    package = package_of(plain)
    back = sample_text.Opposite(package, packages.installed(plain), Translation())
    assert loaded == []
    sample_text.sample(package, back, Translation())
    sample_text.returned(package, back)
    back.close()
    back.close()
    assert sorted(loaded) == ["en-pt", "pt-en"] == sorted(closed)
