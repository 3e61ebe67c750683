"""Experiment of the LLM page: compare the same call with and without streaming."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import text_diff
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.experiments import streaming_comparison as comparison
from boomerang.workbench.experiments.form_call import FormCall
from boomerang.workbench.experiments.streaming_comparison import StreamingComparison
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from .experiment_panel import Experiment

LONGEST_CELL = 200


def _controls(page: Pane, _pane: Pane) -> None:
    if comparison.may_differ_anyway(FormCall(page.member, page.arguments)):
        st.caption(f":material/info: {_('Without temperature 0 or a seed, two answers may differ anyway.')}")


def _draw(pane: Pane, result: StreamingComparison) -> None:
    if result.complete:
        _verdict(result.differing)
    streamed, whole = (_(label) for label in result.labels)
    rows = [
        {
            _("item"): _(name),
            streamed: _cell(result.left.get(name)),
            whole: _cell(result.right.get(name)),
            _("verdict"): _difference(name, result.differing) if result.complete else UNKNOWN,
        }
        for name in result.names
    ]
    data_table(rows, alt=_("Streamed and non-streamed"))
    for label, error in result.errors:
        st.text(drawable(f"{_(label)}: {error}"))
    if result.complete and comparison.TEXT in result.differing:
        labels = (_("only streamed"), _("only non-streamed"))
        text_diff.draw(result.left[comparison.TEXT], result.right[comparison.TEXT], labels, pane.key("difference"))


def _verdict(differing: Sequence[str]) -> None:
    if not differing:
        st.badge(_("Identical both ways."), icon=":material/check_circle:", color="green")
        return
    text = _("Differs in: {names}").format(names=", ".join(_(name) for name in differing))
    st.badge(text, icon=":material/difference:", color="orange")


def _difference(name: str, differing: Sequence[str]) -> str:
    if name in comparison.ALWAYS_DIFFERENT:
        return UNKNOWN
    return _("different") if name in differing else _("same")


def _cell(value: Any) -> str:
    if value in (None, "", []):
        return UNKNOWN
    return drawable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:LONGEST_CELL]


TWO_WAYS = Experiment(
    name="stream",
    title=N_("Streaming vs. non-streaming"),
    about=N_(
        "Run the same call with and without streaming and compare text, thinking, tool calls, files, usage and finish reason."
    ),
    icon=":material/call_split:",
    controls=_controls,
    steps=comparison.steps,
    evaluate=comparison.compare,
    draw=_draw,
)
