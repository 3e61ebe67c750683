"""Experiment of the LLM page: repeat the same call."""

from __future__ import annotations

from typing import Any

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.experiments import repeats
from boomerang.workbench.experiments.repeats import AnswerRepeats, AnswerRow
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from . import repeat_controls
from .experiment_panel import Experiment

LONGEST_CELL = 200


def _draw(pane: Pane, result: AnswerRepeats) -> None:
    summary = result.summary
    repeat_controls.row(
        pane,
        {
            _("Runs"): f"{summary.count}",
            _("Succeeded"): f"{summary.ok}",
            _("Distinct answers"): f"{len(summary.answers)}" if summary.ok else UNKNOWN,
            _("First run"): UNKNOWN if summary.first_seconds is None else seconds(summary.first_seconds),
            **repeat_controls.latencies(result.latencies),
        },
    )
    if result.rows:
        data_table([_row(row) for row in result.rows], alt=_("All runs"))
    if len(summary.answers) > 1:
        (first, often), (second, less) = summary.answers[:2]
        heading = _("The two most frequent answers: A {often}×, B {less}×").format(often=often, less=less)
        st.markdown(f"**{heading}**")
        text_diff.draw(str(first), str(second), (_("only A"), _("only B")), pane.key("difference"))


def _row(row: AnswerRow) -> dict[str, Any]:
    return {
        "#": row.label,
        _("time"): UNKNOWN if row.seconds is None else seconds(row.seconds),
        _("answer"): row.letter,
        _("characters"): row.characters,
        _("tokens out"): row.tokens_out,
        _("finish reason"): row.finish_reason or UNKNOWN,
        _("text"): drawable(row.text)[:LONGEST_CELL],
    }


REPEAT = Experiment(
    name="repeat",
    title=N_("Repeat"),
    about=N_("Repeat the same call and count distinct answers and their latency. The first run is shown "
"separately because it may include loading the model."),
    icon=":material/repeat:",
    controls=repeat_controls.settings,
    steps=repeats.answer_steps,
    evaluate=repeats.answers,
    draw=_draw,
)  # fmt: skip
