"""Test merged answers: what a call without streaming would have returned."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.request import InvokeType
from boomerang.workbench.results.merged_answer import is_merged, merged
from tests.invoker.answers import answers_to, request_of
from tests.scripted import USAGE, call_chunk, structured_chunks


def recorded(chunks: list[Any], invoke_type: InvokeType = InvokeType.LLM) -> Record[Any]:
    record: Record[Any] = Record(request_of(invoke_type), "scripted")
    record.chunks.extend(chunks)
    record.times.extend(0.5 * (at + 1) for at in range(len(chunks)))
    record.seconds, record.outcome = 9.0, Outcome.COMPLETED
    return record


def test_an_llms_text_usage_and_finish_reason_are_merged() -> None:
    value = merged(recorded(list(llm_chunks("Hel", "lo", usage=USAGE))))
    assert value["message"]["content"] == "Hello" and value["finish_reason"] == "stop"
    assert value["usage"]["total_tokens"] == USAGE.total_tokens


def test_tool_calls_in_fragments_are_merged() -> None:
    value = merged(recorded([call_chunk({"id": "1", "name": "add", "arguments": '{"a'}), call_chunk({"arguments": '": 1}'})]))
    assert [call["function"] for call in value["message"]["tool_calls"]] == [{"name": "add", "arguments": '{"a": 1}'}]


def test_a_structured_answer_has_its_object() -> None:
    value = merged(recorded(list(structured_chunks({"city": "Oslo"}, "{")), InvokeType.LLM_STRUCTURED_OUTPUT))
    assert value["structured_output"] == {"city": "Oslo"} and value["message"]["content"] == "{"


def test_the_pieces_of_speech_are_joined_even_if_one_is_no_hex() -> None:
    pieces = [TTSResult.of(b"ab", "audio/mpeg"), TTSResult(result="zz", mime_type="audio/mpeg")]
    assert merged(recorded(pieces, InvokeType.TTS)) == {"result": "6162zz", "mime_type": "audio/mpeg"}


@pytest.mark.parametrize("invoke_type", InvokeType)
def test_every_answer_can_be_merged(invoke_type: InvokeType) -> None:
    record = recorded(answers_to(invoke_type), invoke_type)
    value = merged(record)
    if not is_merged(record):
        assert value == record.chunks[0].model_dump(mode="json")
