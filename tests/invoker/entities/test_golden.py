"""Tests that entities serialize to the reference SDK's bytes."""

from __future__ import annotations

from typing import Any

import pytest

from boomerang.invoker.entities.entity import Entity
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.result import LLMPollingResult
from boomerang.invoker.entities.rerank import RerankResult
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.entities.text_embedding import TextEmbeddingResult
from boomerang.invoker.entities.tts import TTSResult
from boomerang.invoker.invocations.request_types import CHUNK_TYPES, REQUEST_TYPES
from boomerang.invoker.request import InvokeType

from . import golden

REQUESTS = {
    "llm_request": InvokeType.LLM,
    "llm_request_minimal": InvokeType.LLM,
    "structured_output_request": InvokeType.LLM_STRUCTURED_OUTPUT,
    "summary_request": InvokeType.SYSTEM_SUMMARY,
    "text_embedding_request": InvokeType.TEXT_EMBEDDING,
    "multimodal_embedding_request": InvokeType.MULTIMODAL_EMBEDDING,
    "rerank_request": InvokeType.RERANK,
    "multimodal_rerank_request": InvokeType.MULTIMODAL_RERANK,
    "tts_request": InvokeType.TTS,
    "speech2text_request": InvokeType.SPEECH2TEXT,
    "moderation_request": InvokeType.MODERATION,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_payload_is_what_the_sdk_writes_byte_for_byte(name: str) -> None:
    request = REQUEST_TYPES[REQUESTS[name]].model_validate(golden.request(name))
    assert golden.compact(request.payload()) == golden.request_text(name)


def test_every_invoke_type_has_a_golden_request_a_request_and_a_chunk() -> None:
    assert set(REQUESTS.values()) == set(InvokeType) == set(REQUEST_TYPES) == set(CHUNK_TYPES)
    assert all(request.invoke_type is kind for kind, request in REQUEST_TYPES.items())


def test_the_hex_of_a_golden_recording_is_read_as_its_bytes() -> None:
    request = RequestInvokeSpeech2Text.model_validate(golden.request("speech2text_request"))
    assert request.file == b"RIFF\x04\x00\x00\x00WAVE"


@pytest.mark.parametrize(
    ("entity", "has"),
    [
        (LLMResultChunk, "delta"),
        (LLMPollingResult, "status"),
        (TextEmbeddingResult, "embeddings"),
        (RerankResult, "docs"),
        (TTSResult, "mime_type"),
    ],
)
def test_what_a_model_plugin_answered_is_written_again_as_it_was(entity: type[Entity], has: str) -> None:
    answers = [line["data"]["data"] for line in golden.lines("plugin_model_actions_stdout.jsonl")]
    matching = [answer for answer in answers if has in answer]
    assert matching
    for answer in matching:
        assert golden.compact(entity.model_validate(answer).model_dump(mode="json")) == golden.compact(answer)


def test_one_shot_answers_of_the_inner_api_are_read() -> None:
    names = {
        "text-embedding": InvokeType.TEXT_EMBEDDING,
        "rerank": InvokeType.RERANK,
        "speech2text": InvokeType.SPEECH2TEXT,
        "moderation": InvokeType.MODERATION,
        "summary": InvokeType.SYSTEM_SUMMARY,
    }
    answers: dict[str, Any] = {
        line["path"].rsplit("/", 1)[-1]: line["response"]["data"] for line in golden.lines("inner_api_unary_responses.jsonl")
    }
    for name, invoke_type in names.items():
        assert CHUNK_TYPES[invoke_type].model_validate(answers[name]).model_dump(mode="json") == answers[name]


def test_chunks_of_the_daemon_are_read_with_their_empty_strings() -> None:
    data = [line["data"]["data"] for line in golden.lines("backwards_response_llm.jsonl")]
    chunks = [LLMResultChunk.model_validate(item) for item in data if item]
    assert [chunk.delta.message.content for chunk in chunks] == ["Hé", "llo"]
    assert [chunk.delta.finish_reason for chunk in chunks] == [None, "stop"]
    assert [chunk.system_fingerprint for chunk in chunks] == ["", ""]
