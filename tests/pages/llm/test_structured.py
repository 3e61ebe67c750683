"""Test the structured-output page: the schema editor, and the validation of the result."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.workbench.samples.inputs import NESTED_SCHEMA, STRUCTURED_SCHEMA
from tests.pages.visitor import Visitor
from tests.scripted import Desk, structured_chunks

Visit = Callable[[str], Visitor]


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Return a newly opened page."""
    return visit("llm_structured_output")


def test_the_schema_is_what_is_sent(page: Visitor, desk: Desk) -> None:
    page.run()
    assert desk.requests[0].structured_output_schema == STRUCTURED_SCHEMA
    page.set("button_group", "sample", "Nested list").run()
    assert desk.requests[1].structured_output_schema == NESTED_SCHEMA


def test_an_object_that_fits_is_called_fitting(page: Visitor) -> None:
    page.run()
    assert "Matches the schema" in page.seen
    assert '"city": "Lisbon","temperature_c": 24,"sunny": true' in page.seen


def test_an_object_that_misses_the_schema_says_where_and_how(page: Visitor, desk: Desk) -> None:
    value = {"city": 5, "temperature_c": "warm", "extra": 1}
    desk.answer = lambda request, run: structured_chunks(value, json.dumps(value))
    page.run()
    assert page.state == "done" and "Does not match the schema" in page.seen
    assert "First mismatch: $" in page.seen


def test_a_pattern_that_cannot_be_read_is_sent_and_named(page: Visitor, desk: Desk) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string", "pattern": r"^[\w-.]+$"}}}
    page.type("schema", json.dumps(schema))
    page.run()
    assert desk.requests[0].structured_output_schema == schema
    assert "Matches the schema, as far as checked" in page.seen
    assert r"Pattern not checked: ^[\w-.]+$ at $.properties.city.pattern" in page.seen


@pytest.mark.parametrize("reference", ["#/nowhere", "http://192.0.2.1/schema.json"])
def test_a_schema_that_cannot_be_applied_is_sent_and_the_object_not_checked(page: Visitor, desk: Desk, reference: str) -> None:
    page.type("schema", json.dumps({"type": "object", "properties": {"city": {"$ref": reference}}})).run()
    assert page.state == "done" and desk.requests
    assert "Not checked against the schema" in page.seen and "cannot be applied" in page.seen


def test_an_answer_without_an_object_is_empty_and_shows_the_raw_text(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: structured_chunks(None, "Sorry, I cannot.")
    page.run()
    assert page.state == "empty"
    assert "No object returned" in page.seen and "Sorry, I cannot." in page.seen


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ('{\n  "type": "objekt"\n}', "Line 2, column 11, $.type"),
        ('{"type": "object",\n "properties": {"a": {"type": 5}}}', "Line 2, column 31, $.properties.a.type"),
        ('{"type": "object"', "Line 1, column 18"),
        ("", "Line 1, column 1"),
        ("{}", "empty"),
        ("[]", "found list"),
        ('{"$schema": {}}', "$.$schema"),
        ('{"a":' * 500 + "1" + "}" * 500, "levels deep"),
    ],
)
def test_what_is_no_schema_keeps_run_disabled_and_says_where(page: Visitor, schema: str, text: str) -> None:
    page.type("schema", schema)
    assert not page.can_run
    assert text in page.reason and text in page.faults
    assert page.at.text_area(key="llm_structured_output.schema").value == schema
    page.tab("Code")


def test_a_deep_schema_does_not_hold_the_page_up(page: Visitor, desk: Desk) -> None:
    schema: dict[str, Any] = {"type": "string", "description": "x" * 90}
    for _ in range(45):
        schema = {"type": "object", "properties": {"inner": schema}}
    page.type("schema", json.dumps(schema)).tab("Code")
    assert page.run().state == "done"


def test_without_a_users_text_it_does_not_run(page: Visitor) -> None:
    page.type("text", " ")
    assert not page.can_run and "user message" in page.reason


def test_without_a_system_text_there_is_no_system_message(page: Visitor, desk: Desk) -> None:
    page.type("system", "").run()
    assert [message.role.value for message in desk.requests[0].prompt_messages] == ["user"]
