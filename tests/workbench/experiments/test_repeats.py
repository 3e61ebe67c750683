"""Test repeated calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boomerang.invoker.backends.scripted import llm_chunks
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.repeats import (
    Latencies,
    RepeatSettings,
    answer_steps,
    answers,
    latencies,
    object_steps,
    objects,
)
from boomerang.workbench.runs.job_series import Series
from tests.scripted import Answer, structured_chunks

from .series import form_call, run


def in_order(*settings: str | Exception) -> Answer:
    """Answer each call in turn with a text, or fail."""
    left = list(settings)

    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        now = left.pop(0)
        if isinstance(now, Exception):
            raise now
        return llm_chunks(now)

    return answer


def test_equal_answers_have_one_letter_the_most_frequent_first() -> None:
    settings = RepeatSettings(4)
    series = run(answer_steps(form_call("llm"), settings), in_order("no", "yes", InvokeBadRequestError("bad"), "yes"))
    result = answers(series, settings)
    assert [row.letter for row in result.rows] == ["B", "A", "", "A"]
    assert [row.text for row in result.rows] == ["no", "yes", "bad", "yes"]
    assert (result.summary.count, result.summary.ok, result.summary.answers) == (4, 3, (("yes", 2), ("no", 1)))


def test_latencies_leave_out_the_first_call_and_failures() -> None:
    steps = answer_steps(form_call("llm"), RepeatSettings(4))
    series = run(steps, in_order("a", "b", InvokeBadRequestError("bad"), "c"))
    times = [step.record.elapsed for step in (series.steps[1], series.steps[3]) if step.record is not None]
    assert latencies(series.steps) == Latencies(min(times), sum(times) / 2, max(times))
    assert latencies(series.steps[:1]) is None


def test_before_the_first_end_there_are_no_rows() -> None:
    settings = RepeatSettings(2)
    waiting: Series[None] = run(())
    waiting.steps = list(answer_steps(form_call("llm"), settings))
    assert answers(waiting, settings).rows == []


def test_objects_are_checked_against_the_schema_of_then() -> None:
    schema = {"type": "object", "required": ["city"]}
    values = [{"city": "Lisbon"}, {"town": "Lisbon"}]

    def answer(_request: Request[Any], _run: Run) -> Iterable[Any]:
        return structured_chunks(values.pop(0))

    settings = RepeatSettings(2)
    steps = object_steps(form_call("llm_structured_output", structured_output_schema=schema), settings)
    result = objects(run(steps, answer), settings)
    assert [row.attempt.fault is None for row in result.rows] == [True, False]
    assert result.summary.share_ok == 0.5
