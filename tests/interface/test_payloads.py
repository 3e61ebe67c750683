"""Tests that a call sends the same bytes as Dify's SDK for the same arguments."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from boomerang.invoker.entities.content import MultiModalContent, MultiModalContentType
from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.entities.message import UserPromptMessage
from boomerang.invoker.entities.model import EmbeddingInputType
from boomerang.invoker.entities.tools import PromptMessageTool
from boomerang.invoker.entities.tts import TTSModelConfig
from boomerang.invoker.request import Request
from tests.invoker.answers import CAT, CHAT, HI, PROBE, RERANK, SPEAK, TOOL, answering, recorded
from tests.invoker.entities import golden

CONFIG_KEYS = {
    "provider",
    "model",
    "model_type",
    "mode",
    "completion_params",
    "tenant_id",
    "score_threshold",
    "top_n",
    "voice",
}
CALLS = {
    "llm_request": ("llm", "invoke"),
    "llm_request_minimal": ("llm", "invoke"),
    "structured_output_request": ("llm_structured_output", "invoke"),
    "summary_request": ("summary", "invoke"),
    "text_embedding_request": ("text_embedding", "invoke"),
    "multimodal_embedding_request": ("text_embedding", "invoke_multimodal"),
    "rerank_request": ("rerank", "invoke"),
    "multimodal_rerank_request": ("rerank", "invoke_multimodal"),
    "tts_request": ("tts", "invoke"),
    "speech2text_request": ("speech2text", "invoke"),
    "moderation_request": ("moderation", "invoke"),
}


def sent(attribute: str, called: str, *arguments: Any, **named: Any) -> Request[Any]:
    """Make a call and return the request that reached the back end."""
    backend, requests = answering()
    session, _ = recorded(backend)
    answer = getattr(getattr(session.model, attribute), called)(*arguments, **named)
    if hasattr(answer, "send"):
        list(answer)
    (request,) = requests
    return request


def payload(attribute: str, called: str, *arguments: Any, **named: Any) -> dict[str, Any]:
    return sent(attribute, called, *arguments, **named).payload()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_writes_the_bytes_of_the_sdk(name: str) -> None:
    captured = golden.request(name)
    arguments = {key: value for key, value in captured.items() if key not in CONFIG_KEYS}
    config = {key: value for key, value in captured.items() if key in CONFIG_KEYS}
    if config:
        # Without the fields that the SDK adds itself, and in another order: a config is not a list.
        arguments["model_config"] = dict(reversed([(key, value) for key, value in config.items() if key != "model_type"]))
    if name == "summary_request":
        arguments["min_summarize_length"] = 0
    if name == "speech2text_request":
        arguments["file"] = BytesIO(bytes.fromhex(captured["file"]))
    assert golden.compact(payload(*CALLS[name], **arguments)) == golden.request_text(name)


@pytest.mark.parametrize("tools", [None, [], ()])
def test_no_tools_are_null(tools: Any) -> None:
    assert payload("llm", "invoke", CHAT, HI, tools)["tools"] is None
    assert payload("llm_structured_output", "invoke", CHAT, HI, {"type": "object"}, tools)["tools"] is None


def test_stop_words_go_as_they_are_given() -> None:
    assert payload("llm", "invoke", CHAT, HI)["stop"] is None
    assert payload("llm", "invoke", CHAT, HI, stop=[])["stop"] == []
    assert payload("llm", "invoke", CHAT, HI, stop=["a"])["stop"] == ["a"]


def test_stream_is_a_real_boolean_and_true_if_not_given() -> None:
    assert payload("llm", "invoke", CHAT, HI)["stream"] is True
    assert payload("llm", "invoke", CHAT, HI, stream=False)["stream"] is False


def test_the_model_type_is_sent_with_the_default_of_its_config() -> None:
    assert payload("text_embedding", "invoke", PROBE, ["a"])["model_type"] == "text-embedding"
    assert payload("llm", "invoke", {**CHAT, "model_type": "llm"}, HI)["model_type"] == "llm"


def test_a_model_type_of_the_caller_is_not_checked() -> None:
    assert payload("moderation", "invoke", {**PROBE, "model_type": "llm"}, "text")["model_type"] == "llm"


def test_the_input_type_is_query_if_not_given() -> None:
    assert payload("text_embedding", "invoke", PROBE, ["a"])["input_type"] == "query"
    assert payload("text_embedding", "invoke_multimodal", {**PROBE, "tenant_id": "t"}, [CAT])["input_type"] == "query"
    assert payload("text_embedding", "invoke", PROBE, ["a"], EmbeddingInputType.DOCUMENT)["input_type"] == "document"


def test_the_query_of_a_multimodal_rerank_comes_before_its_documents() -> None:
    dog = {"content": "a dog", "content_type": "text"}
    swapped = payload("rerank", "invoke_multimodal", PROBE, CAT, [dog])
    assert (swapped["query"], swapped["docs"]) == (CAT, [dog])
    usual = payload("rerank", "invoke", RERANK, ["a dog"], "a cat")
    assert (usual["docs"], usual["query"]) == (["a dog"], "a cat")


def test_a_dict_as_config_is_accepted_and_its_extra_keys_are_ignored() -> None:
    selected = {**CHAT, "type": "model-selector", "entity": {"a": 1}, "history_prompt_messages": [], "stream": False}
    assert payload("llm", "invoke", selected, HI) == payload("llm", "invoke", LLMModelConfig(**CHAT), HI)


def test_dicts_are_accepted_where_the_sdk_wants_entities() -> None:
    tool = PromptMessageTool.model_validate(TOOL)
    from_dicts = payload("llm", "invoke", CHAT, HI, [TOOL])
    assert from_dicts == payload("llm", "invoke", LLMModelConfig(**CHAT), [UserPromptMessage(content="Hi")], [tool])
    assert payload("tts", "invoke", SPEAK, "Hello.") == payload("tts", "invoke", TTSModelConfig(**SPEAK), "Hello.")
    content = MultiModalContent(content="a cat", content_type=MultiModalContentType.TEXT)
    assert payload("rerank", "invoke_multimodal", PROBE, CAT, [CAT]) == payload(
        "rerank", "invoke_multimodal", PROBE, content, [content]
    )


def test_a_recording_is_read_whole_from_its_position_and_goes_as_hex() -> None:
    file = BytesIO(b"skipped" + bytes(range(256)))
    file.seek(len(b"skipped"))
    assert payload("speech2text", "invoke", PROBE, file)["file"] == bytes(range(256)).hex()
    assert file.read() == b""


def test_a_recording_is_hex_in_the_request_only() -> None:
    recording = b"ID3" * 1000
    request = sent("speech2text", "invoke", PROBE, BytesIO(recording))
    assert request.file is recording or request.file == recording  # type: ignore[attr-defined]
    assert len(request.payload()["file"]) == 2 * len(recording)


def test_a_multimodal_embedding_needs_a_tenant_as_in_dify() -> None:
    assert payload("text_embedding", "invoke_multimodal", {**PROBE, "tenant_id": "t-1"}, [CAT])["tenant_id"] == "t-1"


def test_the_developer_role_is_sent_as_it_is() -> None:
    messages = payload("llm", "invoke", CHAT, [{"role": "developer", "content": "Be brief."}])["prompt_messages"]
    assert messages == [{"role": "developer", "content": "Be brief.", "name": None}]


def test_the_length_limit_of_a_summary_and_the_system_model_are_not_in_the_request() -> None:
    assert payload("summary", "invoke", "text", "Briefly.", 0) == {"text": "text", "instruction": "Briefly."}
