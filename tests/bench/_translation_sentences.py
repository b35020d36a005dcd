"""Sentence splitters side by side, on chat lines cut by hand.

Run by this project's interpreter it measures our rules; run in the reference environment
(``_translation_reference``) it measures sentencex and pysbd. minisbd fetches a model for every
language at first use, so that there is nothing to measure without a network.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

Split = Callable[[str, str], Sequence[str]]

LINES = [
    ("en", ["Hello!", "Where is my order?", "Thanks"]),
    ("en", ["It costs 42,50 €.", "Is that with shipping?"]),
    ("en", ["hi there!!", "do you ship to spain?", "thx :)"]),
    ("en", ["I paid $3.50 on 14.03.2026 and got no answer..."]),
    ("en", ["Mr. Smith ordered it for Dr. J. Jones.", "He lives in St. Ives."]),
    ("en", ["We ship e.g. to Spain, Italy etc. within 3 days."]),
    ("en", ["See shop.example/faq.", "It is all there."]),
    ("en", ["no punctuation at all just words one after the other"]),
    ("en", ["Great 😊", "See you!"]),
    ("en", ["wait... what?!", "No way"]),
    ("en", ["The size is approx. 30 x 40 cm.", "Ok?"]),
    ("en", ['She said "no."', "I agree."]),
    ("en", ["Meet at 5 p.m. on Monday.", "Ok."]),
    ("en", ["1. Open the box.", "2. Press the button."]),
    ("en", ["Is it the new one (v. 2.1)?", "yes"]),
    ("pt", ["Olá!", "Onde está a minha encomenda?", "Obrigado"]),
    ("pt", ["A Sra. Silva mora na Av. da Liberdade.", "Certo?"]),
    ("pt", ["Custa R$ 1.299,00 à vista.", "Parcelado é mais caro."]),
    ("pt", ["bom dia"]),
    ("pt", ["O art. n.º 12 está esgotado.", "Lamento."]),
    ("de", ["Das kostet ca. 5 € inkl. MwSt. pro Stück.", "Danke!"]),
    ("de", ["Lieferung am 14. März.", "Passt das?"]),
    ("de", ["Ich suche z. B. eine Lampe, d.h. für den Tisch."]),
    ("fr", ["Bonjour !", "Où est ma commande ?", "Merci"]),
    ("fr", ["M. Dupont habite au 5 bd. Voltaire.", "Merci."]),
    ("es", ["¡Hola!", "¿Dónde está mi pedido?", "Gracias."]),
    ("es", ["La Sra. García pagó 20 € aprox. por el envío."]),
    ("it", ["Buongiorno!", "Il sig. Rossi aspetta dal 3.2.", "Grazie."]),
    ("nl", ["Hallo!", "Het kost ca. 5 euro, bijv. per post.", "Goed?"]),
    ("fi", ["Hei!", "Tilaus tulee 14. maaliskuuta.", "Kiitos"]),
    ("fi", ["Hinta on n. 20 euroa sis. alv.", "Sopiiko?"]),
    ("et", ["Tere!", "Saadame nt. homme.", "Aitäh"]),
    ("sv", ["Hej!", "Det kostar t.ex. 50 kr. per styck.", "Tack"]),
    ("pl", ["Dzień dobry!", "Cena to ok. 20 zł.", "Dziękuję"]),
    ("pl", ["Mam np. pytanie o tzw. gwarancję."]),
    ("cs", ["Dobrý den!", "Stojí to např. 50 Kč.", "Děkuji"]),
    ("ru", ["Здравствуйте!", "Стоит 500 руб. за штуку.", "Спасибо"]),
    ("ru", ["Живу на ул. Ленина, т.е. рядом.", "Хорошо?"]),
    ("el", ["Γεια σας!", "Πού είναι η παραγγελία μου;", "Ευχαριστώ"]),
    ("tr", ["Merhaba!", "Siparişim nerede?", "Teşekkürler"]),
    ("ja", ["こんにちは。", "注文はどこですか？", "ありがとう"]),
    ("zh", ["你好！", "我的订单在哪里？", "谢谢"]),
    ("hi", ["नमस्ते।", "मेरा ऑर्डर कहाँ है?"]),
    ("ar", ["مرحبا!", "أين طلبي؟", "شكرا"]),
]
NO_SPACE = {"ja", "zh"}


def measure(split: Split) -> dict[str, Any]:
    """How many lines ``split(text, language)`` cuts as a person does, and microseconds a line."""
    right = 0
    wrong: list[Any] = []
    lines = [("" if lang in NO_SPACE else " ").join(parts) for lang, parts in LINES]
    for (lang, parts), line in zip(LINES, lines, strict=True):
        got = [part.strip() for part in split(line, lang) if part.strip()]
        if got == parts:
            right += 1
        else:
            wrong.append([lang, got])
    started = time.perf_counter()
    for _ in range(20):
        for (lang, _parts), line in zip(LINES, lines, strict=True):
            split(line, lang)
    spent = (time.perf_counter() - started) / (20 * len(LINES))
    return {"right": right, "of": len(LINES), "us_per_line": spent * 1e6, "wrong": wrong}


def others() -> dict[str, Any]:
    """sentencex and pysbd."""
    import pysbd  # type: ignore[import-not-found,unused-ignore]
    import sentencex  # type: ignore[import-not-found,unused-ignore]

    made: dict[str, Any] = {}

    def with_pysbd(text: str, language: str) -> list[str]:
        known = language if language in pysbd.languages.LANGUAGE_CODES else "en"
        if known not in made:
            made[known] = pysbd.Segmenter(language=known, clean=False)
        return list(made[known].segment(text))

    return {
        "sentencex": measure(lambda text, language: list(sentencex.segment(language, text))),
        "pysbd": measure(with_pysbd),
    }


if __name__ == "__main__":
    json.dump(others(), sys.stdout)
