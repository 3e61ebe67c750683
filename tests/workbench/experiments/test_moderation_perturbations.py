"""Test a disguised text, and a text inside a long one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boomerang.invoker.entities.moderation import ModerationResult
from boomerang.invoker.errors import InvokeBadRequestError
from boomerang.invoker.request import Request
from boomerang.invoker.run import Run
from boomerang.workbench.experiments.moderation_perturbations import (
    OTHER_LANGUAGE,
    PerturbationSettings,
    PlaceSettings,
    evaluate,
    perturbation_steps,
    place_steps,
)

from .series import form_call, run

TEXT = "you are bad"


def flags_as_it_is(request: Request[Any], _run: Run) -> Iterable[Any]:
    """Flag only the original text, and fail for the other language."""
    text = request.payload()["text"]
    if text == "du bist schlecht":
        raise InvokeBadRequestError("English only")
    yield ModerationResult(result=TEXT in text)


def test_a_changed_answer_is_highlighted_and_a_failure_is_none() -> None:
    settings = PerturbationSettings("du bist schlecht")
    result = evaluate(run(perturbation_steps(form_call("moderation", text=TEXT), settings), flags_as_it_is), settings)
    assert result.flagged and result.ended and not result.running
    assert result.rows[-1].label == OTHER_LANGUAGE and result.rows[-1].flagged is None and not result.rows[-1].changed
    assert [row.changed for row in result.rows] == [row.flagged is False for row in result.rows]
    assert result.changed and result.answered == len(result.rows) - 2


def test_without_another_language_there_is_no_call_for_it() -> None:
    labels = [step.label for step in perturbation_steps(form_call("moderation", text=TEXT), PerturbationSettings(" "))]
    assert OTHER_LANGUAGE not in labels


def test_the_text_is_put_at_each_place_of_the_long_one() -> None:
    settings = PlaceSettings(("one", "two"))
    series = run(place_steps(form_call("moderation", text="x"), settings), flags_as_it_is)
    assert [step.facts for step in series.steps] == ["x", "x\n\none\n\ntwo", "one\n\nx\n\ntwo", "one\n\ntwo\n\nx"]
    assert [step.record.request.text for step in series.steps if step.record] == [step.facts for step in series.steps]
    assert evaluate(series, settings).changed == 0
