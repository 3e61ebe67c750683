"""The metrics row: the same on every page, drawn from the record alone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.records.metrics import Metric, Origin, measure
from boomerang.invoker.records.record import Record
from boomerang.playground.ui.number_format import LABELS, ORIGINS, drawn, seconds
from boomerang.workbench.i18n.translate import _

NEARLY_FULL = 0.9
"""Share of a context from which the row warns."""
LOADING_WORTH_SHOWING = 0.05
"""Least loading time, in seconds, that is mentioned beside a time that includes it."""


def draw(record: Record[Any], part: str = "", *, model: ListedModel | None = None) -> None:
    """Draw the row; unknown values are a dash, never zero.

    Args:
        record: The run.
        part: Name of the pane, if there are several.
        model: The model as listed now; used only if the record was made with it.
    """
    metrics = measure(record, model)
    by_key = {metric.key: metric for metric in metrics}
    with st.container(key=f"metrics-{part}" if part else "metrics"):
        grid = st.grid(6, min_column_width=104, gap="small")
        for metric in metrics:
            if metric.headline:
                with grid.cell():
                    _tile(metric, by_key.get("loading_seconds"))


def _tile(metric: Metric, loading: Metric | None) -> None:
    label, rule = LABELS[metric.key]
    note, color = remark(metric, loading)
    st.metric(_(label), drawn(metric), note or None, help=_(rule), delta_color=color, delta_arrow="off")


def remark(metric: Metric, loading: Metric | None = None) -> tuple[str, Any]:
    """Return the line under a metric and its colour: its source unless measured here, and warnings."""
    notes = [] if metric.origin is Origin.MEASURED else [_(ORIGINS[metric.origin])]
    if metric.key == "context_use" and isinstance(metric.value, float) and metric.value >= NEARLY_FULL:
        return f":material/warning: {_('nearly full')}", "orange"
    if metric.key in ("time_to_first_token", "time_to_first_audio") and loading is not None:
        took = loading.value
        if isinstance(took, float) and took >= LOADING_WORTH_SHOWING:
            notes.append(_("including {time} loading").format(time=seconds(took)))
    return " · ".join(notes), "orange" if metric.origin in (Origin.ESTIMATED, Origin.COMPUTED) else "off"
