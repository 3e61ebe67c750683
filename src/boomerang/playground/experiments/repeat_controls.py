"""What experiments that repeat a call share: how many times, and the row of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from boomerang.invoker.records.record import Outcome
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.runs.job_series import Step

MOST = 50


def times(pane: Pane, default: int) -> int:
    """Draw the field for how many times."""
    value = st.number_input(
        _("Times"), min_value=2, max_value=MOST, key=pane.hold("times", default), persist_state="session", width=140
    )
    return int(value or default)


def latencies(steps: Sequence[Step]) -> dict[str, str]:
    """Return least, mean and largest time of those that went well, without the first run, which may have loaded the model."""
    spent = [
        step.record.elapsed
        for step in steps[1:]
        if step.error is None and step.record is not None and step.record.outcome is Outcome.COMPLETED
    ]
    if not spent:
        return {_("Least"): UNKNOWN, _("Mean"): UNKNOWN, _("Largest"): UNKNOWN}
    return {_("Least"): seconds(min(spent)), _("Mean"): seconds(sum(spent) / len(spent)), _("Largest"): seconds(max(spent))}


def row(pane: Pane, numbers: Mapping[str, str]) -> None:
    """Draw numbers side by side."""
    with st.container(key=pane.key("numbers").replace(".", "-")):
        grid = st.grid(6, min_column_width=104, gap="small")
        for label, value in numbers.items():
            with grid.cell():
                st.metric(label, value)
