"""Test the moderation of many labelled texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.events import ModerationScores
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.moderation_batch import ALARM, MISSED, RIGHT, BatchSettings, evaluate, steps

from .series import form_call, run

SETTINGS = BatchSettings((("fine", False), ("fine too", True), ("bad", False)))


def scored(request: Request[Any], run: Run) -> Iterable[Any]:
    """Flag `bad`, and report scores."""
    text = request.payload()["text"]
    run.report(ModerationScores({"hate": 0.9 if text == "bad" else 0.4}, threshold=0.5))
    yield ModerationResult(result=text == "bad")


def test_misses_come_first() -> None:
    result = evaluate(run(steps(form_call("moderation"), SETTINGS), scored), SETTINGS)
    assert [(row.text, row.fate) for row in result.rows] == [("fine too", MISSED), ("bad", ALARM), ("fine", RIGHT)]
    assert (result.done, result.flagged, result.failed, result.own_threshold) == (3, 1, 0, 0.5)


def test_another_threshold_changes_the_answers_without_a_call() -> None:
    result = replace(evaluate(run(steps(form_call("moderation"), SETTINGS), scored), SETTINGS), threshold=0.3)
    assert result.flagged == 3
    assert (result.confusion.true_positives, result.confusion.false_positives) == (1, 2)
