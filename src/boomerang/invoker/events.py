"""What a run reports besides its chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from boomerang.invoker.messages.message import Message


class NoteKind(StrEnum):
    """What a note is about."""

    PHASE = "phase"
    """The run entered a new phase; `text` is its name.

    `waiting` for another run to end; `loading` the model; `reading` the prompt, or `inference` where the model is no LLM;
    `retrying`, while a server that refused is left in peace before it is asked again; `answering` from the first piece of the
    answer on. Each lasts from its note to the next. A run that need not wait or load reports neither; one that asks its model
    several times, such as a summary, reads and answers several times.
    """
    QUEUE = "queue"
    """How many runs come before this one, whenever that changes while it waits; `data` has the number as `before`."""
    NOTICE = "notice"
    """Something was done otherwise than asked, and the person who asked should know."""
    EXCHANGE = "exchange"
    """An inner exchange with a model on the way to the answer, such as one piece of a summary; `data` holds it."""
    HTTP = "http"
    """What went over the wire, without secrets: `request`, `response` and `end` of each exchange; `data` holds it."""
    DETAIL = "detail"
    """What the back end knows beyond Dify's answer, such as moderation categories; `data` holds it."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a back end says besides its chunks."""

    kind: NoteKind
    text: str
    seconds: float
    """Seconds since the run was opened."""
    data: Mapping[str, Any] = field(default_factory=dict)
    message: Message | None = None
    """The text as an id with values, where it is a notice of ours."""
