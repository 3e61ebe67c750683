"""Tests for `stream=False`: our result, compared with the SDK's for the same chunks."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMResult
from boomerang.invoker.errors import ProtocolError
from tests.invoker.answers import CHAT, HI, session_of, text_chunks
from tests.invoker.entities import golden

DATA, SDK = golden.aggregation()


@pytest.fixture
def result() -> LLMResult:
    chunks = [LLMResultChunk.model_validate(item) for item in DATA]
    session, _ = session_of(lambda request, run: chunks)
    return session.model.llm.invoke(CHAT, HI, stream=False)


def test_text_is_joined(result: LLMResult) -> None:
    assert result.message.get_text_content().startswith(SDK["message"]["content"])
    assert result.message.role.value == "assistant"


def test_text_in_lists_is_kept(result: LLMResult) -> None:
    assert result.message.content == "HelloLIST"
    assert SDK["message"]["content"] == "Hello"


def test_fragments_of_a_tool_call_are_merged(result: LLMResult) -> None:
    (call,) = result.message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "lookup", '{"q":"x"}')
    assert SDK["message"]["tool_calls"] == [{"id": "", "type": "function", "function": {"name": "", "arguments": '"x"}'}}]


def test_usage_is_that_of_the_last_chunk_with_it_whole(result: LLMResult) -> None:
    assert result.usage.model_dump(mode="json") == DATA[3]["delta"]["usage"]
    assert SDK["usage"]["prompt_tokens"] == 2 * result.usage.prompt_tokens


def test_unit_prices_are_kept(result: LLMResult) -> None:
    assert str(result.usage.prompt_unit_price) == "1"
    assert str(result.usage.completion_price_unit) == "0.000001"
    assert SDK["usage"]["prompt_unit_price"] == "0.0"


def test_the_model_is_the_one_that_answered(result: LLMResult) -> None:
    assert result.model == "served-model"
    assert SDK["model"] == "tiny-chat"


def test_fingerprint_and_finish_reason_are_kept(result: LLMResult) -> None:
    assert (result.system_fingerprint, result.finish_reason) == ("fp1", "stop")
    assert SDK["system_fingerprint"] is None


def test_a_result_has_the_keys_of_difys_in_its_order(result: LLMResult) -> None:
    dump = result.model_dump(mode="json")
    assert list(dump) == list(SDK)
    assert list(dump["message"]) == list(SDK["message"])
    assert list(dump["usage"]) == list(DATA[3]["delta"]["usage"])
    assert dump["prompt_messages"] == []


def test_name_and_opaque_body_of_the_message_are_kept() -> None:
    first, last = text_chunks("a", "b")
    first.delta.message.name, first.delta.message.opaque_body = "robot", {"state": 1}
    session, _ = session_of(lambda request, run: [first, last])
    message = session.model.llm.invoke(CHAT, HI, stream=False).message
    assert (message.name, message.opaque_body) == ("robot", {"state": 1})


@pytest.mark.parametrize("objects", [[None, {"a": 1}], [{"a": 1}, None], [{"a": 0}, {"a": 1}, None]])
def test_the_last_object_is_the_structured_output(objects: list[Any]) -> None:
    texts = text_chunks(*["x"] * len(objects))
    chunks = [
        LLMResultChunkWithStructuredOutput(**dict(chunk), structured_output=value)
        for chunk, value in zip(texts, objects, strict=True)
    ]
    session, _ = session_of(lambda request, run: chunks)
    result = session.model.llm_structured_output.invoke(CHAT, HI, {"type": "object"}, stream=False)
    assert result.structured_output == {"a": 1}


def test_no_chunk_at_all_is_an_error() -> None:
    session, _ = session_of(lambda request, run: [])
    with pytest.raises(ProtocolError):
        session.model.llm.invoke(CHAT, HI, stream=False)


def test_not_streaming_gives_a_result_and_reads_the_stream_to_its_end() -> None:
    session, records = session_of(lambda request, run: text_chunks("a", "b"))
    assert session.model.llm.invoke(CHAT, HI, stream=False).message.content == "ab"
    assert (records[0].outcome, len(records[0].chunks)) == ("completed", 2)
