"""All metrics of a run: the time breakdown, and each metric with its definition and source."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.metrics import measure
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import phases
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts import phases as phases_module
from boomerang.playground.ui.charts.phases import Span
from boomerang.playground.ui.number_format import LABELS, ORIGINS, shown
from boomerang.workbench.i18n.translate import _

from .timeline_cache import timeline_of


def draw(record: Record[Any] | None, key: str, model: ListedModel | None) -> None:
    """Draw the phases and the table of metrics."""
    if record is None:
        st.caption(_("Timing and token counts appear here after a run."))
        return
    running = record.outcome is Outcome.RUNNING
    spans = [Span(phase.name, phase.start, phase.end) for phase in phases(record, timeline_of(record, key))]
    title = _("Time breakdown")
    note = _("Still running. Metrics appear when the run ends.") if running else ""
    chart_style.draw(*phases_module.phases(spans), f"{key}.phases", title, note=note)
    if running:  # values of the last script run would look current
        return
    html_tables.table(
        (_("Metric"), _("Value"), _("Source"), _("Definition")),
        (
            (
                _(LABELS[metric.key][0]),
                shown(metric) + (f" ({metric.detail})" if "/" in metric.detail else ""),
                _(ORIGINS[metric.origin]),
                _(LABELS[metric.key][1]),
            )
            for metric in measure(record, model)
        ),
    )
