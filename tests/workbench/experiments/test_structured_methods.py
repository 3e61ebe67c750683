"""Test the methods of getting an object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.llm.request import RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.structured_methods import PROMPTED, STRUCTURED, steps, ways
from tests.scripted import structured_chunks

from .series import form_call, run

SCHEMA = {"type": "object", "required": ["city"]}


def test_an_object_is_read_from_its_field_or_from_the_text_and_checked() -> None:
    def answer(request: Request[Any], _run: Run) -> Iterable[Any]:
        if isinstance(request, RequestInvokeLLMWithStructuredOutput):
            return structured_chunks({"city": "Lisbon"})
        return llm_chunks('Here: {"town": "Lisbon"}')

    result = ways(run(steps(form_call("llm_structured_output", structured_output_schema=SCHEMA), None), answer), None)
    assert [(way.label, way.value) for way in result] == [(STRUCTURED, {"city": "Lisbon"}), (PROMPTED, {"town": "Lisbon"})]
    assert [way.checked.fault is None for way in result if way.checked is not None] == [True, False]


def test_an_answer_without_an_object_is_not_checked() -> None:
    def answer(request: Request[Any], _run: Run) -> Iterable[Any]:
        if isinstance(request, RequestInvokeLLMWithStructuredOutput):
            return structured_chunks(None, "no")
        return llm_chunks("no")

    result = ways(run(steps(form_call("llm_structured_output", structured_output_schema=SCHEMA), None), answer), None)
    assert [(way.value, way.checked) for way in result[1:]] == [(None, None)] and result[1].raw_text == "no"


def test_an_incomplete_form_makes_no_calls() -> None:
    assert steps(form_call("llm_structured_output", structured_output_schema=None), None) == []
