"""What a back end told of a moderation beyond Dify's boolean: scores by category, and from which score on it flags."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boomerang.invoker.events import NoteKind
from boomerang.invoker.records.record import Outcome, Record
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.runs.job_series import Step

SENSITIVE, CLEAR = N_("Sensitive"), N_("Not sensitive")
USUAL_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Detail:
    """Scores of one text."""

    scores: Mapping[str, float]
    """Category → score, the highest first; at least one."""
    threshold: float
    """From which score on the back end flags."""
    sentence: str
    """The part of the text that decided; empty if the back end does not tell."""

    @property
    def category(self) -> str:
        """The category with the highest score."""
        return next(iter(self.scores))

    @property
    def highest(self) -> float:
        """The highest score."""
        return self.scores[self.category]


def detail(record: Record[Any] | None) -> Detail | None:
    """Return what a back end told beside its boolean; `None` if it told no scores."""
    for note in tuple(record.notes) if record is not None else ():
        told = note.data.get("categories") if note.kind is NoteKind.DETAIL else None
        if isinstance(told, Mapping):
            scores = {str(name): float(score) for name, score in told.items() if _is_score(score)}
            if scores:
                ordered = dict(sorted(scores.items(), key=lambda item: -item[1]))
                threshold = note.data.get("threshold")
                at = float(threshold) if isinstance(threshold, int | float) and _is_score(threshold) else USUAL_THRESHOLD
                return Detail(ordered, at, str(note.data.get("sentence", "")))
    return None


def verdict(record: Record[Any] | None) -> bool | None:
    """Return the boolean; `None` where there is none."""
    if record is None or record.outcome is not Outcome.COMPLETED or not record.chunks:
        return None
    return bool(record.chunks[0].result)


def verdict_of(step: Step[Any], threshold: float | None = None) -> bool | None:
    """Return the boolean of a step; with a threshold, what it would be from that score on, where scores are known."""
    if step.error is not None:
        return None
    found = detail(step.record)
    given = verdict(step.record)
    return given if threshold is None or found is None or given is None else found.highest >= threshold


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
