"""The embedding page's result: facts, the chosen view, and the raw vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from boomerang.invoker.entities.text_embedding import RequestInvokeTextEmbedding
from boomerang.invoker.records.record import Record
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import html_tables
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.vectors import RecordVectors, as_csv, as_npy, vectors_of

from . import vector_views as looks

SHOWN_VALUES = 8
SHOWN_VECTORS = 20
LOOKS = {
    "similarity": (N_("Similarity"), ":material/grid_on:", 2),
    "nearest": (N_("Nearest"), ":material/near_me:", 2),
    "map": (N_("Map"), ":material/scatter_plot:", 3),
    "vector": (N_("One vector"), ":material/show_chart:", 1),
}
"""View → its name, its icon, and the least number of texts it needs."""
ODD = {"NaN": "NaN", "infinite": N_("infinite"), "zero": N_("zero")}


def draw(page: Pane, record: Record[Any]) -> None:
    """Draw facts, the chosen view, and the vectors."""
    if not record.chunks or not record.chunks[0].embeddings:
        return
    texts, rows = record.request_as(RequestInvokeTextEmbedding).texts, record.chunks[0].embeddings
    widths = {len(row) for row in rows}
    if len(rows) != len(texts):
        template = _("Texts sent: {texts}; vectors returned: {vectors}.")
        st.warning(template.format(texts=len(texts), vectors=len(rows)))
    if len(widths) > 1:
        st.error(_("The vectors have different dimensions: {widths}.").format(widths=sorted(widths)))
        return
    if widths == {0}:
        st.error(_("The vectors are empty."))
        return
    rows_read = vectors_of(record)
    _facts(rows_read)
    texts = [texts[index] if index < len(texts) else "?" for index in range(len(rows))]
    match _chosen(page, len(rows)):
        case "similarity":
            looks.matrix(page, rows_read, texts)
        case "nearest":
            looks.nearest(page, rows_read, texts)
        case "map":
            looks.plane(page, rows_read, texts)
        case _:
            looks.vector(page, rows, texts)
    _vectors(page, record, rows, texts)


def _chosen(page: Pane, count: int) -> str:
    """Draw the choice of view, and say why some views are missing."""
    there = [name for name, (_title, _icon, least) in LOOKS.items() if count >= least]
    if count == 1:
        st.caption(_("Add a second text to compare similarity."))
        return there[0]
    key = page.hold("look", there[0], LOOKS.__contains__)
    if st.session_state[key] not in there:
        st.session_state[key] = there[0]
    chosen = st.segmented_control(
        _("View"),
        there,
        key=key,
        format_func=lambda name: f"{LOOKS[name][1]} {_(LOOKS[name][0])}",
        required=True,
        persist_state="session",
        label_visibility="collapsed",
    )
    if "map" not in there:
        st.caption(_("The map needs at least three texts."))
    return str(chosen)


def _facts(rows: RecordVectors) -> None:
    import numpy as np

    facts = rows.facts
    norms = facts.norms
    least_norm, largest_norm = f"{norms.min():.4f}", f"{norms.max():.4f}"
    alike = bool(np.allclose(norms, norms[0], atol=1e-4)) or not np.isfinite(norms).all()
    spread = least_norm if alike else _("{least} to {largest}").format(least=least_norm, largest=largest_norm)
    odd = ", ".join(f"{count} {_(ODD[name])}" for name, count in rows.odd.items() if count)
    least, largest = ("—" if value is None else f"{value:.4f}" for value in (facts.least, facts.largest))
    html_tables.facts(
        {
            _("Vectors × dimensions"): f"{facts.count} × {facts.dimensions}",
            _("L2 norm"): spread,
            _("Min, max value"): "—" if facts.least is None else f"{least}, {largest}",
            _("NaN, infinite, zero vectors"): odd or _("none"),
        },
    )


def _vectors(page: Pane, record: Record[Any], rows: Sequence[Sequence[float]], texts: Sequence[str]) -> None:
    with st.expander(_("Raw vectors"), icon=":material/data_array:"):
        for number, (text, row) in enumerate(list(zip(texts, rows, strict=False))[:SHOWN_VECTORS], 1):
            values = ", ".join(f"{value:.6f}" for value in row[:SHOWN_VALUES])
            more = ", …" if len(row) > SHOWN_VALUES else ""
            st.text(f"{number} · {looks.name(drawable(text))}\n  [{values}{more}]")
        if len(rows) > SHOWN_VECTORS:
            st.caption(
                _("First {count} of {all} vectors; the files have all of them.").format(count=SHOWN_VECTORS, all=len(rows))
            )
        with st.container(horizontal=True):
            stem = f"embeddings-{record.id[:8]}"
            for label, suffix, data in (
                ("JSON", "json", lambda: json.dumps(rows)),
                ("CSV", "csv", lambda: as_csv(rows, texts)),
                ("NPY", "npy", lambda: as_npy(rows)),
            ):
                st.download_button(
                    label,
                    data,
                    file_name=f"{stem}.{suffix}",
                    icon=":material/download:",
                    on_click="ignore",
                    key=page.key(f"download.{suffix}"),
                )
