"""Test the details of a summary."""

from __future__ import annotations

from boomerang.invoker.entities.message import UserPromptMessage
from boomerang.invoker.entities.summary import RequestInvokeSummary
from boomerang.invoker.events import ModelExchange, PhaseEntered
from boomerang.invoker.records.record import Record
from boomerang.playground.results.summary.facts_kept import rows
from boomerang.workbench.analysis.facts import State
from boomerang.workbench.results.summary_details import exchanges, facts, size, tally


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert (size("Two words.").characters, size("Two words.").word_count) == (10, 2)
    assert size("屋顶上").word_count == 3


def test_new_facts_are_before_those_that_were_kept_and_left_out() -> None:
    scored = facts("On 3 May 2026 the town paid 1,200 to Maren Holt.", "In May 2026 it paid 1200, or 99.")
    count = tally(scored)
    assert (count[State.NEW], count[State.KEPT], count[State.SHORTENED], count[State.MISSING]) == (1, 1, 1, 1)
    assert [row["fact"] for row in rows(scored)] == ["99", "1,200", "3 May 2026", "Maren Holt"]


def test_exchanges_are_read_whatever_shape_their_messages_have() -> None:
    record = Record(RequestInvokeSummary(text="t", instruction=""), "scripted")
    notes = [
        PhaseEntered("phase"),
        ModelExchange("one", (UserPromptMessage(content="a"),), "b"),
        ModelExchange("two", (UserPromptMessage(content="c"),)),
        ModelExchange("three"),
    ]
    record.events.extend(notes)
    result = exchanges(record)
    assert [(one.name, one.messages) for one in result] == [("one", [("user", "a")]), ("two", [("user", "c")]), ("three", [])]
    assert result[0].answer == "b"
    assert exchanges(None) == []
