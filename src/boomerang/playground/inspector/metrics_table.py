"""All metrics of a run: the time breakdown, and each metric with its definition and source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.metrics import Metric, measure
from boomerang.invoker.records.record import Outcome, Record
from boomerang.invoker.records.timeline import phases
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts import phases as phases_module
from boomerang.playground.ui.charts.phases import Span
from boomerang.playground.ui.number_format import LABELS, ORIGINS, shown
from boomerang.workbench.i18n.translate import _

from .timeline_cache import timeline_of

LIVE_SECONDS = 0.5
"""Least seconds between two redraws while the run goes on."""
TIMES_ITS_COST = 20
"""A redraw waits at least this many times as long as the last one took: measuring a long stream again takes longer."""


def draw(record: Record[Any] | None, key: str, model: ListedModel | None) -> list[Callable[[], None]]:
    """Draw the phases and the table of metrics; return what redraws them while the run goes on."""
    if record is None:
        st.caption(_("Timing and token counts appear here after a run."))
        return []
    if record.outcome is Outcome.RUNNING:
        return [live(record, key, model)]
    chart_style.draw(*_phases(record, key), f"{key}.phases", _("Time breakdown"))
    _table(measure(record, model))
    return []


def live(
    record: Record[Any], key: str, model: ListedModel | None = None, *, clock: Callable[[], float] = monotonic
) -> Callable[[], None]:
    """Draw the phases and metrics of a running record so far; return a function that redraws them, for each tick of the run.

    A tick costs nothing until a redraw is due.
    """
    st.markdown(f"**{_('Time breakdown')}**")
    st.caption(_("Still running."))
    bar, table = st.empty(), st.empty()
    due = 0.0

    def update() -> None:
        nonlocal due
        began = clock()
        if began < due:
            return
        with bar:
            st.html(_phases(record, key)[0])
        metrics = [metric for metric in measure(record, model) if metric.value is not None]
        if metrics:
            with table:
                _table(metrics)
        ended = clock()
        due = ended + max(LIVE_SECONDS, TIMES_ITS_COST * (ended - began))

    update()
    return update


def _phases(record: Record[Any], key: str) -> tuple[str, chart_style.Table]:
    spans = [Span(phase.name, phase.start, phase.end) for phase in phases(record, timeline_of(record, key))]
    return phases_module.phases(spans)


def _table(metrics: Sequence[Metric]) -> None:
    html_tables.table(
        (_("Metric"), _("Value"), _("Source"), _("Definition")),
        (
            (
                _(LABELS[metric.key][0]),
                shown(metric) + (f" ({metric.detail})" if "/" in metric.detail else ""),
                _(ORIGINS[metric.origin]),
                _(LABELS[metric.key][1]),
            )
            for metric in metrics
        ),
    )
