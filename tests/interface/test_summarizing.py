"""Tests for summaries made on our side, compared with a Dify server's for the same request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.events import Event, ModelExchange
from boomerang.invoker.llm_text.summarize_in_pieces import split, summarize
from boomerang.invoker.run import Run

CONTEXT = 400
"""In tokens; here a word is one token."""


def count_words(text: str) -> int:
    return len(text.split())


class Model:
    """A model that records its prompts, and answers with four words."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def complete(self, messages: Sequence[PromptMessage], max_tokens: int) -> str:
        self.requests.append("\n".join(message.get_text_content() for message in messages))
        return f"summary number {len(self.requests)} ."


def summary(text: str, instruction: str = "Keep the dates.", **changed: Any) -> tuple[str, Model, list[Event]]:
    model, notes = Model(), list[Event]()
    arguments = {"context_size": CONTEXT, "count_tokens": count_words, "complete": model.complete, "run": Run(notes.append)}
    return summarize(text, instruction, **(arguments | changed)), model, notes  # type: ignore[arg-type]


def lines(count: int) -> str:
    return "\n".join(f"Line {number} has these seven words, no more." for number in range(count))


def test_a_text_that_fits_is_summarised_and_not_returned_unchanged() -> None:
    text = lines(3)
    made, model, _ = summary(text)
    assert made == "summary number 1 ."
    assert text in model.requests[0]


def test_a_text_that_does_not_fit_is_summarised_in_pieces_and_those_once_more() -> None:
    made, model, _ = summary(lines(200))
    assert len(model.requests) > 3
    assert made == f"summary number {len(model.requests)} ."
    parts = "\n".join(f"summary number {number} ." for number in range(1, len(model.requests)))
    assert parts in model.requests[-1], "the partial summaries are joined by line breaks"


def test_the_instruction_goes_with_every_piece() -> None:
    _, model, _ = summary(lines(200), "Keep the dates.")
    assert all("Keep the dates." in request for request in model.requests)


def test_no_text_is_shown_to_the_model_twice_or_left_out() -> None:
    text = lines(200)
    pieces = split(text, 100, count_words)
    assert "".join(pieces) == text
    assert all(count_words(piece) <= 100 for piece in pieces)
    _, model, _ = summary(text)
    first_round = "\n".join(request for request in model.requests if "Line " in request)
    for number in range(200):
        assert first_round.count(f"Line {number} has") == 1


def test_each_exchange_with_the_model_is_in_the_record() -> None:
    _, model, notes = summary(lines(200))
    exchanges = [note for note in notes if isinstance(note, ModelExchange)]
    assert len(exchanges) == len(model.requests)
    assert exchanges[0].answer == "summary number 1 ."


def test_no_text_is_refused() -> None:
    with pytest.raises(InvokeBadRequestError) as caught:
        summary(" \n ")
    assert caught.value.field == "text"
