"""Draft messages, and their conversion to Dify's messages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from boomerang.invoker.entities.message import ToolCall

ROLES = ["system", "user", "assistant", "tool"]


def drafts_of(messages: Sequence[tuple[str, str]]) -> list[Draft]:
    """Make drafts from pairs of role and text."""
    return [Draft(role=role, content=content) for role, content in messages]


def as_message(draft: Draft, *, files: bool = True) -> dict[str, Any]:
    """Return a draft as Dify's message dict; with files, its content is a list of parts.

    Without files it is short enough for a URL, and also leaves out the provider's opaque body.
    """
    message: dict[str, Any] = {"role": draft.role, "content": draft.content}
    if files and draft.attachments and draft.role == "user":
        text = [{"type": "text", "data": draft.content}] if draft.content else []
        message["content"] = [*text, *draft.attachments]
    if draft.name:
        message["name"] = draft.name
    if draft.role == "assistant" and draft.tool_calls:
        message["tool_calls"] = [call.model_dump(mode="json") for call in draft.tool_calls]
    if files and draft.role == "assistant" and draft.opaque_body is not None:
        message["opaque_body"] = draft.opaque_body
    if draft.role == "tool":
        message["tool_call_id"] = draft.tool_call_id
    return message


def restored(message: Any) -> Draft | None:
    """Return the draft that `as_message` wrote to the URL; `None` if it is something else."""
    try:
        draft = Draft(
            role=str(message["role"]),
            content=str(message["content"]),
            name=str(message.get("name", "")),
            tool_call_id=str(message.get("tool_call_id", "")),
            tool_calls=[ToolCall.model_validate(call) for call in message.get("tool_calls", [])],
        )
    except (AttributeError, KeyError, TypeError, ValidationError):
        return None
    return draft if draft.role in ROLES else None


def draft_of_message(message: Mapping[str, Any]) -> Draft:
    """Return the draft of a message dict made by `as_message`, with its files."""
    content = message["content"]
    parts = content if isinstance(content, list) else [{"type": "text", "data": content}]
    return Draft(
        role=str(message["role"]),
        content="".join(str(part["data"]) for part in parts if part["type"] == "text"),
        name=str(message.get("name", "")),
        tool_call_id=str(message.get("tool_call_id", "")),
        tool_calls=[ToolCall.model_validate(call) for call in message.get("tool_calls", ())],
        attachments=[part for part in parts if part["type"] != "text"],
        opaque_body=message.get("opaque_body"),
    )


@dataclass(slots=True)
class Draft:
    """One message of a conversation under edit; its texts live in widgets named by `id`."""

    role: str
    content: str = ""
    name: str = ""
    tool_call_id: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    """Files as Dify's content parts."""
    opaque_body: Any = None
    """Provider data to send back unchanged with an assistant message."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
