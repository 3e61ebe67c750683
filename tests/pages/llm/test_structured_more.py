"""Test further features of the structured-output page: other output methods, stability, schemas from examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import Scripted, llm_chunks
from boomerang.invoker.entities.llm.request import RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.model import ModelType, ParameterRule
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.samples.inputs import STRUCTURED_SCHEMA
from tests.pages.visitor import Visitor
from tests.scripted import MODELS, Desk, listed, structured_chunks

Visit = Callable[[str], Visitor]
GOOD = {"city": "Lisbon", "temperature_c": 24, "sunny": True}
RULES = [
    ParameterRule.model_validate({"name": "response_format", "type": "string", "options": ["text", "json_schema"]}),
    ParameterRule.model_validate({"name": "json_schema", "type": "text"}),
]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Add a model that takes a schema as a parameter."""
    desk.backend = Scripted(desk.serve, models=(*MODELS, listed("formal", ModelType.LLM, parameter_rules=RULES)))
    return desk


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Return a newly opened page."""
    return visit("llm_structured_output")


def test_three_ways_to_an_object_are_side_by_side(page: Visitor, desk: Desk) -> None:
    def answer(request: Request[Any], run: Run) -> Any:
        if isinstance(request, RequestInvokeLLMWithStructuredOutput):
            return structured_chunks(GOOD, json.dumps(GOOD))
        return llm_chunks(f"Sure: {json.dumps(GOOD | {'sunny': 'yes'})}" if "response_format" not in request.payload()[
            "completion_params"] else json.dumps(GOOD))  # fmt: skip

    desk.answer = answer
    page.set("selectbox", "model", "formal").set("button_group", "experiment", "routes").click("try-routes.run")
    direct, parameter, prompted = desk.requests
    assert direct.structured_output_schema == STRUCTURED_SCHEMA
    assert parameter.completion_params["response_format"] == "json_schema"
    assert json.loads(parameter.completion_params["json_schema"])["schema"] == STRUCTURED_SCHEMA
    system, user = prompted.prompt_messages
    assert "temperature_c" in system.content and system.content.startswith("Extract") and user.role.value == "user"
    assert page.seen.count("Matches the schema") == 2 and page.seen.count("Does not match the schema") == 1
    assert "the text around it" in page.seen
    assert "The objects are equal." in page.seen and "1 difference." in page.seen


def test_a_model_without_the_parameter_has_two_ways(page: Visitor, desk: Desk) -> None:
    page.set("button_group", "experiment", "routes")
    assert "has no schema parameter" in page.seen
    page.click("try-routes.run")
    assert [request.invoke_type.value for request in desk.requests] == ["llm_structured_output", "llm"]
    assert "no object" in page.seen  # the scripted model only says hello


def test_stability_reports_the_share_of_valid_objects_and_the_most_frequent_fault(page: Visitor, desk: Desk) -> None:
    turns: list[Any] = [GOOD, GOOD | {"city": 5}, None, GOOD | {"city": 6}, GOOD]
    desk.answer = lambda request, run: structured_chunks(turns.pop(0), "…")
    page.set("button_group", "experiment", "stability").click("try-stability.run")
    numbers = page.metrics()
    assert (numbers["Runs"], numbers["Valid"], numbers["Distinct objects"]) == ("5", "40%", "1")
    assert "Most frequent error, 2 of 5" in page.seen and "$.city · type" in page.faults


def test_a_schema_is_proposed_from_an_example(page: Visitor, desk: Desk) -> None:
    page.type("example", '{"name": "Ada", "tags": ["x"]}').click("example.propose").run()
    assert desk.requests[0].structured_output_schema["properties"] == {
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    }
    page.type("example", "[1]").click("example.propose")
    assert "found list" in page.faults and page.can_run


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        (f"```json\n{json.dumps(GOOD)}\n```", "code block"),
        (f"Here: {json.dumps(GOOD)}", "the text around it"),
        ("{'city': 'Lisbon'}", "is not JSON"),
        (json.dumps(GOOD | {"city": "Porto"}), "differs from the raw text"),
    ],
)
def test_an_object_that_is_not_the_raw_text_says_how_it_came(page: Visitor, desk: Desk, text: str, phrase: str) -> None:
    desk.answer = lambda request, run: structured_chunks(GOOD, text)
    assert phrase in page.run().seen


def test_an_object_that_is_the_raw_text_needs_no_notice(page: Visitor) -> None:
    assert "healing" not in page.run().seen


def test_objects_of_a_comparison_are_compared_with_each_other(page: Visitor, desk: Desk) -> None:
    desk.answer = lambda request, run: structured_chunks(GOOD | {"city": request.model}, "…")
    page.set("button_group", "panes", 2).run()
    assert "1 difference." in page.seen and '"talker"' in page.seen and "$.city" in page.seen
