"""Thousands of generated messages with entities through the real models, in both directions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bench import _translation_entities as slotted
from tests.translation_support import job, starter_packages, translator
from translate_proxy.interfaces import Translated
from translate_proxy.text import entities
from translate_proxy.translation.translator import Translator

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
BATCH = 40
ROUNDS = 30

_code = st.builds(
    "{}-{}".format, st.text(LETTERS, min_size=2, max_size=4), st.integers(100, 9_999_999)
)
_mixed = st.text(LETTERS + "0123456789", min_size=6, max_size=10).filter(
    lambda text: any(map(str.isdigit, text)) and any(map(str.isalpha, text))
)
_word = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8)
_email = st.builds("{}.{}@{}.example".format, _word, _word, _word)
_link = st.builds("https://{}.example/{}?id={}".format, _word, _word, st.integers(0, 99_999))
_money = st.builds("{}.{:02}".format, st.integers(0, 9999), st.integers(0, 99))
_price = st.one_of(
    st.builds("€{}".format, _money),
    st.builds("{} €".format, _money.map(lambda text: text.replace(".", ","))),
    st.builds("{} EUR".format, _money),
    st.builds("R$ {}".format, _money.map(lambda text: text.replace(".", ","))),
)
_date = st.dates().map(str) | st.dates().map(
    lambda day: f"{day.day:02}/{day.month:02}/{day.year:04}"
)
_time = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
_phone = st.builds(
    "+{} {} {}".format, st.integers(1, 99), st.integers(100, 999), st.integers(10**5, 10**6 - 1)
)
_size = st.sampled_from(("XS", "XL", "XXL", "3XL", "EU 38", "42.5"))
_measure = st.builds(
    "{}{}".format, st.integers(10, 999), st.sampled_from(("cm", " cm", "ml", " kg", "%"))
)
_file = st.builds(
    "{}_{}.{}".format, _word, st.integers(0, 99), st.sampled_from(("pdf", "jpg", "docx"))
)
_mention = st.builds("@{}".format, _word)
_iban = st.builds(
    "PT50 {:04} {:04} {:04} {:04} {:04} {}".format, *[st.integers(0, 9999)] * 5, st.integers(0, 9)
)
_coupon = st.builds("{}{}".format, st.text(LETTERS, min_size=4, max_size=8), st.integers(5, 99))
_quoted = st.builds("`{} {}`".format, _word, _word)

GENERATED: dict[str, st.SearchStrategy[str]] = {
    "order": _code | _mixed,
    "sku": _code | _mixed,
    "email": _email,
    "link": _link,
    "phone": _phone,
    "price": _price,
    "date": _date,
    "time": _time,
    "size": _size,
    "measure": _measure,
    "coupon": _coupon,
    "file": _file,
    "iban": _iban,
    "mention": _mention,
    "code": _quoted,
}
assert set(GENERATED) == set(slotted.ENTITIES)


@st.composite
def messages(draw: st.DrawFn, language: str) -> str:
    """One to three slotted sentences, each with an entity of its kind, as people write them."""
    sentences = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        slot = draw(st.sampled_from(slotted.MESSAGES))
        sentences.append(getattr(slot, language).format(draw(GENERATED[slot.kind])))
    text = draw(st.sampled_from((" ", "\n", " 😊 "))).join(sentences)
    return draw(st.sampled_from((text, text, text.rstrip(".?"), text + " 😊")))


def multiset(text: str) -> Counter[str]:
    return Counter(entity.text for entity in entities.find(text))


async def _translate(t: Translator, texts: Sequence[str], source: str) -> list[Translated]:
    target = "pt" if source == "en" else "en"
    jobs = [job(text, source, target, lane=str(n)) for n, text in enumerate(texts)]
    return await asyncio.gather(*map(t.translate, jobs))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("source", ["en", "pt"])
def test_entities_are_the_same_before_and_after(source: str) -> None:
    """At least 97 in a hundred messages are translated; the others are marked."""
    counts: Counter[str] = Counter()
    unsafe: list[str] = []
    with asyncio.Runner() as runner:
        life = translator(starter_packages())
        t = runner.run(life.__aenter__())

        @given(st.lists(messages(source), min_size=BATCH, max_size=BATCH))
        @settings(
            max_examples=ROUNDS,
            phases=(Phase.generate,),
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def run(texts: list[str]) -> None:
            for text, result in zip(texts, runner.run(_translate(t, texts, source)), strict=True):
                counts[result.status] += 1
                if result.status == "translated":
                    assert multiset(result.text) == multiset(text), (text, result.text)
                else:
                    assert (result.text, result.reason) == (text, "unsafe_output"), result
                    unsafe.append(text)

        try:
            run()
        finally:
            runner.run(life.__aexit__(None, None, None))
    print(dict(counts), unsafe[:5])
    total = sum(counts.values())
    assert total >= BATCH * ROUNDS
    assert counts["translated"] >= 0.97 * total, unsafe[:20]
