"""Prompt messages by role; their contents, tool calls and tools come along."""

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
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DEVELOPER = "developer"
    """Known to Dify's SDK only; a Dify answers it with an error."""


def _content_item(item: object) -> PromptMessageContent:
    if isinstance(item, PromptMessageContent):
        return item
    # The SDK lets a bare TypeError out here; as a refusal like any other it can be shown at its field.
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
        """Return whether the message says nothing: neither content nor what its role adds to it.

        Differs from Dify's SDK 0.10.2, which calls an assistant message with content and tool calls empty, and a tool
        message with content and id.
        """
        return not self.content

    def get_text_content(self) -> str:
        """Return the text, or the text items of a list joined."""
        if isinstance(self.content, list):
            return "".join(item.data for item in self.content if isinstance(item, TextPromptMessageContent))
        return self.content or ""


class SystemPromptMessage(PromptMessage):
    """What the model is told to be."""

    role: PromptMessageRole = PromptMessageRole.SYSTEM


class DeveloperPromptMessage(PromptMessage):
    """A system message under its newer name; Dify's SDK knows it, a Dify does not."""

    role: PromptMessageRole = PromptMessageRole.DEVELOPER


class UserPromptMessage(PromptMessage):
    """What the user says."""

    role: PromptMessageRole = PromptMessageRole.USER


_Call: TypeAlias = ToolCall


class AssistantPromptMessage(PromptMessage):
    """What the model said, and the calls it wants made."""

    ToolCall: ClassVar = _Call
    """The same under the nested name that code written for Dify's SDK says."""

    role: PromptMessageRole = PromptMessageRole.ASSISTANT
    tool_calls: list[_Call] = Field(default_factory=list)
    opaque_body: JsonValue | None = None
    """What only the provider understands and wants back unchanged. Only Dify's SDK knows this field; Dify drops it."""

    def is_empty(self) -> bool:
        """Return whether the message has neither content nor tool calls."""
        return super().is_empty() and not self.tool_calls


class ToolPromptMessage(PromptMessage):
    """What a called tool answered."""

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
    """Return the message that a mapping describes, by its role; a message is given back as it is.

    Raises:
        pydantic.ValidationError: It is neither, or its role or content is wrong.
    """
    if isinstance(value, PromptMessage):
        return value
    role = value.get("role") if isinstance(value, Mapping) else None
    message_type = _BY_ROLE.get(role, PromptMessage) if isinstance(role, str) else PromptMessage
    return message_type.model_validate(value)


PromptMessages: TypeAlias = list[Annotated[SerializeAsAny[PromptMessage], BeforeValidator(ensure_prompt_message)]]
"""Messages of a request, each with what its role adds; dicts become messages by their role."""
