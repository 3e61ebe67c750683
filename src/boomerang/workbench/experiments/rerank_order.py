"""The scores of the same documents in other orders."""

from __future__ import annotations

from boomerang.invoker.records.record import Outcome
from boomerang.workbench.results.rankings import ranking
from boomerang.workbench.runs.job_series import Step

SEED = 20260503


def scores(step: Step) -> dict[int, float]:
    """Return the scores of a step that went well by the place of each document in the form, the best first."""
    record = step.record
    if step.error is not None or record is None or record.outcome is not Outcome.COMPLETED:
        return {}
    order: list[int] = step.facts["order"]
    return {order[row.position - 1]: row.score for row in ranking(record) if 0 < row.position <= len(order)}
