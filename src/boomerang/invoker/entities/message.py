"""Prompt messages by role; re-exports their contents, tool calls and tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field, JsonValue, SerializeAsAny, field_validator

from .content import (
    CONTENT_TYPES,
    AudioPromptMessageContent,
    DocumentPromptMessageContent,
    ImageDetail,
    ImagePromptMessageContent,
    MultiModalPromptMessageContent,
    PromptMessageContent,
    PromptMessageContentType,
    PromptMessageContentUnionTypes,
    TextPromptMessageContent,
    VideoPromptMessageContent,
)
from .entity import Entity
from .tools import PromptMessageFunction, PromptMessageTool, ToolCall, ToolCallFunction, Tools

__all__ = [
    "AssistantPromptMessage",
    "AudioPromptMessageContent",
    "DeveloperPromptMessage",
    "DocumentPromptMessageContent",
    "ImageDetail",
    "ImagePromptMessageContent",
    "MultiModalPromptMessageContent",
    "PromptMessage",
    "PromptMessageContent",
    "PromptMessageContentType",
    "PromptMessageContentUnionTypes",
    "PromptMessageFunction",
    "PromptMessageRole",
    "PromptMessageTool",
    "PromptMessages",
    "SystemPromptMessage",
    "TextPromptMessageContent",
    "ToolCall",
    "ToolCallFunction",
    "ToolPromptMessage",
    "Tools",
    "UserPromptMessage",
    "VideoPromptMessageContent",
    "ensure_prompt_message",
]


class PromptMessageRole(StrEnum):
    """Author of a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DEVELOPER = "developer"
    """Known only to Dify's SDK; Dify itself returns an error."""


def _content_item(item: object) -> PromptMessageContent:
    if isinstance(item, PromptMessageContent):
        return item
    # The SDK raises a bare TypeError here; a ValueError can be shown at its field like any other validation error.
    if not isinstance(item, Mapping):
        raise ValueError("invalid prompt message content")
    content_type = item.get("type")
    if not isinstance(content_type, str) or content_type not in CONTENT_TYPES:
        raise ValueError("invalid prompt message content type")
    return CONTENT_TYPES[content_type].model_validate(item)


class PromptMessage(Entity):
    """One message of a conversation: a text, or a list of contents."""

    role: PromptMessageRole
    content: str | list[PromptMessageContentUnionTypes] | None = None
    name: str | None = None

    @field_validator("content", mode="before")
    @classmethod
    def _contents(cls, value: Any) -> Any:
        if isinstance(value, str) or not isinstance(value, Sequence):
            return value
        return [_content_item(item) for item in value]

    def is_empty(self) -> bool:
        """Return whether the message is empty: no content, and nothing that its role adds.

        Differs from Dify's SDK 0.10.2, which considers an assistant message with content and tool calls empty, and a tool
        message with content and id.
        """
        return not self.content

    def get_text_content(self) -> str:
        """Return the text, or the joined text items of a list."""
        if isinstance(self.content, list):
            return "".join(item.data for item in self.content if isinstance(item, TextPromptMessageContent))
        return self.content or ""


class SystemPromptMessage(PromptMessage):
    """Instructions to the model."""

    role: PromptMessageRole = PromptMessageRole.SYSTEM


class DeveloperPromptMessage(PromptMessage):
    """A system message under its newer name; known to Dify's SDK, but not to Dify."""

    role: PromptMessageRole = PromptMessageRole.DEVELOPER


class UserPromptMessage(PromptMessage):
    """A message from the user."""

    role: PromptMessageRole = PromptMessageRole.USER


_Call: TypeAlias = ToolCall


class AssistantPromptMessage(PromptMessage):
    """The model's answer, and the tool calls it requests."""

    ToolCall: ClassVar = _Call
    """Alias under the nested name that code for Dify's SDK uses."""

    role: PromptMessageRole = PromptMessageRole.ASSISTANT
    tool_calls: list[_Call] = Field(default_factory=list)
    opaque_body: JsonValue | None = None
    """Data that only the provider understands and wants back unchanged. Known only to Dify's SDK; Dify drops it."""

    def is_empty(self) -> bool:
        """Return whether the message has neither content nor tool calls."""
        return super().is_empty() and not self.tool_calls


class ToolPromptMessage(PromptMessage):
    """The result of a tool call."""

    role: PromptMessageRole = PromptMessageRole.TOOL
    tool_call_id: str

    def is_empty(self) -> bool:
        """Return whether the message has neither content nor a call that it answers."""
        return super().is_empty() and not self.tool_call_id


_BY_ROLE: dict[str, type[PromptMessage]] = {
    PromptMessageRole.SYSTEM: SystemPromptMessage,
    PromptMessageRole.DEVELOPER: DeveloperPromptMessage,
    PromptMessageRole.USER: UserPromptMessage,
    PromptMessageRole.ASSISTANT: AssistantPromptMessage,
    PromptMessageRole.TOOL: ToolPromptMessage,
}


def ensure_prompt_message(value: PromptMessage | Mapping[str, Any]) -> PromptMessage:
    """Return a mapping as a message, according to its role; a message is returned unchanged.

    Raises:
        pydantic.ValidationError: It is neither, or its role or content is invalid.
    """
    if isinstance(value, PromptMessage):
        return value
    role = value.get("role") if isinstance(value, Mapping) else None
    message_type = _BY_ROLE.get(role, PromptMessage) if isinstance(role, str) else PromptMessage
    return message_type.model_validate(value)


PromptMessages: TypeAlias = list[Annotated[SerializeAsAny[PromptMessage], BeforeValidator(ensure_prompt_message)]]
"""Messages of a request, each serialized with its role's own fields; dicts become messages by role."""
