"""Make chunks for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMResultChunkDelta
from boomerang.invoker.entities.message import AssistantPromptMessage
from boomerang.invoker.entities.tools import ToolCall


def chunk(content: Any = "", tool_calls: Sequence[ToolCall] = (), **delta: Any) -> LLMResultChunk:
    """Return a chunk with one message."""
    message = AssistantPromptMessage(content=content, tool_calls=list(tool_calls))
    return LLMResultChunk(model="tiny", delta=LLMResultChunkDelta(index=0, message=message, **delta))


def fragment(call_id: str = "", name: str = "", arguments: str = "") -> ToolCall:
    """Return a tool call or a fragment of one."""
    function = {"name": name, "arguments": arguments}
    return ToolCall.model_validate({"id": call_id, "type": "function", "function": function})


def spelled(calls: Sequence[ToolCall]) -> list[tuple[str, str, str]]:
    """Return id, name and arguments of calls."""
    return [(call.id, call.function.name, call.function.arguments) for call in calls]
