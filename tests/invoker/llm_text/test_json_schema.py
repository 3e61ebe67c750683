"""Tests for JSON schemas: whether an object is one, and validating values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.events import Event, Notice
from boomerang.invoker.llm_text.json_schema import Checked, Fault, Outcome, UncheckedPattern, check, report, schema_fault
from boomerang.invoker.llm_text.schema_child import LONGEST
from boomerang.invoker.messages.message import Message
from boomerang.invoker.run import Run
from tests.invoker.llm_text.schemas import DRAFTS, reason
from tests.json_values import JSON_VALUES
from tests.loopback import Loopback, whole

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temperature_c": {"type": "number"}, "sunny": {"type": "boolean"}},
    "required": ["city", "temperature_c", "sunny"],
}
GUEST = {"type": "object", "properties": {"name": {"type": "string"}, "role": {"enum": ["host", "guest"]}}}
PARTY = {"type": "object", "properties": {"people": {"type": "array", "items": GUEST}}}


def test_what_fits_has_no_error() -> None:
    assert schema_fault(WEATHER) is None and schema_fault(PARTY) is None
    checked = check({"city": "Lisbon", "temperature_c": 24, "sunny": True}, WEATHER)
    assert checked == Checked() and checked.outcome is Outcome.FITS


def test_the_first_departure_says_where_what_was_expected_and_what_was_found() -> None:
    checked = check({"people": [{"name": "Ada", "role": "host"}, {"name": "Bob", "role": "cook"}]}, PARTY)
    assert checked == Checked(Fault("$.people[1].role", 'enum: ["host", "guest"]', '"cook"'))
    assert checked.outcome is Outcome.DEPARTS
    assert str(checked.fault) == '$.people[1].role: expected enum: ["host", "guest"], found "cook"'
    missing = check({"city": "Lisbon", "sunny": True}, WEATHER).fault
    assert missing and missing.path == "$" and missing.expected.startswith("required: ") and "temperature_c" in missing.expected


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"z": 1}, {"additionalProperties": False}, "additionalProperties: false"),
        ([1], {"items": False}, "items: false"),
        ("s", {"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer"}}}, 'type: "integer"'),
        ({"a/b~c": "s"}, {"properties": {"a/b~c": {"type": "integer"}}}, 'type: "integer"'),
        ({"type": 7}, {"$ref": DRAFTS["2020-12"]}, "7 is not valid"),
        ("aa", {"maxLength": 1}, "maxLength: 1"),
    ],
)
def test_what_was_expected_is_a_keyword_with_its_value(value: Any, schema: dict[str, Any], expected: str) -> None:
    fault = check(value, schema).fault
    assert fault and fault.expected.startswith(expected)


def test_long_values_are_cut() -> None:
    fault = check({"k": "x" * 10_000}, {"additionalProperties": {"enum": ["y" * 10_000]}}).fault
    assert fault and len(fault.actual) <= LONGEST and len(fault.expected) <= LONGEST + 20
    unusable = check(1, {"$ref": "#/" + "x" * 10_000}).reason
    assert unusable and len(str(unusable)) <= LONGEST + 100


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "objekt"}, "$.type"),
        ({"properties": {"a": {"type": 5}}}, "$.properties.a.type"),
        ({"$schema": {}}, "$.$schema"),
        ({"$id": 5}, "$.$id"),
        ({"pattern": 5}, "$.pattern"),
        ({"required": "city"}, "$.required"),
        ({"allOf": [{"type": "x"}]}, "$.allOf[0].type"),
        ({"pattern": "(", "minItems": -1}, "$.minItems"),
    ],
)
def test_what_is_no_schema_is_named_with_its_place(schema: dict[str, Any], path: str) -> None:
    assert str(schema_fault(schema)).startswith(f"{path}: ")
    checked = check({}, schema)  # a record may contain one that a back end accepted
    assert reason(checked) == "schemas.no_schema" and path in str(checked.reason)


@pytest.mark.parametrize(
    "address", ["http://{}/schema.json", "http://{}/s#/$defs/a", "other.json", "file:///etc/hostname", "#/no", "#no"]
)
@pytest.mark.parametrize("keyword", ["$ref", "$schema", "$dynamicRef"])
def test_a_reference_to_somewhere_else_is_never_fetched(address: str, keyword: str) -> None:
    with Loopback(lambda request, connection: connection.send(whole({}))) as server:
        place = server.address.removeprefix("http://")
        schema = {"$id": f"{server.address}/root.json", "properties": {"a": {keyword: address.format(place)}}}
        assert schema_fault(schema) is None
        check({"a": 1}, schema)
        check({"a": 1}, {keyword: address.format(place)})
    assert server.connections == []


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1/s", "https://example.com/s", "file:///etc/hostname", "#/no", "#no", "other.json"]
)
def test_a_reference_that_leads_nowhere_leaves_the_value_unchecked(address: str) -> None:
    assert schema_fault({"$ref": address}) is None
    assert reason(check({"a": 1}, {"$ref": address})) == "schemas.unusable"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$dynamicAnchor": "node", "$dynamicRef": "#node"},
    ],
)
def test_a_schema_that_refers_to_itself_ends(schema: dict[str, Any]) -> None:
    assert schema_fault(schema) is None
    assert check({"a": 1}, schema).outcome is Outcome.FITS


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_draft_is_known(draft: str) -> None:
    schema = {"$schema": DRAFTS[draft], "properties": {"a": {"type": "integer"}}}
    assert schema_fault(schema) is None
    assert check({"a": 1}, schema).outcome is Outcome.FITS
    assert check({"a": 1.0}, schema).outcome is (Outcome.DEPARTS if draft == "4" else Outcome.FITS)
    assert check({"a": "x"}, schema).fault == Fault("$.a", 'type: "integer"', '"x"')
    assert check({"type": "object"}, {"$schema": DRAFTS[draft], "$ref": DRAFTS[draft]}).outcome is Outcome.FITS


@pytest.mark.parametrize("name", ["https://example.com/mine", "", "draft-07", "http://[", "mailto:x"])
def test_an_unknown_dialect_counts_as_the_newest(name: str) -> None:
    assert schema_fault({"$schema": name, "type": "object"}) is None
    assert check([], {"$schema": name, "type": "object"}).fault == Fault("$", 'type: "object"', "[]")
    assert check(["x"], {"$schema": name, "prefixItems": [{"type": "null"}]}).outcome is Outcome.DEPARTS


@pytest.mark.parametrize(
    ("value", "step", "fits"), [("19.99", "0.01", True), ("0.3", "0.1", True), ("4.35", "0.01", True), ("0.35", "0.1", False)]
)
def test_decimals_are_multiples_as_they_are_written(value: str, step: str, fits: bool) -> None:
    checked = check(json.loads(value), {"multipleOf": json.loads(step)})
    assert checked.outcome is (Outcome.FITS if fits else Outcome.DEPARTS)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**4), st.integers(0, 4))
def test_multiples_follow_decimal_arithmetic(count: int, step: int, places: int) -> None:
    number, divisor = Decimal(count).scaleb(-places), Decimal(step).scaleb(-places)
    checked = check(float(number), {"multipleOf": float(divisor)})
    assert (checked.outcome is Outcome.FITS) == (number % divisor == 0)


def test_half_characters_and_numbers_that_are_none_are_checked() -> None:
    assert check("\ud800", {"maxLength": 1}) == Checked()
    assert check({"\udc00": "\ud800"}, {"properties": {"a": {"const": "\ud800"}}}) == Checked()
    assert check(float("nan"), {"type": "number"}).fault == Fault("$", 'type: "number"', "NaN")
    assert check(10**400, {"type": "integer"}) == Checked()


def test_what_was_found_becomes_notices() -> None:
    notes: list[Event] = []
    run = Run(notes.append)
    fault, left_out = Fault("$.a", "type: 1", "2"), UncheckedPattern("$.pattern", "(")
    report(Checked(), run)
    assert notes == []
    report(Checked(fault, patterns=(left_out,)), run)
    report(check({}, {"$ref": "#/no"}), run)
    assert [note.message.id for note in notes if isinstance(note, Notice) and isinstance(note.message, Message)] == [
        "schemas.departs",
        "schemas.pattern_not_checked",
        "schemas.not_checked",
    ]
    assert "(" in str(notes[1].message) and "$.pattern" in str(notes[1].message)


@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "items", "$ref", "enum", "$schema", "required", "pattern", "x"]), JSON_VALUES
    ),
    JSON_VALUES,
)
def test_no_schema_and_no_value_make_it_raise(schema: dict[str, Any], value: Any) -> None:
    wrong = schema_fault(schema)
    assert wrong is None or str(wrong)
    checked = check(value, schema)
    assert wrong is None or checked.outcome is Outcome.NOT_CHECKED
    assert str(checked.reason or checked.fault or "fits")
