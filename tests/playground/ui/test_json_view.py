"""JSON from outside is drawn verbatim: each digit, each member, each character."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from streamlit.testing.v1 import AppTest

from boomerang.playground.ui.json_view import LONGEST, MOST_LINES, written
from boomerang.workbench.parsing.json_text import exact, indented
from boomerang.workbench.results.drawable_text import drawable
from tests.json_values import JSON_VALUES
from tests.playground.parsed_markup import Markup


def _draw() -> None:
    import streamlit

    from boomerang.playground.ui import json_view

    state = streamlit.session_state
    getattr(json_view, state["how"])(state["value"])


def drawn(how: str, value: Any) -> AppTest:
    """Return a page with a value drawn on it."""
    at = AppTest.from_function(_draw)
    at.session_state["how"], at.session_state["value"] = how, value
    at.run()
    assert not at.exception
    return at


def copied(at: AppTest) -> str:
    """Return the text copied from a fully expanded tree."""
    markup = Markup(at.html[0].body)
    text = markup.elements[0].text
    for element in markup.elements:
        if element.name == "i":
            text = text.replace(element.text, "", 1)
    return text


@pytest.mark.parametrize(
    "number",
    ["1565605928693133312", "-9007199254740993", "1.10", "1.0", "-0.0", "1e400", "0.1000000000000000055", "1E5", "9" * 5000],
)
def test_a_number_is_drawn_as_it_is_spelled(number: str) -> None:
    text = f'{{"a": [{number}]}}'
    assert number in drawn("text", text).code[0].value
    assert indented(text, indent=None) == text
    value = json.loads(text) if len(number) < 4000 else None
    if isinstance(value and value["a"][0], int):
        assert f"<em>{number}</em>" in drawn("tree", value).html[0].body


def test_members_of_one_name_are_all_drawn() -> None:
    assert indented('{"a":1,"a":2.50,"b":{},"c":[]}', indent=None) == '{"a": 1, "a": 2.50, "b": {}, "c": []}'


@given(JSON_VALUES)
def test_what_is_indented_is_the_same_json(value: Any) -> None:
    text = json.dumps(value)
    assert indented(text) == json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    assert exact(indented(text)) == exact(text)


@given(JSON_VALUES)
@example({"a\nb": ["</details><script>", '"', "\u202e", 2**70, float("nan"), {}, []]})
def test_what_is_copied_out_of_a_tree_is_the_value(value: Any) -> None:
    assert exact(copied(drawn("tree", value))) == exact(drawable(written(value)))


def test_a_tree_without_end_is_cut_with_a_word() -> None:
    at = drawn("tree", [[number] for number in range(MOST_LINES)])
    assert f"First {MOST_LINES:,} lines" in at.caption[0].value
    Markup(at.html[0].body)


def test_a_text_without_end_is_cut_with_a_word() -> None:
    at = drawn("text", json.dumps(["x" * 2 * LONGEST]))
    assert len(at.code[0].value) <= LONGEST + 2 and f"First {LONGEST:,} characters" in at.caption[0].value


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": 1', "plain words", "\n", "NaN, "])
def test_what_is_no_json_is_drawn_as_it_came(text: str) -> None:
    code = drawn("text", text).code[0]
    assert code.value == text[:LONGEST] and code.language == "plaintext"


@pytest.mark.parametrize("text", ["[" * 400 + "]" * 400, "[" * 900 + "1," * 20_000 + "1" + "]" * 900])
def test_deep_json_does_not_grow_without_a_bound(text: str) -> None:
    assert len(drawn("text", text).code[0].value) <= LONGEST + 2


def test_a_value_that_is_nested_without_end_is_drawn() -> None:
    value: Any = 1
    for _ in range(min(300, sys.getrecursionlimit() // 3)):
        value = [value]
    assert copied(drawn("tree", value)).count("[") == 300
