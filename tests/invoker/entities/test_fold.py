"""Tests for folding streams to results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.entities.content import ImagePromptMessageContent, TextPromptMessageContent
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput, LLMUsage
from boomerang.invoker.entities.llm.result import LLMFold, LLMResult, LLMResultWithStructuredOutput
from boomerang.invoker.errors import ProtocolError

from . import golden
from .streams import chunk, fragment, spelled

USAGE = LLMUsage.priced(None, prompt_tokens=3, completion_tokens=1, latency=1.5)
IMAGE = ImagePromptMessageContent(format="png", mime_type="image/png", base64_data="aGk=")


def text(data: str) -> TextPromptMessageContent:
    return TextPromptMessageContent(data=data)


def test_what_the_sdk_loses_when_it_folds_is_kept() -> None:
    data, sdk = golden.aggregation()
    result = LLMResult.of(LLMResultChunk.model_validate(item) for item in data)
    dump = result.model_dump(mode="json")

    assert list(dump) == list(sdk)
    assert list(dump["message"]) == list(sdk["message"])
    assert result.message.content == sdk["message"]["content"] + "LIST"
    assert spelled(result.message.tool_calls) == [("call_1", "lookup", '{"q":"x"}')]
    assert dump["usage"] == data[-2 if data[-1]["delta"]["usage"] is None else -1]["delta"]["usage"]
    assert (result.model, result.system_fingerprint, result.finish_reason) == ("served-model", "fp1", "stop")
    assert sdk["message"]["tool_calls"][0]["id"] == "", "the SDK lost the id"
    assert sdk["usage"]["prompt_tokens"] == 6, "the SDK counted the prompt twice"


def test_a_tool_call_cut_over_two_frames_is_merged() -> None:
    result = LLMResult.of(LLMResultChunk.model_validate(item) for item in golden.frames("llm_tool_call_stream.bin"))
    assert spelled(result.message.tool_calls) == [("call_1", "lookup", '{"q":"x"}')]
    assert (result.finish_reason, result.usage.total_tokens) == ("tool_calls", 9)


def test_the_structured_output_comes_with_the_text_usage_and_finish_reason_of_the_frames_before_it() -> None:
    frames = golden.frames("structured_output_stream.bin")
    result = LLMResultWithStructuredOutput.of(LLMResultChunkWithStructuredOutput.model_validate(item) for item in frames)
    assert result.structured_output == {"a": 1}
    assert result.message.content == '{"a":1}'
    assert (result.finish_reason, result.usage.total_tokens, result.system_fingerprint) == ("stop", 9, None)
    assert next(iter(result.model_dump())) == "structured_output"


def test_an_empty_object_is_a_structured_output() -> None:
    empty = LLMResultChunkWithStructuredOutput(**dict(chunk("{}")), structured_output={})
    none = LLMResultChunkWithStructuredOutput(**dict(chunk("")))
    assert LLMResultWithStructuredOutput.of([empty, none]).structured_output == {}


def test_no_chunk_at_all_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        LLMResult.of([])
    with pytest.raises(ProtocolError):
        LLMResultWithStructuredOutput.of(iter([]))


def test_without_a_usage_the_fold_says_unknown_and_the_result_zero() -> None:
    fold = LLMFold().add(chunk("Hi"))
    assert fold.usage is None
    assert fold.result().usage == LLMUsage.empty_usage()


def test_the_usage_is_that_of_the_last_chunk_that_has_one() -> None:
    more = USAGE.model_copy(update={"completion_tokens": 2})
    assert LLMResult.of([chunk("a", usage=USAGE), chunk("b", usage=more), chunk("c")]).usage == more


def test_media_are_where_they_came_between_the_text() -> None:
    parts = [chunk("a"), chunk([text("b"), IMAGE, text("c")]), chunk("d"), chunk([IMAGE]), chunk(None)]
    result = LLMResult.of(parts)
    assert result.message.content == [text("ab"), IMAGE, text("cd"), IMAGE]
    assert result.message.get_text_content() == "abcd" == LLMFold().extend(parts).text


def test_text_with_an_opaque_body_is_kept_apart() -> None:
    signed = TextPromptMessageContent(data="b", opaque_body={"signature": "s"})
    assert LLMResult.of([chunk("a"), chunk([signed]), chunk("c")]).message.content == [text("a"), signed, text("c")]


def test_name_and_opaque_body_of_the_message_are_kept() -> None:
    first, last = chunk("a"), chunk("b")
    first.delta.message.name, first.delta.message.opaque_body = "robot", {"state": 1}
    last.delta.message.name = ""
    message = LLMResult.of([first, last]).message
    assert (message.name, message.opaque_body) == ("robot", {"state": 1})


def test_the_finish_reason_is_there_in_python_and_not_in_a_dump() -> None:
    result = LLMResult.of([chunk("a", finish_reason="length"), chunk("", finish_reason="")])
    assert result.finish_reason == "length"
    assert "finish_reason" not in result.model_dump()
    assert "finish_reason" not in result.model_dump_json()


def test_a_fold_can_be_read_while_the_stream_goes_on() -> None:
    fold = LLMFold()
    fold.add(chunk("He", [fragment("a", "f", "{")]))
    assert (fold.text, spelled(fold.tool_calls)) == ("He", [("a", "f", "{")])
    fold.add(chunk("llo", [fragment(arguments="}")]))
    assert (fold.text, spelled(fold.tool_calls)) == ("Hello", [("a", "f", "{}")])
    assert fold.result() == LLMResult.of([chunk("Hello", [fragment("a", "f", "{}")])])


def test_a_result_as_a_stream_of_one_chunk_folds_to_itself() -> None:
    result = LLMResult.of([chunk("Hi", [fragment("a", "f", "{}")], usage=USAGE, finish_reason="stop")])
    assert LLMResult.of([result.to_llm_result_chunk()]) == result
    structured = LLMResultWithStructuredOutput(**dict(result), structured_output={"a": 1})
    assert LLMResultWithStructuredOutput.of([structured.to_llm_result_chunk_with_structured_output()]) == structured


def test_the_chunks_are_not_changed_by_being_folded() -> None:
    parts = [chunk([text("a"), IMAGE], [fragment("a", "f", "{")]), chunk("b", [fragment(arguments="}")])]
    before = [part.model_dump_json() for part in parts]
    LLMResult.of(parts)
    assert [part.model_dump_json() for part in parts] == before


@given(st.lists(st.text(max_size=8)))
def test_text_cut_into_chunks_folds_to_the_whole_text(pieces: list[str]) -> None:
    result = LLMResult.of([chunk(piece) for piece in pieces] + [chunk("", finish_reason="stop", usage=USAGE)])
    assert result.message.content == "".join(pieces)
    assert result == LLMResult.of([chunk("".join(pieces), finish_reason="stop", usage=USAGE)])


@given(st.lists(st.one_of(st.text(max_size=4), st.just(IMAGE)), min_size=1), st.data())
def test_mixed_contents_fold_alike_however_they_are_spread_over_chunks(parts: list[object], data: st.DataObject) -> None:
    one_by_one = [chunk(part if isinstance(part, str) else [part]) for part in parts]
    items = [text(part) if isinstance(part, str) else part for part in parts]
    at = data.draw(st.integers(0, len(items)))
    assert LLMResult.of(one_by_one) == LLMResult.of([chunk(items)]) == LLMResult.of([chunk(items[:at]), chunk(items[at:])])
