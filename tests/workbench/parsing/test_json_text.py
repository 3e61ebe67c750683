"""Test typed JSON: parsed, or rejected with its place."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.llm_text.json_schema import check, schema_fault
from boomerang.workbench.parsing.json_text import MOST_LEVELS, JsonFault, locate, parse, pretty, written
from tests.json_values import JSON_VALUES


@given(st.text() | st.text('{}[]",:0123456789.eE+-\\untrfalse \n'), st.sampled_from([dict, list]))
@example("[" * 100_000, list)
@example('{"a": ' * 5_000, dict)
@example("9" * 10_000, dict)
@example('{"a": ' + "9" * 10_000 + "}", dict)
@example("\ufeff{}", dict)
@example('{"a": "\\ud800"}', dict)
@example("\ud800", dict)
def test_no_text_makes_it_raise(text: str, expected: type) -> None:
    value = parse(text, expected)
    assert isinstance(value, expected | JsonFault)
    if isinstance(value, JsonFault):
        assert str(value)


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_every_json_object_is_given_back(value: dict[str, object]) -> None:
    assert parse(json.dumps(value)) == value
    assert parse(pretty(value)) == value


@given(st.lists(JSON_VALUES))
def test_every_json_list_is_given_back(value: list[object]) -> None:
    assert parse(json.dumps(value), list) == value


@given(st.dictionaries(st.text(), JSON_VALUES), st.data())
def test_a_fault_names_a_place_inside_the_text(value: dict[str, object], data: st.DataObject) -> None:
    text = pretty(value)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    fault = parse(cut)
    assert isinstance(fault, JsonFault) and fault.line is not None and fault.column is not None
    lines = cut.split("\n")
    assert 1 <= fault.line <= len(lines)
    assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1


@pytest.mark.parametrize(
    ("text", "line", "column", "phrase"),
    [
        ('{\n  "a": 1,\n  b: 2\n}', 3, 3, "property name"),
        ('{"a": 1 "b": 2}', 1, 9, "delimiter"),
        ('{"a": 1}\nmore', 2, 1, "extra data"),
        ('{"a": }', 1, 7, "expecting value"),
        ("", 1, 1, "enter a JSON object"),
        (" \n\t", 1, 1, "enter a JSON object"),
        ("[1]", 1, 1, "expected a JSON object, found list"),
        ("null", 1, 1, "found null"),
        ("true", 1, 1, "found true or false"),
    ],
)
def test_line_and_column_are_said(text: str, line: int, column: int, phrase: str) -> None:
    fault = parse(text)
    assert isinstance(fault, JsonFault)
    assert (fault.line, fault.column) == (line, column)
    assert phrase in fault.message.lower() or phrase in fault.message
    assert str(fault).startswith(f"Line {line}, column {column}: ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_json_cannot_carry_are_refused(number: str) -> None:
    fault = parse(f'{{"temperature": {number}}}')
    assert isinstance(fault, JsonFault)
    assert number in str(fault)


def test_text_for_people_keeps_their_letters() -> None:
    assert pretty({"city": "München", "字": [1]}) == '{\n  "city": "München",\n  "字": [\n    1\n  ]\n}'


def test_what_is_nested_without_end_is_refused_before_anything_trips_over_it() -> None:
    deepest = '{"a": ' * MOST_LEVELS + "1" + "}" * MOST_LEVELS
    assert isinstance(parse(deepest), dict)
    fault = parse('{"a": ' + deepest + "}")
    assert isinstance(fault, JsonFault) and "levels deep" in str(fault)


def test_as_deep_as_a_field_takes_a_schema_can_be_checked() -> None:
    levels = MOST_LEVELS // 2 - 1
    schema = parse('{"properties": {"a": ' * levels + '{"type": "string"}' + "}}" * levels)
    assert not isinstance(schema, JsonFault)
    assert schema_fault(schema) is None
    value: object = 5
    for _ in range(levels):
        value = {"a": value}
    fault = check(value, schema).fault
    assert fault and fault.path == "$" + ".a" * levels


def paths(value: object) -> list[tuple[str | int, ...]]:
    """Return the paths to all values inside a value."""
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [(), *((part, *rest) for part, item in inside for rest in paths(item))]


@given(st.dictionaries(st.text(max_size=4), JSON_VALUES), st.booleans())
def test_every_value_is_found_where_it_is(value: dict[str, object], indented: bool) -> None:
    text = "\n " + (pretty(value) if indented else json.dumps(value))
    for path in paths(value):
        expected: object = value
        for part in path:
            expected = expected[part]  # type: ignore[index]
        line, column = locate(text, path)
        at = sum(len(before) + 1 for before in text.split("\n")[: line - 1]) + column - 1
        assert json.JSONDecoder().raw_decode(text, at)[0] == expected


def test_a_path_that_leads_nowhere_ends_at_the_last_value_on_it() -> None:
    text = '{"a": [1, {"b": 2}], "c": "x"}'
    assert locate(text, ["a", 1, "nope", "more"]) == locate(text, ["a", 1]) == (1, 11)
    assert locate(text, ["c", "x"]) == (1, 27)
    assert locate("{}", ["a"]) == (1, 1)


def test_json_for_a_file_can_always_be_written() -> None:
    assert written({"a": "天 é"}) == '{"a": "天 é"}'
    assert json.loads(written({"a": "\ud83d"}, indent=1).encode()) == {"a": "\ud83d"}
