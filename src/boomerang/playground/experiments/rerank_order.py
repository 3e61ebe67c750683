"""Experiments of the rerank page: the same documents in another order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts.chart_style import words
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.analysis.rank_correlation import kendall_of_orders, ties
from boomerang.workbench.experiments.rerank_order import SEED, scores
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.runs.job_series import Series, Step
from boomerang.workbench.runs.session_calls import call

from . import repeat_controls
from .experiment_panel import Experiment

SAME = 1e-4
"""Largest difference between two scores of a document that is put down to rounding."""


def _steps(page: Pane, pane: Pane) -> Sequence[Step]:
    docs = list(page.arguments.get("docs", []))
    pane.require(len(docs) > 1, _("add a second document"))
    given = list(range(len(docs)))
    shuffled = random.Random(SEED).sample(given, len(given))
    orders = ((N_("as given"), given), (N_("reversed"), given[::-1]), (N_("shuffled"), shuffled))
    return [
        Step(
            label,
            call(page.member, page.arguments | {"docs": [docs[index] for index in order]}),
            {"order": order, "docs": docs},
        )
        for label, order in orders
    ]


def _draw(pane: Pane, series: Series) -> None:
    for step in series.steps:
        if step.error is not None:
            st.text(drawable(f"{_(step.label)}: {type(step.error).__name__}: {step.error}"))
    found = [(step, scores(step)) for step in series.steps if step.ended]
    answered = [(step, by_document) for step, by_document in found if by_document]
    if not answered:
        return
    first = answered[0][1]
    others = [by_document for _step, by_document in answered[1:]]
    if others and not series.running:
        _verdict(first, others)
    taus = [kendall_of_orders(list(first), list(other)) for other in others]
    tied = sum(map(len, ties(list(first.values()))))
    repeat_controls.row(
        pane,
        {
            _("Least Kendall τ"): UNKNOWN if None in taus or not taus else f"{min(tau for tau in taus if tau is not None):.3f}",
            _("Largest difference"): f"{_spread(first, others):.2g}" if others else UNKNOWN,
            _("Documents with a tie"): f"{tied}",
        },
    )
    data_table(
        _rows(answered),
        height=min(420, 38 + 35 * len(first)),
        column_config={_("document"): st.column_config.TextColumn(width=260)},
        alt=_("Place and score of each document in each order"),
    )


def _rows(answered: Sequence[tuple[Step, dict[int, float]]]) -> list[dict[str, Any]]:
    docs: list[str] = answered[0][0].facts["docs"]
    there = dict.fromkeys(document for _step, by_document in answered for document in by_document)
    places = [{document: place for place, document in enumerate(by_document, 1)} for _step, by_document in answered]
    rows = []
    for document in there:
        row: dict[str, Any] = {_("document"): words(drawable(docs[document]), 80)}
        for (step, by_document), placed in zip(answered, places, strict=True):
            place = placed.get(document)
            row[_(step.label)] = UNKNOWN if place is None else f"{place} · {by_document[document]:.4f}"
        rows.append(row)
    return rows


def _verdict(first: dict[int, float], others: Sequence[dict[int, float]]) -> None:
    if all(list(other) == list(first) for other in others):
        st.success(_("The same order each time, wherever the documents stood."), icon=":material/equal:")
    elif all(set(other) == set(first) for other in others) and _spread(first, others) <= SAME and ties(list(first.values())):
        st.info(
            _("The scores are the same; documents with one score stand in the order of the input."), icon=":material/equal:"
        )
    else:
        st.warning(_("The order depends on where the documents stood in the input."), icon=":material/swap_vert:")


def _spread(first: dict[int, float], others: Sequence[dict[int, float]]) -> float:
    """Return the largest difference between two scores of one document."""
    return max(
        (abs(other[document] - score) for other in others for document, score in first.items() if document in other),
        default=0.0,
    )


ORDER = Experiment(
    name="order",
    title=N_("Order of the input"),
    about=N_("The same documents as given, reversed and shuffled: a good reranker gives the same scores each time."),
    icon=":material/shuffle:",
    steps=_steps,
    draw=_draw,
)
EXPERIMENTS = (ORDER,)
