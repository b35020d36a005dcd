import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.commands import LeaveContact
from translate_proxy.model import (
    Cursor,
    Operator,
    OperatorId,
    Refused,
    Site,
    SiteKey,
    VisitorId,
    new_id,
)
from translate_proxy.records import VisitorArrival
from translate_proxy.security.identity import Identity, sign_identity, verify_identity
from translate_proxy.storage.database import sqlite_url
from translate_proxy.storage.store import Store

NOW = 1_800_000_000.0
SECRET = "a secret of the shop"
SHOP = Site(
    key=SiteKey("shop"),
    name="Shop",
    origins=("https://shop.example",),
    languages=("en", "fi"),
    default_language="en",
    identity_secret=SECRET,
)


def claim(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "c-42",
        "name": "Päivi Näkki",
        "email": "paivi@example.fi",
        "locale": "fi-FI",
        "expires": int(NOW) + 3600,
    }
    made.update(changes)
    made = {key: value for key, value in made.items() if value is not None}
    made.setdefault("hmac", sign_identity(SHOP, made))
    return made


def refused(given: object, site: Site = SHOP, now: float = NOW) -> str:
    with pytest.raises(Refused) as caught:
        verify_identity(site, given, now)
    assert caught.value.code == "bad_identity"
    assert SECRET not in caught.value.detail
    return caught.value.detail


def test_the_signature_is_the_contracts() -> None:
    expires = int(NOW) + 3600
    text = f"v1\nshop\nc-42\n{expires}\npaivi@example.fi\nPäivi Näkki\nfi-FI"
    by_hand = hmac.new(SECRET.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()
    assert verify_identity(SHOP, claim(hmac=by_hand), NOW) == Identity(
        id="c-42",
        name="Päivi Näkki",
        email="paivi@example.fi",
        locale="fi-FI",
        expires=expires,
    )


def test_fields_left_out_are_empty() -> None:
    expires = int(NOW) + 3600
    text = f"v1\nshop\nc-42\n{expires}\n\n\n"
    by_hand = hmac.new(SECRET.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()
    for empty in ("", None):
        given = {"id": "c-42", "expires": expires, "name": empty, "hmac": by_hand.upper()}
        identity = verify_identity(SHOP, given, NOW)
        assert (identity.name, identity.email, identity.locale) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "c-43"),
        ("name", "Somebody Else"),
        ("email", "else@example.fi"),
        ("locale", "en"),
        ("expires", int(NOW) + 7200),
    ],
)
def test_every_field_is_signed(field: str, value: object) -> None:
    assert "does not match" in refused({**claim(), field: value})


def test_the_site_is_signed() -> None:
    assert "does not match" in refused(claim(), replace(SHOP, key=SiteKey("other")))


def test_another_secret_does_not_do() -> None:
    other = replace(SHOP, identity_secret="another secret!!")
    assert "does not match" in refused(claim(), other)


def test_it_is_not_good_for_ever() -> None:
    for ahead in (1, 3600, 24 * 3600, 24 * 3600 + 60):  # a minute: the shop's clock and ours
        assert verify_identity(SHOP, claim(expires=int(NOW) + ahead), NOW).id == "c-42"
    for ahead in (25 * 3600, 7 * 86_400, 9_999_999_999):
        assert "24 hours" in refused(claim(expires=int(NOW) + ahead))


def test_it_expires() -> None:
    given = claim()
    assert verify_identity(SHOP, given, given["expires"] - 1).id == "c-42"
    assert "expired" in refused(given, now=given["expires"])


def test_an_expired_forgery_is_first_of_all_a_forgery() -> None:
    assert "does not match" in refused(claim(expires=1, hmac="0" * 64))


def test_a_site_without_a_secret_takes_no_identity() -> None:
    for secret in (None, ""):
        assert "identity_secret" in refused(claim(), replace(SHOP, identity_secret=secret))


def test_text_cannot_move_between_fields() -> None:
    """Both claims sign the same bytes; only the one without line breaks may exist."""
    honest = claim(name="Bob", locale="en")
    moved = {**honest, "email": "paivi@example.fi\nBob", "name": "en", "locale": ""}
    assert "line breaks" in refused(moved)
    for field in ("id", "name", "email", "locale"):
        for character in "\n\r\x00\u2028\x85":
            assert "line breaks" in refused(claim(**{field: f"a{character}b"}))


def test_the_answer_never_holds_the_expected_signature() -> None:
    expected = claim()["hmac"]
    assert expected not in refused(claim(hmac="0" * 64))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "object"),
        ([], "object"),
        ("identity", "object"),
        ({}, "id is missing"),
        ({"id": ""}, "id is missing"),
        ({"id": 42}, "id must be a string"),
        ({"id": "x" * 201}, "longer"),
        ({"id": "\ud800"}, "Unicode"),
        ({"id": "c", "name": ["x"]}, "name must be a string"),
        ({"id": "c"}, "expires must be"),
        ({"id": "c", "expires": "soon"}, "expires must be"),
        ({"id": "c", "expires": True}, "expires must be"),
        ({"id": "c", "expires": -1}, "expires must be"),
        ({"id": "c", "expires": 1.5}, "expires must be"),
        ({"id": "c", "expires": float("nan")}, "expires must be"),
        ({"id": "c", "expires": int(NOW) * 1000}, "milliseconds"),
        ({"id": "c", "expires": 10**400}, "milliseconds"),
        ({"id": "c", "expires": int(NOW) + 1}, "64 hexadecimal"),
        ({"id": "c", "expires": int(NOW) + 1, "hmac": 5}, "64 hexadecimal"),
        ({"id": "c", "expires": int(NOW) + 1, "hmac": "q83vEjRWeJA="}, "64 hexadecimal"),
        ({"id": "c", "expires": int(NOW) + 1, "hmac": "٣" * 64}, "64 hexadecimal"),
    ],
)
def test_the_developer_is_told_what_is_wrong(given: object, says: str) -> None:
    assert says in refused(given)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.none() | st.text() | st.integers() | st.floats() | st.lists(st.text())
            for name in ("id", "name", "email", "locale", "expires", "hmac")
        },
    )
)
def test_nothing_unsigned_passes_or_crashes(given: dict[str, Any]) -> None:
    refused(given)


# -- what the shop vouched for stays ------------------------------------------------------------


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(sqlite_url(tmp_path), lambda: NOW)
    await made.open([SHOP])
    yield made
    await made.close()


def arrival(visitor_id: VisitorId | None = None, /, **told: Any) -> VisitorArrival:
    return VisitorArrival(
        site=SHOP.key,
        visitor_id=visitor_id,
        locale=None,
        browser_languages=(),
        page_language=None,
        page=None,
        **told,
    )


async def test_a_verified_customer_cannot_take_another_name(store: Store) -> None:
    """The console shows a badge beside the name: it must be the name that was signed."""
    anonymous = (await store.arrive(arrival(name="The Boss"))).visitor
    signed = {"identity_id": "c-42", "name": "Päivi", "email": "paivi@example.fi"}
    visitor = (await store.arrive(arrival(anonymous.id, **signed))).visitor
    assert (visitor.id, visitor.name) == (anonymous.id, "Päivi")
    again = (await store.arrive(arrival(visitor.id, name="The Boss"))).visitor
    assert (again.id, again.name) == (visitor.id, "Päivi")
    given = {"name": "The Boss", "email": "boss@example.fi", "phone": "+358 1"}
    await store.append(LeaveContact(new_id(), SHOP.key, visitor.id, "hello", **given))
    (summary,) = await store.summaries(
        Operator(OperatorId("op"), "eva@example.com", "Eva", ("en",))
    )
    assert summary["visitor"]["verified"]
    assert summary["visitor"]["name"] == summary["last_message"]["author"]["name"] == "Päivi"
    assert summary["visitor"]["email"] == "paivi@example.fi"
    events = (await store.read_visitor(visitor.id, Cursor(0), 10)).events
    (contact,) = [event.body for event in events if event.type == "contact"]
    assert contact == {**given, "text": "hello"}
    for signed_name in ("Päivi Näkki", None):
        now = (await store.arrive(arrival(identity_id="c-42", name=signed_name))).visitor
        assert (now.id, now.name, now.email) == (visitor.id, signed_name, None)


async def test_an_anonymous_visitor_says_who_they_are(store: Store) -> None:
    visitor = (await store.arrive(arrival(name="Anna"))).visitor
    assert (await store.arrive(arrival(visitor.id, name="Anni"))).visitor.name == "Anni"
    given = {"name": "Anna K", "email": "anna@example.fi", "phone": None}
    await store.append(LeaveContact(new_id(), SHOP.key, visitor.id, "hello", **given))
    stored = await store.visitor(visitor.id)
    assert stored is not None
    assert (stored.name, stored.email) == ("Anna K", "anna@example.fi")
