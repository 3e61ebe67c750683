"""Test schemas proposed from examples: they are valid, and their examples match them."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from boomerang.invoker.llm_text.json_schema import Checked, check, schema_fault
from boomerang.workbench.parsing.schema_from_example import propose
from tests.json_values import JSON_VALUES


@given(JSON_VALUES)
def test_an_example_fits_its_own_schema(example: Any) -> None:
    schema = propose(example)
    assert schema_fault(schema) is None
    assert check(example, schema) == Checked()


def test_what_only_some_items_of_a_list_have_is_not_required() -> None:
    schema = propose({"people": [{"name": "Ada", "age": 36}, {"name": "Ben", "age": 1.5, "host": True}]})
    people = schema["properties"]["people"]["items"]
    assert set(people["required"]) == {"name", "age"}
    assert people["properties"]["age"] == {"type": "number"} and people["properties"]["host"] == {"type": "boolean"}
    assert check({"people": [{"name": "Cy", "age": 2, "extra": 1}]}, schema).fault


def test_many_names_take_no_longer_than_their_number() -> None:
    schema = propose([{f"k{number}": number} for number in range(30_000)])
    assert len(schema["items"]["properties"]) == 30_000 and "required" not in schema["items"]


def test_values_of_several_kinds_may_be_of_any_of_them() -> None:
    schema = propose({"mixed": [1, "two", None, {"three": 3}], "empty": []})
    scalars = schema["properties"]["mixed"]["items"]["anyOf"][0]
    assert set(scalars["type"]) == {"integer", "string", "null"}
    assert schema["properties"]["empty"] == {"type": "array"}
    assert check({"mixed": [True], "empty": []}, schema).fault
