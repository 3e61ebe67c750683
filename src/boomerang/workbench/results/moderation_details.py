"""Details of a moderation beyond Dify's boolean: scores by category, and the threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.events import ModerationScores
from boomerang.invoker.records.record import Outcome, Record
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.runs.job_series import Step

SENSITIVE, CLEAR = N_("Sensitive"), N_("Not sensitive")
USUAL_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Detail:
    """Scores of one text."""

    scores: Mapping[str, float]
    """Category → score, highest first; at least one."""
    threshold: float
    """Score from which the back end flags."""
    sentence: str
    """The deciding part of the text; empty if the back end does not report it."""

    @property
    def category(self) -> str:
        """The category with the highest score."""
        return next(iter(self.scores))

    @property
    def highest(self) -> float:
        """The highest score."""
        return self.scores[self.category]


def detail(record: Record[Any] | None) -> Detail | None:
    """Return the reported details; `None` if no scores were reported."""
    for event in tuple(record.events) if record is not None else ():
        if isinstance(event, ModerationScores):
            scores = {name: score for name, score in event.categories.items() if math.isfinite(score)}
            if scores:
                ordered = dict(sorted(scores.items(), key=lambda item: -item[1]))
                threshold = event.threshold
                if threshold is None or not math.isfinite(threshold):
                    threshold = USUAL_THRESHOLD
                return Detail(ordered, threshold, event.sentence)
    return None


def verdict(record: Record[Any] | None) -> bool | None:
    """Return the boolean verdict; `None` if there is none."""
    if record is None or record.outcome is not Outcome.COMPLETED or not record.chunks:
        return None
    return bool(record.chunks[0].result)


def verdict_of(step: Step[Any], threshold: float | None = None) -> bool | None:
    """Return a step's boolean verdict. With a threshold, derive it from the scores, if known."""
    if step.error is not None:
        return None
    scores = detail(step.record)
    flagged = verdict(step.record)
    return flagged if threshold is None or scores is None or flagged is None else scores.highest >= threshold
