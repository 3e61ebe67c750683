"""Test moderation details beyond the boolean, and the evaluation of many verdicts."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import pytest

from boomerang.invoker.entities.moderation import ModerationResult, RequestInvokeModeration
from boomerang.invoker.events import ModerationScores
from boomerang.invoker.records.record import Outcome, Record
from boomerang.workbench.experiments.moderation_batch import (
    ALARM,
    FAILED,
    MISSED,
    NO_LABEL,
    RIGHT,
    TO_COME,
    as_csv,
    counts,
    fate,
)
from boomerang.workbench.results.moderation_details import detail, verdict, verdict_of
from boomerang.workbench.runs.job_series import Step


def record(result: bool | None, **shown: Any) -> Record[Any]:
    """Return a record of one moderation; with `None`, of one that is running."""
    made: Record[Any] = Record(RequestInvokeModeration.of({"provider": "p", "model": "m"}, "text"), "scripted")
    if shown:
        made.events.append(ModerationScores(**shown))
    if result is not None:
        made.add(ModerationResult(result=result))
        made.end(Outcome.COMPLETED)
    return made


def step(result: bool | None, expected: bool | None, **shown: Any) -> Step[bool | None]:
    """Return a step that has ended or is running."""
    return Step("text", lambda _session: None, expected, record(result, **shown))


def test_scores_come_highest_first() -> None:
    result = detail(record(True, categories={"a": 0.2, "b": 0.9, "c": True, "e": float("nan")}, threshold=0.4))
    assert result is not None
    assert (result.category, result.highest, result.threshold) == ("c", 1.0, 0.4)
    assert list(result.scores) == ["c", "b", "a"]


@pytest.mark.parametrize("shown", [{}, {"categories": {}}, {"categories": {"a": math.nan}}])
def test_what_is_no_scores_is_none(shown: dict[str, Any]) -> None:
    assert detail(record(True, **shown)) is None


def test_a_run_that_did_not_end_well_has_no_verdict() -> None:
    stopped = record(None)
    assert verdict(stopped) is verdict(None) is None
    stopped.end(Outcome.STOPPED)
    assert verdict(stopped) is None


@pytest.mark.parametrize(("threshold", "expected"), [(None, False), (0.3, True), (0.31, False)])
def test_another_threshold_is_tried_on_the_scores_and_reaching_it_is_enough(threshold: float | None, expected: bool) -> None:
    assert verdict_of(step(False, None, categories={"a": 0.3}), threshold) is expected
    assert verdict_of(step(False, None), threshold) is False  # without scores, a threshold has no effect


def test_each_text_is_reported_by_what_was_expected_of_it() -> None:
    failed = Step("text", lambda _session: None, True, error=ValueError("no"))
    steps = [step(False, True), step(True, False), failed, step(None, True), step(True, True), step(True, None)]
    assert [fate(one) for one in steps] == [MISSED, ALARM, FAILED, TO_COME, RIGHT, NO_LABEL]
    result = counts(steps)
    assert (result.true_positives, result.false_positives, result.false_negatives, result.true_negatives) == (1, 1, 1, 0)
    assert (result.precision, result.recall) == (0.5, 0.5)


def test_answers_are_written_with_scores_and_errors() -> None:
    steps = [
        step(True, None, categories={"hate": 0.75}),
        Step("=b\ud800", lambda _s: None, False, error=ValueError("no")),
    ]
    rows = list(csv.DictReader(io.StringIO(as_csv(steps))))
    assert rows[0] == {"text": "text", "expected": "", "result": "true", "score": "0.750000", "category": "hate", "error": ""}
    assert (rows[1]["expected"], rows[1]["result"], rows[1]["error"]) == ("false", "", "no")
