"""What is known of a summary beside its text: sizes, the facts it kept, the pieces it was made of."""

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
"""Characters of a text in which facts are looked for."""


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is."""

    characters: int
    word_count: int
    """Each character of a script without spaces counts as one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question to the system model on the way to a summary, and its answer."""

    name: str
    """Such as "piece 2 of 3"."""
    messages: list[tuple[str, str]]
    """Role and text."""
    answer: str
    seconds: float
    """From the start of the run to the answer."""


@lru_cache(maxsize=64)
def size(text: str) -> Size:
    """Measure a text."""
    return Size(len(text), len(split_words(text)))


@lru_cache(maxsize=32)
def facts(source: str, summary: str) -> tuple[ComparedFact, ...]:
    """Return what a summary did with the facts of its source."""
    return tuple(compare(source[:LONGEST_COMPARED], summary[:LONGEST_COMPARED]))


def tally(compared: Sequence[ComparedFact]) -> Counter[State]:
    """Count the facts by what became of them."""
    return Counter(one.state for one in compared)


def exchanges(record: Record[Any] | None) -> list[Exchange]:
    """Return the exchanges with the system model, in order; none if the back end tells of none."""
    events = tuple(record.events) if record is not None else ()
    return [
        Exchange(event.name, [_role_and_text(message) for message in event.messages], event.answer, event.seconds)
        for event in events
        if isinstance(event, ModelExchange)
    ]


def _role_and_text(message: PromptMessage) -> tuple[str, str]:
    return message.role.value, message.get_text_content()
