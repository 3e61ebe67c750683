"""Tests for the methods of `session.model`: names, order, defaults and types of arguments, and return types."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from io import BytesIO
from typing import Any, get_overloads

import pytest

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkWithStructuredOutput
from boomerang.invoker.entities.llm.result import LLMResult, LLMResultWithStructuredOutput
from boomerang.invoker.entities.rerank import MultiModalRerankResult, RerankResult
from boomerang.invoker.entities.text_embedding import MultiModalEmbeddingResult, TextEmbeddingResult
from boomerang.invoker.invocations.llm import LLMInvocation
from boomerang.invoker.invocations.llm_structured_output import LLMStructuredOutputInvocation
from boomerang.invoker.request import InvokeType
from boomerang.invoker.session import ModelInvocations, Session
from tests.invoker.answers import CAT, CHAT, HI, PROBE, RERANK, SPEAK, answering

CONFIG = "model_config: {} | Mapping[str, Any]"
LLM_CONFIG = CONFIG.format("LLMModelConfig")
MESSAGES = "prompt_messages: Sequence[PromptMessage | Mapping[str, Any]]"
TOOLS = "tools: Sequence[PromptMessageTool | Mapping[str, Any]] | None = None"
STOP = "stop: list[str] | None = None"
CONTENTS = "Sequence[MultiModalContent | Mapping[str, Any]]"
INPUT_TYPE = "input_type: EmbeddingInputType = <EmbeddingInputType.QUERY: query>"

SIGNATURES = {
    "llm.invoke": f"({LLM_CONFIG}, {MESSAGES}, {TOOLS}, {STOP}, stream: bool = True) -> Chunks[LLMResultChunk] | LLMResult",
    "llm_structured_output.invoke": f"({LLM_CONFIG}, {MESSAGES}, structured_output_schema: Mapping[str, Any], {TOOLS}, {STOP}, "
    "stream: bool = True) -> Chunks[LLMResultChunkWithStructuredOutput] | LLMResultWithStructuredOutput",
    "summary.invoke": "(text: str, instruction: str, min_summarize_length: int = 1024) -> str",
    "text_embedding.invoke": f"({CONFIG.format('TextEmbeddingModelConfig')}, texts: list[str], {INPUT_TYPE})"
    " -> TextEmbeddingResult",
    "text_embedding.invoke_multimodal": f"({CONFIG.format('MultiModalEmbeddingModelConfig')}, documents: {CONTENTS}, "
    f"{INPUT_TYPE}) -> MultiModalEmbeddingResult",
    "rerank.invoke": f"({CONFIG.format('RerankModelConfig')}, docs: list[str], query: str) -> RerankResult",
    "rerank.invoke_multimodal": f"({CONFIG.format('MultiModalRerankModelConfig')}, "
    f"query: MultiModalContent | Mapping[str, Any], docs: {CONTENTS}) -> MultiModalRerankResult",
    "tts.invoke": f"({CONFIG.format('TTSModelConfig')}, content_text: str) -> Chunks[bytes]",
    "speech2text.invoke": f"({CONFIG.format('Speech2TextModelConfig')}, file: IO[bytes]) -> str",
    "moderation.invoke": f"({CONFIG.format('ModerationModelConfig')}, text: str) -> bool",
}
"""Dify's signatures, with a mapping accepted wherever Dify's SDK takes an entity."""


def method(name: str) -> Callable[..., Any]:
    attribute, _, called = name.partition(".")
    result: Callable[..., Any] = getattr(getattr(Session(answering()[0]).model, attribute), called)
    return result


def call(name: str, *arguments: Any, **named: Any) -> Any:
    return method(name)(*arguments, **named)


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_signature_is_difys(name: str) -> None:
    assert str(inspect.signature(method(name))).replace("'", "") == SIGNATURES[name]


def test_session_model_has_difys_eight_members_and_no_other() -> None:
    members = vars(Session(answering()[0]).model)
    assert set(members) == {
        "llm",
        "llm_structured_output",
        "summary",
        "text_embedding",
        "rerank",
        "tts",
        "speech2text",
        "moderation",
    }
    assert {name.partition(".")[0] for name in SIGNATURES} == set(members)
    public = [(name, called) for name, member in members.items() for called in dir(member) if not called.startswith("_")]
    assert {f"{name}.{called}" for name, called in public} == set(SIGNATURES)
    assert isinstance(Session(answering()[0]).model, ModelInvocations)


@pytest.mark.parametrize("invocation", [LLMInvocation, LLMStructuredOutputInvocation])
def test_type_checkers_know_the_result_by_the_value_of_stream(invocation: type[Any]) -> None:
    overloads = get_overloads(invocation.invoke)
    returns = [str(inspect.signature(overload).return_annotation) for overload in overloads]
    assert len(overloads) == 3
    assert "Chunks" in returns[0]
    assert "Result" in returns[1]
    assert "Chunks" not in returns[1]
    assert " | " in returns[2]
    names = {tuple(inspect.signature(overload).parameters) for overload in overloads}
    assert names == {tuple(inspect.signature(invocation.invoke).parameters)}


def test_arguments_may_be_given_by_position_in_difys_order() -> None:
    answer = call("llm.invoke", CHAT, HI, None, ["x"], False)
    assert isinstance(answer, LLMResult)
    structured = call("llm_structured_output.invoke", CHAT, HI, {"type": "object"}, None, None, False)
    assert isinstance(structured, LLMResultWithStructuredOutput)
    assert call("summary.invoke", "text", "Briefly.", 0) == "A story."
    assert call("text_embedding.invoke", PROBE, ["a", "b"], "document").model == "tiny"


def test_an_llm_gives_a_generator_of_chunks_or_a_result() -> None:
    stream = call("llm.invoke", CHAT, HI)
    assert isinstance(stream, Generator)
    assert {type(chunk) for chunk in stream} == {LLMResultChunk}
    assert type(call("llm.invoke", CHAT, HI, stream=False)) is LLMResult


def test_structured_output_gives_a_generator_of_chunks_or_a_result() -> None:
    stream = call("llm_structured_output.invoke", CHAT, HI, {"type": "object"})
    assert isinstance(stream, Generator)
    assert {type(chunk) for chunk in stream} == {LLMResultChunkWithStructuredOutput}
    whole = call("llm_structured_output.invoke", CHAT, HI, {"type": "object"}, stream=False)
    assert type(whole) is LLMResultWithStructuredOutput
    assert whole.structured_output == {"a": 1}


def test_one_shot_calls_give_plain_values_or_results() -> None:
    assert call("summary.invoke", "text", "Briefly.", 0) == "A story."
    assert call("speech2text.invoke", PROBE, BytesIO(b"ID3")) == "hello"
    assert call("moderation.invoke", PROBE, "text") is True
    assert type(call("text_embedding.invoke", PROBE, ["a", "b"])) is TextEmbeddingResult
    assert type(call("rerank.invoke", RERANK, ["a", "b"], "q")) is RerankResult
    contents = call("text_embedding.invoke_multimodal", {**PROBE, "tenant_id": "t"}, [CAT])
    assert type(contents) is MultiModalEmbeddingResult
    assert type(call("rerank.invoke_multimodal", PROBE, CAT, [CAT])) is MultiModalRerankResult


def test_tts_gives_a_generator_of_bytes() -> None:
    stream = call("tts.invoke", SPEAK, "Hello.")
    assert isinstance(stream, Generator)
    assert list(stream) == [b"ID3", b"\xff\xfb\x90"]


def test_each_method_sends_its_own_type_name() -> None:
    sent = {
        "llm.invoke": ("llm", (CHAT, HI)),
        "llm_structured_output.invoke": ("llm_structured_output", (CHAT, HI, {"type": "object"})),
        "summary.invoke": ("system_summary", ("text", "", 0)),
        "text_embedding.invoke": ("text_embedding", (PROBE, ["a"])),
        "text_embedding.invoke_multimodal": ("multimodal_embedding", ({**PROBE, "tenant_id": "t"}, [CAT])),
        "rerank.invoke": ("rerank", (RERANK, ["a"], "q")),
        "rerank.invoke_multimodal": ("multimodal_rerank", (PROBE, CAT, [CAT])),
        "tts.invoke": ("tts", (SPEAK, "Hello.")),
        "speech2text.invoke": ("speech2text", (PROBE, BytesIO(b"ID3"))),
        "moderation.invoke": ("moderation", (PROBE, "text")),
    }
    assert set(sent) == set(SIGNATURES)
    for name, (type_name, arguments) in sent.items():
        backend, requests = answering()
        attribute, _, called = name.partition(".")
        answer = getattr(getattr(Session(backend).model, attribute), called)(*arguments)
        if isinstance(answer, Generator):
            list(answer)
        assert [request.invoke_type.value for request in requests] == [type_name]
    assert {type_name for type_name, _ in sent.values()} == {invoke_type.value for invoke_type in InvokeType}
