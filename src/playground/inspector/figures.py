"""All numbers of a run: where its time went, and each number with its rule and its origin."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import ListedModel, Outcome, Record
from invoker.metrics import measure
from invoker.timeline import phases

from .. import charts, markup
from ..metrics_row import LABELS, ORIGINS, shown
from ..words import _
from .reading import timeline_of


def draw(record: Record[Any] | None, key: str, model: ListedModel | None) -> None:
    """Draw the phases and the table of numbers."""
    if record is None:
        st.caption(_("No numbers yet. Here will be where the time went, and every number with its rule and its origin."))
        return
    running = record.outcome is Outcome.RUNNING
    spans = [charts.Span(phase.name, phase.start, phase.end) for phase in phases(record, timeline_of(record, key))]
    title = _("Where the time went")
    note = _("So far; the numbers stand here when the run has ended.") if running else ""
    charts.draw(*charts.phases(spans), f"{key}.phases", title, note=note)
    if running:  # what was true at the last script run would look like the truth now
        return
    markup.table(
        (_("Number"), _("Value"), _("Origin"), _("Rule")),
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
