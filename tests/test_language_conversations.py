"""Hand-written conversations: a real change of language is followed, a borrowed word is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from translate_proxy.interfaces import Judgement, LanguageContext
from translate_proxy.language.detection.detection import observe
from translate_proxy.language.detection.ngram_detector import NgramDetector
from translate_proxy.language.judge import conclude

ALL = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hu", "it"),
    *("lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sv", "tr", "uk"),
)
SHOP = ("en", "de", "fr", "es", "pt", "fi", "et", "pl")


@pytest.fixture(scope="module")
def detector() -> NgramDetector:
    made = NgramDetector()
    made.warm(ALL)
    return made


def talk(
    detector: NgramDetector,
    messages: Sequence[str],
    candidates: tuple[str, ...] = ALL,
    browser: tuple[str, ...] = (),
) -> list[Judgement]:
    """The judgement after each message of one visitor."""
    default = "en" if "en" in candidates else candidates[0]
    context = LanguageContext("visitor", candidates, default, browser=browser)
    said: list[Judgement] = []
    for message in messages:
        state = said[-1].state if said else None
        said.append(conclude(context, state, None, observe(detector, message, context)))
    return said


# Whole conversations in one language, with what people drop into them: thanks and greetings of
# other languages, brands, "ok", codes, laughter, shop English.
STEADY = {
    "bg": [
        "Здравейте, къде е моята поръчка?",
        "ok",
        "Поръчах Nike Air Max преди седмица",
        "merci",
        "super 👍",
        "Мерси много, чакам отговор",
    ],
    "cs": [
        "Dobrý den, kdy přijde můj balík?",
        "ok",
        "objednávka CZ-48213, Samsung Galaxy Buds",
        "super, thanks",
        "a co PayPal?",
        "Děkuji moc, hezký den",
    ],
    "da": [
        "Hej, hvornår bliver min pakke leveret?",
        "okay",
        "nice",
        "Jeg har bestilt en Marimekko kjole i størrelse M",
        "cool, tak",
        "merci 😄",
    ],
    "de": [
        "Guten Tag, wo bleibt meine Bestellung?",
        "ok",
        "Das Shirt von Tommy Hilfiger, Slim Fit",
        "sorry",
        "cool",
        "merci, ciao",
        "Wann kommt das Paket an?",
    ],
    "el": [
        "Καλησπέρα, πού είναι η παραγγελία μου;",
        "ok",
        "Adidas Superstar",
        "thanks",
        "Πότε θα έρθει το δέμα;",
    ],
    "en": [
        "Hi, where is my order AB-12345?",
        "ok",
        "I bought the Fjällräven Kånken backpack",
        "gracias!",
        "c'est la vie",
        "voilà",
        "When will it arrive?",
    ],
    "es": [
        "Hola, ¿dónde está mi pedido?",
        "ok",
        "es la chaqueta North Face Black Edition",
        "thank you",
        "ciao",
        "¿Cuándo llega el paquete?",
    ],
    "et": [
        "Tere, kus mu tellimus on?",
        "ok",
        "Tellisin Apple Watchi",
        "super",
        "thanks",
        "Millal pakk kohale jõuab?",
    ],
    "fi": [
        "Hei, missä tilaukseni viipyy?",
        "ok",
        "tilasin Levi's farkut, Slim Tapered",
        "thanks",
        "joo",
        "sorry",
        "Milloin paketti saapuu?",
    ],
    "fr": [
        "Bonjour, où est ma commande ?",
        "ok",
        "c'est un New Balance Classic Running",
        "cool",
        "sorry",
        "Quand est-ce que je vais recevoir le colis ?",
    ],
    "hu": [
        "Jó napot, hol van a csomagom?",
        "ok",
        "Sony WH-1000XM5",
        "szuper",
        "thanks",
        "Mikor érkezik meg a rendelésem?",
    ],
    "it": [
        "Buongiorno, dov'è il mio ordine?",
        "ok",
        "le scarpe sono New Balance Fresh Foam",
        "thanks",
        "perfect",
        "Quando arriva il pacco?",
    ],
    "lt": ["Laba diena, kur mano užsakymas?", "ok", "super", "thanks", "Kada atvyks siunta?"],
    "lv": ["Labdien, kur ir mans pasūtījums?", "ok", "super", "thanks", "Kad atnāks sūtījums?"],
    "nb": [
        "Hei, hvor blir det av bestillingen min?",
        "ok",
        "jeg har kjøpt en Helly Hansen jakke",
        "nice",
        "thanks",
        "Når kommer pakken fram?",
    ],
    "nl": [
        "Goedemiddag, waar blijft mijn bestelling?",
        "ok",
        "top",
        "het is een Hugo Boss Regular Fit",
        "sorry",
        "merci",
        "Wanneer wordt het pakket bezorgd?",
    ],
    "pl": [
        "Dzień dobry, gdzie jest moje zamówienie?",
        "ok",
        "buty New Balance Fresh Foam",
        "super",
        "thanks",
        "Kiedy przyjdzie paczka?",
    ],
    "pt": [
        "Olá, onde está a minha encomenda?",
        "ok",
        "são uns ténis Nike Air Force",
        "thanks",
        "ciao",
        "Quando chega o pacote?",
    ],
    "ro": [
        "Bună ziua, unde este comanda mea?",
        "ok",
        "mersi",
        "super",
        "thanks",
        "Când ajunge coletul?",
    ],
    "ru": [
        "Здравствуйте, где мой заказ?",
        "ok",
        "Samsung Galaxy Watch Active",
        "мерси",
        "thanks",
        "Когда придёт посылка?",
    ],
    "sk": [
        "Dobrý deň, kedy príde môj balík?",
        "ok",
        "super",
        "thanks",
        "objednal som Xiaomi Redmi Note",
        "Ďakujem veľmi pekne",
    ],
    "sv": [
        "Hej, var är min beställning?",
        "ok",
        "jag köpte en The North Face jacka",
        "nice",
        "thanks",
        "merci",
        "När kommer paketet?",
    ],
    "tr": [
        "Merhaba, siparişim nerede?",
        "ok",
        "süper",
        "Apple AirPods Pro",
        "mersi",
        "Kargo ne zaman gelir?",
    ],
    "uk": [
        "Добрий день, де моє замовлення?",
        "ok",
        "супер",
        "Adidas Originals",
        "thanks",
        "Коли прийде посилка?",
    ],
}


@pytest.mark.parametrize("language", sorted(STEADY))
@pytest.mark.parametrize("browser", ["right", "missing"])
def test_borrowed_words_flip_nothing(detector: NgramDetector, language: str, browser: str) -> None:
    said = talk(detector, STEADY[language], ALL, (language,) if browser == "right" else ())
    assert [one.language for one in said] == [language] * len(said)
    assert not any(one.changed for one in said[1:])


@pytest.mark.parametrize("language", sorted(set(SHOP) & set(STEADY)))
def test_borrowed_words_flip_nothing_in_a_shop(detector: NgramDetector, language: str) -> None:
    said = talk(detector, STEADY[language], SHOP)
    assert [one.language for one in said] == [language] * len(said)


# The first language, then one sentence of another: the belief follows at once.
SWITCHES = [
    ("fi", ["Moi, missä pakettini on?", "Joo, tilausnumero on 4711"], "en",
     "Sorry, my wife will continue now and she only speaks English"),
    ("en", ["Hello, I have a question about my order"], "fi",
     "Voisinko jatkaa suomeksi, englantini on vähän huonoa"),
    ("pl", ["Dzień dobry, mam pytanie o zwrot"], "en",
     "Actually, can we please continue in English instead?"),
    ("de", ["Hallo, ich habe eine Frage zur Lieferung"], "fr",
     "Pouvons-nous continuer en français, s'il vous plaît ?"),
    ("fr", ["Bonjour, je voudrais retourner un article"], "nl",
     "Mijn collega spreekt Nederlands, kunnen we daarin verder gaan?"),
    ("pt", ["Olá, queria saber do meu pedido"], "es",
     "Perdona, ¿podemos seguir en español que es más fácil para mí?"),
    ("et", ["Tere, mul on küsimus tarne kohta"], "ru",
     "Извините, можно продолжить на русском языке?"),
    ("ru", ["Здравствуйте, у меня вопрос по доставке"], "et",
     "Vabandust, kas saaksime jätkata eesti keeles?"),
    ("sv", ["Hej, jag har en fråga om min order"], "en",
     "Could we switch to English please, my friend is helping me"),
    ("it", ["Buongiorno, vorrei cambiare la taglia"], "de",
     "Entschuldigung, können wir bitte auf Deutsch weitermachen?"),
    ("cs", ["Dobrý den, chtěl bych vrátit boty"], "en",
     "Sorry, is there anyone there who speaks English?"),
    ("hu", ["Jó napot, a szállításról szeretnék kérdezni"], "en",
     "Maybe it is easier if we write in English from now on"),
    ("uk", ["Добрий день, у мене питання щодо оплати"], "pl",
     "Przepraszam, czy możemy pisać dalej po polsku?"),
    ("tr", ["Merhaba, iade hakkında bir sorum var"], "de",
     "Können wir vielleicht auf Deutsch schreiben, bitte?"),
    ("el", ["Καλημέρα, έχω μια ερώτηση για την παράδοση"], "en",
     "Can you please answer me in English, I am writing for a friend"),
    ("lt", ["Laba diena, turiu klausimą dėl užsakymo"], "en",
     "Is it possible to continue in English please?"),
    ("lv", ["Labdien, man ir jautājums par piegādi"], "ru",
     "Можно, пожалуйста, продолжить по-русски?"),
    ("ro", ["Bună ziua, am o întrebare despre retur"], "it",
     "Scusi, possiamo continuare in italiano per favore?"),
    ("bg", ["Здравейте, имам въпрос за доставката"], "en",
     "Could somebody answer me in English, please?"),
    ("da", ["Hej, jeg har et spørgsmål om levering"], "de",
     "Können wir das bitte auf Deutsch besprechen?"),
]  # fmt: skip


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: f"{switch[0]}-{switch[2]}")
@pytest.mark.parametrize("browser", ["first", "missing"])
def test_a_real_switch_is_followed_within_one_sentence(
    detector: NgramDetector, switch: tuple[str, list[str], str, str], browser: str
) -> None:
    first, before, then, sentence = switch
    said = talk(detector, [*before, sentence], ALL, (first,) if browser == "first" else ())
    assert [one.language for one in said] == [first] * len(before) + [then]
    assert said[-1].message_language == then
    assert said[-1].changed


def test_one_foreign_sentence_and_back(detector: NgramDetector) -> None:
    said = talk(
        detector,
        [
            "Hei, missä tilaukseni viipyy?",
            "The parcel has not been delivered yet according to the tracking page",
            "Näin seurantasivulla lukee, mutta paketti on jo haettu",
        ],
        browser=("fi",),
    )
    assert [one.message_language for one in said] == ["fi", "en", "fi"]
    assert said[-1].language == "fi"


def test_code_switching_within_a_message_is_noticed(detector: NgramDetector) -> None:
    said = talk(
        detector,
        ["Hei, minulla on ongelma. The tracking page says it was delivered yesterday. Mitä nyt?"],
        browser=("fi",),
    )
    assert said[0].message_language in {"en", "fi"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("kiitos", "fi"), ("cześć", "pl"), ("obrigado", "pt"), ("danke", "de"), ("gracias", "es"),
        ("merci", "fr"), ("aitäh", "et"), ("hello", "en"), ("köszönöm", "hu"), ("děkuji", "cs"),
        ("ďakujem", "sk"), ("ačiū", "lt"), ("paldies", "lv"), ("teşekkürler", "tr"),
        ("благодаря", "bg"), ("спасибо", "ru"), ("дякую", "uk"), ("ευχαριστώ", "el"),
        ("grazie", "it"), ("mulțumesc", "ro"), ("bedankt", "nl"),
    ],
)  # fmt: skip
def test_one_common_word_is_enough(detector: NgramDetector, text: str, language: str) -> None:
    assert talk(detector, [text])[0].language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("dziekuje za pomoc", "pl"),  # without diacritics
        ("kun je hotov", "cs"),
        ("nao recebi a encomenda", "pt"),
        ("wo ist meine bestellung bitte", "de"),
        ("siparisim nerede kaldi", "tr"),
        ("MISSÄ TILAUKSENI ON", "fi"),  # in capitals
        ("WO BLEIBT MEIN PAKET", "de"),
        ("ΠΟΥ ΕΙΝΑΙ Η ΠΑΡΑΓΓΕΛΙΑ ΜΟΥ", "el"),
        ("kalimera, thelo na epistrepso ta papoutsia", "el"),  # in Latin letters
        ("zdravstvuyte, gde moy zakaz", "ru"),
        ("dobryi den, de moie zamovlennya", "uk"),
        ("zdraveite, kade e moqta porachka", "bg"),
        ("where is my oder pleas", "en"),  # with typos
        ("quand arrive mon coli sil vous plait", "fr"),
        ("wan kommt mein packet an", "de"),
        ("onde esta minha encomeda", "pt"),
        ("heeeeello, whereeee is it", "en"),
    ],
)
def test_how_people_type(detector: NgramDetector, text: str, language: str) -> None:
    assert talk(detector, [text])[0].message_language == language


def test_i_love_you_is_not_slovak(detector: NgramDetector) -> None:
    assert talk(detector, ["I love you"], ("sk", "cs", "pl", "en"))[0].language == "en"
