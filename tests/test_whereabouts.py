"""Where visitors are, with time passed in."""

from __future__ import annotations

from translate_proxy.conversation.whereabouts import GONE_S, PAGES, PAGES_CHARACTERS, Whereabouts
from translate_proxy.model import VisitorId

ANA = VisitorId("ana")


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def page(path: str, **more: object) -> dict[str, object]:
    return {"url": f"https://shop.example{path}", **more}


def test_the_page_is_told_with_those_before_it_and_the_cart() -> None:
    where = Whereabouts()
    where.arrive(ANA, page("/", title="Home"))
    where.move(ANA, page("/cups", cart={"total": 12}))
    where.move(ANA, page("/cups", cart={"total": 24}))  # the same page: no step
    told = where.take_changes()[ANA]
    assert told["here"] == "here"
    assert told["page"] == page("/cups")
    assert told["cart"] == {"total": 24}
    assert [(one["url"], one["title"]) for one in told["pages"]] == [
        ("https://shop.example/", "Home")
    ]
    assert where.take_changes() == {}


def test_a_step_to_the_next_page_is_no_departure() -> None:
    clock = Watch()
    where = Whereabouts(clock)
    where.arrive(ANA, page("/"))
    where.take_changes()
    where.leave(ANA)
    clock.now += 2
    assert where.take_changes()[ANA]["here"] == "away"
    where.arrive(ANA, page("/cups"))
    told = where.take_changes()[ANA]
    assert (told["here"], len(told["pages"])) == ("here", 1)
    clock.now += GONE_S
    assert where.take_changes() == {}


def test_who_stays_away_is_gone_once_and_forgotten() -> None:
    clock = Watch()
    where = Whereabouts(clock)
    where.arrive(ANA, page("/"))
    where.arrive(ANA, None)  # a second tab that says nothing of its page
    where.leave(ANA)
    assert where.take_changes()[ANA]["here"] == "here"
    where.leave(ANA)
    clock.now += GONE_S
    gone = where.take_changes()[ANA]
    assert (gone["here"], gone["page"]) == ("gone", page("/"))
    assert where.of(ANA) == {"here": "gone"}
    assert where.take_changes() == {}


def test_what_is_kept_of_a_visitor_is_bounded() -> None:
    where = Whereabouts()
    where.arrive(ANA, page("/"))
    for number in range(3 * PAGES):
        where.move(ANA, page(f"/{number}"))
    assert len(where.of(ANA)["pages"]) == PAGES
    assert where.of(ANA)["pages"][-1]["url"].endswith(f"/{3 * PAGES - 2}")
    for number in range(PAGES):
        where.move(ANA, page(f"/{number}/{'x' * 1900}"))
    pages = where.of(ANA)["pages"]
    assert sum(len(text) for one in pages for text in one.values()) <= PAGES_CHARACTERS


def test_of_the_erased_nothing_is_kept() -> None:
    where = Whereabouts()
    where.arrive(ANA, page("/"))
    where.forget(ANA)
    assert where.take_changes() == {}
    assert where.of(ANA) == {"here": "gone"}
    where.leave(ANA)  # the socket that is closed afterwards
