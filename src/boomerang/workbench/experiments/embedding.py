"""The vectors of an experiment's step."""

from __future__ import annotations

from boomerang.invoker.records.record import Outcome
from boomerang.workbench.runs.job_series import Step


def vectors(step: Step) -> list[list[float]]:
    """Return the vectors of a step that went well; none before, or if it failed."""
    record = step.record
    if step.error is not None or record is None or record.outcome is not Outcome.COMPLETED or not record.chunks:
        return []
    found: list[list[float]] = record.chunks[0].embeddings
    return found
