"""HTML as HTML: sentences stay whole, tags stay around their words, nothing becomes markup."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from tests.translation_support import job, starter_packages, translator
from translate_proxy.interfaces import Priority
from translate_proxy.web.html_tokens import tokens
from translate_proxy.web.markup import translate_markup

Translate = Callable[[str], Awaitable[str]]


def markup(document: str) -> list[str]:
    """Everything but text, in any order."""
    return sorted(token.raw for token in tokens(document) if token.kind != "text")


def seen(document: str) -> str:
    """What a reader of a line reads."""
    text = "".join(token.raw for token in tokens(document) if token.kind == "text")
    return re.sub(r"\s+", " ", unescape(text)).strip()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engines() -> AsyncIterator[Callable[[str, str], Translate]]:
    async with translator(starter_packages()) as made:

        def direction(source: str, target: str) -> Translate:
            async def translate(text: str) -> str:
                asked = job(text, source, target, priority=Priority.API, deadline_s=200.0)
                return (await made.translate(asked)).text

            return translate

        yield direction


# A line, and for each of its elements in order what the words in it must hold.
EN_PT = [
    ('Good evening <a href="#">This is a test</a> ready', {"a": "teste"}),
    (
        "<em><span>See the complete range of</span></em> <em><span>garden chairs here!</span></em>",
        {},
    ),
    ("The <b>red shirt</b> is <i>very beautiful</i>.", {"b": "camisa", "i": "muito"}),
    ("Please read our <a href='/t'>terms and conditions</a> today.", {"a": "termos"}),
    ("We found <b>your parcel</b>, it arrives tomorrow.", {"b": "(encomenda|pacote)"}),
    ("The <u>blue</u> lamp stands <i>in the kitchen</i>!", {"u": "azul", "i": "cozinha"}),
    ("You can <strong>return the shoes</strong> within 14 days.", {"strong": "sapatos"}),
    ("<b>Good morning</b>, the shop opens at nine.", {"b": "(Bom|dia)"}),
]
PT_EN = [
    ('Boa noite <a href="#">Isto é um teste</a> pronto', {"a": "test"}),
    (
        "<em><span>Veja a gama toda de</span></em> <em><span>cadeiras de jardim aqui!</span></em>",
        {},
    ),
    ("A camisa <b>vermelha</b> é <i>muito bonita</i>.", {"b": "red", "i": "beautiful"}),
    ("Leia os nossos <a href='/t'>termos e condições</a> hoje.", {"a": "terms"}),
    ("O candeeiro <u>azul</u> está <i>na cozinha</i>!", {"u": "blue", "i": "kitchen"}),
    ("Pode <strong>devolver os sapatos</strong> em 14 dias.", {"strong": "shoes"}),
    ("<b>Bom dia</b>, a loja abre às nove.", {"b": "(?i)good"}),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("source", "target", "line", "words"),
    [("en", "pt", *row) for row in EN_PT] + [("pt", "en", *row) for row in PT_EN],
)
async def test_tags_within_a_sentence_do_not_cut_it(
    engines: Callable[[str, str], Translate],
    source: str,
    target: str,
    line: str,
    words: dict[str, str],
) -> None:
    translate = engines(source, target)
    made = await translate_markup(line, translate, target)
    assert markup(made) == markup(line)
    assert seen(made) == await translate(seen(line))  # no mark, capital or space more or less
    for name, word in words.items():
        (inside,) = re.findall(rf"<{name}[^>]*>(.*?)</{name}>", made)
        assert re.search(word, inside), made
        assert inside == inside.strip()
        assert len(inside) < len(seen(made))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("source", "target", "document"),
    [
        ("en", "pt", "<p>\n\tWe deliver to every\n\tcountry of Europe, and\n\tyou pay once.\n</p>"),
        ("en", "pt", "<li>The   blue\r\n  lamp stands in the kitchen.  </li>"),
        ("en", "pt", "<td>\n  Where is\n  my order?\n</td>"),
        ("en", "pt", "<h1>\n\n\tThe shop opens\n\n\ttomorrow\n</h1>"),
        ("en", "pt", "<div>Please write to us\n  before Friday.\n</div>"),
        ("pt", "en", "<p>\n\tEntregamos em todos os\n\tpaíses da Europa, e\n\tpaga uma vez.\n</p>"),
        ("pt", "en", "<li>O   candeeiro\r\n  azul está na cozinha.  </li>"),
        ("pt", "en", "<td>\n  Onde está a\n  minha encomenda?\n</td>"),
        ("pt", "en", "<h1>\n\n\tA loja abre\n\n\tamanhã\n</h1>"),
        ("pt", "en", "<div>Escreva-nos\n  antes de sexta-feira.\n</div>"),
    ],
)
async def test_white_space_within_a_block_is_one_space(
    engines: Callable[[str, str], Translate], source: str, target: str, document: str
) -> None:
    translate = engines(source, target)
    made = await translate_markup(document, translate, target)
    plain = seen(document)
    assert seen(made) == await translate(plain) != plain
    before, _, rest = document.partition(plain[:1])
    assert made.startswith(before)
    assert made.endswith(rest[rest.rindex(plain[-1]) + 1 :])
    assert "\n" not in made.strip()[len(before.strip()) + 1 : -6].strip()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("source", "target", "line", "kept"),
    [
        ("en", "pt", "The price is 20&nbsp;EUR for <b>10&nbsp;kg</b> of sugar.", ["20&nbsp;EUR"]),
        ("en", "pt", "AT&T sells <b>blue lamps</b> to R&amp;D today.", ["AT&T", "R&amp;D"]),
        ("en", "pt", "Only today:&nbsp;&#8364;&nbsp;5 for all lamps", ["&nbsp;&#8364;&nbsp;5"]),
        ("en", "pt", "The bag weighs 5&#160;kg and is <i>very heavy</i>.", ["5&#160;kg"]),
        (
            "en",
            "pt",
            "The <b>Q&amp;A</b> page is new, H<sub>2</sub>O!",
            ["Q&amp;A", "H<sub>2</sub>O"],
        ),
        (
            "pt",
            "en",
            "O preço é 20&nbsp;EUR por 10&nbsp;kg de <b>p&atilde;o</b>.",
            ["20&nbsp;EUR"],
        ),
        ("pt", "en", "A AT&T vende <b>candeeiros azuis</b> à R&amp;D hoje.", ["AT&T", "R&amp;D"]),
        ("en", "pt", "Width &lt; 90 cm, height &gt; 2 m", ["&lt; 90 cm", "&gt; 2 m"]),
        ("pt", "en", "A largura &lt; 90 cm, altura > 2 m", ["&lt; 90 cm", "> 2 m"]),
        ("pt", "en", "O saco pesa 5&#160;kg e é <i>muito pesado</i>.", ["5&#160;kg"]),
        (
            "pt",
            "en",
            "A área é de 20&nbsp;m<sup>2</sup> e <b>é grande</b>.",
            ["20&nbsp;m<sup>2</sup>"],
        ),
        ("pt", "en", "A página <b>Q&amp;A</b> é nova hoje.", ["<b>Q&amp;A</b>"]),
        (
            "en",
            "pt",
            "The 2<sup>nd</sup> and <b>the 3<sup>rd</sup></b> lamps are broken.",
            ["2<sup>nd</sup>", "3<sup>rd</sup>"],
        ),
        (
            "en",
            "pt",
            "Shoes&ensp;and&emsp;shirts are&thinsp;cheap and water&shy;proof today.",
            ["&ensp;", "&emsp;", "&thinsp;", "&shy;"],
        ),
        ("pt", "en", "A 1<SUP class=x>a</SUP> encomenda chegou.", ["1<SUP class=x>a</SUP>"]),
    ],
)
async def test_references_and_fixed_spaces_stay(
    engines: Callable[[str, str], Translate], source: str, target: str, line: str, kept: list[str]
) -> None:
    made = await translate_markup(line, engines(source, target), target)
    assert made != line
    for part in kept:
        assert part in made


@pytest.mark.parametrize(
    "document",
    [
        "5 &nbsp; 6",
        "<p>\u00a0</p>&nbsp;<b>&nbsp;</b>",
        "<svg><linearGradient iD='a'/></linearGradient></SVG>",
        "<script>var a = '<p>Where is it?</p>'</script><style>b { }</style>",
        "<pre>Where\n is it?</pre><textarea>Where <b> is it?</textarea><code>Where</code>",
        "<p translate=no>Where <b>is</b> it?</p><p class='x notranslate'>Where?</p>",
        "<!-- Where is it? --><!doctype html><![CDATA[ Where? ]]><?php Where ?>",
        "<!-- Where <script>alert(1)</script>",
        "<code>Where <code>is</code> it? <p>Where",
        "<a title='Where is it?",
    ],
)
async def test_what_is_not_text_is_left_as_it_is(document: str) -> None:
    async def refuse(text: str) -> str:
        raise AssertionError(text)

    assert await translate_markup(document, refuse, "pt") == document


async def _shouted(text: str) -> str:
    return text.upper()


async def _turned(text: str) -> str:
    return " ".join(reversed(text.split(" ")))


async def _hostile(_text: str) -> str:
    return "<script>a</script> <b <!-- &lt;i&gt; </p> ]]>"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("one<br>two<br/>three", "ONE<br>TWO<br/>THREE"),
        ("<li>one<li>two <b>three</li>", "<li>ONE<li>TWO <b>THREE</li>"),
        ("<b>one<i> two</b> three</i>", "<b>ONE<i> TWO</b> THREE</i>"),
        ("  <p> a <b>b</b>\n</p> ", "  <p> A <b>B</b>\n</p> "),
        ("a <b>b </b>c <b> d</b>", "A <b>B </b>C <b>D</b>"),
        ("a<b> b</b>, c", "A<b> B</b>, C"),
        ("caf&eacute; <b>&Eacute;</b> & &amp; x", "CAF&Eacute; <b>&Eacute;</b> & &amp; X"),
        ("un<b>believ</b>able H<sub>2</sub>O", "<b>UNBELIEVABLE</b> H<sub>2</sub>O"),
        ("a <code>x <b>y</b></code> b <img src=z> c", "A <code>x <b>y</b></code> B <img src=z> C"),
        ("<img src=z> a b <!-- x -->", "<img src=z> A B <!-- x -->"),
        ("<p>one <!-- two", "<p>ONE <!-- two"),
        ("one. <b>Two. Three</b> four", "ONE. <b>TWO. THREE</b> FOUR"),
        ("<a><div>one</div></a> two", "<a><div>ONE</div></a> TWO"),
        ("<title>one <b> two</title>", "<title>ONE &lt;B&gt; TWO</title>"),
    ],
)
async def test_markup_stays_where_it_was(document: str, expected: str) -> None:
    assert await translate_markup(document, _shouted, "pt") == expected


async def test_elements_follow_their_words() -> None:
    known = {
        "The red shirt is new": "A camisa vermelha é nova",
        "The": "O",
        "red": "vermelho",
        "shirt": "camisa",
        "is new": "é novo",
    }

    async def translate(text: str) -> str:
        return known[text]

    made = await translate_markup("The <b>red</b> <i>shirt</i> is new", translate, "pt")
    assert made == "A <i>camisa</i> <b>vermelha</b> é nova"


async def test_kept_content_stays_in_its_element_or_the_line_is_not_taken_whole() -> None:
    async def torn(text: str) -> str:
        return "nova `1` é a opção" if text == "The `1` option is new" else text.upper()

    made = await translate_markup("The <b><code>x</code> option</b> is new", torn, "pt")
    assert "`" not in made
    assert re.search(r"<b>.*<code>x</code>.*</b>", made)


async def test_an_element_with_words_never_comes_out_empty() -> None:
    async def forgetful(text: str) -> str:
        return "hoje." if text == "call today now." else text.upper()

    made = await translate_markup("call <b>today</b> <i>now</i>.", forgetful, "pt")
    assert made == "CALL <b>TODAY</b> <i>NOW</i>."


PIECES = (
    "<b> </b> <i> </i> <span> </span> <a\xa0href='a>b'> </a> <p> </p> <br> <img> <!--\xa0c\xa0--> "
    "<code> </code> <svg> </svg> <script>a<b</script> <!-- <a\xa0 </ < & &amp; &nbsp; &eacute; "
    "AT&T . , ! ` `1` 1 <title> </title> <x-y> </x-y> <linearGradient> red shirt Hello"
)
DOCUMENTS = st.lists(
    st.sampled_from([*PIECES.replace("\xa0", " ").split(" "), " ", "\n\t", "\u00a0"])
    | st.text(max_size=4),
    max_size=30,
).map("".join)


@given(DOCUMENTS)
async def test_what_an_engine_leaves_alone_is_the_document(document: str) -> None:
    async def same(text: str) -> str:
        return text

    assert await translate_markup(document, same, "pt") == document


@given(DOCUMENTS, st.sampled_from([_shouted, _turned, _hostile]))
async def test_the_same_markup_comes_out_whatever_goes_in(
    document: str, translate: Translate
) -> None:
    assert markup(await translate_markup(document, translate, "pt")) == markup(document)


WELL_FORMED = st.recursive(
    st.sampled_from(["red ", "shirt", " two. ", "x, ", "&amp;", " ", "<code>q</code>", " big "]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "span", "p"]), st.lists(inner, max_size=4)
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=12,
)


@given(WELL_FORMED, st.sampled_from([_shouted, _turned, _hostile]))
async def test_elements_nest_as_they_did(document: str, translate: Translate) -> None:
    made = await translate_markup(document, translate, "pt")
    opened: list[str] = []
    for token in tokens(made):
        if token.kind == "open":
            opened.append(token.name)
        elif token.kind == "close":
            assert opened.pop() == token.name, made
    assert opened == []
    if translate is not _hostile:  # no word more or less
        plain = seen(document).upper().replace(" ", "")
        assert sorted(seen(made).upper().replace(" ", "")) == sorted(plain)


HOSTILE = (
    "<a a=|<b>x|<b>|x<b>y</b> |<i><b></i>|&|&nbsp; x|<|<!-- x|<p>x|a<!-- -->|<code>x</code> |"
    "<a b='|<span translate=no>|</code>|<img src=x> a |<title>|`1` <code>x</code>|un<b>b</b>a|"
    "&#160;|<?|<![CDATA[|<svg>"
)


@pytest.mark.parametrize("part", HOSTILE.split("|"))
async def test_time_grows_with_the_length(part: str) -> None:
    async def spent(length: int) -> float:
        document = part * (length // len(part))
        began = time.process_time()
        await translate_markup(document, _shouted, "pt")
        return time.process_time() - began

    shorter = min([await spent(14_500) for _ in range(2)])
    assert await spent(58_000) < 2.6**2 * shorter + 0.5
