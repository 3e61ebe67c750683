"""Test mock tool results: the first matching rule, else the text."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.workbench.conversations.mock_tool_results import MOST_FILLED, result

MOCK = """city = Oslo, unit = F -> 64 °F
city = Oslo -> 18 °C, light rain
days=3 → {days} days in {city}, {unknown}
No station in {city}.
Ask again."""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"city": "Oslo", "unit": "F"}, "64 °F"),
        ({"city": "oslo", "unit": "C"}, "18 °C, light rain"),
        ({"city": "Bergen", "days": 3}, "3 days in Bergen, {unknown}"),
        ({"city": "Rome"}, "No station in Rome.\nAsk again."),
        (None, "No station in {city}.\nAsk again."),
        (["Oslo"], "No station in {city}.\nAsk again."),
    ],
)
def test_the_first_rule_that_fits_counts(arguments: Any, expected: str) -> None:
    assert result(MOCK, arguments) == expected


@pytest.mark.parametrize("text", ["18 °C, light rain", "42", "", "a -> b", "x == y", '{"a": 1}'])
def test_a_text_without_rules_is_the_result_as_it_is(text: str) -> None:
    assert result(text, {"city": "Oslo"}) == text


@pytest.mark.parametrize("text", ["a =" + " " * 1_000_000, "a = b," * 200_000, "=" * 1_000_000, "{" * 1_000_000])
def test_a_long_line_is_read_once(text: str) -> None:
    assert result(text, {"a": "b"}) == text.strip()


def test_a_call_cannot_make_a_result_of_any_length() -> None:
    assert len(result("{a}" * 200_000, {"a": "x" * 1_000_000})) <= MOST_FILLED
