"""Experiments of the LLM page; here the same call many times, beside it the same call streamed and not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.records.metrics import finish_reason, usage
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN, seconds
from boomerang.workbench.analysis.repeats import repeats
from boomerang.workbench.experiments.repeats import answer_attempt, answer_text
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from . import repeat_controls, streaming_comparison
from .experiment_panel import Experiment

LONGEST_CELL = 200


def _repeated(page: Pane, pane: Pane) -> Sequence[Step]:
    count = repeat_controls.times(pane, 5)
    return [Step(str(number), call(page.member, page.arguments)) for number in range(1, count + 1)]


def _draw_repeated(pane: Pane, series: Series) -> None:
    ended = [step for step in series.steps if step.ended]
    told = repeats([answer_attempt(step) for step in ended])
    letters = {answer: _letter(index) for index, (answer, _count) in enumerate(told.answers)}
    repeat_controls.row(
        pane,
        {
            _("Ran"): f"{told.count}",
            _("Went well"): f"{told.ok}",
            _("Distinct answers"): f"{len(told.answers)}" if told.ok else UNKNOWN,
            _("First run"): UNKNOWN if told.first_seconds is None else seconds(told.first_seconds),
            **repeat_controls.latencies(ended),
        },
    )
    if ended:
        data_table([_row(step, letters) for step in ended], alt=_("The runs one by one"))
    if len(told.answers) > 1:
        (first, often), (second, less) = told.answers[:2]
        words = _("The two most frequent answers: A {often}×, B {less}×").format(often=often, less=less)
        st.markdown(f"**{words}**")
        text_diff.draw(str(first), str(second), (_("only A"), _("only B")), pane.key("difference"))


def _row(step: Step, letters: dict[Any, str]) -> dict[str, Any]:
    record = step.record
    reported = usage(record) if record is not None else None
    answer = answer_text(record)
    return {
        "#": step.label,
        _("time"): UNKNOWN if record is None else seconds(record.elapsed),
        _("answer"): letters.get(answer, "") if step.error is None else "",
        _("characters"): len(answer),
        _("tokens out"): getattr(reported, "completion_tokens", None),
        _("finish reason"): (finish_reason(record) if record is not None else None) or UNKNOWN,
        _("text"): drawable(str(step.error or answer))[:LONGEST_CELL],
    }


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"#{index + 1}"


REPEAT = Experiment(
    name="repeat",
    title=N_("Repeat"),
    about=N_("The same call several times: how many different answers come, and how long they take. The first run is told "
             "apart, as it may wait for the model to load."),
    icon=":material/repeat:",
    steps=_repeated,
    draw=_draw_repeated,
)  # fmt: skip
EXPERIMENTS = (REPEAT, streaming_comparison.TWO_WAYS)
