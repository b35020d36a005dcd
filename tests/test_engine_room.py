"""The engine process: what it does, and that none of its deaths is felt."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.translation_support import job, starter_packages
from translate_proxy.engine_room import frames
from translate_proxy.engine_room.account import Account
from translate_proxy.engine_room.ledger import Ledger, Work
from translate_proxy.engine_room.poison import POISON_S, Poison
from translate_proxy.engine_room.process import START_S, ProcessRoom
from translate_proxy.engine_room.room import Room
from translate_proxy.interfaces import LanguageContext, Translated, TranslationJob
from translate_proxy.model import Glossary, SiteKey
from translate_proxy.settings import Server, Settings
from translate_proxy.settings import Translation as TranslationSettings

pytestmark = pytest.mark.slow

CONTEXT = LanguageContext("visitor", ("en", "pt", "fi"), "en")
SENTENCE = "The parcel with order number {} arrived yesterday, but the lamp was broken."
SHOP = SiteKey("shop")


def packages(folder: Path) -> Path:
    """A data folder with the starter packages."""
    shutil.copytree(starter_packages(), folder / "models")
    return folder


def settings(folder: Path, **translation: object) -> Settings:
    return Settings(
        server=Server(data_dir=folder),
        translation=TranslationSettings.model_validate({"deadline_seconds": 200, **translation}),
    )


def long_job(text: str, lane: str = "a") -> TranslationJob:
    """English to Portuguese, with the time that a busy machine may take."""
    return job(text, lane=lane, deadline_s=200)


@asynccontextmanager
async def running(
    given: Settings, words: Callable[[SiteKey], frames.Words | None] = lambda _: None
) -> AsyncIterator[ProcessRoom]:
    room = ProcessRoom(given, words)
    await room.start()
    try:
        await room.warm(CONTEXT.candidates)
        yield room
    finally:
        await room.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return packages(tmp_path)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not seen():
            await asyncio.sleep(0.001)


async def test_a_room_looks_translates_and_says_what_it_has(data: Path) -> None:
    async with running(settings(data)) as room:
        seen = await room.look("Bom dia, a minha encomenda ainda não chegou.", CONTEXT)
        assert max(seen[0].found, key=lambda tag: seen[0].found[tag]) == "pt"
        result = await room.translate(job("Where is my order AB-12345?"))
        assert (result.status, result.route) == ("translated", ("en", "pt"))
        assert "AB-12345" in result.text
        assert room.inventory.route("en", "pt") == ("en", "pt")
        assert room.inventory.route("en", "fi") is None
        assert {pair.loaded for pair in room.inventory.pairs()} == {True}
        pid = room.pid
    assert not alive(pid)


async def test_a_package_that_comes_or_goes_counts_after_a_reload(data: Path) -> None:
    gone = next((data / "models").glob("*en_pt*"))
    async with running(settings(data)) as room:
        shutil.move(gone, data / "aside")
        await room.reload()
        assert room.inventory.route("en", "pt") is None
        assert (await room.translate(job("Good evening to you."))).reason == "no_route"
        shutil.move(data / "aside", gone)
        await room.reload()
        assert (await room.translate(job("Good evening to you."))).status == "translated"


async def test_the_words_of_a_site_are_known_in_the_room_and_change_there(data: Path) -> None:
    now = [frames.Words(SHOP, 1, {}, (Glossary("en", "pt", {"lamp": "candeeiro"}),))]
    async with running(settings(data), lambda _: now[0]) as room:
        assert "candeeiro" in (await room.translate(job("The lamp is very beautiful."))).text
        now[0] = frames.Words(SHOP, 2, {}, (Glossary("en", "pt", {"lamp": "abajur"}),))
        assert "abajur" in (await room.translate(job("The lamp is very beautiful."))).text


async def test_what_was_translated_is_forgotten_before_the_answer(data: Path) -> None:
    """The room's own memory is looked at in the moment in which it says that it is empty."""
    handle = os.memfd_create("ledger")
    said: list[tuple[frames.Frame, float]] = []
    room = Room(
        settings(data),
        Ledger(handle),
        lambda frame: said.append((frame, room.figures()["remembered"])),
        aside={},
        forgotten=0,
    )
    await room.start()
    numbers = itertools.count(1)

    async def told(frame: frames.ToRoom, kind: type[frames.Frame]) -> float:
        """What is remembered when that answers."""
        said.clear()
        room.take(frame)
        await until(lambda: any(isinstance(one, kind) for one, _ in said))
        return next(remembered for one, remembered in said if isinstance(one, kind))

    def translate(forgotten: int) -> frames.Translate:
        return frames.Translate(next(numbers), long_job(SENTENCE.format(1)), 0, forgotten)

    assert await told(translate(0), frames.Done) == 1
    assert await told(frames.Forget(1), frames.Forgotten) == 0
    assert await told(translate(0), frames.Done) == 0, "it was asked before: nothing is kept"
    assert await told(translate(1), frames.Done) == 1
    await room.close()
    os.close(handle)


async def test_what_was_asked_before_an_erasure_is_not_kept_by_another_process(data: Path) -> None:
    async with running(settings(data)) as room:
        os.kill(room.pid, signal.SIGSTOP)
        asked = asyncio.create_task(room.translate(long_job(SENTENCE.format(1))))
        await asyncio.sleep(0.01)
        forgotten = asyncio.create_task(room.forget())
        await asyncio.sleep(0.01)
        os.kill(room.pid, signal.SIGKILL)
        assert (await asked).status == "translated"
        await forgotten
        await until(lambda: room.figures.get("translated") == 1)
        assert room.figures["remembered"] == 0


async def test_killed_at_any_moment_nothing_that_was_asked_is_lost(data: Path) -> None:
    dice = random.Random(4711)
    async with running(settings(data)) as room:
        answered = Counter[str]()

        async def ask(number: int) -> None:
            result = await room.translate(
                job(SENTENCE.format(f"AB-{number:05}"), lane=str(number % 7))
            )
            assert f"AB-{number:05}" in result.text
            answered[result.status] += 1

        for cycle in range(10):
            tasks = [asyncio.create_task(ask(100 * cycle + n)) for n in range(20)]
            await asyncio.sleep(dice.random() * 0.2)
            os.kill(room.pid, dice.choice([signal.SIGKILL, signal.SIGSEGV]))
            await asyncio.gather(*tasks)
        assert answered == {"translated": 200}
        assert sum(room.deaths.values()) == 10


async def test_a_room_that_is_stopped_is_replaced(data: Path) -> None:
    async with running(settings(data)) as room:
        stopped = room.pid
        os.kill(stopped, signal.SIGSTOP)
        result = await room.translate(long_job(SENTENCE.format(1)))
        assert result.status == "translated"
        assert room.deaths == {"silent": 1}
        assert not alive(stopped)


async def test_a_text_that_ends_every_process_is_given_up_and_no_other(data: Path) -> None:
    """Whenever it is in a batch, the process crashes, as with a text that no engine survives. Sent
    again, it is not tried again."""
    text = " ".join(SENTENCE.format(n) for n in range(30))
    async with running(settings(data)) as room:
        poison = asyncio.create_task(room.translate(long_job(text, lane="p")))
        await asyncio.sleep(0)
        number = room.newest
        assert number

        async def crash() -> None:
            while not poison.done():
                pid = room.pid
                batches = [one.jobs for one in room.in_hand() if one.work is Work.BATCH]
                if pid and any(number in jobs for jobs in batches):
                    os.kill(pid, signal.SIGSEGV)
                    await until(lambda gone=pid: room.pid != gone)  # type: ignore[misc]
                await asyncio.sleep(0)

        crashing = asyncio.create_task(crash())
        others = [
            asyncio.create_task(room.translate(long_job(SENTENCE.format(1000 + n))))
            for n in range(20)
        ]
        result = await poison
        await crashing
        assert (result.status, result.reason) == ("untranslated", "failed")
        assert {one.status for one in await asyncio.gather(*others)} == {"translated"}
        assert room.deaths == {"crashed": 3}, "in company once, alone twice"
        again = await room.translate(long_job(text, lane="another"))
        assert (again.status, again.reason) == ("untranslated", "failed")
        assert (await room.translate(long_job(text[:-1]))).status == "translated"
        assert room.deaths == {"crashed": 3}


def test_what_is_done_a_second_is_counted_per_process() -> None:
    now = [0.0]
    account = Account(lambda: now[0])
    for at, translated in ((0, 100), (10, 150), (20, 200)):
        now[0] = at
        account.beat({"translated": translated})
    assert account.a_second("translated") == 5
    now[0] = 75
    account.beat({"translated": 255})
    assert account.a_second("translated") == 1, "the last minute counts"
    account.beat({"translated": 3})
    assert account.a_second("translated") == 0, "another process has begun"


def test_a_text_that_ended_the_process_is_refused_for_a_while() -> None:
    now = [0.0]
    poison = Poison(lambda: now[0])
    here, there = (frames.Translate(number, long_job("The lamp."), 0, 0) for number in (1, 2))
    assert not poison.holds(there)
    poison.keep(here)
    assert poison.holds(there)
    assert not poison.holds(frames.Translate(3, job("The lamp.", "en", "fi"), 0, 0))
    assert not poison.holds(frames.Observe(4, "The lamp.", CONTEXT))
    now[0] = POISON_S + 1
    assert not poison.holds(there)


async def test_a_model_that_kills_while_it_is_loaded_is_put_aside(data: Path) -> None:
    package = next((data / "models").glob("*en_pt*"))
    model = package / "model" / "model.bin"
    eight, none = b"num_heads\0\0\x02\x02\0\0\0\x08\0", b"num_heads\0\0\x02\x02\0\0\0\0\0"
    whole = model.read_bytes()
    assert eight in whole
    model.write_bytes(whole.replace(eight, none))
    (package / "installed.json").unlink()  # as if it had been unpacked here by hand
    async with running(settings(data)) as room:
        problems = {pair.source: pair.problem for pair in room.inventory.pairs()}
        assert problems["en"]
        assert problems["pt"] is None
        there = await room.translate(
            job("O candeeiro que chegou ontem é muito bonito.", "pt", "en")
        )
        assert there.status == "translated"
        back = await room.translate(job(SENTENCE.format(1)))
        assert (back.status, back.reason) == ("untranslated", "no_route")
        assert sum(room.deaths.values()) == 1
    async with running(settings(data)) as room:
        problems = {pair.source: pair.problem for pair in room.inventory.pairs()}
        assert "it ends the process that uses it" in str(problems["en"])
        assert not room.deaths, "it is known, and tried apart"


async def test_a_job_that_nobody_answers_ends_timed_out(data: Path) -> None:
    async with running(settings(data)) as room:
        os.kill(room.pid, signal.SIGSTOP)
        late: Translated = await room.translate(job(SENTENCE.format(1), deadline_s=0.2))
        assert (late.status, late.reason) == ("untranslated", "timed_out")


async def test_a_room_that_hangs_while_it_starts_is_replaced(data: Path) -> None:
    async with running(settings(data)) as room:
        os.kill(room.pid, signal.SIGKILL)
        await until(lambda: room.deaths["killed"] == 1 and room.pid != 0 and room.beats)
        stopped = room.pid
        os.kill(stopped, signal.SIGSTOP)
        result = await room.translate(long_job(SENTENCE.format(1)))
        assert result.status == "translated"
        assert room.deaths["silent"] == 1
        assert not alive(stopped)


async def test_a_room_that_is_stopped_before_it_says_anything_is_not_waited_for(data: Path) -> None:
    async with running(settings(data)) as room:
        killed = room.pid
        os.kill(killed, signal.SIGKILL)
        await until(lambda: room.pid not in {0, killed})
        os.kill(room.pid, signal.SIGSTOP)
        result = await room.translate(job(SENTENCE.format(1), deadline_s=START_S - 5))
        assert result.status == "translated"
        assert room.deaths["silent"] == 1
