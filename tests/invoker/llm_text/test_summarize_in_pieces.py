"""Tests for summaries of texts that don't fit: nothing lost, nothing repeated, and it always ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.invoker.entities.message import PromptMessage
from boomerang.invoker.errors import InvokeBadRequestError, ProtocolError, RunStoppedError
from boomerang.invoker.events import Event, ModelExchange
from boomerang.invoker.llm_text.summarize_in_pieces import Example, split, summarize
from boomerang.invoker.run import Run


def count_words(text: str) -> int:
    """Count tokens roughly: one for every three characters of each word."""
    return sum(-(-len(word) // 3) for word in text.split())


def source(question: str) -> str:
    """Extract the text from the prompt."""
    result = re.fullmatch(r"Text:\n(.*)\n\nSummarise this text\..*", question, re.DOTALL)
    assert result is not None
    return result[1]


class Model:
    """A model that summarizes a text as its first words."""

    def __init__(self, keep: int = 5) -> None:
        self.keep = keep
        self.requests: list[str] = []
        self.longest: list[int] = []

    def complete(self, messages: Sequence[PromptMessage], max_tokens: int) -> str:
        text = source(messages[-1].get_text_content())
        self.requests.append(text)
        self.longest.append(max_tokens)
        return " ".join(text.split()[: self.keep])


def run_summary(model: Model, text: str, *, instruction: str = "", context_size: int = 300, run: Run | None = None) -> str:
    return summarize(
        text, instruction, context_size=context_size, count_tokens=count_words, complete=model.complete, run=run or Run()
    )


def test_a_text_that_fits_takes_one_call() -> None:
    model, notes = Model(), list[Event]()
    assert run_summary(model, "one two three four five six", run=Run(notes.append)) == "one two three four five"
    assert len(model.requests) == 1
    (note,) = notes
    assert (type(note), note.name, note.answer) == (ModelExchange, "piece 1 of 1", "one two three four five")
    assert source(str(note.messages[-1].content)) == "one two three four five six"


def test_the_instruction_comes_after_the_text() -> None:
    model, notes = Model(), list[Event]()
    run_summary(model, "one two three", instruction="Keep the dates.", run=Run(notes.append))
    question = str(notes[0].messages[-1].content)
    assert question.index("one two three") < question.index("Keep the dates.")


def test_a_long_text_is_summarised_in_pieces_and_then_their_summaries() -> None:
    text = "\n\n".join(f"Paragraph {number} says that {number} is a number like any other." for number in range(60))
    model, notes = Model(), list[Event]()
    summary = run_summary(model, text, run=Run(notes.append))
    assert summary.startswith("Paragraph 0 says that")
    assert len(model.requests) > 3
    first_round = [note for note in notes if "round" not in note.name]
    # The prompt omits a piece's outer whitespace; every word appears once, in order.
    request = " ".join(source(str(note.messages[-1].content)) for note in first_round)
    assert request.split() == text.split()
    assert notes[-1].name.startswith("piece 1 of 1, round ")
    assert all(1 <= longest <= 300 for longest in model.longest)


def test_pieces_end_at_paragraphs() -> None:
    text = "\n\n".join("word " * 10 for _ in range(8))
    assert all(piece.endswith("\n\n") for piece in split(text, 50, count_words)[:-1])


@given(st.text(st.sampled_from("ab .!\n。é"), max_size=400), st.integers(4, 60))
def test_pieces_joined_are_the_text_and_each_fits(text: str, limit: int) -> None:
    pieces = split(text, limit, count_words)
    assert "".join(pieces) == text
    assert all(count_words(piece) <= limit for piece in pieces)
    assert all(pieces) or pieces == [""]


@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=80), st.integers(6, 40))
@example(["a", "aaaaaaa", "aaaaaaa", "aaaaaaaa"], 6)
def test_no_word_is_cut_that_fits(words_: list[str], limit: int) -> None:
    pieces = split(" ".join(words_), limit, count_words)
    assert [word for piece in pieces for word in piece.split()] == words_


def test_summaries_that_do_not_get_shorter_are_an_error() -> None:
    with pytest.raises(ProtocolError, match="do not get shorter"):
        run_summary(Model(keep=10_000), "word " * 500)


def test_an_instruction_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(InvokeBadRequestError, match="leaves") as caught:
        run_summary(Model(), "word " * 500, instruction="mind " * 150)
    assert caught.value.field == "instruction"


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(InvokeBadRequestError, match="empty") as caught:
        run_summary(Model(), " \n")
    assert caught.value.field == "text"


def test_stopping_ends_it_between_two_pieces() -> None:
    run = Run()
    model = Model()

    def complete(messages: Sequence[PromptMessage], max_tokens: int) -> str:
        run.stop()
        return model.complete(messages, max_tokens)

    with pytest.raises(RunStoppedError):
        summarize("word " * 500, "", context_size=300, count_tokens=count_words, complete=complete, run=run)
    assert len(model.requests) == 1


def test_examples_come_before_the_question_and_take_their_room() -> None:
    notes = list[Event]()
    shown = [Example("A long tale of the sea.", "One sentence.", "The sea.")]
    summarize(
        "one two three", "Briefly.", context_size=300, count_tokens=count_words, complete=Model().complete,
        run=Run(notes.append), examples=shown, part="part 2 of 3",
    )  # fmt: skip
    roles = [message.role for message in notes[0].messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert (notes[0].name, notes[0].messages[2].content) == ("piece 1 of 1, part 2 of 3", "The sea.")
    with pytest.raises(InvokeBadRequestError, match="leaves"):
        summarize(
            "word", "", context_size=300, count_tokens=count_words, complete=Model().complete,
            run=Run(), examples=[Example("word " * 100, "", "word")],
        )  # fmt: skip
