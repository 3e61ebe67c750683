"""JSON schemas: whether an object is one, and values held against them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoker.json_schema import LONGEST, MOST_FAULTS, Fault, faults, schema_fault
from tests.json_values import JSON_VALUES

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temperature_c": {"type": "number"}, "sunny": {"type": "boolean"}},
    "required": ["city", "temperature_c", "sunny"],
}
GUEST = {"type": "object", "properties": {"name": {"type": "string"}, "role": {"enum": ["host", "guest"]}}}
PARTY = {"type": "object", "properties": {"people": {"type": "array", "items": GUEST}}}


def test_what_fits_has_no_fault() -> None:
    assert schema_fault(WEATHER) is None and schema_fault(PARTY) is None
    assert faults({"city": "Lisbon", "temperature_c": 24, "sunny": True}, WEATHER) == []


def test_each_fault_says_where_what_was_expected_and_what_was_found() -> None:
    found = faults({"people": [{"name": "Ada", "role": "host"}, {"name": 7, "role": "cook"}]}, PARTY)
    assert found == [
        Fault("$.people[1].name", 'type: "string"', "7"),
        Fault("$.people[1].role", 'enum: ["host", "guest"]', '"cook"'),
    ]
    assert str(found[0]) == '$.people[1].name: expected type: "string", found 7'
    [missing] = faults({"city": "Lisbon", "sunny": True}, WEATHER)
    assert missing.path == "$" and missing.expected.startswith("required: ") and "temperature_c" in missing.expected


def test_faults_come_in_the_order_of_their_places() -> None:
    found = faults({"b": 1, "a": ["x"] * 12}, {"properties": {"a": {"items": {"type": "null"}}, "b": {"type": "null"}}})
    assert [fault.path for fault in found] == [*(f"$.a[{place}]" for place in range(12)), "$.b"]


def test_many_faults_and_long_values_stay_readable() -> None:
    found = faults({f"k{n}": "x" * 10_000 for n in range(200)}, {"additionalProperties": {"type": "number"}})
    assert len(found) == MOST_FAULTS
    assert all(len(fault.found) <= LONGEST and len(fault.expected) <= LONGEST + 20 for fault in found)
    [unusable] = faults(1, {"$ref": "#/" + "x" * 10_000})
    assert len(unusable.expected) <= LONGEST


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "objekt"}, "$.type"),
        ({"properties": {"a": {"type": 5}}}, "$.properties.a.type"),
        ({"$schema": {}}, "$.$schema"),
        ({"$id": 5}, "$.$id"),
        ({"pattern": "("}, "$.pattern"),
        ({"required": "city"}, "$.required"),
        ({"allOf": [{"type": "x"}]}, "$.allOf[0].type"),
    ],
)
def test_an_object_that_is_no_schema_is_told_with_its_place(schema: dict[str, Any], words: str) -> None:
    wrong = schema_fault(schema)
    assert str(wrong).startswith(f"{words}: ")
    [fault] = faults({}, schema)  # a record may hold one that a back end accepted
    assert fault.path == "$" and str(wrong) in fault.expected


@pytest.mark.parametrize(
    "address",
    ["http://192.0.2.1/schema.json", "https://example.com/s", "file:///etc/hostname", "#/nowhere", "#anchor", "other.json"],
)
def test_a_reference_to_somewhere_else_is_a_fault_and_is_never_fetched(address: str) -> None:
    """The tests' network guard fails this if a connection is tried; a file would be read without any."""
    [fault] = faults({"a": 1}, {"$ref": address})
    assert fault.path == "$" and "can be applied" in fault.expected


def test_a_schema_without_end_is_a_fault() -> None:
    [fault] = faults({"a": 1}, {"$ref": "#"})
    assert "without end" in fault.expected


def test_a_schema_that_is_nested_too_deeply_to_be_looked_at_is_told_so() -> None:
    schema: dict[str, Any] = {}
    for _ in range(2_000):
        schema = {"not": schema}
    assert str(schema_fault(schema)) == "$: nested too deeply"


def test_an_unknown_dialect_counts_as_the_newest() -> None:
    assert schema_fault({"$schema": "https://example.com/mine", "type": "object"}) is None
    assert len(faults([], {"$schema": "https://example.com/mine", "type": "object"})) == 1


def test_the_dialects_own_addresses_are_known() -> None:
    assert faults({"type": "object"}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}) == []
    assert faults(1.0, {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}) != []


@given(
    st.dictionaries(st.sampled_from(["type", "properties", "items", "$ref", "enum", "$schema", "required", "x"]), JSON_VALUES),
    JSON_VALUES,
)
def test_no_schema_and_no_value_make_it_raise(schema: dict[str, Any], value: Any) -> None:
    wrong = schema_fault(schema)
    assert wrong is None or str(wrong)
    assert all(isinstance(fault, Fault) for fault in faults(value, schema))
