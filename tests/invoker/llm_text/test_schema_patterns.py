"""Tests for a schema's patterns: ECMA-262 ones, and unsupported ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.llm_text.json_schema import Checked, Fault, Outcome, UncheckedPattern, check, schema_fault
from boomerang.invoker.llm_text.schema_child import MOST_PATTERNS
from tests.invoker.llm_text.schemas import DRAFTS, reason
from tests.json_values import JSON_VALUES

UNREADABLE = r"^[\w-.]+$"


@pytest.mark.parametrize(
    ("pattern", "fitting", "departing"),
    [
        (r"^(a+)+$", "a" * 40, "a" * 40 + "!"),
        (r"(a|a)*b", "a" * 10_000 + "b", "a" * 10_000),
        (r"(x+x+)+y", "x" * 10_000 + "y", "x" * 10_000),
        (r"^\p{L}+$", "äöß", "a1"),
        (r"^\p{Script=Greek}$", "α", "a"),
        (r"(?<y>\d{4})", "2020", "20"),
        (r"^\u{1F600}$", "😀", "x"),
        (r"^\d$", "3", "٣"),
        (r"^\w$", "e", "é"),
        (r"^(?=.*\d)[a-z\d]+$", "a1", "ab"),
        (r"^(?!foo)", "bar", "foo"),
        (r"(?<=a)b", "ab", "cb"),
        (r"^(a)\1$", "aa", "ab"),
        (r"^\S+@\S+$", "a@b", "a"),
        (r"^a$", "a", "a\n"),
    ],
)
def test_patterns_are_those_of_ecma_262(pattern: str, fitting: str, departing: str) -> None:
    for schema, made in (({"pattern": pattern}, str), ({"propertyNames": {"pattern": pattern}}, lambda text: {text: 1})):
        assert schema_fault(schema) is None
        assert check(made(fitting), schema) == Checked()
        assert check(made(departing), schema).outcome is Outcome.DEPARTS
    named = {"patternProperties": {pattern: {"type": "integer"}}}
    assert check({departing: "x"}, named) == Checked()
    assert check({fitting: "x"}, named).outcome is Outcome.DEPARTS


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("pattern", [UNREADABLE, "(", "(a{1000}){1000}", r"(?<y>a)\k<y>", r"\ud83d\ude00", "(?#c)a", "a{,3}{"])
def test_a_pattern_that_cannot_be_read_refuses_nothing_and_is_named(draft: str, pattern: str) -> None:
    schema = {"$schema": DRAFTS[draft], "properties": {"a": {"pattern": pattern}, "b": {"type": "integer"}}}
    left_out = (UncheckedPattern("$.properties.a.pattern", pattern),)
    assert schema_fault(schema) is None
    assert check({"a": "x", "b": 1}, schema) == Checked(patterns=left_out)
    assert check({"a": "x", "b": "y"}, schema) == Checked(Fault("$.b", 'type: "integer"', '"y"'), patterns=left_out)


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_key_of_pattern_properties_that_cannot_be_read_is_left_out(draft: str) -> None:
    schema = {
        "$schema": DRAFTS[draft],
        "patternProperties": {UNREADABLE: {"type": "integer"}, "^x": {"type": "null"}},
        "additionalProperties": False,
    }
    left_out = (UncheckedPattern(f"$.patternProperties.{UNREADABLE}", UNREADABLE),)
    assert schema_fault(schema) is None
    assert check({"a": "may be named by it"}, schema) == Checked(patterns=left_out)
    assert check({"x": 1}, schema).fault == Fault("$.x", 'type: "null"', "1")


def test_properties_with_the_names_of_keywords_are_properties() -> None:
    inner = {"patternProperties": {"pattern": UNREADABLE}, "pattern": {"patternProperties": {UNREADABLE: True}}}
    paths = {left_out.path for left_out in check({}, {"properties": inner}).patterns}
    assert paths == {"$.properties.patternProperties.pattern", f"$.properties.pattern.patternProperties.{UNREADABLE}"}


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {"pattern": UNREADABLE}},
        {"oneOf": [{"pattern": UNREADABLE}, {"type": "string"}]},
        {"if": {"pattern": UNREADABLE}, "then": {"type": "null"}},
    ],
)
def test_where_a_pattern_decides_a_departure_nothing_is_claimed(schema: dict[str, Any]) -> None:
    checked = check("a", schema)
    assert reason(checked) == "schemas.undecided"
    assert [left_out.pattern for left_out in checked.patterns] == [UNREADABLE]


def test_very_many_patterns_that_cannot_be_read_leave_the_value_unchecked() -> None:
    schema = {"allOf": [{"pattern": f"{UNREADABLE}{n}"} for n in range(2_000)]}
    assert schema_fault(schema) is None
    assert reason(check("a", schema)) == "schemas.unusable"
    assert len(check("a", {"allOf": schema["allOf"][:MOST_PATTERNS]}).patterns) == MOST_PATTERNS


@given(st.text(), JSON_VALUES)
def test_no_pattern_refuses_a_schema(pattern: str, value: Any) -> None:
    for schema in (
        {"pattern": pattern},
        {"patternProperties": {pattern: {"type": "null"}}},
        {"propertyNames": {"pattern": pattern}},
    ):
        assert schema_fault(schema) is None
        assert check(value, schema).outcome in Outcome
