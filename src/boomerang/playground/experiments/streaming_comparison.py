"""An experiment of the LLM page: the same call streamed and not, and what differs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.experiments.streaming_comparison import ALWAYS_DIFFERENT, TEXT, aspects, different
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from .experiment_panel import Experiment

LONGEST_CELL = 200


def _steps(page: Pane, pane: Pane) -> Sequence[Step]:
    parameters = getattr(page.arguments.get("model_config"), "completion_params", {})
    if parameters.get("temperature") != 0 and "seed" not in parameters:
        st.caption(f":material/info: {_('Without a temperature of 0 or a seed, two answers of a model may differ anyway.')}")
    ways = ((True, _("streamed")), (False, _("not streamed")))
    return [Step(label, call(page.member, {**page.arguments, "stream": stream})) for stream, label in ways]


def _draw(pane: Pane, series: Series) -> None:
    left, right = (aspects(step) for step in series.steps)
    complete = all(step.ended and step.error is None for step in series.steps)
    differing = different(left, right)
    if complete:
        _verdict(differing)
    rows = [
        {
            _("what"): _(name),
            series.steps[0].label: _cell(left.get(name)),
            series.steps[1].label: _cell(right.get(name)),
            _("verdict"): _told(name, differing) if complete else UNKNOWN,
        }
        for name in dict.fromkeys([*left, *right])
    ]
    data_table(rows, alt=_("Streamed and not streamed"))
    for step in series.steps:
        if step.error is not None:
            st.text(drawable(f"{step.label}: {step.error}"))
    if complete and TEXT in differing:
        said = (_("only streamed"), _("only not streamed"))
        text_diff.draw(left[TEXT], right[TEXT], said, pane.key("difference"))


def _verdict(differing: Sequence[str]) -> None:
    if not differing:
        st.badge(_("the same either way"), icon=":material/check_circle:", color="green")
        return
    words = _("differs in: {names}").format(names=", ".join(_(name) for name in differing))
    st.badge(words, icon=":material/difference:", color="orange")


def _told(name: str, differing: Sequence[str]) -> str:
    if name in ALWAYS_DIFFERENT:
        return UNKNOWN
    return _("different") if name in differing else _("same")


def _cell(value: Any) -> str:
    if value in (None, "", []):
        return UNKNOWN
    return drawable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:LONGEST_CELL]


TWO_WAYS = Experiment(
    name="stream",
    title=N_("Streamed or not"),
    about=N_(
        "The same call streamed and not streamed, and what differs: text, thinking, tool calls, files, usage, finish reason."
    ),
    icon=":material/call_split:",
    steps=_steps,
    draw=_draw,
)
