"""Chat messages with a slot, in English and European-neutral Portuguese, written for measuring.

Each has the same sentence with a plain noun in the slot, so that one can see what protecting an
entity does to the sentence around it. The Portuguese is a reference translation and a source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slotted:
    """One message in both languages: ``{}`` is the slot; ``nouns`` fill it in each language."""

    kind: str
    en: str
    pt: str
    nouns: tuple[str, str]


ENTITIES: dict[str, tuple[str, ...]] = {
    "order": ("AB-12345", "ORD-2026-00417", "PT/88231", "#48213", "7H3K9Q", "100045678"),
    "sku": ("SKU-4471-BLK", "TX200", "LMP_30_W", "9X-44", "KB.1180"),
    "email": ("maria.silva@example.com", "joao_77+shop@loja.example", "a.b@c-d.example"),
    "link": ("https://shop.example/p/1234?x=1&y=2", "www.shop.example/returns", "shop.example/faq"),
    "phone": ("+351 912 345 678", "+44 20 7946 0958", "(21) 99876-5432", "00351912345678"),
    "price": ("€42.50", "19,99 €", "R$ 1.299,00", "$15", "120 EUR"),
    "date": ("14/03/2026", "2026-11-02", "03.12.2026", "5/6"),
    "time": ("14:30", "9:05 am", "18h30", "3 pm"),
    "size": ("XL", "M", "EU 42", "38.5", "2XL"),
    "measure": ("120 x 60 cm", "2.5 kg", "500ml", "75%", "30 cm"),
    "coupon": ("SUMMER20", "BLACK-FRIDAY", "VERAO10"),
    "file": ("invoice_8812.pdf", "photo.jpg", "fatura-03.pdf"),
    "iban": ("PT50 0002 0123 1234 5678 9015 4", "GB82WEST12345698765432"),
    "mention": ("@maria", "@blue_shop"),
    "code": ("`ERR_42`", "`restart now`"),
}

MESSAGES: tuple[Slotted, ...] = (
    Slotted("order", "Where is my order {}?", "Onde está a minha encomenda {}?", ("today", "hoje")),
    Slotted(
        "order",
        "I would like to return {} because it arrived damaged.",
        "Gostaria de devolver {} porque chegou danificado.",
        ("the lamp", "o candeeiro"),
    ),
    Slotted(
        "order",
        "Has {} already been shipped?",
        "{} já foi enviado?",
        ("the parcel", "O pacote"),
    ),
    Slotted(
        "order",
        "We sent {} yesterday, it should arrive tomorrow.",
        "Enviámos {} ontem, deve chegar amanhã.",
        ("the parcel", "o pacote"),
    ),
    Slotted(
        "sku",
        "Do you still have {} in stock?",
        "Ainda tem {} em stock?",
        ("the lamp", "a lâmpada"),
    ),
    Slotted(
        "sku",
        "I bought {} last month and it has stopped working.",
        "Comprei {} no mês passado e deixou de funcionar.",
        ("the phone", "o telefone"),
    ),
    Slotted(
        "sku",
        "What is the difference between {} and the new model?",
        "Qual é a diferença entre {} e o novo modelo?",
        ("the old model", "o modelo antigo"),
    ),
    Slotted(
        "email",
        "Please send the invoice to {}.",
        "Por favor, envie a fatura para {}.",
        ("my office", "o meu escritório"),
    ),
    Slotted(
        "email",
        "My address is {}, but I have not received anything.",
        "O meu endereço é {}, mas não recebi nada.",
        ("correct", "correto"),
    ),
    Slotted(
        "email",
        "You can write to {} at any time.",
        "Pode escrever para {} a qualquer momento.",
        ("the shop", "a loja"),
    ),
    Slotted(
        "link",
        "I found it on {} but it is sold out.",
        "Encontrei em {} mas está esgotado.",
        ("the website", "o site"),
    ),
    Slotted(
        "link",
        "You can read more about returns at {}.",
        "Pode ler mais sobre devoluções em {}.",
        ("the shop", "a loja"),
    ),
    Slotted(
        "link",
        "The page {} does not open on my phone.",
        "A página {} não abre no meu telemóvel.",
        ("today", "hoje"),
    ),
    Slotted(
        "phone",
        "Call me at {} after lunch.",
        "Ligue-me para {} depois do almoço.",
        ("home", "casa"),
    ),
    Slotted(
        "phone",
        "My number is {}, please call me.",
        "O meu número é {}, por favor ligue-me.",
        ("new", "novo"),
    ),
    Slotted(
        "price",
        "The total was {} but I paid more.",
        "O total era {} mas paguei mais.",
        ("a surprise", "uma surpresa"),
    ),
    Slotted(
        "price",
        "Shipping costs {} to Germany.",
        "O envio custa {} para a Alemanha.",
        ("money", "dinheiro"),
    ),
    Slotted(
        "price",
        "Why does it cost {} when the website shows a lower price?",
        "Porque custa {} quando o site mostra um preço mais baixo?",
        ("a fortune", "uma fortuna"),
    ),
    Slotted(
        "date",
        "Your parcel will be delivered on {} in the morning.",
        "A sua encomenda será entregue em {} de manhã.",
        ("Monday", "segunda-feira"),
    ),
    Slotted(
        "date",
        "I ordered it on {} and I am still waiting.",
        "Encomendei em {} e ainda estou à espera.",
        ("Monday", "segunda-feira"),
    ),
    Slotted(
        "time",
        "The courier comes at {} tomorrow.",
        "O estafeta vem às {} amanhã.",
        ("noon", "meio-dia"),
    ),
    Slotted(
        "time",
        "Are you open until {} today?",
        "Estão abertos até às {} hoje?",
        ("midnight", "meia-noite"),
    ),
    Slotted(
        "size",
        "Do you have this shirt in {}?",
        "Tem esta camisa em {}?",
        ("blue", "azul"),
    ),
    Slotted(
        "size",
        "I need the shoes in {}, please.",
        "Preciso dos sapatos em {}, por favor.",
        ("black", "preto"),
    ),
    Slotted(
        "measure",
        "Is the table {} or smaller?",
        "A mesa é {} ou menor?",
        ("round", "redonda"),
    ),
    Slotted(
        "measure",
        "The box weighs {} with the packaging.",
        "A caixa pesa {} com a embalagem.",
        ("too much", "demasiado"),
    ),
    Slotted(
        "coupon",
        "The discount code {} does not work.",
        "O código de desconto {} não funciona.",
        ("today", "hoje"),
    ),
    Slotted(
        "coupon",
        "Use the code {} to get free shipping.",
        "Use o código {} para obter envio grátis.",
        ("now", "agora"),
    ),
    Slotted(
        "file",
        "I have attached {} to this message.",
        "Anexei {} a esta mensagem.",
        ("the invoice", "a fatura"),
    ),
    Slotted(
        "file",
        "I cannot open {} on my computer.",
        "Não consigo abrir {} no meu computador.",
        ("the document", "o documento"),
    ),
    Slotted(
        "iban",
        "Please refund the money to {}.",
        "Por favor, devolva o dinheiro para {}.",
        ("my account", "a minha conta"),
    ),
    Slotted(
        "mention",
        "I spoke with {} about this last week.",
        "Falei com {} sobre isto na semana passada.",
        ("a colleague", "um colega"),
    ),
    Slotted(
        "code",
        "The screen shows {} and nothing happens.",
        "O ecrã mostra {} e nada acontece.",
        ("an error", "um erro"),
    ),
)


def with_entities() -> Iterator[tuple[Slotted, str]]:
    """Every message with every entity of its kind."""
    for message in MESSAGES:
        for entity in ENTITIES[message.kind]:
            yield message, entity
