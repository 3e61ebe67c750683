"""Four views of vectors: similarity matrix, nearest texts, map, and the values of one vector."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.charts import chart_style, vectors
from boomerang.playground.ui.charts import vectors as vectors_module
from boomerang.playground.ui.charts.chart_style import label_text
from boomerang.playground.ui.charts.vectors import similarity
from boomerang.playground.ui.data_table import data_table
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.vectors import MOST_IN_MATRIX, MOST_ON_MAP, RecordVectors

MOST_NEAREST = 100
COSINE, DOT, EUCLID = "cosine", "dot", "euclid"
"""Values of `boomerang.workbench.analysis.vectors.Measure`, whose module loads numpy."""
MEASURES = {COSINE: N_("Cosine"), DOT: N_("Dot product"), EUCLID: N_("Euclidean distance")}


def name(text: str) -> str:
    """Shorten a text to a name for its row."""
    return label_text(text, 40)


def matrix(page: Pane, rows: RecordVectors, texts: Sequence[str]) -> None:
    """Draw the pairwise similarity of the texts."""
    if len(rows) > MOST_IN_MATRIX:
        st.caption(_("First {count} of {all} texts.").format(count=MOST_IN_MATRIX, all=len(rows)))
    chart, table = similarity(rows.cosines, texts[:MOST_IN_MATRIX], narrow=page.narrow)
    chart_style.draw(
        chart, table, page.key("similarity"), _("Cosine similarity"), note=_("1 is the same direction, 0 unrelated.")
    )


def nearest(page: Pane, rows: RecordVectors, texts: Sequence[str]) -> None:
    """Draw the other texts by their distance to one."""
    from boomerang.workbench.analysis import vectors

    left, right = st.columns([3, 4], vertical_alignment="bottom")
    with right:
        measure = st.segmented_control(
            _("Measure"),
            list(MEASURES),
            format_func=lambda name: _(MEASURES[name]),
            key=page.hold("measure", COSINE, MEASURES.__contains__),
            required=True,
            persist_state="session",
        )
    with left:
        row = _row(page, texts)
    measure = str(measure)
    others = vectors.nearest(rows.vectors, row, vectors.Measure(measure), limit=MOST_NEAREST)
    if not others:
        st.caption(_("This vector is zero or not finite, so it has no neighbors."))
        return
    values = [neighbour.value for neighbour in others]
    low, high = (0.0, 1.0) if measure == COSINE else (min(0.0, *values), max(values))
    label = _(MEASURES[measure])
    data_table(
        [
            {
                _("rank"): rank,
                _("row"): neighbour.row + 1,
                label: neighbour.value,
                "": min(max(neighbour.value, low), high),
                _("text"): label_text(drawable(texts[neighbour.row]), 200),
            }
            for rank, neighbour in enumerate(others, 1)
        ],
        height=min(420, 38 + 35 * len(others)),
        column_config={
            _("rank"): st.column_config.NumberColumn(width=50),
            _("row"): st.column_config.NumberColumn(width=50),
            label: st.column_config.NumberColumn(format="%.4f", width=110),
            "": st.column_config.ProgressColumn(format=" ", width=80, min_value=low, max_value=high if high > low else low + 1),
            _("text"): st.column_config.TextColumn(width="large"),
        },
        alt=_("Other texts by similarity"),
        key=page.key("nearest"),
    )
    order = _("Smaller is nearer.") if measure == EUCLID else _("Larger is nearer.")
    more = _("Nearest {count} of {all}.").format(count=len(others), all=len(texts) - 1) if len(others) < len(texts) - 1 else ""
    st.caption(f"{order} {more}")


def plane(page: Pane, rows: RecordVectors, texts: Sequence[str]) -> None:
    """Draw all texts on a map."""
    if len(rows) > MOST_ON_MAP:
        st.caption(_("First {count} of {all} texts.").format(count=MOST_ON_MAP, all=len(rows)))
    where = rows.map
    near = ["—" if row is None else name(drawable(texts[row])) for row in rows.neighbours]
    dots = [vectors.Dot(float(x), float(y), drawable(text)) for (x, y), text in zip(where.points, texts, strict=False)]
    chart, table = vectors_module.plane(dots, nearest=near)
    note = _("Distance on the map is not similarity: it shows only two of many dimensions.")
    if where.shares is not None:
        shown = _("They explain {share:.0%} of the variance.").format(share=min(1.0, sum(where.shares)))
        note = f"{note} {shown}"
    chart_style.draw(chart, table, page.key("map"), _("Map of the texts (PCA)"), note=note)


def vector(page: Pane, rows: Sequence[Sequence[float]], texts: Sequence[str]) -> None:
    """Draw the values of one vector."""
    row = _row(page, texts) if len(rows) > 1 else 0
    chart, table = vectors.values(rows[row])
    chart_style.draw(chart, table, page.key("values"), _("Vector values"))


def _row(page: Pane, texts: Sequence[str]) -> int:
    key = page.hold("row", 0, lambda row: 0 <= row < len(texts))
    if not 0 <= int(st.session_state[key] or 0) < len(texts):
        st.session_state[key] = 0
    chosen = st.selectbox(
        _("Row"),
        range(len(texts)),
        key=key,
        format_func=lambda row: f"{row + 1} · {name(drawable(texts[row]))}",
        persist_state="session",
    )
    return int(chosen or 0)
