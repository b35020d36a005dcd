"""A text that holds a thread for long is named by its message's id, and counted; never shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from prometheus_client import generate_latest

from tests.logged import logged_by
from translate_proxy import watchdog
from translate_proxy.interfaces import LanguageContext
from translate_proxy.language.detection.detection import Detection
from translate_proxy.settings import LanguageSettings
from translate_proxy.watchdog import ABOUT, Watchdog
from translate_proxy.web import new_registry


@pytest.fixture
def entries() -> Iterator[list[Any]]:
    with logged_by(watchdog) as found:
        yield found


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_takes_long_is_told_while_it_lasts_and_afterwards(entries: list[Any]) -> None:
    clock = Clock()
    dog = Watchdog(clock)
    with dog.held("guard", "message-1"):
        clock.now = 0.9
        dog.look()
        assert entries == []
        clock.now = 1.5
        dog.look()
        dog.look()
        assert [(e["event"], e["stage"], e["about"]) for e in entries] == [
            ("watchdog.holding", "guard", "message-1")
        ]
        clock.now = 4.0
    last = entries[-1]
    assert (last["event"], last["about"], last["seconds"]) == ("watchdog.held", "message-1", 4.0)
    assert dog.counts() == {"guard": 1}


def test_what_is_quick_is_not_told_and_what_fails_is(entries: list[Any]) -> None:
    clock = Clock()
    dog = Watchdog(clock)
    with dog.held("guard", "message-1"):
        clock.now = 1.0
    assert (entries, dog.counts()) == ([], {})

    def fails() -> None:
        with dog.held("checks", "message-2"):
            clock.now = 3.0
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    dog.look()
    assert [(e["event"], e["about"]) for e in entries] == [("watchdog.held", "message-2")]


class Slow:
    """A detector that needs more than a second for one text."""

    name = "slow"

    def warm(self, candidates: Sequence[str]) -> None:
        """Nothing to load."""

    def probabilities(self, text: str, candidates: Sequence[str]) -> Mapping[str, float]:
        if "slow" in text:
            time.sleep(watchdog.LONG_S + 2 * watchdog.LOOK_S)
        return dict.fromkeys(candidates, 0.5)


async def test_a_slow_detection_is_named_by_the_message_it_is_for(entries: list[Any]) -> None:
    detection = Detection(LanguageSettings(time_box_seconds=5), time.monotonic, Slow())
    context = LanguageContext(of="visitor", candidates=("en", "pt"), default="en")
    before = watchdog.counts().get("detection", 0)
    try:
        ABOUT.set("quick-message")
        await detection.look("This is a quick text.", context)
        ABOUT.set("slow-message")
        await detection.look("This is a slow text.", context)
    finally:
        await detection.close()
    told = [(entry["event"], entry["stage"], entry["about"]) for entry in entries]
    assert told == [
        ("watchdog.holding", "detection", "slow-message"),
        ("watchdog.held", "detection", "slow-message"),
    ]
    assert "slow text" not in str(entries)
    assert watchdog.counts()["detection"] == before + 1
    shown = generate_latest(new_registry("1")).decode()
    assert f'translate_proxy_held_total{{stage="detection"}} {before + 1}.0' in shown
