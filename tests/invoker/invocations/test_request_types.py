"""Tests for requests made from a config and the call's arguments."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import ValidationError

from boomerang.invoker.entities.content import MultiModalContent, MultiModalContentType
from boomerang.invoker.entities.llm.request import LLMModelConfig, RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.message import AssistantPromptMessage, ToolPromptMessage, UserPromptMessage
from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.entities.rerank import RequestInvokeMultiModalRerank, RequestInvokeRerank
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.entities.text_embedding import RequestInvokeMultiModalEmbedding, RequestInvokeTextEmbedding
from boomerang.invoker.entities.tools import PromptMessageTool
from boomerang.invoker.entities.tts import RequestInvokeTTS, TTSModelConfig
from boomerang.invoker.request import Request
from tests.invoker.entities import golden

PROBE = {"provider": "acme/probe/probe", "model": "m"}
CHAT = {**PROBE, "mode": "chat"}
HI = [{"role": "user", "content": "Hi"}]
TOOL = {"name": "lookup", "description": "Look something up", "parameters": {"type": "object"}}
CAT = {"content": "a cat", "content_type": "text"}

Make = Callable[[dict[str, Any]], Request[Any]]
MAKERS: dict[str, tuple[dict[str, Any], Make]] = {
    "llm": (CHAT, lambda config: RequestInvokeLLM.of(config, HI)),
    "structured": (CHAT, lambda config: RequestInvokeLLMWithStructuredOutput.of(config, HI, {"type": "object"})),
    "embedding": (PROBE, lambda config: RequestInvokeTextEmbedding.of(config, ["a"])),
    "multimodal embedding": (PROBE | {"tenant_id": "t"}, lambda config: RequestInvokeMultiModalEmbedding.of(config, [CAT])),
    "rerank": (PROBE | {"score_threshold": 0.5, "top_n": 2}, lambda config: RequestInvokeRerank.of(config, ["a"], "q")),
    "multimodal rerank": (PROBE, lambda config: RequestInvokeMultiModalRerank.of(config, CAT, [CAT])),
    "tts": (PROBE | {"voice": "alpha"}, lambda config: RequestInvokeTTS.of(config, "Hello")),
    "speech2text": (PROBE, lambda config: RequestInvokeSpeech2Text.of(config, b"RIFF")),
    "moderation": (PROBE, lambda config: RequestInvokeModeration.of(config, "text")),
}
every_request = pytest.mark.parametrize(("config", "make"), MAKERS.values(), ids=MAKERS.keys())


def fields(error: pytest.ExceptionInfo[ValidationError]) -> list[tuple[int | str, ...]]:
    return [line["loc"] for line in error.value.errors()]


@every_request
def test_a_config_may_be_an_object_or_any_mapping(config: dict[str, Any], make: Make) -> None:
    made = make(config)
    config_type = type(made).__mro__[1]
    assert make(config_type.model_validate(config)) == made  # type: ignore[attr-defined]
    assert make(MappingProxyType(config)) == made  # type: ignore[arg-type]


@every_request
def test_extra_keys_of_a_config_are_ignored_and_never_replace_an_argument(config: dict[str, Any], make: Make) -> None:
    extra = {"type": "model-selector", "entity": {}, "stream": False, "text": "x", "docs": 1, "file": 2}
    assert make({**config, **extra}).payload() == make(config).payload()


@every_request
def test_a_key_missing_in_a_config_is_refused_by_its_name(config: dict[str, Any], make: Make) -> None:
    for key in config:
        with pytest.raises(ValidationError) as error:
            make({name: value for name, value in config.items() if name != key})
        assert fields(error) == [(key,)]


@every_request
@pytest.mark.parametrize("wrong", ["acme/m", None, 3, [("provider", "p")]])
def test_what_is_no_config_at_all_is_refused(config: dict[str, Any], make: Make, wrong: Any) -> None:
    with pytest.raises(ValidationError):
        make(wrong)


@every_request
def test_a_payload_read_back_is_the_same_request(config: dict[str, Any], make: Make) -> None:
    made = make(config)
    assert type(made).model_validate(made.payload()) == made


def test_the_config_of_another_type_is_refused_by_what_it_is_missing() -> None:
    with pytest.raises(ValidationError) as error:
        RequestInvokeLLM.of(TTSModelConfig(provider="p", model="m", voice="v"), HI)  # type: ignore[arg-type]
    assert fields(error) == [("mode",)]


def test_objects_and_dicts_make_the_same_llm_payload_as_the_sdk() -> None:
    captured = golden.request("llm_request")
    config = LLMModelConfig.model_validate(captured)
    messages, tools = captured["prompt_messages"], captured["tools"]
    from_dicts = RequestInvokeLLM.of(config, messages, tools, ["\n\n"])
    from_objects = RequestInvokeLLM.of(
        config, from_dicts.prompt_messages, [PromptMessageTool.model_validate(tool) for tool in tools], ["\n\n"]
    )
    assert golden.compact(from_dicts.payload()) == golden.compact(from_objects.payload()) == golden.request_text("llm_request")


def test_messages_keep_what_their_role_adds() -> None:
    assistant = AssistantPromptMessage(content="x", tool_calls=[])
    tool = ToolPromptMessage(content="42", tool_call_id="call_1")
    sent = RequestInvokeLLM.of(CHAT, [UserPromptMessage(content="Hi"), assistant, tool]).payload()["prompt_messages"]
    assert list(sent[1]) == ["role", "content", "name", "tool_calls", "opaque_body"]
    assert sent[2]["tool_call_id"] == "call_1"


@pytest.mark.parametrize("tools", [None, [], ()])
def test_no_tools_go_out_as_null(tools: Any) -> None:
    assert RequestInvokeLLM.of(CHAT, HI, tools).payload()["tools"] is None


def test_stop_goes_out_as_it_was_given() -> None:
    assert RequestInvokeLLM.of(CHAT, HI).payload()["stop"] is None
    assert RequestInvokeLLM.of(CHAT, HI, stop=[]).payload()["stop"] == []


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"prompt_messages": "Hi"}, ("prompt_messages",)),
        ({"prompt_messages": ["Hi"]}, ("prompt_messages", 0)),
        ({"prompt_messages": [{"content": "Hi"}]}, ("prompt_messages", 0, "role")),
        ({"prompt_messages": [{"role": "robot"}]}, ("prompt_messages", 0, "role")),
        ({"prompt_messages": [*HI, {"role": "tool"}]}, ("prompt_messages", 1, "tool_call_id")),
        ({"prompt_messages": HI, "tools": [{"name": "x", "description": "y"}]}, ("tools", 0, "parameters")),
        ({"prompt_messages": HI, "stop": "x"}, ("stop",)),
        ({"prompt_messages": HI, "stream": "maybe"}, ("stream",)),
    ],
)
def test_a_wrong_argument_is_refused_by_its_place(arguments: dict[str, Any], field: tuple[int | str, ...]) -> None:
    with pytest.raises(ValidationError) as error:
        RequestInvokeLLM.of(CHAT, **arguments)
    assert fields(error) == [field]


def test_a_recording_is_kept_as_the_object_that_was_given_and_hexed_in_the_request_only() -> None:
    recording = bytes(range(256)) * 1000
    request = RequestInvokeSpeech2Text.of(PROBE, recording)
    assert request.file is recording
    assert request.model_dump()["file"] is recording
    assert request.payload()["file"] == recording.hex()
    assert len(repr(request)) < 200


@pytest.mark.parametrize("wrong", ["xyz", "abc", 5, None])
def test_a_recording_that_is_neither_bytes_nor_hex_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError) as error:
        RequestInvokeSpeech2Text.of(PROBE, wrong)
    assert fields(error) == [("file",)]


def test_a_text_is_short_below_the_limit_and_not_at_it() -> None:
    assert RequestInvokeSummary.of("x" * 1023, "").is_short()
    assert not RequestInvokeSummary.of("x" * 1024, "").is_short()
    assert RequestInvokeSummary.of("é" * 9, "", min_summarize_length=10).is_short()


def test_the_limit_of_a_summary_is_not_in_the_request_and_a_text_from_there_is_never_short() -> None:
    payload = RequestInvokeSummary.of("x", "").payload()
    assert payload == {"text": "x", "instruction": ""}
    assert not RequestInvokeSummary.model_validate(payload).is_short()


def test_multimodal_contents_may_be_objects() -> None:
    content = MultiModalContent(content="a cat", content_type=MultiModalContentType.TEXT)
    assert RequestInvokeMultiModalRerank.of(PROBE, content, [content]).payload()["docs"] == [CAT]
