"""Moderate many texts, and compare each verdict with the expected one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from boomerang.workbench.analysis.confusion_matrix import Confusion, confusion
from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import Detail, detail, verdict_of
from boomerang.workbench.runs.job_series import Series, Step

from .form_call import FormCall

Expected = bool | None
"""Whether a text should be flagged; `None` if unlabelled."""
MISSED, ALARM, FAILED, TO_COME, RIGHT, NO_LABEL = (
    N_("missed"),
    N_("false alarm"),
    N_("failed"),
    N_("pending"),
    N_("right"),
    "—",
)
FATES = (MISSED, ALARM, FAILED, TO_COME, RIGHT, NO_LABEL)
"""The outcomes of a text, in the table's order."""

YES = ("true", "yes", "1", "1.0", "flagged", "flag", "unsafe", "toxic")
NO = ("false", "no", "0", "0.0", "not flagged", "not sensitive", "safe", "ok", "harmless")
SPELLINGS = dict.fromkeys(YES, "sensitive") | dict.fromkeys(NO, "clear")
"""Spellings of labels in files → labels in the table."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Settings from the experiment's form."""

    texts: tuple[tuple[str, Expected], ...]
    """Each text, and whether it should be flagged."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """The outcome of one text."""

    text: str
    fate: str
    expected: Expected
    flagged: bool | None
    detail: Detail | None
    seconds: float | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcomes of many texts."""

    steps: Sequence[Step[Expected]]
    running: bool
    threshold: float | None = None
    """Score from which a text counts as flagged; `None` for the back end's own verdict."""

    @property
    def done(self) -> int:
        """Number of texts that succeeded or failed."""
        return sum(step.ended for step in self.steps)

    @property
    def flagged(self) -> int:
        """Number of flagged texts."""
        return sum(verdict_of(step, self.threshold) is True for step in self.steps)

    @property
    def failed(self) -> int:
        """Number of failed calls."""
        return sum(step.error is not None for step in self.steps)

    @property
    def confusion(self) -> Confusion:
        """Verdicts against expectations."""
        return counts(self.steps, self.threshold)

    @property
    def own_threshold(self) -> float | None:
        """The back end's own threshold; `None` if it reported no scores."""
        return next((known.threshold for step in self.steps if (known := detail(step.record)) is not None), None)

    @property
    def rows(self) -> list[BatchRow]:
        """The texts, misses first."""
        rows = [self._row(step) for step in self.steps]
        return sorted(rows, key=lambda row: FATES.index(row.fate))

    def _row(self, step: Step[Expected]) -> BatchRow:
        return BatchRow(
            text=step.label,
            fate=fate(step, self.threshold),
            expected=step.facts,
            flagged=verdict_of(step, self.threshold),
            detail=detail(step.record),
            seconds=None if step.record is None else step.record.elapsed,
            error=step.error,
        )


def steps(form_call: FormCall, settings: BatchSettings) -> Sequence[Step[Expected]]:
    """Return one call per text."""
    return [form_call.step(text, expected, text=text) for text, expected in settings.texts]


def evaluate(series: Series[Expected], _settings: BatchSettings) -> Batch:
    """Return the outcomes so far."""
    return Batch(series.steps, series.running)


def fate(step: Step[Expected], threshold: float | None = None) -> str:
    """Return the outcome of a text."""
    if step.error is not None:
        return FAILED
    got, wanted = verdict_of(step, threshold), step.facts
    if got is None:
        return TO_COME
    if wanted is None:
        return NO_LABEL
    return RIGHT if got == wanted else MISSED if wanted else ALARM


def counts(steps: Sequence[Step[Expected]], threshold: float | None = None) -> Confusion:
    """Count the verdicts on labelled texts."""
    pairs = [(step.facts, verdict_of(step, threshold)) for step in steps]
    return confusion((wanted, got) for wanted, got in pairs if wanted is not None and got is not None)


def as_csv(steps: Sequence[Step[Expected]], threshold: float | None = None) -> str:
    """Return the verdicts as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["text", "expected", "result", "score", "category", "error"])
    for step in steps:
        scores, got = detail(step.record), verdict_of(step, threshold)
        scored = ["", ""] if scores is None else [f"{scores.highest:.6f}", scores.category]
        wanted = step.facts
        cells = ["" if value is None else str(value).lower() for value in (wanted, got)]
        writer.writerow([drawable(step.label), *cells, *scored, drawable(str(step.error or ""))])
    return out.getvalue()
