"""Experiment of the moderation page: many texts with expected answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from boomerang.playground.forms.texts import paste_and_import, text_table
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts import chart_style, confusion_matrix
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.analysis.confusion_matrix import Confusion
from boomerang.workbench.experiments import moderation_batch as batch
from boomerang.workbench.experiments.moderation_batch import Batch, BatchRow, BatchSettings
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.moderation_details import CLEAR, SENSITIVE, USUAL_THRESHOLD
from boomerang.workbench.samples import inputs

from . import repeat_controls
from .experiment_panel import Experiment, open_experiment

MOST = 1_000
LONGEST_CELL = 200
SIGNS = {
    batch.MISSED: "✗", batch.ALARM: "✗", batch.FAILED: "⚠", batch.TO_COME: "…", batch.RIGHT: "✓", batch.NO_LABEL: "",
}  # fmt: skip
"""Outcome of a text → its sign."""


def offer(page: Pane, field: str) -> None:
    """Draw the button beside a text field that opens the batch, with the field's lines as its texts if there are several."""

    def lines() -> list[str]:
        return paste_and_import.filled_lines(str(st.session_state.get(page.key(field)) or ""))

    def open_batch() -> None:
        state = open_experiment(page, BATCH.name)
        if len(texts := lines()) > 1:  # read again: a click also submits what was just typed
            text_table.fill(state, texts)

    count = len(lines())
    of_lines = ngettext("Batch: this {count} line…", "Batch: these {count} lines…", count).format(count=count)
    st.button(
        of_lines if count > 1 else _("Batch: several texts…"),
        icon=BATCH.icon,
        key=page.key("batch"),
        on_click=open_batch,
        help=_("Checks several texts, one call each. Several lines in the field above become the texts of the batch."),
    )


def _controls(_page: Pane, pane: Pane) -> BatchSettings:
    about = _("Expected answer. Not sent. Without it, a text counts only as flagged or not flagged.")
    sample = inputs.MODERATION_BATCH
    mark = text_table.Mark("expected", about, ("sensitive", "clear"), list(sample.values()), batch.SPELLINGS)
    rows = text_table.draw(pane, _("Texts (one call each)"), "text", list(sample), mark)
    pane.require(rows.texts, _("add a text"))
    pane.require(len(rows.texts) <= MOST, _("use at most {count:,} texts").format(count=MOST))
    expected = [None if mark is None else mark == "sensitive" for mark in rows.marks]
    return BatchSettings(tuple(zip(rows.texts, expected, strict=True)))


def _draw(pane: Pane, answered: Batch) -> None:
    result = answered if answered.running else replace(answered, threshold=_threshold(pane, answered))
    confusion = result.confusion
    numbers = {
        _("Runs"): f"{result.done} / {len(result.steps)}",
        _("Sensitive"): f"{result.flagged}",
        _("Failed"): f"{result.failed}",
    }
    if confusion.count:
        shares = {_("Precision"): confusion.precision, _("Recall"): confusion.recall, "F1": confusion.f1}
        numbers |= {label: _share(share) for label, share in shares.items()}
    repeat_controls.row(pane, numbers)
    if not result.running:
        _download(pane, result)
        if confusion.count:
            _matrix(pane, confusion)
    rows = [_row(row) for row in result.rows]
    data_table(
        rows,
        height=min(420, 38 + 35 * max(1, len(rows))),
        column_config={_("text"): st.column_config.TextColumn(width=240)},
        alt=_("Results by text, misses first"),
    )


def _download(pane: Pane, result: Batch) -> None:
    st.download_button(
        "CSV",
        lambda: batch.as_csv(result.steps, result.threshold),
        file_name="moderation.csv",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
        key=pane.key("csv"),
    )


def _matrix(pane: Pane, confusion: Confusion) -> None:
    chart, table = confusion_matrix.confusion(
        hits=confusion.true_positives,
        false_alarms=confusion.false_positives,
        correct_rejections=confusion.true_negatives,
        misses=confusion.false_negatives,
        positive=_(SENSITIVE),
        negative=_(CLEAR),
    )
    chart_style.draw(chart, table, pane.key("confusion"), _("Expected vs. predicted"))


def _threshold(pane: Pane, answered: Batch) -> float | None:
    """Draw the what-if threshold slider; return `None` without scores or while it is at the model's own threshold."""
    own = answered.own_threshold
    if own is None:
        return None
    at = st.slider(
        _("What-if threshold"),
        0.0,
        1.0,
        key=pane.hold("threshold", own if 0 <= own <= 1 else USUAL_THRESHOLD, lambda at: 0 <= at <= 1),
        step=0.01,
        persist_state="session",
        help=_(
            "Applied to the finished answers without a new call: a text is sensitive if its highest score "
            "is `>=` the threshold."
        ),
    )
    return None if at == own else float(at)


def _row(row: BatchRow) -> dict[str, Any]:
    detail = row.detail
    return {
        "": f"{SIGNS[row.fate]} {_(row.fate)}".strip(),
        _("text"): drawable(row.text)[:LONGEST_CELL],
        _("expected"): UNKNOWN if row.expected is None else _(SENSITIVE) if row.expected else _(CLEAR),
        _("answer"): UNKNOWN if row.flagged is None else _(SENSITIVE) if row.flagged else _(CLEAR),
        _("highest score"): UNKNOWN if detail is None else f"{detail.highest:.3f} ({drawable(detail.category)})",
        _("time"): UNKNOWN if row.seconds is None else seconds(row.seconds),
        _("error"): drawable(str(row.error))[:LONGEST_CELL] if row.error is not None else "",
    }


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0%}"


BATCH = Experiment(
    name="batch",
    title=N_("Batch"),
    about=N_(
        "Check many texts, one call each, against the expected answers and show misses and false "
        "alarms. Finished calls are kept when you stop."
    ),
    icon=":material/checklist:",
    controls=_controls,
    steps=batch.steps,
    evaluate=batch.evaluate,
    draw=_draw,
)
