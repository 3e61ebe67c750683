"""Estimate of the memory that a run takes; linear in its chunks, and never a copy of them."""

from __future__ import annotations

import sys
from typing import Any

from pydantic import BaseModel

from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMStructuredOutput

from .jobs import Job

CHUNK_BYTES = 1_200
"""An LLM chunk without its text: its objects (940 B, measured), and its share of the timeline and the folded answer."""
NUMBER_BYTES = 32
"""A number in a list: the object and the reference to it."""


def bytes_of(job: Job) -> int:
    """Return about how many bytes a job's input and records take."""
    records = tuple(job.records)
    recorded = [part for record in records for part in (record.request, tuple(record.chunks), tuple(record.events))]
    return _walk([*recorded, job.origin.arguments, job.origin.form, *job.origin.context])


def quick_bytes_of(job: Job) -> int:
    """Return a rougher estimate for a running job, without looking at its chunks."""
    return job.size * CHUNK_BYTES


def _walk(waiting: list[Any]) -> int:
    """Return the bytes of values and all that they contain; what they share counts once."""
    total, seen = 0, set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, LLMResultChunk):  # an answer may have 100,000
            total += CHUNK_BYTES
            message = value.delta.message
            if isinstance(message.content, str):
                total += sys.getsizeof(message.content)
            else:
                waiting.append(message.content)
            if message.tool_calls:
                waiting.append(message.tool_calls)
            if isinstance(value, LLMStructuredOutput):
                waiting.append(value.structured_output)
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        total += sys.getsizeof(value)
        if isinstance(value, list | tuple) and value and isinstance(value[0], int | float):
            total += len(value) * NUMBER_BYTES
        else:
            waiting += _parts(value)
    return total


def _parts(value: Any) -> list[Any]:
    """Return the values inside a container, a pydantic model or a dataclass; nothing for other objects."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, BaseModel):
        return [*vars(value).values(), value.__pydantic_extra__]
    return [getattr(value, name) for name in getattr(type(value), "__dataclass_fields__", ())]
