"""The answer of an LLM, read from its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.llm_text.reasoning_tags import split
from boomerang.invoker.records.record import Record
from boomerang.invoker.records.timeline import timeline_of


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a record's chunks."""

    fold: LLMFold
    thinking: str
    text: str
    """The answer's text, without thinking."""
    closed: bool
    """Whether the thinking ended; true if there was none."""
    thinking_seconds: float | None
    """From the first thinking chunk to the first answer chunk, or to the last thinking chunk; `None` if there was none."""


def read(record: Record[Any]) -> Answer:
    """Return a record's answer so far."""
    return record.once(Answer, lambda: _read(record))


def _read(record: Record[Any]) -> Answer:
    chunks = tuple(record.chunks)
    fold = LLMFold().extend(chunks)
    whole = split(fold.text)
    return Answer(fold, whole.reasoning, whole.answer, whole.closed, timeline_of(record).reasoning_seconds)
