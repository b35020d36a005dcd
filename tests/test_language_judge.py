"""The judge as the server uses it: one thread, and an answer for any text."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from translate_proxy.interfaces import LanguageContext
from translate_proxy.language.judge import Judge
from translate_proxy.settings import LanguageSettings

SHOP = ("en", "pt", "fi")


@pytest.fixture(params=["default", "langdetect"])
async def judge(request: pytest.FixtureRequest) -> AsyncIterator[Judge]:
    made = Judge(LanguageSettings(detector=request.param, time_box_seconds=5), time.monotonic)
    await made.start(SHOP)
    yield made
    await made.close()


def visitor(*browser: str, pinned: str | None = None) -> LanguageContext:
    return LanguageContext("visitor", SHOP, "en", browser=browser, pinned=pinned)


async def test_a_sentence_is_enough(judge: Judge) -> None:
    said = await judge.judge("Olá, onde está a minha encomenda AB-12345?", visitor(), None)
    assert (said.language, said.message_language, said.source) == ("pt", "pt", "detected")
    assert said.changed
    assert said.confidence > 0.9


async def test_without_text_the_context_speaks(judge: Judge) -> None:
    said = await judge.judge(None, visitor("pt-BR", "en"), None)
    assert (said.language, said.source, said.changed) == ("pt", "prior", False)


async def test_a_pin_wins_always(judge: Judge) -> None:
    said = await judge.judge("Missä minun tilaukseni on?", visitor("pt", pinned="en"), None)
    assert (said.language, said.message_language, said.source) == ("en", "en", "pinned")
    assert said.confidence == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        "👍🏽",
        "12345",
        "AB-12345",
        "a@b.example",
        "https://shop.example/x?y=1",
        ":-)",
    ],
)
async def test_text_without_language_changes_nothing(judge: Judge, text: str) -> None:
    before = await judge.judge("Missä minun tilaukseni on?", visitor(), None)
    after = await judge.judge(text, visitor(), before.state)
    assert (after.language, after.confidence, after.changed) == ("fi", before.confidence, False)
    assert after.message_language == "fi"


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "\ud800 lone",
        "a" * 100_000,
        "`" * 9999,
        "😀" * 5000,
        "@" * 5000,
        "ñ" * 8000,
        "日本語",
    ],
)
async def test_any_text_is_answered(judge: Judge, text: str) -> None:
    said = await judge.judge(text, visitor("fi"), None)
    assert said.language in SHOP
    json.dumps(said.state)


async def test_without_candidates_it_is_the_default(judge: Judge) -> None:
    said = await judge.judge("hello", LanguageContext("visitor", (), "pt"), None)
    assert (said.language, said.message_language) == ("pt", "pt")


@pytest.mark.parametrize(
    "state",
    [{}, {"v": 0}, {"v": 99, "belief": 3}, {"v": 1}, {"v": 1, "belief": {"en": "x"}}, {"x": []}],
)
async def test_foreign_state_is_started_anew(judge: Judge, state: dict[str, object]) -> None:
    fresh = await judge.judge("obrigado pela ajuda", visitor(), None)
    assert await judge.judge("obrigado pela ajuda", visitor(), state) == fresh


async def test_the_belief_survives_json(judge: Judge) -> None:
    first = await judge.judge("Quero devolver os sapatos que comprei ontem", visitor(), None)
    state = json.loads(json.dumps(first.state))
    assert (await judge.judge("ok", visitor(), state)).language == "pt"


class Broken:
    """A detector that fails as told."""

    name = "broken"

    def __init__(self) -> None:
        self.raises = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.calls = 0

    def warm(self, candidates: Sequence[str]) -> None:
        pass

    def probabilities(self, text: str, candidates: Sequence[str]) -> Mapping[str, float]:
        self.calls += 1
        if self.raises:
            raise RuntimeError(text)
        self.may_go_on.wait()
        return dict.fromkeys(candidates, 0.0) | {"fi": 1.0}


@asynccontextmanager
async def broken(time_box_seconds: float) -> AsyncIterator[tuple[Judge, Broken]]:
    detector = Broken()
    settings = LanguageSettings(time_box_seconds=time_box_seconds)
    made = Judge(settings, time.monotonic, detector)
    await made.start(SHOP)
    try:
        yield made, detector
    finally:
        detector.may_go_on.set()
        await made.close()


async def test_a_failing_detector_leaves_the_prior() -> None:
    async with broken(5) as (judge, detector):
        detector.raises = True
        said = await judge.judge("olá, bom dia a todos", visitor("pt"), None)
        assert (said.language, said.message_language, said.source) == ("pt", "pt", "prior")
        detector.raises = False
        again = await judge.judge("hei vaan kaikille", visitor("pt"), said.state)
        assert again.source == "detected"


async def test_a_stuck_detector_is_left_alone_until_it_is_free() -> None:
    async with broken(0.05) as (judge, detector):
        calls = detector.calls
        detector.may_go_on.clear()
        for _ in range(3):
            said = await judge.judge("hei vaan kaikille", visitor("pt"), None)
            assert (said.language, said.source) == ("pt", "prior")
        assert detector.calls <= calls + 1  # its thread may not have begun yet
        detector.may_go_on.set()
        while (await judge.judge("hei vaan kaikille", visitor(), None)).source == "prior":
            await asyncio.sleep(0.01)


async def test_a_pin_corrects_what_was_said(judge: Judge) -> None:
    before = await judge.judge("ola", visitor("pt"), None)
    pinned = await judge.judge(None, visitor("pt", pinned="fi"), before.state)
    assert (pinned.language, pinned.source, pinned.changed) == ("fi", "pinned", True)
    again = await judge.judge("ola", visitor("pt", pinned="fi"), pinned.state)
    assert (again.language, again.message_language, again.changed) == ("fi", "fi", False)


async def test_an_operator_may_answer_in_the_visitors_language(judge: Judge) -> None:
    context = LanguageContext("operator", ("en", "fi", "pt"), "en")
    said = await judge.judge("Your parcel will arrive tomorrow", context, None)
    assert (said.language, said.message_language) == ("en", "en")
    said = await judge.judge("A sua encomenda chega amanhã de manhã", context, said.state)
    assert said.message_language == "pt"
    said = await judge.judge("ok :-)", context, said.state)
    assert said.message_language in {"en", "pt"}


async def test_languages_that_were_not_warmed_are_read_when_needed() -> None:
    made = Judge(LanguageSettings(time_box_seconds=5), time.monotonic)
    await made.start(("en",))
    context = LanguageContext("visitor", ("en", "sl", "is"), "en")
    said = None
    while said is None or said.source == "prior":  # reading takes longer than a message may wait
        said = await made.judge("Kdaj bo prispelo moje naročilo, prosim?", context, None)
        await asyncio.sleep(0.01)
    await made.close()
    assert (said.language, said.source) == ("sl", "detected")


async def test_languages_that_no_detector_knows_are_believed_all_the_same() -> None:
    judge = Judge(LanguageSettings(time_box_seconds=5), time.monotonic)
    await judge.start(["gl"])
    context = LanguageContext(of="visitor", candidates=("gl", "ga"), default="gl")
    found = await judge.judge("Ola, onde está o meu pedido?", context, None)
    assert found.language == "gl"
    await judge.close()


async def test_what_waits_is_looked_at_in_order_and_all_of_it(judge: Judge) -> None:
    texts = [f"Bom dia, onde está a minha encomenda número {n}?" for n in range(50)]
    said = await asyncio.gather(*(judge.judge(text, visitor("en"), None) for text in texts))
    assert {(one.message_language, one.source) for one in said} == {("pt", "detected")}
