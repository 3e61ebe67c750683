"""Experiments of the moderation page; here many texts, with what is expected of each; beside it variants of one text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.playground.forms.texts import text_table
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts import chart_style, confusion_matrix
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments.moderation_batch import (
    ALARM,
    FAILED,
    MISSED,
    NO_LABEL,
    RIGHT,
    SPELLINGS,
    TO_COME,
    as_csv,
    counts,
    fate,
)
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import CLEAR, SENSITIVE, USUAL_THRESHOLD, detail, verdict_of
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call
from boomerang.workbench.samples import inputs

from . import moderation_variants, repeat_controls
from .experiment_panel import Experiment

MOST = 1_000
LONGEST_CELL = 200
SIGNS = {MISSED: "✗", ALARM: "✗", FAILED: "⚠", TO_COME: "…", RIGHT: "✓", NO_LABEL: ""}
"""What became of a text → its sign; in the order in which the table has them."""


def _steps(page: Pane, pane: Pane) -> Sequence[Step]:
    about = _("What the answer should be. Not sent; without it a text is only flagged or not.")
    batch = inputs.MODERATION_BATCH
    mark = text_table.Mark("expected", about, ("sensitive", "clear"), list(batch.values()), SPELLINGS)
    rows = text_table.draw(pane, _("Texts, one call each"), "text", list(batch), mark)
    pane.require(rows.texts, _("add a text"))
    pane.require(len(rows.texts) <= MOST, _("at most {count:,} texts").format(count=MOST))
    expected = [None if mark is None else mark == "sensitive" for mark in rows.marks]
    return [
        Step(text, call(page.member, page.arguments | {"text": text}), {"expected": wanted})
        for text, wanted in zip(rows.texts, expected, strict=True)
    ]


def _draw(pane: Pane, series: Series) -> None:
    threshold = None if series.running else _preview(pane, series)
    found = counts(series.steps, threshold)
    got = [verdict_of(step, threshold) for step in series.steps]
    numbers = {
        _("Ran"): f"{series.done} / {len(series.steps)}",
        _("Sensitive"): f"{got.count(True)}",
        _("Failed"): f"{sum(step.error is not None for step in series.steps)}",
    }
    if found.count:
        numbers |= {_("Precision"): _share(found.precision), _("Recall"): _share(found.recall), "F1": _share(found.f1)}
    repeat_controls.row(pane, numbers)
    if found.count and not series.running:
        chart, table = confusion_matrix.confusion(
            hits=found.true_positives,
            false_alarms=found.false_positives,
            correct_rejections=found.true_negatives,
            misses=found.false_negatives,
            positive=_(SENSITIVE),
            negative=_(CLEAR),
        )
        chart_style.draw(chart, table, pane.key("confusion"), _("Expected against answered"))
    ordered = sorted(series.steps, key=lambda step: list(SIGNS).index(fate(step, threshold)))
    rows = [_row(step, threshold) for step in ordered]
    data_table(
        rows,
        height=min(420, 38 + 35 * max(1, len(rows))),
        column_config={_("text"): st.column_config.TextColumn(width=240)},
        alt=_("The texts and their answers, misses first"),
    )
    if not series.running:
        st.download_button(
            "CSV",
            lambda: as_csv(series.steps, threshold),
            file_name="moderation.csv",
            icon=":material/download:",
            on_click="ignore",
            key=pane.key("csv"),
        )


def _preview(pane: Pane, series: Series) -> float | None:
    """Draw the slider for another threshold on what has been answered; `None` without scores, or while it is not moved."""
    found = [known for step in series.steps if (known := detail(step.record)) is not None]
    if not found:
        return None
    own = found[0].threshold
    at = st.slider(
        _("Try a threshold"),
        0.0,
        1.0,
        key=pane.hold("threshold", own if 0 <= own <= 1 else USUAL_THRESHOLD, lambda at: 0 <= at <= 1),
        step=0.01,
        persist_state="session",
        help=_("On the finished answers, without a new call: a text is sensitive if its highest score is `>=` the threshold."),
    )
    return None if at == own else float(at)


def _row(step: Step, threshold: float | None) -> dict[str, Any]:
    got, found, what = verdict_of(step, threshold), detail(step.record), fate(step, threshold)
    wanted = step.facts["expected"]
    return {
        "": f"{SIGNS[what]} {_(what)}".strip(),
        _("text"): drawable(step.label)[:LONGEST_CELL],
        _("expected"): UNKNOWN if wanted is None else _(SENSITIVE) if wanted else _(CLEAR),
        _("answer"): UNKNOWN if got is None else _(SENSITIVE) if got else _(CLEAR),
        _("highest score"): UNKNOWN if found is None else f"{found.highest:.3f} ({drawable(found.category)})",
        _("time"): UNKNOWN if step.record is None else seconds(step.record.elapsed),
        _("error"): drawable(str(step.error))[:LONGEST_CELL] if step.error is not None else "",
    }


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0%}"


BATCH = Experiment(
    name="batch",
    title=N_("Batch"),
    about=N_(
        "Many texts, one call each, with what is expected of each: what is missed, and what is a false alarm. "
        "Stop keeps what is done."
    ),
    icon=":material/checklist:",
    steps=_steps,
    draw=_draw,
)
EXPERIMENTS = (BATCH, moderation_variants.VARIANTS, moderation_variants.PLACES)
