"""JSON schemas that a person types, and values held against them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.jsontext import MOST_LEVELS, JsonFault, parse
from playground.samples import NESTED_SCHEMA, STRUCTURED_SCHEMA
from playground.schemas import MOST_FAULTS, Fault, faults, schema_fault

from .test_jsontext import VALUES


def test_what_fits_has_no_fault() -> None:
    assert faults({"city": "Lisbon", "temperature_c": 24, "sunny": True}, STRUCTURED_SCHEMA) == []
    assert schema_fault(STRUCTURED_SCHEMA) is None and schema_fault(NESTED_SCHEMA) is None


def test_each_fault_says_where_what_was_expected_and_what_was_found() -> None:
    found = faults({"people": [{"name": "Ada", "role": "host"}, {"name": 7, "role": "cook"}]}, NESTED_SCHEMA)
    assert found == [
        Fault("$.people[1].name", 'type: "string"', "7"),
        Fault("$.people[1].role", 'enum: ["host", "guest"]', '"cook"'),
    ]
    [missing] = faults({"city": "Lisbon", "sunny": True}, STRUCTURED_SCHEMA)
    assert missing.path == "$" and missing.expected.startswith("required: ") and "temperature_c" in missing.expected


def test_many_faults_and_long_values_stay_readable() -> None:
    found = faults({f"k{n}": "x" * 10_000 for n in range(200)}, {"additionalProperties": {"type": "number"}})
    assert len(found) == MOST_FAULTS
    assert all(len(fault.found) <= 300 and len(fault.expected) <= 320 for fault in found)


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


def test_an_unknown_dialect_counts_as_the_newest() -> None:
    assert schema_fault({"$schema": "https://example.com/mine", "type": "object"}) is None
    assert len(faults([], {"$schema": "https://example.com/mine", "type": "object"})) == 1


def test_the_dialects_own_addresses_are_known() -> None:
    assert faults({"type": "object"}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}) == []
    assert faults(1.0, {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}) != []


def test_as_deep_as_a_field_takes_a_schema_can_be_checked() -> None:
    levels = MOST_LEVELS // 2 - 1
    text = '{"properties": {"a": ' * levels + '{"type": "string"}' + "}}" * levels
    schema = parse(text)
    assert not isinstance(schema, JsonFault)
    assert schema_fault(schema) is None
    value: Any = 5
    for _ in range(levels):
        value = {"a": value}
    [fault] = faults(value, schema)
    assert fault.path == "$" + ".a" * levels


@given(
    st.dictionaries(st.sampled_from(["type", "properties", "items", "$ref", "enum", "$schema", "required", "x"]), VALUES),
    VALUES,
)
def test_no_schema_and_no_value_make_it_raise(schema: dict[str, Any], value: Any) -> None:
    wrong = schema_fault(schema)
    assert wrong is None or str(wrong)
    assert all(isinstance(fault, Fault) for fault in faults(value, schema))
