import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.model import Refused, SiteKey, VisitorId
from translate_proxy.security.keys import FILE_NAME, Keys, KeysError, load_or_make_keys
from translate_proxy.security.tokens import LIFETIME_S, VisitorTokens

SHOP = SiteKey("shop")
VISITOR = VisitorId("5f0c1c1e-8a56-4a0e-9a57-0f2b8f0f7d11")
START = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> VisitorTokens:
    return VisitorTokens(Keys((b"k" * 32,)), clock)


def refused(tokens: VisitorTokens, token: object, site: str = "shop") -> Refused:
    with pytest.raises(Refused) as caught:
        tokens.read(SiteKey(site), token)
    assert caught.value.code == "bad_token"
    return caught.value


def test_a_token_continues_its_visitor(tokens: VisitorTokens) -> None:
    assert tokens.read(SHOP, tokens.issue(SHOP, VISITOR)) == (VISITOR, False)


def test_past_half_its_life_a_token_is_to_be_reissued(tokens: VisitorTokens, clock: Clock) -> None:
    token = tokens.issue(SHOP, VISITOR)
    clock.now = START + LIFETIME_S / 2
    assert tokens.read(SHOP, token) == (VISITOR, False)
    clock.now += 1
    assert tokens.read(SHOP, token) == (VISITOR, True)


def test_issuing_another_does_not_invalidate(tokens: VisitorTokens, clock: Clock) -> None:
    first = tokens.issue(SHOP, VISITOR)
    clock.now += 10
    second = tokens.issue(SHOP, VISITOR)
    assert first != second
    assert tokens.read(SHOP, first)[0] == tokens.read(SHOP, second)[0] == VISITOR


def test_a_token_expires(tokens: VisitorTokens, clock: Clock) -> None:
    token = tokens.issue(SHOP, VISITOR)
    clock.now = START + LIFETIME_S
    assert tokens.read(SHOP, token) == (VISITOR, True)
    clock.now += 1
    assert "expired" in refused(tokens, token).detail


def test_a_token_of_a_slightly_faster_clock_is_good(tokens: VisitorTokens, clock: Clock) -> None:
    token = tokens.issue(SHOP, VISITOR)
    clock.now = START - 60
    assert tokens.read(SHOP, token) == (VISITOR, False)


@pytest.mark.parametrize("ahead", [3600, 86_400, 400 * 86_400])
def test_a_token_of_a_clock_that_was_ahead_is_good_and_reissued(
    tokens: VisitorTokens, clock: Clock, ahead: float
) -> None:
    token = tokens.issue(SHOP, VISITOR)
    clock.now = START - ahead
    assert tokens.read(SHOP, token) == (VISITOR, True)
    assert tokens.read(SHOP, tokens.issue(SHOP, VISITOR)) == (VISITOR, False)


def test_a_token_of_another_site_is_refused(tokens: VisitorTokens) -> None:
    refused(tokens, tokens.issue(SHOP, VISITOR), site="other")


def test_a_token_of_another_server_is_refused(tokens: VisitorTokens, clock: Clock) -> None:
    foreign = VisitorTokens(Keys((b"x" * 32,)), clock)
    refused(tokens, foreign.issue(SHOP, VISITOR))


def test_every_changed_character_is_noticed(tokens: VisitorTokens) -> None:
    token = tokens.issue(SHOP, VISITOR)
    # The last character of base64 carries unused bits: changing those changes no signature byte.
    for at in range(len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        refused(tokens, changed)


def test_a_forger_learns_nothing_from_the_answer(tokens: VisitorTokens, clock: Clock) -> None:
    foreign = VisitorTokens(Keys((b"x" * 32,)), clock)
    details = {
        refused(tokens, foreign.issue(SHOP, VISITOR)).detail,
        refused(tokens, tokens.issue(SiteKey("other"), VISITOR)).detail,
        refused(tokens, "nonsense").detail,
        refused(tokens, None).detail,
    }
    assert len(details) == 1


@pytest.mark.parametrize(
    "token",
    [None, 7, True, b"bytes", [], {}, "", ".", "..", "a.b.c", "\ud800", "ä", "\x00", "x" * 10_000],
)
def test_what_is_no_token_is_refused(tokens: VisitorTokens, token: object) -> None:
    refused(tokens, token)


@given(st.text(max_size=600))
def test_no_text_at_all_is_a_token_or_a_crash(text: str) -> None:
    refused(VisitorTokens(Keys((b"k" * 32,)), Clock()), text)


def test_a_rotated_key_still_verifies(tokens: VisitorTokens, clock: Clock) -> None:
    old = tokens.issue(SHOP, VISITOR)
    rotated = VisitorTokens(Keys((b"k" * 32, b"n" * 32)), clock)
    assert rotated.read(SHOP, old) == (VISITOR, False)
    refused(tokens, rotated.issue(SHOP, VISITOR))


# -- the key file ---------------------------------------------------------------------------


def test_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "data"
    first = load_or_make_keys(data_dir)
    assert load_or_make_keys(data_dir) == first
    assert [entry.name for entry in data_dir.iterdir()] == [FILE_NAME]
    assert load_or_make_keys(tmp_path / "elsewhere") != first


def test_only_the_owner_may_read_the_keys(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        load_or_make_keys(tmp_path)
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: load_or_make_keys(tmp_path), range(32)))
    assert len(set(made)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [FILE_NAME]


def test_keys_open_to_everybody_are_refused(tmp_path: Path) -> None:
    load_or_make_keys(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(KeysError, match="chmod 600"):
        load_or_make_keys(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"visitor_tokens": []}),
        json.dumps({"visitor_tokens": ["00"]}),
        json.dumps({"visitor_tokens": ["zz" * 32]}),
        json.dumps({"visitor_tokens": 7}),
    ],
)
def test_damaged_keys_are_reported_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeysError, match="damaged"):
        load_or_make_keys(tmp_path)
    assert path.read_text() == text


def test_keys_do_not_show_in_a_traceback(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path)
    assert keys.visitor_tokens[0].hex() not in repr(keys)
    assert repr(keys.visitor_tokens[0]) not in repr(keys)
