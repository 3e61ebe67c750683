"""Tests for limits on time, memory, size and depth of checks: large checks are done, larger ones are skipped."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest

from boomerang.invoker.llm_text import json_schema
from boomerang.invoker.llm_text.json_schema import Checked, Outcome, check, schema_fault
from tests.invoker.llm_text.schemas import doubling, reason


def nested(levels: int, make: Callable[[Any], Any], inner: Any) -> Any:
    return reduce(lambda value, _: make(value), range(levels), inner)


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ([{"a": n, "b": [n]} for n in range(4_000)], {"uniqueItems": True}),
        ([{"k1": 1}] * 6_000, {"items": {"oneOf": [{"type": "object", "required": [f"k{n}"]} for n in range(300)]}}),
        ({f"k{n}": 1 for n in range(1_000)}, {"patternProperties": {f"^(a+)+${n}": {"type": "null"} for n in range(1_000)}}),
        ({f"k{n}": 1 for n in range(1_000)}, nested(60, lambda inner: {"allOf": [inner], "unevaluatedProperties": True}, {})),
        ([1] * 99_999, {"contains": {"const": 1}, "minContains": 99_999}),
        ("a" * 100, {"allOf": [{"pattern": f"^(a|b{n})*$"} for n in range(5_000)]}),
        (nested(200, lambda inner: [inner], 1), {"$ref": "#/$defs/d", "$defs": {"d": {"items": {"$ref": "#/$defs/d"}}}}),
    ],
)
def test_large_cases_are_checked(value: Any, schema: dict[str, Any]) -> None:
    assert schema_fault(schema) is None
    assert check(value, schema) == Checked()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (["x"] * 6_000, {"anyOf": [{"items": {"const": n}} for n in range(300)]}),
        (
            nested(30, lambda inner: [inner], 1),
            {"$ref": "#/$defs/t", "$defs": {"t": {"anyOf": [{"items": {"$ref": "#/$defs/t"}, "type": "array"}] * 2}}},
        ),
    ],
)
def test_a_departure_counts_even_where_its_place_takes_too_long_to_find(
    value: Any, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 0.5)
    fault = check(value, schema).fault
    assert fault and fault.path == "$" and fault.actual.startswith("[")


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({}, doubling()),
        ("a" * 1_000_000, {"pattern": "(a{1000}){100}$"}),
        ([{"a": 19_999}] * 60_000, {"items": {"enum": [{"a": n} for n in range(20_000)]}}),
    ],
)
def test_what_takes_too_long_is_not_checked(value: Any, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "SECONDS", 0.5)
    assert schema_fault(schema) is None
    assert reason(check(value, schema)) == "schemas.too_long"
    assert check({}, {"type": "object"}) == Checked(), "the next check has a process again"


@pytest.mark.usefixtures("fresh")
def test_what_needs_too_much_memory_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "MEBIBYTES", 64)
    monkeypatch.setattr(json_schema, "SECONDS", 60)
    assert reason(check([{}] * 1_000_000, {"uniqueItems": True})) == "schemas.too_much_memory"
    assert check({}, {"type": "object"}) == Checked()


def test_what_is_too_large_is_not_sent_to_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_schema, "LARGEST", 1_000)
    assert reason(check("x" * 1_000, {})) == "schemas.too_large"
    assert schema_fault({"description": "x" * 1_000}) is None


@pytest.mark.parametrize("levels", [2_000, 10_000, 100_000])
def test_what_is_nested_too_deeply_is_not_checked(levels: int) -> None:
    schema = nested(levels, lambda inner: {"not": inner}, {})
    assert str(schema_fault(schema)) == "$: nested too deeply"
    assert reason(check({}, schema)) == "schemas.too_deep"
    assert check(nested(levels, lambda inner: [inner], 1), {"items": {"$ref": "#"}}).outcome is not Outcome.DEPARTS
