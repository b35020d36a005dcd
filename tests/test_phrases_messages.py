"""200 short chat messages in ten languages, as people type them: what the book takes, and what
goes on to the engine. Typos that the book does not know, names, numbers and second thoughts do."""

from __future__ import annotations

import pytest

from translate_proxy.translation.words.phrase_forms import utterance
from translate_proxy.translation.words.phrases import PhraseBook

ENGINE = "-"

MESSAGES = """
en | hi!! 👋 | hello
en | HELLOOOO | hello
en | thx 😊 | thanks
en | thanks a lot!!! | thanks_very_much
en | ok | ok
en | okayyyy | ok
en | yes pls | yes_please
en | nope | no
en | where is my ordr?? | -
en | Where's my order??? | where_is_my_order
en | when will it arrive | when_will_it_arrive
en | still available? 🙏 | is_it_in_stock
en | do you ship to Malta? | -
en | how much is shipping | delivery_cost
en | i want my money back!!! 😡 | want_refund
en | my order 4711 is late | -
en | just looking :) | just_looking
en | great, but is it red? | -
en | bye bye 👋👋 | goodbye
en | can u help me | can_you_help
pt | oi | hello
pt | Bom dia! 🌞 | good_morning
pt | obrigaaada!!! 😊 | thanks
pt | vlw | thanks
pt | muito obrigado | thanks_very_much
pt | nao, obrigada | no_thanks
pt | tudo bem? | how_are_you
pt | tudo bem | agreed
pt | cade meu pedido???? | where_is_my_order
pt | qual o prazo de entrega | delivery_time
pt | tem em estoque? | is_it_in_stock
pt | tem em estoque | in_stock
pt | tem M em estoque? | -
pt | qto custa | how_much
pt | o codigo VERAO10 nao funciona | -
pt | nao funciona 😢 | does_not_work
pt | quero trocar | exchange_item
pt | ssim | -
pt | tchau!! | goodbye
pt | o tecido encolhe na maquina? | -
fi | moi 🙂 | hello
fi | Kiitti!! | thanks
fi | kiitooos | thanks
fi | juu | yes
fi | ei kiitos | no_thanks
fi | missä mun paketti on?? | where_is_my_order
fi | missa tilaukseni on | where_is_my_order
fi | millon tilaus tulee | when_will_it_arrive
fi | onko varastossa | is_it_in_stock
fi | onko näitä vielä varastossa turussa | -
fi | paljon maksaa? 💶 | how_much
fi | emt | i_do_not_know
fi | ok kiitos 👍 | thanks
fi | hyvää viikonloppua!! | have_a_nice_weekend
fi | käykö mobilepay? | -
fi | se on liian pieni 😞 | too_small
fi | haluan palauttaa tuotteen | return_item
fi | palautin sen eilen | -
fi | kittos | -
fi | ei toimi!!!!! | does_not_work
et | tere! | hello
et | Aitäh 😊 | thanks
et | aitah | thanks
et | suur tanu!! | thanks_very_much
et | jah palun | yes_please
et | ei aitäh | no_thanks
et | kus mu pakk on??? | where_is_my_order
et | millal pakk tuleb | when_will_it_arrive
et | palju maksab | how_much
et | palju maksab see punane kleit | -
et | on laos? | is_it_in_stock
et | on laos | in_stock
et | selge | i_understand
et | vabandust 🙏 | sorry
et | kas saan tagastada? | return_item
et | saatsin eile kirja | -
et | nägemist! 👋 | goodbye
et | head paeva | have_a_nice_day
et | katki 😢 | damaged
et | tellimus AB-1234 | -
pl | cześć!! | hello
pl | dziendobry | -
pl | dzien dobry | hello
pl | dzięki 😊 | thanks
pl | dzieki wielkie!!! | thanks_very_much
pl | tak poproszę | yes_please
pl | no | yes
pl | nie | no
pl | gdzie moja paczka?!? | where_is_my_order
pl | kiedy dojdzie paczka | when_will_it_arrive
pl | czy jest na stanie | is_it_in_stock
pl | jest na stanie | in_stock
pl | ile kosztuje wysylka? | delivery_cost
pl | ile kosztuje wysyłka do Litwy? | -
pl | nie dziala | does_not_work
pl | chcę zwrócić te spodnie | -
pl | zwrot | return_item
pl | super 😍😍 | great
pl | poczekam | i_will_wait
pl | pozdrawiam serdecznie Ania | -
de | hallo 👋 | hello
de | Guten Taaag | good_day
de | dankeschoen!! | thanks
de | vielen dank im voraus | thanks_in_advance
de | ja bitte | yes_please
de | ne danke | no_thanks
de | wo bleibt mein paket???? | where_is_my_order
de | wann kommt das paket | when_will_it_arrive
de | ist das auf lager | is_it_in_stock
de | auf lager | in_stock
de | welche groesse soll ich nehmen | which_size_should_i_choose
de | passt das auch bei 1,90 m? | -
de | was kostet der versand? | delivery_cost
de | was kostet der versand nach wien? | -
de | kaputt 😠 | damaged
de | ich will mein geld zurück!!! | want_refund
de | alles klar | agreed
de | schoenes wochenende 😀 | have_a_nice_weekend
de | tschüssi | -
de | der reissverschluss klemmt | -
es | hola!! | hello
es | buenos dias ☀️ | good_morning
es | graaacias | thanks
es | muchas gracias 🙏 | thanks_very_much
es | si | yes
es | no gracias | no_thanks
es | vale | ok
es | donde esta mi pedido??? | where_is_my_order
es | ¿Cuándo llega? | when_will_it_arrive
es | cuanto cuesta el envio | delivery_cost
es | cuanto cuesta el envio a canarias | -
es | está disponible? | is_it_in_stock
es | está disponible | in_stock
es | hay en talla 38? | -
es | me queda pequeño 😕 | too_small
es | quiero hacer una devolucion | return_item
es | no me funciona!! | does_not_work
es | grasias | -
es | adios 👋 | goodbye
es | el vestido rojo me encanta 😍 | -
fr | bjr | hello
fr | Bonjouuur 😊 | hello
fr | mrc bcp | -
fr | merci bcp!! | thanks_very_much
fr | oui svp | yes_please
fr | non merci | no_thanks
fr | ou est mon colis??? | where_is_my_order
fr | c'est combien | how_much
fr | cest combien? | how_much
fr | c'est combien les deux? | -
fr | dispo? | is_it_in_stock
fr | dispo | in_stock
fr | ça marche pas 😤 | does_not_work
fr | ça marche | agreed
fr | frais de port | delivery_cost
fr | mot de passe oublié | forgot_password
fr | je cherche un cadeau pour ma mère | -
fr | un instant svp | one_moment
fr | bonne journee! ☀️ | have_a_nice_day
fr | commande n°12345 | -
ru | привет 👋 | hello
ru | Здраствуйте | hello
ru | спасииибо)) | thanks
ru | спс | thanks
ru | да | yes
ru | неа | no
ru | где мой заказ??? | where_is_my_order
ru | когда привезут | when_will_it_arrive
ru | есть в наличии? | is_it_in_stock
ru | есть в наличии | in_stock
ru | сколько стоит доставка | delivery_cost
ru | сколько стоит доставка в ригу | -
ru | не работает 😡😡 | does_not_work
ru | хочу вернуть товар | return_item
ru | хочу вернуть вчерашний заказ | -
ru | ясно | i_understand
ru | пока! | goodbye
ru | хорошего дня 🌸 | have_a_nice_day
ru | а молния крепкая? | -
ru | spasibo | thanks
tr | slm | hello
tr | Merhabaaa 😊 | hello
tr | TEŞEKKÜRLER!! | thanks
tr | tesekkur ederim | thanks
tr | cok tesekkurler 🙏 | thanks_very_much
tr | evet | yes
tr | yok | no
tr | kargom nerede??? | where_is_my_order
tr | ne zaman gelir | when_will_it_arrive
tr | ne kadar | how_much
tr | iki tanesi ne kadar | -
tr | stokta var mi? | is_it_in_stock
tr | stokta var | in_stock
tr | siyahi stokta var mi | -
tr | iade etmek istiyorum 😕 | return_item
tr | calismiyor | does_not_work
tr | tamamdır 👍 | ok
tr | iyi günler | good_day
tr | kumaş terletir mi | -
tr | siparis no 778899 | -
"""
ROWS = [tuple(part.strip() for part in line.split(" | ")) for line in MESSAGES.strip().splitlines()]
BOOK = PhraseBook()


def key_of(text: str, language: str) -> str:
    """The key the book finds for the message, or ``ENGINE``."""
    what = utterance(text, language)
    found = (phrases.key_of(what) for phrases in BOOK.of(language)) if what else iter(())
    return next((key for key in found if key is not None), ENGINE)


@pytest.mark.parametrize(("language", "text", "expected"), ROWS)
def test_a_message_is_a_phrase_or_goes_on_as_listed(
    language: str, text: str, expected: str
) -> None:
    assert key_of(text, language) == expected


def test_the_list_is_what_it_says() -> None:
    assert len(ROWS) == 200
    assert len(set(ROWS)) == 200
    assert len({language for language, _, _ in ROWS}) == 10
    assert {expected for _, _, expected in ROWS} - {ENGINE} <= set(BOOK.keys.all)
