"""Form state in the URL: reading, writing, and fields that are too long."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.playground.session.url_state import LONGEST_ADDRESS, Address

VALUES = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.lists(st.text(max_size=5), max_size=4),
)


def again(address: Address) -> Address:
    """Open the page at the written URL."""
    return Address("llm", {name: values[-1] for name, values in parse_qs(address.query, keep_blank_values=True).items()})


@given(VALUES, VALUES)
def test_what_was_written_is_read_again_as_what_it_was(value: object, default: object) -> None:
    if type(value) is not type(default):
        default = type(value)()
    address = Address("llm", {})
    address.put("field", value, default)
    result = again(address).take("field", default)
    assert result == (None if value == default else value)
    assert result is None or type(result) is type(value)


def test_what_is_as_at_first_is_not_in_the_address() -> None:
    address = Address("llm", {})
    address.put("text", "sample", "sample")
    address.put("stream", True, True)
    address.put("run", None, None)
    assert address.query == ""
    assert address.values == {"text": "sample", "stream": True, "run": None}


@pytest.mark.parametrize(
    ("text", "default", "actual"),
    [
        ("Hello", "", "Hello"),
        ("7", "", "7"),
        ("7", 0, 7),
        ("7", 0.5, 7.0),
        ("0.25", 0.5, 0.25),
        ("seven", 0, None),
        ("0.5", 1, None),
        ("true", False, True),
        ("1", False, None),
        ("true", 1, None),
        ("[]", 1, None),
        ('["a"]', [], ["a"]),
        ("anything", None, "anything"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_passed_over(text: str, default: object, actual: object) -> None:
    assert Address("llm", {"field": text}).take("field", default) == actual


def test_a_field_is_taken_once() -> None:
    address = Address("llm", {"text": "Hello"})
    assert address.take("text", "") == "Hello"
    assert address.take("text", "") is None


def test_values_of_a_run_that_was_found_again_need_no_reading() -> None:
    assert Address("llm", {"rows": ["a", "b"], "stream": False}).take("rows", []) == ["a", "b"]


def test_what_is_too_long_is_left_out_and_named_and_the_rest_stays() -> None:
    address = Address("llm", {})
    address.put("text", "x" * LONGEST_ADDRESS, "")
    address.put("model", "small", None)
    assert address.query == "model=small"
    assert address.left_out == ["text"]
    assert json.dumps(address.values["text"])  # still kept for a reload


def test_a_link_for_others_omits_what_only_its_visitor_can_use() -> None:
    address = Address("llm", {})
    address.put("text", "Hello", "")
    address.put("run", "abc", None, private=True)
    address.form_id = "secret id"
    assert parse_qs(address.query) == {"text": ["Hello"], "run": ["abc"], "form": ["secret id"]}
    assert address.link == ("text=Hello", [])
    assert address.shared() == {"text": "Hello"}


def test_fields_after_the_form_belong_to_the_view() -> None:
    address = Address("llm", {})
    address.put("text", "Hello", "")
    address.end_form()
    address.put("look", "list", "table")
    assert address.shared() == {"text": "Hello"} and address.shared(view=True) == {"look": "list"}


def test_a_field_that_is_set_back_leaves_the_address() -> None:
    address = Address("llm", {})
    for text in ("Hello", ""):
        address.put("text", text, "")
    assert address.query == ""


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 400 + "]" * 400, r'["\ud800"]'])
def test_a_value_that_no_page_could_draw_is_passed_over_and_named(text: str) -> None:
    address = Address("llm", {"rows": text})
    assert address.take("rows", []) is None and address.refused == ["rows"]


def test_files_are_kept_apart_and_taken_once() -> None:
    address = Address("llm", {})
    address.stored_files = {"audio": {"data": b"x"}}
    assert address.take_files("audio") == {"data": b"x"} and address.take_files("audio") is None
    address.put_files("audio", {"data": b"x"})
    assert address.files["audio"].value == {"data": b"x"} and address.query == ""
    address.put_files("audio", None)
    assert not address.files
