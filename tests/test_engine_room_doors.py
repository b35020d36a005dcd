"""What the server answers without the engine process: here there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.translation_support import job
from translate_proxy.engine_room.doors import RoomJudge, RoomTranslator
from translate_proxy.engine_room.process import ProcessRoom
from translate_proxy.interfaces import LanguageContext
from translate_proxy.settings import LanguageSettings, Server, Settings

CONTEXT = LanguageContext("visitor", ("en", "pt", "fi"), "en", page="pt")
WORDLESS = ("AB-12345", "https://shop.example/a?b=1", "👍🏽", "12,50 €", "+351 912 345 678", "!?")


class NotAsked:
    """Corrections that nobody may ask for."""

    async def correction(self, *_about: str) -> str | None:
        raise AssertionError("asked although it was known")


@pytest.fixture
def room(tmp_path: Path) -> ProcessRoom:
    return ProcessRoom(Settings(server=Server(data_dir=tmp_path)), lambda _site: None)


@pytest.mark.parametrize("text", WORDLESS)
async def test_a_text_without_words_needs_no_room(room: ProcessRoom, text: str) -> None:
    judged = await RoomJudge(LanguageSettings(), room).judge(text, CONTEXT, None)
    assert (judged.language, judged.source) == ("pt", "prior")
    translator = RoomTranslator(room, NotAsked(), 4000)
    told = await translator.translate(replace(job(text), asked=True))
    assert (told.text, told.status) == (text, "same_language")
    assert room.newest == 0


async def test_a_correction_that_came_along_is_not_asked_for(room: ProcessRoom) -> None:
    known = replace(job("Where is my order?"), asked=True, corrected="Onde para a encomenda?")
    told = await RoomTranslator(room, NotAsked(), 4000).translate(known)
    assert (told.text, told.status, told.engine) == (known.corrected, "corrected", "operator")
