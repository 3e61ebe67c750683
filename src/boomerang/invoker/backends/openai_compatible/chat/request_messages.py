"""Convert Dify's prompt messages, tools and parameters to OpenAI's chat format.

Source: OpenAI API reference, "Create chat completion" (2026-10); `video_url` as vLLM takes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from boomerang.invoker.entities.message import (
    AssistantPromptMessage,
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    PromptMessage,
    PromptMessageTool,
    TextPromptMessageContent,
    ToolPromptMessage,
)
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.messages.message import Message

from . import opaque_fields

Json = dict[str, Any]


def chat(messages: Sequence[PromptMessage]) -> list[Json]:
    """Convert messages to the format that is sent."""
    return [_message(message) for message in messages]


def prompt(messages: Sequence[PromptMessage]) -> str:
    """Join messages into one text to be continued.

    Raises:
        InvokeBadRequestError: A message contains more than text.
    """
    for index, message in enumerate(messages):
        if isinstance(message.content, list):
            for place, item in enumerate(message.content):
                if not isinstance(item, TextPromptMessageContent):
                    field = f"prompt_messages[{index}].content[{place}]"
                    wrong = Message("prompts.completion_text_only", field=field, type=str(item.type))
                    raise InvokeBadRequestError(wrong, field=field)
    return "\n".join(text for message in messages if (text := message.get_text_content()))


def tools(offered: Sequence[PromptMessageTool]) -> list[Json]:
    """Convert tools to the format that is sent."""
    return [{"type": "function", "function": tool.model_dump(mode="json")} for tool in offered]


def parameters(params: Mapping[str, Any]) -> Json:
    """Convert `completion_params`: unchanged, except for Dify's two parameters for the response format.

    Raises:
        InvokeBadRequestError: The JSON schema is not JSON.
    """
    sent = {name: value for name, value in params.items() if value is not None}
    form, schema = sent.get("response_format"), sent.pop("json_schema", None)
    if not isinstance(form, str):
        return sent
    sent["response_format"] = {"type": form}
    if form == "json_schema":
        sent["response_format"]["json_schema"] = _schema(schema)
    return sent


def _schema(value: Any) -> Json:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise InvokeBadRequestError(Message("prompts.schema_not_json", fault=str(error)), field="json_schema") from error
    if not isinstance(value, dict):
        raise InvokeBadRequestError(Message("prompts.needs_schema"), field="json_schema")
    return value if "schema" in value else {"name": "answer", "schema": value}


def _message(message: PromptMessage) -> Json:
    sent: Json = {"role": message.role.value, "content": _content(message)}
    if message.name:
        sent["name"] = message.name
    if isinstance(message, ToolPromptMessage):
        sent["tool_call_id"] = message.tool_call_id
    if isinstance(message, AssistantPromptMessage) and message.tool_calls:
        sent["content"] = sent["content"] or None
        sent["tool_calls"] = [
            {
                "id": call.id,
                "type": call.type or "function",
                "function": {"name": call.function.name, "arguments": call.function.whole_arguments()},
            }
            for call in message.tool_calls
        ]
    if isinstance(message, AssistantPromptMessage):
        opaque_fields.apply(message, sent)
    return sent


def _content(message: PromptMessage) -> str | list[Json]:
    if not isinstance(message.content, list):
        return message.content or ""
    return [_part(item) for item in message.content]


def _part(item: Any) -> Json:
    match item:
        case TextPromptMessageContent():
            return {"type": "text", "text": item.data}
        case ImagePromptMessageContent():
            return {"type": "image_url", "image_url": {"url": item.data, "detail": item.detail.value}}
        case AudioPromptMessageContent() if item.base64_data:
            return {"type": "input_audio", "input_audio": {"data": item.base64_data, "format": item.format}}
        case AudioPromptMessageContent():
            return {"type": "audio_url", "audio_url": {"url": item.url}}
        case DocumentPromptMessageContent():
            return {"type": "file", "file": {"filename": item.filename or f"document.{item.format}", "file_data": item.data}}
        case _:
            return {"type": "video_url", "video_url": {"url": item.data}}
