"""Quality of a ranking by the labels given in the form: nDCG, MRR, recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui.data_table import data_table
from boomerang.playground.ui.number_format import UNKNOWN
from boomerang.workbench.analysis.relevance import Quality, quality_range
from boomerang.workbench.i18n.translate import N_, _, ngettext
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.rankings import Row

DEFAULT_K = 3
MEASURES = {
    "ndcg": (
        "nDCG@{k}",
        N_("Share of the best possible gain in the first k results. A 3 counts seven times as much as a 1."),
    ),
    "reciprocal_rank": ("MRR", N_("1 ÷ rank of the first document with a label of 1 or more.")),
    "recall": (N_("Recall@{k}"), N_("Share of the documents with a label of 1 or more in the first k results.")),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """Relevance of each document, as labelled in the form."""

    by_document: Mapping[str, int | None]


def labels(pane: Pane) -> Mapping[str, int | None]:
    """Return the form's labels by document."""
    kept = pane.context.get(Labels)
    return kept.by_document if kept is not None else {}


def draw(page: Pane, request: RequestInvokeRerank, rows: Sequence[Row]) -> None:
    """Draw the quality measures of a ranking, or how to get them."""
    labelled = labels(page)
    known = sum(labelled.get(text) is not None for text in request.docs)
    if not known:
        st.info(
            _("Label the documents from 0 to 3 in the table, before or after the run."),
            icon=":material/military_tech:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = at(page, len(request.docs))
        worst, best = rank_quality(request, rows, labelled, k)
        for name, (label, about) in MEASURES.items():
            st.metric(_(label).format(k=k), range_text(getattr(worst, name), getattr(best, name)), help=_(about))
    missing = len(request.docs) - known
    notes = [
        ngettext(
            "{count} document without a label counts as 0.", "{count} documents without a label count as 0.", missing
        ).format(count=missing)
        if missing
        else "",
        _("Tied scores are shown as a range.") if worst != best else "",
        _("No document has a label of 1 or more.") if best.recall is None else "",
    ]
    if any(notes):
        st.caption(" ".join(note for note in notes if note))
    data_table(
        [
            {_("rank"): row.rank, _("label"): labelled.get(row.text), _("score"): row.score, _("document"): drawable(row.text)}
            for row in rows
        ],
        height=min(360, 38 + 35 * max(1, len(rows))),
        column_config={
            _("rank"): st.column_config.NumberColumn(width=50),
            _("label"): st.column_config.NumberColumn(width=60),
            _("score"): st.column_config.NumberColumn(format="%.3f", width=65),
            _("document"): st.column_config.TextColumn(width="large"),
        },
        alt=_("Labels by rank"),
        key=page.key("quality"),
    )


def at(page: Pane, count: int) -> int:
    """Draw the field for the number of top results that count."""
    key = page.hold("quality.k", DEFAULT_K, lambda k: k >= 1)
    st.session_state[key] = min(max(1, int(st.session_state[key] or 1)), max(1, count))
    return int(st.number_input(_("Top k"), 1, max(1, count), key=key, persist_state="session", width=120) or 1)


def rank_quality(
    request: RequestInvokeRerank, rows: Sequence[Row], labelled: Mapping[str, int | None], k: int
) -> tuple[Quality, Quality]:
    """Measure the worst and the best order that fit the scores."""

    def grade(text: str) -> int:
        return labelled.get(text) or 0

    kept = {row.position for row in rows}
    left_out = [grade(text) for number, text in enumerate(request.docs, 1) if number not in kept]
    return quality_range([grade(row.text) for row in rows], [row.score for row in rows], k=k, left_out=left_out)


def range_text(worst: Any, best: Any) -> str:
    """Return a measure, or its range, as text."""
    if worst is None or best is None:
        return UNKNOWN
    low, high = f"{worst:.3f}", f"{best:.3f}"
    return low if low == high else f"{low} – {high}"
