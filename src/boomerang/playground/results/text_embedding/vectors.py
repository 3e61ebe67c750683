"""The embedding page's result: facts, the chosen view, and the raw vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from boomerang.invoker.entities.text_embedding import RequestInvokeTextEmbedding
from boomerang.invoker.records.record import Record
from boomerang.playground.run import run_actions
from boomerang.playground.run.pane import Pane
from boomerang.playground.ui import copy_button, html_tables
from boomerang.workbench.i18n.translate import N_, _
from boomerang.workbench.results.drawable_text import drawable
from boomerang.workbench.results.vectors import RecordVectors, as_csv, as_npy, vectors_of

from . import vector_views as looks

SHOWN_VALUES = 8
SHOWN_VECTORS = 20
BYTES_PER_VALUE = 20
"""About the length of a value in JSON."""
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
    _actions(page, record, rows, texts)
    match _chosen(page, len(rows)):
        case "similarity":
            looks.matrix(page, rows_read, texts)
        case "nearest":
            looks.nearest(page, rows_read, texts)
        case "map":
            looks.plane(page, rows_read, texts)
        case _:
            looks.vector(page, rows, texts)
    _vectors(rows, texts)


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
    facts = rows.facts
    odd = ", ".join(f"{count} {_(ODD[name])}" for name, count in rows.odd.items() if count)
    least, largest = ("—" if value is None else f"{value:.4f}" for value in (facts.least, facts.largest))
    html_tables.facts(
        {
            _("Min, max value"): "—" if facts.least is None else f"{least}, {largest}",
            _("NaN, infinite, zero vectors"): odd or _("none"),
        },
    )


def _actions(page: Pane, record: Record[Any], rows: Sequence[Sequence[float]], texts: Sequence[str]) -> None:
    name = f"embeddings-{record.id[:8]}"
    files = [
        run_actions.Download("JSON", lambda: json.dumps(rows), f"{name}.json"),
        run_actions.Download("CSV", lambda: as_csv(rows, texts), f"{name}.csv"),
        run_actions.Download("NPY", lambda: as_npy(rows), f"{name}.npy"),
    ]
    size = BYTES_PER_VALUE * sum(map(len, rows))
    if size > copy_button.MOST_BYTES:  # it is not even written
        run_actions.draw(page, downloads=files, more=partial(copy_button.draw_too_large, size))
    else:
        run_actions.draw(page, copy=json.dumps(rows), downloads=files)


def _vectors(rows: Sequence[Sequence[float]], texts: Sequence[str]) -> None:
    with st.expander(_("Raw vectors")):
        for number, (text, row) in enumerate(list(zip(texts, rows, strict=False))[:SHOWN_VECTORS], 1):
            values = ", ".join(f"{value:.6f}" for value in row[:SHOWN_VALUES])
            more = ", …" if len(row) > SHOWN_VALUES else ""
            st.text(f"{number} · {looks.name(drawable(text))}\n  [{values}{more}]")
        if len(rows) > SHOWN_VECTORS:
            st.caption(
                _("First {count} of {all} vectors; the files have all of them.").format(count=SHOWN_VECTORS, all=len(rows))
            )
