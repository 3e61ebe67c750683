"""Comparison of two rankings of the same documents: rank changes, Kendall's tau, and ranking quality."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.playground.run import pane_names
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import pair
from boomerang.playground.ui import html_tables
from boomerang.playground.ui.charts import chart_style
from boomerang.playground.ui.charts.rankings import MOST_LINES, Place, slope
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.analysis.rank_correlation import kendall_of_orders, moves
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.rankings import ranking

from . import relevance_scores


def compare(panes: Sequence[Pane]) -> None:
    """Draw the documents' ranks in two panes, and the quality of each order by the labels."""
    left, right = pair(panes)
    one, other = _request(left), _request(right)
    if one is None or other is None or (one.docs, one.query) != (other.docs, other.query):
        st.caption(_("The two panes ranked different documents or queries. Run them again."))
        return
    docs = one.docs
    orders = [[row.position for row in ranking(pane.state.record)] for pane in (left, right)]
    tau = kendall_of_orders(orders[0], orders[1])
    first = [order[0] if order else None for order in orders]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(
            _("Kendall τ"),
            UNKNOWN if tau is None else f"{tau:.3f}",
            help=_("For documents that both returned: 1 is the same order, -1 the reverse."),
            width=160,
        )
        same = first[0] is not None and first[0] == first[1]
        st.badge(
            _("The same first document") if same else _("Different first documents"),
            icon=":material/equal:" if same else ":material/difference:",
            color="green" if same else "orange",
        )
    places = [Place(drawable(docs[int(str(move.document)) - 1]), move.left, move.right) for move in moves(orders[0], orders[1])]
    chart, table = slope(places, pane_names.name(left), pane_names.name(right))
    most = MOST_LINES
    note = _("First {count} of {all} documents.").format(count=most, all=len(places)) if len(places) > most else ""
    chart_style.draw(chart, table, left.key("slopes"), _("Rank changes"), note=note)
    _qualities(panes, len(docs))


def _qualities(panes: Sequence[Pane], count: int) -> None:
    relevant = relevance_scores.labels(panes[0])
    if not any(label is not None for label in relevant.values()):
        st.caption(_("Label the documents in the table to compare ranking quality here."))
        return
    k = relevance_scores.at(panes[0], count)
    rows = []
    for pane in panes:
        request = _request(pane)
        if request is None:
            continue
        worst, best = relevance_scores.rank_quality(request, ranking(pane.state.record), relevant, k)
        measures = (
            relevance_scores.range_text(getattr(worst, name), getattr(best, name)) for name in relevance_scores.MEASURES
        )
        rows.append([pane_names.name(pane), *measures])
    labels = (_(label).format(k=k) for label, _about in relevance_scores.MEASURES.values())
    html_tables.table([_("Pane"), *labels], rows, wide=_("Ranking quality"))


def _request(pane: Pane) -> RequestInvokeRerank | None:
    record = pane.state.record
    return record.request_as(RequestInvokeRerank) if record is not None else None
