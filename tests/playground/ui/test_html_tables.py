"""Our own markup: whatever its content, it stays text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from boomerang.playground.ui import html_tables as markup
from tests.playground.parsed_markup import Markup, cells

NASTY = st.text(max_size=40) | st.sampled_from(
    ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "' onmouseover='x", "&lt;b&gt;", "\ud83d", "a & b", "</td>"]
)


@given(st.lists(st.tuples(NASTY, NASTY), max_size=5), NASTY, st.tuples(NASTY, NASTY))
def test_no_word_becomes_markup(text: list[tuple[str, str]], label: str, ends: tuple[str, str]) -> None:
    parts = [markup.Part(0.0, 0.5, "#112233", inside, title) for inside, title in text]
    result = Markup(markup.bar(parts, ends, (("#112233", word) for word, _ in text), label))
    assert {element.name for element in result.elements} <= {"div", "span", "i"}
    assert {name for element in result.elements for name in element.attributes} <= {
        "class",
        "style",
        "title",
        "role",
        "aria-label",
    }
    assert [element.attributes["title"] for element in result.named("span", within="plain-bar")] == [
        markup.drawable(title) for _, title in text
    ]


def _tables() -> None:
    import streamlit as st

    from boomerang.playground.ui import html_tables as markup

    texts = st.session_state["texts"]
    markup.facts({text: text for text in texts})
    markup.table(texts, [texts, texts])


@given(st.lists(NASTY.filter(lambda text: "\r" not in text and "\0" not in text), min_size=1, max_size=4, unique=True))
def test_the_cells_of_a_table_are_what_was_given(texts: list[str]) -> None:
    at = AppTest.from_function(_tables)
    at.session_state["texts"] = texts
    at.run()
    assert not at.exception
    drawn = [markup.drawable(text) for text in texts]
    facts, table = (cells(html.body) for html in at.html)
    assert dict(map(tuple, facts)) == {text: text for text in drawn}
    assert table == [drawn] * 3
