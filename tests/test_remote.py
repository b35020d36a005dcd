"""The remote engine, against our own LibreTranslate-compatible API in a second process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.product import Product, running
from tests.translation_support import job, pair_rule, translator
from translate_proxy.doctor import examine
from translate_proxy.engine_room.making import make_translator, remote_post
from translate_proxy.settings import RemoteSettings, Settings
from translate_proxy.translation.engines.engine import EngineError, EnginePair
from translate_proxy.translation.engines.remote import (
    Circuit,
    RemoteEngine,
    RemoteError,
    RemoteModel,
)

KEY = "an api key of the shop"
RULE = pair_rule("en", "pt", engine="libretranslate")
PAIR = EnginePair("libretranslate", "en", "pt", "remote")


def settings(data_dir: Path, url: str, *, allow: bool = True, private: bool = True) -> Settings:
    given = {
        "server": {"data_dir": data_dir},
        "remote": {"url": url, "allow_text_to_leave": allow},
        "outbound": {"allow_private": private, "allow_http": private},
        "pairs": [{"from": "en", "to": "pt", "engine": "libretranslate"}],
    }
    return Settings.model_validate(given)


class Recorder:
    """A post that writes down what was sent and answers or fails as it is told to."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.sent: list[tuple[str, Any]] = []

    def __call__(self, url: str, body: Any) -> Any:
        self.sent.append((url, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_a_pair_is_translated_elsewhere_with_entities_kept(
    demo: Product, tmp_path: Path
) -> None:
    made = make_translator(settings(tmp_path, demo.url))
    await made.start()
    try:
        done = await made.translate(job("Where is my order? Write to ana@example.com please."))
        assert (done.status, done.engine) == ("translated", "libretranslate")
        assert "ana@example.com" in done.text
        assert [pair.problem for pair in made.pairs()] == [None]
    finally:
        await made.close()


async def test_nothing_is_sent_unless_it_is_allowed(tmp_path: Path) -> None:
    post = Recorder({"translatedText": ["um"]})
    remote = RemoteSettings(url="https://translate.example")
    engine = RemoteEngine(remote, (RULE,), post, lambda: 0.0)
    async with translator(tmp_path, (RULE,), [engine]) as made:
        done = await made.translate(job("Where is my order?"))
        assert (done.status, done.reason) == ("untranslated", "no_route")
        (status,) = made.pairs()
        assert "allow_text_to_leave" in str(status.problem)
    with pytest.raises(EngineError, match="allow_text_to_leave"):
        engine.load(PAIR)
    assert post.sent == []


async def test_a_private_address_is_refused_and_doctor_says_so(
    demo: Product, tmp_path: Path
) -> None:
    url = demo.url.replace("http://", "https://")
    found = await examine(settings(tmp_path, url, private=False))
    told = [one for one in found if "libretranslate" in one.text]
    assert any(one.level == "problem" and "private network" in one.text for one in told)


async def test_a_server_that_is_not_there_leaves_messages_untranslated(tmp_path: Path) -> None:
    from tests.servers import free_port

    made = make_translator(settings(tmp_path, f"http://127.0.0.1:{free_port()}"))
    await made.start()
    try:
        text = "The blue lamp stands in the kitchen."
        done = await made.translate(job(text))
        assert (done.status, done.reason, done.text) == ("untranslated", "failed", text)
        assert made.pairs()[0].problem is not None
    finally:
        await made.close()


def test_a_refused_request_says_the_status(demo: Product, tmp_path: Path) -> None:
    post = remote_post(settings(tmp_path, demo.url))
    with pytest.raises(RemoteError, match="answers 4"):
        post(f"{demo.url}/translate", {"q": ["a"], "source": "xx", "target": "pt"})


@pytest.mark.parametrize("answer", [None, [], {}, {"translatedText": "um"}, {"translatedText": []}])
def test_an_answer_that_is_no_translation_is_a_failure(answer: Any) -> None:
    post = Recorder(answer)
    model = RemoteModel(PAIR, RemoteSettings(url="https://a.example/"), post, Circuit(lambda: 0.0))
    with pytest.raises(RemoteError, match="one text for each"):
        model.translate(["One."], careful=False)
    assert post.sent[0][0] == "https://a.example/translate"


def test_a_failing_server_is_left_alone_then_tried_by_one() -> None:
    now = [0.0]
    circuit = Circuit(lambda: now[0], failures=3, rest_s=10.0)
    post = Recorder(RemoteError("down"))
    remote = RemoteSettings(url="https://a.example", api_key="secret")
    model = RemoteModel(PAIR, remote, post, circuit)
    for _ in range(3):
        with pytest.raises(RemoteError, match="down"):
            model.translate(["One."], careful=False)
    with pytest.raises(RemoteError, match="left alone"):
        model.translate(["One."], careful=False)
    assert len(post.sent) == 3

    now[0] = 10.0
    circuit.enter()  # the one that tries
    with pytest.raises(RemoteError, match="left alone"):
        model.translate(["One."], careful=False)
    circuit.failed()

    now[0] = 20.0
    post.answer = {"translatedText": ["Um."]}
    assert model.translate(["One."], careful=False) == ["Um."]
    assert model.translate(["One."], careful=False) == ["Um."]
    assert post.sent[-1][1] == {
        "source": "en",
        "target": "pt",
        "format": "text",
        "api_key": "secret",
        "q": ["One."],
    }


CHAINED = f"""
[[api_keys]]
name = "catalogue"
key = "{KEY}"
characters_per_minute = 100000

[remote]
url = "%s"
allow_text_to_leave = true

[outbound]
allow_private = true
allow_http = true

[[pairs]]
from = "en"
to = "pt"
engine = "libretranslate"

[[pairs]]
from = "pt"
to = "en"
engine = "libretranslate"
"""


@pytest.fixture(scope="module")
def chained(demo: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A server without models whose engine is another of our servers."""
    folder = tmp_path_factory.mktemp("chained")
    (folder / "config.toml").write_text(CHAINED % demo.url)
    options = ("--config", str(folder / "config.toml"), "--port", "0")
    with running(Product(folder / "data", *options)) as product:
        yield product


@pytest.mark.parametrize(
    ("source", "text", "kept", "word"),
    [
        ("en", "Your order AB-12345 arrives tomorrow.", ["AB-12345"], "amanhã"),
        ("en", "Orders AB-1234 and CD-5678 cost 19.99 EUR.", ["AB-1234", "CD-5678"], "e"),
        ("en", "Please write to ana@example.com today.", ["ana@example.com"], "hoje"),
        ("en", "Use code SAVE10 for size XL (38).", ["SAVE10", "XL", "(38)"], "código"),
        ("en", "See https://shop.example/a?b=1 for #12.", ["https://shop.example/a?b=1"], ""),
        ("pt", "A sua encomenda AB-12345 chega amanhã.", ["AB-12345"], "tomorrow"),
        ("pt", "As encomendas AB-1234 e CD-5678 chegaram.", ["AB-1234", "CD-5678"], "and"),
        ("pt", "Escreva para ana@example.com hoje.", ["ana@example.com"], "today"),
        ("pt", "Escolha o tamanho XL (38) ou [40].", ["XL", "(38)", "[40]"], "size"),
        ("pt", "Veja https://shop.example/a?b=1 amanhã.", ["https://shop.example/a?b=1"], ""),
    ],
)
def test_two_servers_in_a_row_keep_what_must_survive(
    chained: Product, source: str, text: str, kept: list[str], word: str
) -> None:
    target = {"en": "pt", "pt": "en"}[source]
    body = {"q": text, "source": source, "target": target, "api_key": KEY}
    made = httpx.post(f"{chained.url}/translate", json=body, timeout=240).json()["translatedText"]
    assert made != text
    assert re.search(rf"\b{word}\b", made)
    for entity in kept:
        assert made.count(entity) == 1
