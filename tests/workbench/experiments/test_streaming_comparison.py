"""Test the comparison of a call with and without streaming."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.streaming_comparison import TEXT, compare, may_differ_anyway, steps
from tests.scripted import PROVIDER

from .series import form_call, run


def test_equal_answers_do_not_differ() -> None:
    result = compare(run(steps(form_call("llm"), None)), None)
    assert result.complete and result.differing == []
    assert result.labels == ("streamed", "non-streamed")


def test_another_text_is_named() -> None:
    texts = ["one", "two"]

    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        return llm_chunks(texts.pop(0))

    result = compare(run(steps(form_call("llm"), None), answer), None)
    assert TEXT in result.differing and (result.left[TEXT], result.right[TEXT]) == ("one", "two")


def test_a_failed_call_leaves_nothing_to_compare() -> None:
    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        raise InvokeBadRequestError("no")

    result = compare(run(steps(form_call("llm"), None), answer), None)
    assert not result.complete
    assert [(label, str(error)) for label, error in result.errors] == [("streamed", "no"), ("non-streamed", "no")]


@pytest.mark.parametrize(("parameters", "expected"), [({}, True), ({"temperature": 0}, False), ({"seed": 7}, False)])
def test_chance_is_known_from_the_parameters(parameters: dict[str, Any], expected: bool) -> None:
    config = LLMModelConfig(provider=PROVIDER, model="talker", mode="chat", completion_params=parameters)
    assert may_differ_anyway(form_call("llm", model_config=config)) is expected
