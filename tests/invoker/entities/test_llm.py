"""LLM entities: usage, chunks, polling."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta, LLMUsage
from boomerang.invoker.entities.llm.result import LLMPollingResult, LLMResult, LLMResultWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolCall

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


@pytest.mark.parametrize("usage", [None, LLMUsage.empty_usage()])
def test_a_chunk_of_text_is_the_same_as_a_checked_one(usage: LLMUsage | None) -> None:
    checked = LLMResultChunk(
        model="m",
        system_fingerprint="f",
        delta=LLMResultChunkDelta(
            index=3,
            message=AssistantPromptMessage(content="x", tool_calls=[], opaque_body=None),
            usage=usage,
            finish_reason="stop",
        ),
    )
    made = LLMResultChunk.of_text("x", model="m", index=3, system_fingerprint="f", usage=usage, finish_reason="stop")
    for copy in (made, made.model_copy(deep=True), pickle.loads(pickle.dumps(made))):
        assert copy == checked and repr(copy) == repr(checked)
        assert copy.model_dump_json() == checked.model_dump_json()
        assert copy.model_dump_json(exclude_unset=True) == checked.model_dump_json(exclude_unset=True)


def test_setting_a_field_of_a_chunk_changes_no_other_chunk() -> None:
    first, second = (LLMResultChunk.of_text("x", model="m", index=0) for _ in range(2))
    first.delta.message.name = "ada"
    first.delta.message.tool_calls.append(ToolCall(id="1", type="function", function={"name": "now", "arguments": ""}))
    first.prompt_messages = []
    assert "name" in first.delta.message.model_fields_set and "prompt_messages" in first.model_fields_set
    assert "name" not in second.delta.message.model_fields_set and "prompt_messages" not in second.model_fields_set
    assert second.delta.message.name is None and second.delta.message.tool_calls == []


def test_many_chunks_of_text_take_less_memory_than_checked_ones() -> None:
    def kept(make: Callable[[], LLMResultChunk]) -> int:
        tracemalloc.start()
        try:
            chunks = [make() for _ in range(1000)]
            return tracemalloc.get_traced_memory()[0] // len(chunks)
        finally:
            tracemalloc.stop()

    assert kept(lambda: LLMResultChunk.of_text("x", model="m", index=0)) < kept(lambda: chunk("x")) * 0.65


@pytest.mark.parametrize("messages", [None, "x", [{"role": "user", "content": "Hi"}], [1]])
def test_prompt_messages_of_an_answer_are_always_empty(messages: Any) -> None:
    assert LLMResultChunk.model_validate(chunk("x").model_dump() | {"prompt_messages": messages}).prompt_messages == []
    assert LLMResult.model_validate(RESULT | {"prompt_messages": messages}).prompt_messages == []


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
