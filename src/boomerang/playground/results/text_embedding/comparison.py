"""Comparison of two embeddings of the same texts: nearest neighbours and the order of similarities."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.invoker.entities.text_embedding import RequestInvokeTextEmbedding
from boomerang.playground.run import pane_names
from boomerang.playground.run.pane import Pane
from boomerang.playground.run.pane_names import pair
from boomerang.playground.ui.charts import chart_style, rankings
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.vectors import RecordVectors, vectors_of

LEAST = 3
"""Fewest texts for which neighbours can be compared."""
MOST = 1_000
DEFAULT_K = 3


def compare(panes: Sequence[Pane]) -> None:
    """Draw dimensions, shared neighbours and rank correlation of two panes."""
    left, right = pair(panes)
    texts = _texts(left)
    if texts != _texts(right):
        st.caption(_("The two panes embedded different texts. Run them again."))
        return
    rows = _vectors(left), _vectors(right)
    if rows[0] is None or rows[1] is None:
        st.caption(_("One of the two has no comparable vectors."))
        return
    _dimensions(left, right, rows[0].facts.dimensions, rows[1].facts.dimensions)
    if len(texts) < LEAST or len(rows[0]) != len(rows[1]):
        st.caption(_("Add a third text to compare neighbors."))
        return
    _neighbours(left, texts, rows[0], rows[1])


def _neighbours(left: Pane, texts: Sequence[str], one: RecordVectors, other: RecordVectors) -> None:
    from boomerang.workbench.analysis.embedding_comparison import neighbour_overlap, rank_correlation

    if len(texts) > MOST:
        st.caption(_("First {count} of {all} texts.").format(count=MOST, all=len(texts)))
    most = min(len(texts), MOST) - 1
    key = left.hold("overlap.k", min(DEFAULT_K, most), lambda k: k >= 1)
    st.session_state[key] = min(max(1, int(st.session_state[key] or 1)), most)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = int(st.number_input(_("Neighbors k"), 1, most, key=key, persist_state="session", width=130) or 1)
        overlap = neighbour_overlap(one.vectors[:MOST], other.vectors[:MOST], k)
        correlation = rank_correlation(one.vectors[:MOST], other.vectors[:MOST])
        st.metric(
            _("Neighbor overlap@{k}").format(k=overlap.k),
            UNKNOWN if overlap.mean is None else f"{overlap.mean:.0%}",
            help=_("Average share of each text's k nearest neighbors (by cosine) that both sides have in common."),
            width=200,
        )
        st.metric(
            _("Rank correlation"),
            UNKNOWN if correlation is None else f"{correlation:.3f}",
            help=_("Spearman's rho over all pairwise cosines: 1 means both sides order the pairs the same way."),
            width=180,
        )
    shares = [float(share) for share in overlap.per_text]
    chart, table = rankings.bars([drawable(text) for text in texts[:MOST]], shares, title=_("shared neighbors"))
    chart_style.draw(chart, table, left.key("overlap"), _("Shared neighbors by text"))


def _dimensions(left: Pane, right: Pane, one: int, other: int) -> None:
    names = f"{pane_names.letter(left)}: {one:,} · {pane_names.letter(right)}: {other:,}"
    if one == other:
        st.caption(f":material/equal: {_('Same number of dimensions')} ({one:,})")
        return
    st.warning(
        _("The dimensions differ ({dimensions}): an index built with one model cannot be searched with the other.").format(
            dimensions=names
        ),
        icon=":material/warning:",
    )


def _texts(pane: Pane) -> list[str]:
    record = pane.state.record
    return record.request_as(RequestInvokeTextEmbedding).texts if record is not None else []


def _vectors(pane: Pane) -> RecordVectors | None:
    """Return a pane's vectors; `None` if there are none, or their dimensions differ."""
    record = pane.state.record
    rows = record.chunks[0].embeddings if record is not None and record.chunks else []
    if record is None or not rows or len({len(row) for row in rows}) > 1 or not rows[0]:
        return None
    return vectors_of(record)
