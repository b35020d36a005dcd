"""What may be sent as a message: the same by a socket and by REST."""

from __future__ import annotations

import pytest

from translate_proxy.model import Refused
from translate_proxy.text.plain import check_text


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t\u00a0\u3000", "\u200b", "\ufeff\u2060 \u200e", "\x07\u00ad", " " * 99]
)
def test_what_shows_nothing_is_empty(text: str) -> None:
    with pytest.raises(Refused) as refused:
        check_text(text, 10)
    assert refused.value.code == "empty"


@pytest.mark.parametrize(
    ("text", "code"),
    [("a\x00", "bad_request"), ("a\ud800", "bad_request"), ("x" * 11, "too_long")],
)
def test_what_cannot_be_stored_or_is_too_long_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_text(text, 10)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["x", "?", "\U0001f600", "a\u200bb", "x" * 10, "\u0301"])
def test_what_shows_something_is_a_message(text: str) -> None:
    check_text(text, 10)
