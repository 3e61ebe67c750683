"""Tests for prompt messages: coercions and refusals of Dify's SDK, and where we differ."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from boomerang.invoker.entities.content import ImagePromptMessageContent, TextPromptMessageContent
from boomerang.invoker.entities.message import (
    AssistantPromptMessage,
    PromptMessage,
    SystemPromptMessage,
    ToolPromptMessage,
    UserPromptMessage,
    ensure_prompt_message,
)
from boomerang.invoker.entities.tools import ToolCall

CALL = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
IMAGE = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": "aGk="}


@pytest.mark.parametrize(
    ("role", "message_type"),
    [("system", SystemPromptMessage), ("user", UserPromptMessage), ("assistant", AssistantPromptMessage)],
)
def test_a_mapping_becomes_the_message_of_its_role(role: str, message_type: type[PromptMessage]) -> None:
    message = ensure_prompt_message({"role": role, "content": "Hi"})
    assert type(message) is message_type
    assert ensure_prompt_message(message) is message


@pytest.mark.parametrize("value", [{"role": "robot"}, {"role": ["user"]}, {}, "Hi", None])
def test_what_is_no_message_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        ensure_prompt_message(value)


def test_dicts_in_a_content_list_become_the_contents_they_name() -> None:
    message = UserPromptMessage(content=[{"type": "text", "data": "What is"}, IMAGE, TextPromptMessageContent(data=" this?")])
    assert isinstance(message.content, list)
    assert isinstance(message.content[1], ImagePromptMessageContent)
    assert message.content[1].detail is ImagePromptMessageContent.DETAIL.LOW
    assert message.get_text_content() == "What is this?"


@pytest.mark.parametrize("content", [[{"data": "x"}], [{"type": "smell"}], ["x"], [5], b"x", 5, {"type": "text", "data": "x"}])
def test_a_content_that_is_none_is_refused_at_the_field(content: Any) -> None:
    with pytest.raises(ValidationError) as error:
        UserPromptMessage(content=content)
    assert {line["loc"][0] for line in error.value.errors()} == {"content"}


def test_a_file_is_given_as_its_address_or_as_a_data_url() -> None:
    image = ImagePromptMessageContent.model_validate(IMAGE)
    assert image.data == "data:image/png;base64,aGk="
    assert image.model_copy(update={"url": "https://example.org/x.png"}).data == "https://example.org/x.png"
    assert "data" not in image.model_dump()


def test_nulls_in_a_tool_call_become_empty_texts_and_a_number_its_digits() -> None:
    call = ToolCall.model_validate({"id": None, "type": None, "function": {"name": None, "arguments": None}})
    assert (call.id, call.type, call.function.name, call.function.arguments) == ("", "", "", "")
    assert ToolCall.model_validate(CALL | {"id": 7}).id == "7"


@pytest.mark.parametrize("key", ["id", "type", "function"])
def test_a_key_missing_in_a_tool_call_is_refused(key: str) -> None:
    with pytest.raises(ValidationError) as error:
        ToolCall.model_validate({name: value for name, value in CALL.items() if name != key})
    assert error.value.errors()[0]["loc"] == (key,)


def test_null_tool_calls_are_refused() -> None:
    with pytest.raises(ValidationError):
        AssistantPromptMessage(content="", tool_calls=None)


def test_a_message_is_empty_only_if_neither_content_nor_role_say_anything() -> None:
    call = ToolCall.model_validate(CALL)
    assert UserPromptMessage().is_empty()
    assert UserPromptMessage(content=[]).is_empty()
    assert AssistantPromptMessage(content="").is_empty()
    assert not AssistantPromptMessage(content="x").is_empty()
    assert not AssistantPromptMessage(content="", tool_calls=[call]).is_empty()
    assert not AssistantPromptMessage(content="x", tool_calls=[call]).is_empty()
    assert not ToolPromptMessage(content="42", tool_call_id="call_1").is_empty()
    assert not ToolPromptMessage(content="", tool_call_id="call_1").is_empty()
    assert ToolPromptMessage(content="", tool_call_id="").is_empty()


def test_code_written_for_the_sdk_finds_the_nested_names() -> None:
    function = AssistantPromptMessage.ToolCall.ToolCallFunction(name="lookup", arguments="{}")
    assert AssistantPromptMessage.ToolCall(id="call_1", type="function", function=function) == ToolCall.model_validate(CALL)


def test_messages_may_be_changed_as_in_the_sdk() -> None:
    message = AssistantPromptMessage(content="a")
    message.content = "b"
    assert message.get_text_content() == "b"
    assert AssistantPromptMessage(content="a").tool_calls is not message.tool_calls
