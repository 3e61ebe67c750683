"""Describe a chunk by its kind and an excerpt of its content."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.entities.message import ToolCall
from boomerang.invoker.entities.tools import ToolCallFold
from boomerang.invoker.llm_text.reasoning_tags import ReasoningReader
from boomerang.invoker.records.timeline import ChunkKind, look
from boomerang.workbench.i18n.translate import N_, _, ngettext

from .shortened_values import shortened

KINDS = {
    ChunkKind.TOOL_CALL: N_("tool call"),
    ChunkKind.STRUCTURED: N_("structured output"),
    ChunkKind.TEXT: N_("text"),
    ChunkKind.REASONING: N_("reasoning"),
    ChunkKind.MEDIA: N_("media"),
    ChunkKind.USAGE: N_("usage"),
    ChunkKind.END: N_("end"),
    ChunkKind.EMPTY: N_("empty"),
    ChunkKind.AUDIO: N_("audio"),
    ChunkKind.RESULT: N_("result"),
}


def describe(chunk: Any) -> tuple[str, str]:
    """Return a chunk's kind, as if it were the first chunk, and its content in brief."""
    return KINDS[look(chunk, ReasoningReader()).kind], content(chunk)


def content(chunk: Any) -> str:
    """Return a chunk's content in brief, without its finish reason, which is displayed separately."""
    if hasattr(chunk, "mime_type"):
        count = len(chunk.result) // 2
        template = ngettext("{count} byte of {type}", "{count} bytes of {type}", count)
        return template.format(count=f"{count:,}", type=chunk.mime_type or _("unknown type"))
    if not hasattr(chunk, "delta"):
        return str(shortened(json.dumps(shortened(chunk.model_dump(mode="json")), ensure_ascii=False)))
    delta = chunk.delta
    text = delta.message.content or ""
    parts = [text if isinstance(text, str) else json.dumps(shortened(delta.message.model_dump(mode="json")["content"]))]
    parts += [f"{call.function.name or '…'} {call.function.arguments}" for call in delta.message.tool_calls]
    if getattr(chunk, "structured_output", None) is not None:
        parts.append(json.dumps(chunk.structured_output, ensure_ascii=False))
    if delta.usage is not None:
        count, more = delta.usage.prompt_tokens, delta.usage.completion_tokens
        parts.append(
            ngettext("{count} token in, {more} out", "{count} tokens in, {more} out", count).format(count=count, more=more)
        )
    return str(shortened(" | ".join(part for part in parts if part)))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment of a tool call, from one chunk."""

    chunk: int
    call: int
    """Number of the tool call, from 1."""
    id: str
    name: str
    arguments: str


def fragments(chunks: Sequence[tuple[int, Any]]) -> tuple[list[Fragment], list[ToolCall]]:
    """Split chunks into fragments of tool calls.

    Args:
        chunks: Number and chunk, in order; chunks without calls may be left out.

    Returns:
        The fragments, and the complete calls.
    """
    fold = ToolCallFold()
    listed = []
    for number, chunk in chunks:
        calls = chunk.delta.message.tool_calls
        for call, piece in zip(fold.add(calls) if calls else [], calls, strict=True):
            listed.append(Fragment(number, call + 1, piece.id, piece.function.name, piece.function.arguments))
    return listed, fold.calls()


def fault(arguments: str) -> str | None:
    """Return why a call's joined arguments are not a JSON object; `None` if they are."""
    try:
        value = json.loads(arguments.strip() or "{}", strict=False)
    except RecursionError:
        return _("JSON nested too deeply")
    except ValueError as error:
        return str(error)
    return None if isinstance(value, dict) else _("JSON, but not an object")
