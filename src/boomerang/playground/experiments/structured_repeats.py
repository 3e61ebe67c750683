"""An experiment of the structured-output page: the same call many times, and how many objects fit the schema."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.analysis.repeats import repeats
from boomerang.workbench.experiments.repeats import object_attempt
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from . import repeat_controls
from .experiment_panel import Experiment


def _repeated(page: Pane, pane: Pane) -> Sequence[Step]:
    count = repeat_controls.times(pane, 5)
    facts = {"schema": page.arguments.get("structured_output_schema") or {}}
    return [Step(str(number), call(page.member, page.arguments), dict(facts)) for number in range(1, count + 1)]


def _draw_repeated(pane: Pane, series: Series) -> None:
    ended = [step for step in series.steps if step.ended]
    attempts = [object_attempt(step) for step in ended]
    told = repeats(attempts)
    repeat_controls.row(
        pane,
        {
            _("Ran"): f"{told.count}",
            _("Valid"): UNKNOWN if told.share_ok is None else f"{told.share_ok:.0%}",
            _("Distinct objects"): f"{len(told.answers)}" if told.ok else UNKNOWN,
            _("First run"): UNKNOWN if told.first_seconds is None else seconds(told.first_seconds),
            **repeat_controls.latencies(ended),
        },
    )
    if told.faults:
        path, count = told.faults[0]
        words = _("Most frequent fault, {count} of {all}:").format(count=count, all=told.count)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":red[:material/error:] {words}", width="content")
            st.text(drawable(path))
    data_table(
        [
            {
                "#": step.label,
                _("time"): UNKNOWN if step.record is None else seconds(step.record.elapsed),
                _("valid"): one.fault is None,
                _("first fault"): drawable(one.fault or ""),
                _("object"): drawable(str(one.answer or "")),
            }
            for step, one in zip(ended, attempts, strict=True)
        ],
        alt=_("The runs one by one"),
    )


STABILITY = Experiment(
    name="stability",
    title=N_("Stability"),
    about=N_("The same call several times: the share of objects that fit the schema, and where the others miss it most often."),
    icon=":material/repeat:",
    steps=_repeated,
    draw=_draw_repeated,
)
