"""Merge the chunks of a record into one answer, as a call without streaming would return it."""

from __future__ import annotations

from typing import Any

from boomerang.invoker.records.record import Record
from boomerang.invoker.request import InvokeType

from .llm_answer import read

LLM = frozenset({InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT})


def is_merged(record: Record[Any]) -> bool:
    """Return whether the merged answer differs from the only chunk."""
    return len(record.chunks) > 1 or record.request.invoke_type in LLM


def merged(record: Record[Any]) -> dict[str, Any]:
    """Return the answer so far as JSON values.

    An LLM's text, tool calls and usage are merged, and its finish reason is added; the pieces of speech are joined.
    """
    chunks = tuple(record.chunks)
    if record.request.invoke_type in LLM:
        fold = read(record).fold
        structured = record.request.invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT
        result = fold.structured_result() if structured else fold.result()
        return result.model_dump(mode="json") | {"finish_reason": result.finish_reason}
    values: dict[str, Any] = chunks[-1].model_dump(mode="json")
    if len(chunks) > 1 and record.request.invoke_type is InvokeType.TTS:
        values["result"] = "".join(chunk.result for chunk in chunks)
    return values
