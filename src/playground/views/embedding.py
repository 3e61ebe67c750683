"""The embedding page's result: facts on the vectors, how alike they are, and the vectors themselves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from invoker import Record
from invoker.entities.text_embedding import RequestInvokeTextEmbedding

from ..frame import Page

MOST_IN_MATRIX = 40
"""Rows of the matrix that are drawn; more cannot be read."""
SHOWN_VALUES = 8


def embedding(page: Page, record: Record[Any]) -> None:
    """Draw facts, similarity matrix and vectors."""
    if not record.chunks or not record.chunks[0].embeddings:
        return
    import numpy as np

    texts, rows = record.request_as(RequestInvokeTextEmbedding).texts, record.chunks[0].embeddings
    widths = {len(row) for row in rows}
    if len(rows) != len(texts):
        st.warning(f"{len(texts)} texts were sent, {len(rows)} vectors came back.")
    if len(widths) > 1:
        st.error(f"The vectors have different dimensions: {sorted(widths)}.")
        return
    if widths == {0}:
        st.error("The vectors have no numbers in them.")
        return
    vectors = np.asarray(rows, dtype=np.float64)
    _facts(vectors)
    names = [short(texts[index] if index < len(texts) else "?", index) for index in range(len(rows))]
    if len(rows) > 1:
        _matrix(vectors[:MOST_IN_MATRIX], names[:MOST_IN_MATRIX], len(rows))
    else:
        st.caption("One text has nothing to be compared with: add a second one to see how alike they are.")
    _vectors(page, record, rows, names)


def cosine_matrix(vectors: Any) -> Any:
    """Give the cosines of all pairs, shape (rows, rows); not a number where a vector is zero."""
    import numpy as np

    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = vectors / norms
    return unit @ unit.T


def short(text: str, index: int, length: int = 24) -> str:
    """Name a row: its number and the beginning of its text."""
    flat = " ".join(text.split())
    return f"{index + 1} · {flat if len(flat) <= length else flat[: length - 1] + '…'}"


def as_csv(rows: Sequence[Sequence[float]], texts: Sequence[str]) -> str:
    """Write vectors as CSV: the text, then one column for each dimension."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["text", *range(len(rows[0]))])
    writer.writerows([text, *row] for text, row in zip(texts, rows, strict=False))
    return out.getvalue()


def as_npy(rows: Sequence[Sequence[float]]) -> bytes:
    """Write vectors as a NumPy file: float32, shape (rows, dimensions)."""
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.asarray(rows, dtype=np.float32), allow_pickle=False)
    return out.getvalue()


def _facts(vectors: Any) -> None:
    import numpy as np

    norms = np.linalg.norm(vectors, axis=1)
    odd = {
        "NaN": int(np.isnan(vectors).any(axis=1).sum()),
        "infinite": int(np.isinf(vectors).any(axis=1).sum()),
        "zero": int((~vectors.any(axis=1)).sum()),
    }
    spread = f"{norms.min():.4f}" if np.allclose(norms, norms[0], atol=1e-4) else f"{norms.min():.4f} to {norms.max():.4f}"
    wrong = ", ".join(f"{count} {name}" for name, count in odd.items() if count) or "none"
    known = vectors[~np.isnan(vectors)]
    facts = {
        "Vectors × dimensions": f"{vectors.shape[0]} × {vectors.shape[1]}",
        "L2 norm": spread,
        "Least, largest value": f"{known.min():.4f}, {known.max():.4f}" if known.size else "—",
        "NaN, infinite, zero vectors": wrong,
    }
    st.table(facts, border="horizontal")


def _matrix(vectors: Any, names: list[str], count: int) -> None:
    import altair as alt
    import pandas as pd

    matrix = cosine_matrix(vectors)
    st.markdown("**Cosine similarity**")
    if count > len(names):
        st.caption(f"The first {len(names)} of {count} texts.")
    size = len(names)
    pairs = [
        {"a": names[i], "b": names[j], "column": j + 1, "cosine": round(float(matrix[i, j]), 4)}
        for i in range(size)
        for j in range(size)
    ]
    base = alt.Chart(pd.DataFrame(pairs)).encode(
        x=alt.X("column:O", title=None, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("a:N", sort=names, title=None, axis=alt.Axis(labelLimit=190)),
    )
    # Ends of the scale differ in lightness, so that it can be read without seeing hues; the numbers stand in the cells.
    cells = base.mark_rect().encode(
        color=alt.Color("cosine:Q", scale=alt.Scale(scheme="blues", domain=[-0.2, 1]), legend=None),
        tooltip=["a", "b", "cosine"],
    )
    numbers = base.mark_text(fontSize=12).encode(
        text=alt.Text("cosine:Q", format=".2f"),
        color=alt.condition("datum.cosine > 0.55", alt.value("white"), alt.value("#10131f")),
    )
    chart = cells + numbers if size <= 15 else cells
    st.altair_chart(chart.properties(height=min(560, 50 + 42 * size)), alt="Cosine similarity of all pairs")
    with st.expander("The same numbers as a table"):
        st.dataframe(
            [{"": names[i], **{names[j]: round(float(matrix[i, j]), 4) for j in range(size)}} for i in range(size)],
            hide_index=True,
            alt="Cosine similarity of all pairs",
        )


def _vectors(page: Page, record: Record[Any], rows: Sequence[Sequence[float]], names: list[str]) -> None:
    texts = record.request_as(RequestInvokeTextEmbedding).texts
    with st.expander("Raw vectors"):
        for name, row in list(zip(names, rows, strict=False))[:20]:
            st.text(f"{name}\n  [{', '.join(f'{value:.6f}' for value in row[:SHOWN_VALUES])}, …]")
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
