"""Shared by experiments: the repetitions field, rows of numbers, and errors of failed calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments.repeats import Latencies, RepeatSettings
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable

MOST, USUAL = 50, 5


def settings(_page: Pane, pane: Pane) -> RepeatSettings:
    """Draw the field for the number of repetitions."""
    value = st.number_input(
        _("Repetitions"), min_value=2, max_value=MOST, key=pane.hold("times", USUAL), persist_state="session", width=140
    )
    return RepeatSettings(int(value or USUAL))


def failures(errors: Sequence[tuple[str, Exception]]) -> None:
    """Draw the errors of failed calls, by label."""
    for label, error in errors:
        st.text(drawable(f"{_(label)}: {type(error).__name__}: {error}"))


def latencies(measured: Latencies | None) -> dict[str, str]:
    """Return the minimum, mean and maximum time, by label."""
    if measured is None:
        return {_("Min"): UNKNOWN, _("Mean"): UNKNOWN, _("Max"): UNKNOWN}
    return {_("Min"): seconds(measured.least), _("Mean"): seconds(measured.mean), _("Max"): seconds(measured.largest)}


def row(pane: Pane, numbers: Mapping[str, str]) -> None:
    """Draw numbers side by side."""
    with st.container(key=pane.key("numbers").replace(".", "-")):
        grid = st.grid(6, min_column_width=104, gap="small")
        for label, value in numbers.items():
            with grid.cell():
                st.metric(label, value)
