"""Details of a summary: sizes, kept facts, and the calls to the system model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.events import ModelExchange
from boomerang.invoker.records.record import Record
from boomerang.workbench.analysis.facts import ComparedFact, State, compare
from boomerang.workbench.analysis.word_error_rate import split_words

LONGEST_COMPARED = 200_000
"""Most characters of a text searched for facts."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a text."""

    characters: int
    word_count: int
    """Each character of a script without spaces counts as a word."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call to the system model for a summary, with its answer."""

    name: str
    """Such as "piece 2 of 3"."""
    messages: list[tuple[str, str]]
    """Role and text of each message."""
    answer: str
    seconds: float
    """Seconds from the start of the run to the answer."""


@lru_cache(maxsize=64)
def size(text: str) -> Size:
    """Measure a text."""
    return Size(len(text), len(split_words(text)))


@lru_cache(maxsize=32)
def facts(source: str, summary: str) -> tuple[ComparedFact, ...]:
    """Return how a summary treated the facts of its source."""
    return tuple(compare(source[:LONGEST_COMPARED], summary[:LONGEST_COMPARED]))


def tally(compared: Sequence[ComparedFact]) -> Counter[State]:
    """Count the facts by state."""
    return Counter(one.state for one in compared)


def exchanges(record: Record[Any] | None) -> list[Exchange]:
    """Return the calls to the system model, in order; empty if the back end reported none."""
    events = tuple(record.events) if record is not None else ()
    return [
        Exchange(event.name, [_role_and_text(message) for message in event.messages], event.answer, event.seconds)
        for event in events
        if isinstance(event, ModelExchange)
    ]


def _role_and_text(message: PromptMessage) -> tuple[str, str]:
    return message.role.value, message.get_text_content()
