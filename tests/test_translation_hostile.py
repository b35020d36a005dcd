"""An engine that does everything wrong: no wrong entity reaches a reader, nothing hangs."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translation_support import FakeEngine, echo, job, translator
from translate_proxy.text import entities

EMPTY = Path("no-such-folder")
TEXT = "Please send AB-12345 to maria@example.com for €42.50, code SUMMER20. Thank you, two pieces!"
KEPT = ["AB-12345", "maria@example.com", "€42.50", "SUMMER20"]

Damage = Callable[[str, random.Random], str]


def _drop(text: str, dice: random.Random) -> str:
    words = text.split()
    return " ".join(word for word in words if dice.random() > 0.4)


def _double(text: str, dice: random.Random) -> str:
    return " ".join(word for word in text.split() for _ in range(dice.choice((1, 2))))


def _reorder(text: str, dice: random.Random) -> str:
    words = text.split()
    dice.shuffle(words)
    return " ".join(words)


def _invent(text: str, dice: random.Random) -> str:
    more = (
        "AB-99999",
        "evil@example.com",
        "€1.00",
        "(7)",
        "[1]",
        "X1",
        "http://evil.example",
        "17",
    )
    words = text.split()
    words.insert(dice.randrange(len(words) + 1), dice.choice(more))
    return " ".join(words)


def _renumber(text: str, dice: random.Random) -> str:
    return "".join(dice.choice("123456789") if letter.isdigit() else letter for letter in text)


DAMAGES: dict[str, Damage] = {
    "drops": _drop,
    "doubles": _double,
    "reorders": _reorder,
    "invents": _invent,
    "renumbers": _renumber,
    "loops": lambda text, _: f"{text} " * 20,
    "markup": lambda text, _: f"<script>alert(1)</script><b>{text}</b>",
    "nothing": lambda _text, _: "",
    "spaces": lambda _text, _: " \n ",
    "control tokens": lambda text, _: f"<s> {text} </s> <unk>",
    "wrong script": lambda text, _: text.translate({n: n + 0x3B0 for n in range(97, 123)}),
    "swaps": lambda text, _: text.replace("(1)", "(0)").replace("(2)", "(1)").replace("(0)", "(2)"),
    "glues": lambda text, _: text.replace(" ", ""),
    "cuts": lambda text, _: text[: len(text) // 2],
    "lone surrogate": lambda text, _: text + "\ud800",
    "null": lambda text, _: text + "\0",
    "upper": lambda text, _: text.upper(),
}


def damaging(name: str, seed: int) -> Callable[[Sequence[str]], list[str]]:
    dice = random.Random(seed)
    return lambda sentences: [DAMAGES[name](sentence, dice) for sentence in sentences]


@pytest.mark.parametrize("name", DAMAGES)
async def test_entities_are_right_or_the_original_is_shown(name: str) -> None:
    for seed in range(8):
        engine = FakeEngine(damaging(name, seed))
        async with translator(EMPTY, engine.rules, [engine]) as t:
            result = await t.translate(job(TEXT))
        if result.status == "translated":
            found = Counter(
                entity.text for entity in entities.find(result.text) if entity.kind != "coupon"
            )
            assert found == Counter(KEPT), (seed, result.text)
            assert "<" not in result.text
            assert "\0" not in result.text
        else:
            assert (result.text, result.reason) == (TEXT, "unsafe_output")


@given(st.lists(st.sampled_from(sorted(DAMAGES)), min_size=1, max_size=3), st.integers(0, 10**6))
@settings(max_examples=60)
def test_damages_together(names: list[str], seed: int) -> None:
    dice = random.Random(seed)

    def answer(sentences: Sequence[str]) -> list[str]:
        outputs = []
        for sentence in sentences:
            output = sentence
            for name in names:
                output = DAMAGES[name](output, dice)
            outputs.append(output)
        return outputs

    async def run() -> None:
        engine = FakeEngine(answer)
        async with translator(EMPTY, engine.rules, [engine]) as t:
            result = await t.translate(job(TEXT))
        assert all(result.text.count(entity) == TEXT.count(entity) for entity in KEPT)
        assert result.status == "translated" or result.text == TEXT

    asyncio.run(run())


def _raise(error: BaseException) -> Callable[[Sequence[str]], list[str]]:
    def answer(_sentences: Sequence[str]) -> list[str]:
        raise error

    return answer


BROKEN: dict[str, Callable[[Sequence[str]], object]] = {
    "raises": _raise(RuntimeError("boom")),
    "raises stop": _raise(StopIteration()),
    "exits": _raise(SystemExit(3)),
    "memory": _raise(MemoryError()),
    "none": lambda _: None,
    "too few": lambda sentences: sentences[1:],
    "numbers": lambda sentences: [1 for _ in sentences],
    "bytes": lambda sentences: [b"x" for _ in sentences],
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_direction_fails_and_the_other_goes_on(name: str) -> None:
    broken = FakeEngine(BROKEN[name], [("en", "pt")], name="broken")
    sound = FakeEngine(echo, [("pt", "en")], name="sound")
    rules = (*broken.rules, *sound.rules)
    async with translator(EMPTY, rules, [broken, sound]) as t:
        results = await asyncio.gather(
            *(t.translate(job(f"Text {n} here.", lane=str(n))) for n in range(5)),
            *(t.translate(job(f"Other {n} here.", "pt", "en", lane=str(n))) for n in range(5)),
        )
    assert {(one.status, one.reason) for one in results[:5]} == {("untranslated", "failed")}
    assert {(one.status, one.reason) for one in results[5:]} == {("translated", None)}


async def test_a_sleeping_direction_does_not_hold_up_the_other() -> None:
    awake = threading.Event()

    def sleep(sentences: Sequence[str]) -> list[str]:
        awake.wait(60)
        return list(sentences)

    sleepy = FakeEngine(sleep, [("en", "pt")], name="sleepy")
    sound = FakeEngine(echo, [("pt", "en")], name="sound")
    async with translator(
        EMPTY, (*sleepy.rules, *sound.rules), [sleepy, sound], threads=1, stuck_seconds=1
    ) as t:
        slow = [
            asyncio.ensure_future(t.translate(job(f"Text {n} here.", lane=str(n)))) for n in "ab"
        ]
        await asyncio.sleep(0)
        result = await t.translate(job("Other text.", "pt", "en", deadline_s=60))
        assert result.status == "translated"
        assert {(await one).reason for one in slow} == {"failed"}
        awake.set()


async def test_a_load_that_raises_is_reported() -> None:
    engine = FakeEngine(echo, refuse="the disk is full of bees")
    async with translator(EMPTY, engine.rules, [engine]) as t:
        assert [pair.problem for pair in t.pairs()] == ["the disk is full of bees"]
        result = await t.translate(job("Hello there."))
        assert (result.text, result.reason) == ("Hello there.", "failed")
