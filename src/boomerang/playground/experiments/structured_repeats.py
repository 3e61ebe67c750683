"""Experiment of the structured-output page: repeat a call and count the objects that match the schema."""

from __future__ import annotations

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments import repeats
from boomerang.workbench.experiments.repeats import ObjectRepeats
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from . import repeat_controls
from .experiment_panel import Experiment


def _draw(pane: Pane, result: ObjectRepeats) -> None:
    summary = result.summary
    repeat_controls.row(
        pane,
        {
            _("Runs"): f"{summary.count}",
            _("Valid"): UNKNOWN if summary.share_ok is None else f"{summary.share_ok:.0%}",
            _("Distinct objects"): f"{len(summary.answers)}" if summary.ok else UNKNOWN,
            _("First run"): UNKNOWN if summary.first_seconds is None else seconds(summary.first_seconds),
            **repeat_controls.latencies(result.latencies),
        },
    )
    if summary.faults:
        path, count = summary.faults[0]
        text = _("Most frequent error, {count} of {all}:").format(count=count, all=summary.count)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":red[:material/error:] {text}", width="content")
            st.text(drawable(path))
    data_table(
        [
            {
                "#": row.label,
                _("time"): UNKNOWN if row.seconds is None else seconds(row.seconds),
                _("valid"): row.attempt.fault is None,
                _("first error"): drawable(row.attempt.fault or ""),
                _("object"): drawable(str(row.attempt.answer or "")),
            }
            for row in result.rows
        ],
        alt=_("All runs"),
    )


STABILITY = Experiment(
    name="stability",
    title=N_("Stability"),
    about=N_("Repeat the call and measure how often the object matches the schema and where it fails most."),
    icon=":material/repeat:",
    controls=repeat_controls.settings,
    steps=repeats.object_steps,
    evaluate=repeats.objects,
    draw=_draw,
)
