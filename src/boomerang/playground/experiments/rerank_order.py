"""Experiment of the rerank page: the same documents in other orders."""

from __future__ import annotations

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts.chart_style import label_text
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.experiments import rerank_order
from boomerang.workbench.experiments.rerank_order import OrderComparison, Verdict
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable

from . import repeat_controls
from .experiment_panel import Experiment


def _controls(page: Pane, pane: Pane) -> None:
    pane.require(len(page.arguments.get("docs", [])) > 1, _("add a second document"))


def _draw(pane: Pane, result: OrderComparison) -> None:
    repeat_controls.failures(result.errors)
    if not result.scores:
        return
    _verdict(result.verdict)
    difference = result.largest_difference
    repeat_controls.row(
        pane,
        {
            _("Min Kendall τ"): UNKNOWN if result.least_tau is None else f"{result.least_tau:.3f}",
            _("Max difference"): UNKNOWN if difference is None else f"{difference:.2g}",
            _("Tied documents"): f"{result.tied}",
        },
    )
    data_table(
        [_row(result, document) for document in result.documents],
        height=min(420, 38 + 35 * len(result.scores[0][1])),
        column_config={_("document"): st.column_config.TextColumn(width=260)},
        alt=_("Rank and score of each document by input order"),
    )


def _row(result: OrderComparison, document: int) -> dict[str, str]:
    row = {_("document"): label_text(drawable(result.docs[document]), 80)}
    for label, scores in result.scores:
        there = document in scores
        row[_(label)] = f"{list(scores).index(document) + 1} · {scores[document]:.4f}" if there else UNKNOWN
    return row


def _verdict(verdict: Verdict | None) -> None:
    match verdict:
        case Verdict.SAME_ORDER:
            st.success(_("The same ranking for every input order."), icon=":material/equal:")
        case Verdict.SAME_SCORES:
            about = _("The scores are the same. Tied documents keep their input order.")
            st.info(about, icon=":material/equal:")
        case Verdict.DEPENDS:
            st.warning(_("The ranking depends on the input order."), icon=":material/swap_vert:")


ORDER = Experiment(
    name="order",
    title=N_("Input order"),
    about=N_(
        "Rank the documents in the original, reversed and shuffled order. A good reranker returns the same scores each time."
    ),
    icon=":material/shuffle:",
    controls=_controls,
    steps=rerank_order.steps,
    evaluate=rerank_order.compare,
    draw=_draw,
)
