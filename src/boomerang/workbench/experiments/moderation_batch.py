"""Many texts moderated, each with what is expected of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from boomerang.workbench.analysis.confusion_matrix import Confusion, confusion
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import detail, verdict_of
from boomerang.workbench.runs.job_series import Step

YES = ("true", "yes", "1", "1.0", "flagged", "flag", "unsafe", "toxic")


NO = ("false", "no", "0", "0.0", "not flagged", "not sensitive", "safe", "ok", "harmless")


SPELLINGS = dict.fromkeys(YES, "sensitive") | dict.fromkeys(NO, "clear")
"""How files write what is expected → how the table does."""


def fate(step: Step, threshold: float | None = None) -> str:
    """Return what became of a text."""
    if step.error is not None:
        return FAILED
    got, wanted = verdict_of(step, threshold), step.facts["expected"]
    if got is None:
        return TO_COME
    if wanted is None:
        return NO_LABEL
    return RIGHT if got == wanted else MISSED if wanted else ALARM


def counts(steps: Sequence[Step], threshold: float | None = None) -> Confusion:
    """Count the answers of which it is known what they should be."""
    pairs = [(step.facts["expected"], verdict_of(step, threshold)) for step in steps]
    return confusion((wanted, got) for wanted, got in pairs if wanted is not None and got is not None)


def as_csv(steps: Sequence[Step], threshold: float | None = None) -> str:
    """Write the answers as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["text", "expected", "result", "score", "category", "error"])
    for step in steps:
        found, got = detail(step.record), verdict_of(step, threshold)
        scored = ["", ""] if found is None else [f"{found.highest:.6f}", found.category]
        wanted = step.facts["expected"]
        cells = ["" if value is None else str(value).lower() for value in (wanted, got)]
        writer.writerow([drawable(step.label), *cells, *scored, drawable(str(step.error or ""))])
    return out.getvalue()


MISSED, ALARM, FAILED, TO_COME, RIGHT, NO_LABEL = (
    N_("missed"),
    N_("false alarm"),
    N_("failed"),
    N_("to come"),
    N_("right"),
    "—",
)
