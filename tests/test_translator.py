"""The whole way of a text, with the starter packages and with a fake engine."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.translation_support import (
    EN_PT,
    FakeEngine,
    Gate,
    echo,
    job,
    pair_rule,
    starter_packages,
    translator,
)
from translate_proxy.interfaces import Priority
from translate_proxy.model import SiteKey
from translate_proxy.translation.engines.engine import Uninstalled
from translate_proxy.translation.packages import packages

EMPTY = Path("no-such-folder")


async def test_both_directions_with_the_starter_packages() -> None:
    async with translator(starter_packages()) as t:
        result = await t.translate(job("Olá, onde está a minha encomenda AB-12345?", "pt", "en"))
        assert result.text == "Hi, where is my order AB-12345?"
        assert (result.status, result.route, result.engine) == ("translated", ("pt", "en"), "argos")
        assert result.ms >= 0
        result = await t.translate(job("Where is my order AB-12345?", "en", "pt"))
        assert "AB-12345" in result.text
        assert result.text.startswith("Onde está")
        assert all(pair.loaded and pair.problem is None for pair in t.pairs())


async def test_lines_spacing_bullets_and_emoji_come_back_as_they_were() -> None:
    text = "- Hello!  Thank you 😊\r\n\r\n\t2. See https://shop.example/a?b=1, please.\n"
    async with translator(starter_packages()) as t:
        result = await t.translate(job(text))
    assert result.status == "translated"
    assert result.text.startswith("- Olá!  ")
    assert " 😊\r\n\r\n\t2. " in result.text
    assert "https://shop.example/a?b=1" in result.text
    assert result.text.endswith(".\n")


async def test_a_pivot_through_english(tmp_path: Path) -> None:
    """The pt-en package relabelled: Galician is close enough to Portuguese."""
    for folder in starter_packages().iterdir():
        shutil.copytree(folder, tmp_path / folder.name)
    galician = tmp_path / "translate-gl_en"
    shutil.copytree(tmp_path / "translate-pt_en", galician)
    (galician / packages.RECORD).unlink()
    metadata = json.loads((galician / "metadata.json").read_text())
    (galician / "metadata.json").write_text(json.dumps({**metadata, "from_code": "gl"}))
    async with translator(tmp_path) as t:
        assert t.route("gl", "pt") == ("gl", "en", "pt")
        result = await t.translate(job("Onde está o pedido AB-12345 de €42.50?", "gl", "pt"))
        assert result.route == ("gl", "en", "pt")
        assert result.status == "translated"
        assert "AB-12345" in result.text
        assert "€42.50" in result.text


@pytest.mark.parametrize(
    "text", ["AB-12345", "😊", "https://shop.example/x", "?!", "me@shop.example 42,50 €", ":)"]
)
async def test_text_of_nothing_but_protected_spans_is_left_alone(text: str) -> None:
    async with translator(EMPTY) as t:
        result = await t.translate(job(text))
        assert (result.text, result.status) == (text, "same_language")


@pytest.mark.parametrize(("source", "target"), [("en", "en"), ("pt", "pt-BR"), ("en-GB", "en-US")])
async def test_the_same_language_is_left_alone(source: str, target: str) -> None:
    async with translator(EMPTY) as t:
        result = await t.translate(job("Hello there", source, target))
        assert (result.text, result.status) == ("Hello there", "same_language")
        assert t.route(source, target) == (source, target)


async def test_reasons_why_not() -> None:
    async with translator(EMPTY, max_chars=10) as t:
        result = await t.translate(job("hello", "en", "fi"))
        assert (result.text, result.status, result.reason) == ("hello", "untranslated", "no_route")
        result = await t.translate(job("hello there you", "en", "fi"))
        assert (result.status, result.reason) == ("untranslated", "too_long")
        assert t.route("en", "fi") is None


async def test_configured_tags_stay_as_they_are() -> None:
    async with translator(starter_packages()) as t:
        result = await t.translate(job("Good morning.", "en-GB", "pt-PT"))
        assert (result.status, result.route) == ("translated", ("en-GB", "pt-PT"))


async def test_the_words_of_the_site_stay() -> None:
    async with translator(starter_packages()) as t:
        result = await t.translate(
            job("Is the Blue Lamp in the blue shop?", protected_terms=("Blue Lamp", "Blue Shop"))
        )
        assert "Blue Lamp" in result.text
        assert "blue shop" in result.text


async def test_a_pair_that_cannot_be_served_is_reported() -> None:
    rules = (
        pair_rule("en", "fi"),
        pair_rule("en", "pt", engine="nosuch"),
        pair_rule("pt", "en"),
        pair_rule("sv", "en", enabled=False),
    )
    async with translator(starter_packages(), rules) as t:
        status = {(pair.source, pair.target, pair.engine): pair for pair in t.pairs()}
        assert status["en", "fi", "argos"].problem == "no installed model leads from en to fi"
        assert status["en", "pt", "nosuch"].problem == "there is no engine named nosuch"
        assert status["pt", "en", "argos"].problem is None
        assert status["pt", "en", "argos"].loaded
        assert status["pt", "en", "argos"].configured
        assert not status["en", "pt", "argos"].loaded  # configured pairs are warmed, no others
        assert ("sv", "en", "argos") not in status


async def test_a_damaged_model_is_reported_and_the_others_work(tmp_path: Path) -> None:
    for folder in starter_packages().iterdir():
        shutil.copytree(folder, tmp_path / folder.name)
    (tmp_path / "translate-en_pt" / "model" / "model.bin").write_bytes(b"nonsense")
    async with translator(tmp_path) as t:
        problems = {pair.source: pair.problem for pair in t.pairs()}
        assert problems["pt"] is None
        assert "model/model.bin is not the file that was installed" in str(problems["en"])
        result = await t.translate(job("Hello.", "en", "pt"))
        assert (result.text, result.reason) == ("Hello.", "failed")
        assert (await t.translate(job("Olá.", "pt", "en"))).status == "translated"


async def test_a_model_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    shutil.copytree(starter_packages() / "translate-en_pt", tmp_path / "translate-en_pt")
    (tmp_path / "translate-en_pt" / packages.RECORD).unlink()
    (tmp_path / "translate-en_pt" / "model" / "model.bin").write_bytes(b"nonsense")
    async with translator(tmp_path) as t:
        (pair,) = t.pairs()
        assert pair.problem
        assert pair.problem.startswith("translate-en_pt cannot be loaded: ")


async def test_packages_installed_while_running_are_used_after_a_refresh(tmp_path: Path) -> None:
    async with translator(tmp_path) as t:
        assert (await t.translate(job("Good morning."))).reason == "no_route"
        await asyncio.to_thread(packages.install_file, EN_PT, tmp_path)
        await t.refresh()
        assert (await t.translate(job("Good morning."))).status == "translated"
        shutil.rmtree(tmp_path / "translate-en_pt")
        await t.refresh()
        assert (await t.translate(job("Good morning."))).reason == "no_route"


async def test_a_package_that_goes_once_its_route_is_found_ends_without_a_route(
    tmp_path: Path,
) -> None:
    await asyncio.to_thread(packages.install_file, EN_PT, tmp_path)
    async with translator(tmp_path, (pair_rule("pt", "en"),)) as t:  # en -> pt is not warmed
        assert t.route("en", "pt") == ("en", "pt")
        shutil.rmtree(tmp_path / "translate-en_pt")  # and nobody has said so yet
        gone = await t.translate(job("Good morning."))
        assert (gone.status, gone.reason) == ("untranslated", "no_route")
        await asyncio.to_thread(packages.install_file, EN_PT, tmp_path)
        await t.refresh()
        assert (await t.translate(job("Good morning."))).status == "translated"


async def test_another_route_is_taken_when_the_first_one_goes_while_a_message_waits() -> None:
    ends = ("en", "fi"), ("fi", "pt")
    engine = FakeEngine(echo, [("en", "pt"), *ends], memory=2**40)  # loaded anew each time
    rules = tuple(pair_rule(*one, engine="fake") for one in engine.directions)

    def goes() -> None:
        if ("en", "pt") in engine.directions:
            engine.directions = ends
            raise Uninstalled("it is gone")

    async with translator(EMPTY, rules, [engine]) as t:
        engine.before_load = goes
        made = await t.translate(job("Good morning to you."))
        assert (made.status, made.route) == ("translated", ("en", "fi", "pt"))


async def test_the_same_text_is_translated_once_per_site_until_forgotten() -> None:
    engine = FakeEngine(echo)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        ask = job("Good morning to you.")
        results = await asyncio.gather(*(t.translate(ask) for _ in range(20)))
        assert {result.text for result in results} == {"Good morning to you."}
        assert len(engine.batches) == 1
        await t.translate(ask)
        assert len(engine.batches) == 1
        await t.translate(job("Good morning to you.", site=SiteKey("other")))
        assert len(engine.batches) == 2
        await t.forget()
        await t.translate(ask)
        assert len(engine.batches) == 3


async def test_without_memory_every_text_is_translated() -> None:
    engine = FakeEngine(echo)
    async with translator(EMPTY, engine.rules, [engine], cache_entries=0) as t:
        await t.translate(job("Good morning."))
        await t.translate(job("Good morning."))
        assert len(engine.batches) == 2


async def test_a_full_queue_answers_overloaded_and_keeps_room_for_live_messages() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine], queue=4) as t:
        running = [
            asyncio.ensure_future(
                t.translate(job(f"text {n} of old", lane=str(n), priority=Priority.HISTORY))
            )
            for n in range(2)
        ]
        await asyncio.sleep(0)  # each has begun
        refused = await t.translate(job("third old text", priority=Priority.HISTORY))
        assert (refused.text, refused.reason) == ("third old text", "overloaded")
        running += [
            asyncio.ensure_future(t.translate(job(f"live text {n}", lane=f"l{n}")))
            for n in range(2)
        ]
        await asyncio.sleep(0)
        assert (await t.translate(job("live text more"))).reason == "overloaded"
        gate.opened.set()
        assert {(await one).status for one in running} == {"translated"}
        assert (await t.translate(job("live text more"))).status == "translated"


async def test_a_slow_engine_ends_in_timed_out_and_the_queue_is_free_again() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine], queue=2) as t:
        result = await t.translate(job("Good morning.", deadline_s=0.02))
        assert (result.text, result.status, result.reason) == (
            "Good morning.",
            "untranslated",
            "timed_out",
        )
        gate.opened.set()
        assert (await t.translate(job("Good evening."))).status == "translated"


async def test_who_joins_a_translation_under_way_has_a_deadline_of_its_own() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        patient = [
            asyncio.ensure_future(t.translate(job("Good morning.", lane="b", deadline_s=60)))
            for _ in range(2)
        ]
        await asyncio.to_thread(gate.entered.acquire)
        hasty = await t.translate(job("Good morning.", deadline_s=0.01))
        assert (hasty.status, hasty.reason) == ("untranslated", "timed_out")
        gate.opened.set()
        assert [(await one).status for one in patient] == ["translated"] * 2
    assert len(engine.batches) == 1


async def test_the_first_deadline_does_not_end_the_wait_of_others() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        hasty = asyncio.ensure_future(t.translate(job("Good morning.", deadline_s=0.05)))
        patient = asyncio.ensure_future(t.translate(job("Good morning.", deadline_s=60)))
        assert (await hasty).reason == "timed_out"
        gate.opened.set()
        assert (await patient).status == "translated"
    assert len(engine.batches) == 1


async def test_a_cancelled_call_leaves_nothing_behind() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine], queue=1, threads=1) as t:
        for _ in range(5):
            call = asyncio.ensure_future(t.translate(job("Good morning.")))
            await asyncio.sleep(0.005)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        gate.opened.set()
        assert (await t.translate(job("Good evening."))).status == "translated"


async def test_a_conversation_has_few_jobs_in_the_engine_at_a_time() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine], lane_concurrency=2, threads=1) as t:
        texts = [f"text number {n} of many" for n in range(6)]
        running = [asyncio.ensure_future(t.translate(job(f"Same {text}"))) for text in texts]
        running.append(asyncio.ensure_future(t.translate(job("Quite another text.", lane="b"))))
        await asyncio.to_thread(gate.entered.acquire)
        await asyncio.sleep(0.01)
        assert sum(len(batch) for batch in engine.batches) <= 3
        gate.opened.set()
        assert {(await one).status for one in running} == {"translated"}
        assert max(len(batch) for batch in engine.batches) <= 3


async def test_after_closing_jobs_are_refused() -> None:
    engine = FakeEngine(echo)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        pass
    assert (await t.translate(job("Good morning."))).reason == "overloaded"
    assert engine.models[0].closed == 1


async def test_closing_waits_for_running_batches() -> None:
    gate = Gate()
    engine = FakeEngine(gate)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        call = asyncio.ensure_future(t.translate(job("Good morning.")))
        await asyncio.to_thread(gate.entered.acquire)
        threading.Timer(0.02, gate.opened.set).start()
    assert (await call).status == "translated"


async def test_the_engine_sees_sentences_without_entities() -> None:
    engine = FakeEngine(echo)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        await t.translate(job("Send AB-12345 to me@shop.example. Thanks 😊"))
    seen = " ".join(sentence for batch in engine.batches for sentence in batch)
    assert not any(part in seen for part in ("AB-12345", "me@shop.example", "😊"))


async def test_a_looping_output_is_tried_again_carefully() -> None:
    def once(sentences: Sequence[str]) -> list[str]:
        first = not engine.models[0].careful[-1]
        return ["so so so so so so so so" if first else text for text in sentences]

    engine = FakeEngine(once)
    async with translator(EMPTY, engine.rules, [engine]) as t:
        result = await t.translate(job("Where is my parcel today?"))
    assert (result.text, result.status) == ("Where is my parcel today?", "translated")
    assert engine.models[0].careful == [False, True]
