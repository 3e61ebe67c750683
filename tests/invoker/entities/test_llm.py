"""LLM entities: usage, chunks, polling."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from boomerang.invoker.entities.llm_chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.entities.llm_result import LLMPollingResult, LLMResult, LLMResultWithStructuredOutput

from .streams import chunk

RESULT = {"model": "m", "message": {"content": "x"}, "usage": LLMUsage.empty_usage().model_dump(mode="json")}


def test_an_empty_usage_is_written_as_the_sdk_writes_it() -> None:
    assert LLMUsage.empty_usage().model_dump_json() == (
        '{"prompt_tokens":0,"prompt_unit_price":"0.0","prompt_price_unit":"0.0","prompt_price":"0.0","completion_tokens":0,'
        '"completion_unit_price":"0.0","completion_price_unit":"0.0","completion_price":"0.0","total_tokens":0,'
        '"total_price":"0.0","currency":"USD","latency":0.0}'
    )


@pytest.mark.parametrize("key", LLMUsage.model_fields)
def test_each_field_of_a_usage_is_required(key: str) -> None:
    usage = LLMUsage.empty_usage().model_dump()
    del usage[key]
    with pytest.raises(ValidationError) as error:
        LLMUsage.model_validate(usage)
    assert [line["loc"] for line in error.value.errors()] == [(key,)]


@pytest.mark.parametrize("settings", [None, "x", [{"role": "user", "content": "Hi"}], [1]])
def test_prompt_messages_of_an_answer_are_always_empty(settings: Any) -> None:
    assert LLMResultChunk.model_validate(chunk("x").model_dump() | {"prompt_messages": settings}).prompt_messages == []
    assert LLMResult.model_validate(RESULT | {"prompt_messages": settings}).prompt_messages == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "running"},
        {"status": "running", "plugin_state": {}},
        {"status": "succeeded"},
        {"status": "failed"},
        {"status": "failed", "error": ""},
        {"status": "paused"},
        {"status": "running", "plugin_state": {"job": 1}, "max_attempts": 0},
    ],
)
def test_a_polling_result_without_what_its_status_needs_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LLMPollingResult.model_validate(wrong)


def test_a_polled_result_keeps_its_structured_output() -> None:
    polled = LLMPollingResult.model_validate({"status": "succeeded", "result": RESULT | {"structured_output": {"a": 1}}})
    assert isinstance(polled.result, LLMResultWithStructuredOutput)
    assert type(LLMPollingResult.model_validate({"status": "succeeded", "result": RESULT}).result) is LLMResult
