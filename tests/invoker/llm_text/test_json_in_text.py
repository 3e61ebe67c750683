"""Tests for JSON in a model's text: whole, in a fence, between other text; and never from something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from boomerang.invoker.llm_text.json_in_text import Place, find, find_object
from tests.json_values import JSON_VALUES


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        (' {"a": 1}\n', {"a": 1}, Place.WHOLE),
        ("null", None, Place.WHOLE),
        ("7", 7, Place.WHOLE),
        ('Here it is:\n```json\n{"a": [1]}\n```\nDone.', {"a": [1]}, Place.FENCED),
        ('```\n{"a": 1}', {"a": 1}, Place.FENCED),
        ('```python\nx = {1}\n```\n```json\n[2]\n```', [2], Place.FENCED),
        ('```json {"a": 1}```', {"a": 1}, Place.FENCED),
        ('So: ```{"a": 1}``` it is', {"a": 1}, Place.FENCED),
        ('\ufeff{"a": 1}', {"a": 1}, Place.WHOLE),
        ('{"a": "one\ntwo\x1b"}', {"a": "one\ntwo\x1b"}, Place.WHOLE),
        ('{"a": "```"} is it', {"a": "```"}, Place.SURROUNDED),
        ('Use {} or [] like this: {"a": 1}', {"a": 1}, Place.SURROUNDED),
        ('{"a": 1} and {"a": 2}', {"a": 1}, Place.SURROUNDED),
        ('I {think} that [it] is {"a": {"b": 2}}, or so.', {"a": {"b": 2}}, Place.SURROUNDED),
    ],
)  # fmt: skip
def test_json_is_found_and_its_place_reported(text: str, value: Any, place: Place) -> None:
    result = find(text)
    assert result is not None and (result.value, result.place) == (value, place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no",
        "it has 7 legs",
        "{half",
        "{'a': 1}",
        '{"a": [{"b": 1}, {"b"',
        '{"a": {"b": 1} oops}',
        'say "{" and \\' * 1000,
        "NaN",
        "[" * 100_000,
        "{" * 5_000 + "x",
    ],
)
def test_what_is_no_json_gives_nothing(text: str) -> None:
    assert find(text) is None


def test_an_object_is_found_past_lists_and_other_values() -> None:
    result = find_object('As in [1]: ```json\n[2]\n``` {"a": 1}')
    assert result is not None and (result.value, result.place) == ({"a": 1}, Place.SURROUNDED)
    assert find_object("[1]") is find_object("7") is None


def test_a_long_text_of_broken_beginnings_is_read_once() -> None:
    """With quadratic work this would take hours."""
    for text in ('{"' * 200_000, '["a",' * 200_000, '{"a":' * 200_000, '[{"a": 1}, ' * 100_000, '{"a": NaN}' * 100_000):
        result = find_object(text)
        assert result is None


@given(JSON_VALUES)
def test_any_json_is_found_as_it_was_written(value: Any) -> None:
    result = find(json.dumps(value, indent=1))
    assert result is not None and result.place is Place.WHOLE and result.value == value
