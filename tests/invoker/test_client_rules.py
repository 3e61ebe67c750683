"""Tests for what the client decides before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.client_rules import TOOL_FEATURES, ClientRules, find
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.request import RequestInvokeLLM
from boomerang.invoker.entities.model import ModelFeature, ModelType
from boomerang.invoker.records.record import Outcome
from boomerang.invoker.records.record_values import dump
from boomerang.invoker.records.recorder import Recorded
from boomerang.invoker.request import InvokeType
from boomerang.invoker.run import Run

from .answers import CHAT, HI, PROBE, TOOL, answering, listed, recorded, request_of

SCHEMA = {"type": "object"}


def request_with_tools(*models: ListedModel) -> tuple[Any, Any]:
    """Return the record of an LLM call with a tool, and the request that reached the back end."""
    backend, request = answering(models=models)
    session, records = recorded(backend)
    session.model.llm.invoke(CHAT, HI, [TOOL], stream=False)
    return records[0], request[0]


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 200])
def test_a_text_below_the_limit_is_its_own_summary_and_at_the_limit_it_is_not(length: int) -> None:
    backend, request = answering()
    session, records = recorded(backend)
    text = "é" * length
    summary = session.model.summary.invoke(text, "Briefly.", min_summarize_length=10)
    if length < 10:
        assert (summary, request) == (text, [])
        assert records[0].sent is None
        assert dump(records[0])["sent"] is None
        assert f"{length} characters" in str(records[0].notices()[0])
        assert records[0].outcome is Outcome.COMPLETED
    else:
        assert (summary, len(request)) == ("A story.", 1)
        assert records[0].notices() == []
        assert records[0].sent is records[0].request


@given(st.text(max_size=40), st.integers(0, 40))
def test_a_summary_calls_a_model_if_and_only_if_the_text_has_the_characters(text: str, limit: int) -> None:
    backend, request = answering()
    session, _ = recorded(backend)
    summary = session.model.summary.invoke(text, "", limit)
    assert bool(request) is (len(text) >= limit)
    assert summary == (text if len(text) < limit else "A story.")


@pytest.mark.parametrize("feature", sorted(TOOL_FEATURES))
def test_tools_reach_a_model_that_can_call_them(feature: ModelFeature) -> None:
    record, request = request_with_tools(listed(ModelType.LLM, feature))
    assert [tool.name for tool in request.tools] == ["lookup"]
    assert request is record.request is record.sent
    assert record.notices() == []


@pytest.mark.parametrize("features", [(), (ModelFeature.VISION, ModelFeature.STRUCTURED_OUTPUT)])
def test_tools_are_left_out_for_a_model_that_cannot_and_the_record_says_so(features: tuple[ModelFeature, ...]) -> None:
    record, request = request_with_tools(listed(ModelType.LLM, *features))
    assert request.tools is None
    assert [tool.name for tool in record.request.tools] == ["lookup"], "the call as it was made"
    assert record.sent is request
    assert "lookup" in str(record.notices()[0])
    assert "tool-call" in str(record.notices()[0])
    assert (dump(record)["request"]["tools"][0]["name"], dump(record)["sent"]["tools"]) == ("lookup", None)


def test_a_model_that_is_not_listed_gets_its_tools() -> None:
    others = [
        listed(ModelType.LLM, model="another"),
        listed(ModelType.LLM, provider="another"),
        listed(ModelType.TTS),
    ]
    record, request = request_with_tools(*others)
    assert request.tools
    assert record.notices() == []


def test_tools_of_structured_output_follow_the_same_rule() -> None:
    backend, request = answering(models=[listed(ModelType.LLM)])
    session, records = recorded(backend)
    session.model.llm_structured_output.invoke(CHAT, HI, SCHEMA, [TOOL], stream=False)
    assert request[0].tools is None  # type: ignore[attr-defined]
    assert len(records[0].notices()) == 1


def test_nothing_else_of_a_request_changes_when_its_tools_are_left_out() -> None:
    record, request = request_with_tools(listed(ModelType.LLM))
    assert request.payload() == {**record.request.payload(), "tools": None}
    assert isinstance(request, RequestInvokeLLM)


@pytest.mark.parametrize("invoke_type", InvokeType, ids=lambda invoke_type: invoke_type.value)
def test_every_other_request_passes_as_it_is(invoke_type: InvokeType) -> None:
    backend, requests = answering(models=[listed(ModelType.LLM)])
    request = request_of(invoke_type)
    list(ClientRules(backend).invoke(request, Run()))
    assert requests == [request]
    assert requests[0] is request


def test_rules_make_no_difference_to_what_else_a_back_end_is() -> None:
    models = [listed(ModelType.LLM), listed(ModelType.TTS)]
    backend, _ = answering(models=models)
    ruled = ClientRules(backend)
    assert (ruled.kind, list(ruled.models()), ruled.system_model()) == ("scripted", models, models[0])


def test_rules_and_records_may_are_in_any_order() -> None:
    backend, _ = answering(models=[listed(ModelType.LLM)])
    request = request_of(InvokeType.LLM, tools=[TOOL])
    for wrap in (
        lambda sink: Recorded(ClientRules(backend), sink),
        lambda sink: ClientRules(Recorded(backend, sink)),
    ):
        chunks = list(wrap(lambda record: None).invoke(request, Run()))
        assert all(isinstance(chunk, LLMResultChunk) for chunk in chunks)


def test_a_model_is_found_by_type_provider_and_name() -> None:
    wanted = listed(ModelType.TTS)
    backend, _ = answering(models=[listed(ModelType.LLM), wanted])
    assert find(backend, ModelType.TTS, PROBE["provider"], "tiny") == wanted
    assert find(backend, ModelType.RERANK, PROBE["provider"], "tiny") is None
    assert find(backend, ModelType.TTS, "another", "tiny") is None
