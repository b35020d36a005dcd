"""Who is at the desk."""

from __future__ import annotations

from translate_proxy.conversation.desk import Desk, waiting_readers
from translate_proxy.model import ConversationId, Operator, OperatorId, SiteKey


def operator(name: str, *languages: str, sites: tuple[str, ...] = ()) -> Operator:
    keys = tuple(SiteKey(site) for site in sites)
    return Operator(OperatorId(name), f"{name}@x.example", name, languages or ("en",), keys)


def test_an_operator_is_online_while_a_socket_is_open() -> None:
    desk, ana = Desk(), operator("ana")
    assert desk.availability_of(ana.id) == "offline"
    desk.arrive("one", ana)
    desk.arrive("two", ana)
    assert desk.availability_of(ana.id) == "online"
    desk.leave("one")
    assert desk.availability_of(ana.id) == "online"
    desk.leave("two")
    assert desk.availability_of(ana.id) == "offline"
    desk.leave("two")


def test_a_choice_outlives_the_socket() -> None:
    desk, ana = Desk(), operator("ana")
    desk.arrive("one", ana)
    desk.choose(ana.id, "away")
    desk.leave("one")
    desk.arrive("two", ana)
    assert desk.availability_of(ana.id) == "away"
    assert desk.online("shop") == []


def test_a_site_is_as_available_as_its_best_operator() -> None:
    desk = Desk()
    ana, kai = operator("ana", sites=("shop",)), operator("kai", sites=("other",))
    assert desk.availability_at("shop") == "offline"
    desk.arrive("kai", kai)
    assert desk.availability_at("shop") == "offline"
    desk.arrive("ana", ana)
    assert desk.availability_at("shop") == "online"
    desk.choose(ana.id, "away")
    assert desk.availability_at("shop") == "away"
    assert desk.availability_at("other") == "online"


def test_every_change_is_told() -> None:
    told: list[str] = []
    desk, ana = Desk(lambda: told.append("changed")), operator("ana")
    desk.arrive("one", ana)
    desk.choose(ana.id, "away")
    desk.leave("one")
    desk.leave("one")
    assert len(told) == 3


def test_who_looks_at_a_conversation() -> None:
    desk, where = Desk(), ConversationId("c")
    ana, kai = operator("ana"), operator("kai")
    desk.arrive("1", ana)
    desk.arrive("2", ana)
    desk.arrive("3", kai)
    for seat in ("1", "2", "3"):
        desk.open(seat, where)
    assert desk.looking_at(where) == [ana, kai]
    desk.put_away("3", where)
    assert desk.looking_at(where) == [ana]
    assert desk.opened("1") == (where,)
    assert desk.opened("nobody") == ()


def test_a_waiting_message_is_for_three_languages_at_most() -> None:
    online = [operator(tag, tag) for tag in ("en", "fi", "pt", "de")] + [operator("en2", "en")]
    readers = waiting_readers(online, [], "shop")
    assert [one.name for one in readers] == ["en", "fi", "pt", "en2"]


def test_with_nobody_online_it_is_for_those_of_the_site() -> None:
    ours, theirs = operator("ours", sites=("shop",)), operator("theirs", sites=("other",))
    assert waiting_readers([], [ours, theirs], "shop") == [ours]
