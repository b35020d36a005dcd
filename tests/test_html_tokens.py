"""HTML cut into tokens: nothing is lost, and time grows with the length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate_proxy.web.html_tokens import attributes, tokens

PARTS = (
    "<b", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?", "?>", "</", ">", "<", "'", '"', "=", "/",
    " ", "a", "<script>", "</script", "<title>", "<svg>", "</svg>", "&amp;", "<p", "<!x>", "x=1",
)  # fmt: skip


def cut(document: str) -> list[tuple[str, str]]:
    return [(token.kind, token.raw) for token in tokens(document)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<b x=\"1>2\" y='z>' c=d/e>t</b >", "open <b x=\"1>2\" y='z>' c=d/e>|text t|close </b >"),
        ("5 < 6 <3 a</", "text 5 < 6 <3 a</"),
        ("a</>b</3>c", "text a|other </>|text b|other </3>|text c"),
        ("<!--> a --> b", "other <!-->|text  a --> b"),
        ("x<!-- y <script>z</script>", "text x|other <!-- y <script>z</script>"),
        ("<!--!>x-->y", "other <!--!>x-->|text y"),
        ("<!DOCTYPE html><p>", "other <!DOCTYPE html>|open <p>"),
        ("<![CDATA[ a>b ]]>c", "other <![CDATA[ a>b ]]>|text c"),
        ("<?php a->b ?>c", "other <?php a->b ?>|text c"),
        ("<script>a<b</i></SCRIPT >d", "open <script>|text a<b</i>|close </SCRIPT >|text d"),
        ("<title>a <b> c</title>", "open <title>|text a <b> c|close </title>"),
        ("<svg><title>a<g/></title>", "open <svg>|open <title>|text a|open <g/>|close </title>"),
        ("<a href='x", "other <a href='x"),
        ("a <linearGradient Id=B>", "text a |open <linearGradient Id=B>"),
    ],
)
def test_documents_are_cut_as_browsers_cut_them(document: str, expected: str) -> None:
    assert "|".join(f"{kind} {raw}" for kind, raw in cut(document)) == expected


@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=40).map("".join))
def test_nothing_is_lost(document: str) -> None:
    assert "".join(raw for _, raw in cut(document)) == document


def test_attributes_are_read() -> None:
    found = list(attributes('<P Translate="No" class=\'a b\' c=d/ hidden title="x>y">'))
    assert found == [
        ("translate", "No"),
        ("class", "a b"),
        ("c", "d/"),
        ("hidden", ""),
        ("title", "x>y"),
    ]
