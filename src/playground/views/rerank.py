"""The rerank page's result: the new order, how far each document moved, and which were dropped and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from invoker import Record
from invoker.entities.rerank import RequestInvokeRerank

from ..frame import Page
from ..jsontext import written


@dataclass(frozen=True, slots=True)
class Row:
    """One returned document."""

    rank: int
    """From 1."""
    position: int
    """Where it stood in the input, from 1."""
    score: float
    text: str

    @property
    def moved(self) -> int:
        """Places gained; negative when it lost some."""
        return self.position - self.rank


def ranking(record: Record[Any]) -> list[Row]:
    """Give the returned documents in their new order."""
    return [
        Row(rank, doc.index + 1, doc.score, doc.text)
        for rank, doc in enumerate(record.chunks[0].docs if record.chunks else (), 1)
    ]


def movement(places: int) -> str:
    """Write how far a document moved."""
    if places == 0:
        return "= 0"
    return f"▲ {places}" if places > 0 else f"▼ {-places}"


def rerank(page: Page, record: Record[Any]) -> None:
    """Draw the ranked list and the dropped documents."""
    if not record.chunks:
        return
    rows = ranking(record)
    if rows:
        _ranked(page, rows)
    _dropped(page, rows, record)
    st.download_button(
        "JSON",
        lambda: written(record.chunks[0].model_dump(mode="json"), indent=2),
        file_name=f"rerank-{record.id[:8]}.json",
        icon=":material/download:",
        on_click="ignore",
        key=page.key("download"),
    )


def _ranked(page: Page, rows: Sequence[Row]) -> None:
    best = max((row.score for row in rows), default=0.0)
    least = min((row.score for row in rows), default=0.0)
    st.dataframe(
        [
            {
                "rank": row.rank,
                "moved": movement(row.moved),
                "was": row.position,
                "score": row.score,
                "document": row.text,
                "": row.score,
            }
            for row in rows
        ],
        hide_index=True,
        height=min(480, 38 + 35 * max(1, len(rows))),
        column_config={
            "rank": st.column_config.NumberColumn(width=50),
            "moved": st.column_config.TextColumn(width=65, help="Places gained (▲) or lost (▼) against the input."),
            "was": st.column_config.NumberColumn(width=50, help="Position in the input, from 1."),
            "score": st.column_config.NumberColumn(format="%.3f", width=65),
            "": st.column_config.ProgressColumn(
                format=" ", width=80, min_value=min(0.0, least), max_value=max(1.0, best), help="The score as a bar."
            ),
            "document": st.column_config.TextColumn(width="large"),
        },
        alt="Documents in their new order",
        key=page.key("ranked"),
    )


def reason_dropped(rows: Sequence[Row], top_n: int, threshold: float) -> str:
    """Say why documents are missing from the answer, as far as the answer can tell."""
    if len(rows) >= top_n:
        return f"cut by top_n = {top_n}, or below it score_threshold = {threshold:g}"
    return f"score below score_threshold = {threshold:g}"


def _dropped(page: Page, rows: Sequence[Row], record: Record[Any]) -> None:
    kept = {row.position for row in rows}
    request = record.request_as(RequestInvokeRerank)
    missing = [(number, text) for number, text in enumerate(request.docs, 1) if number not in kept]
    if not missing:
        return
    reason = reason_dropped(rows, request.top_n, request.score_threshold)
    st.caption(f":material/filter_alt_off: {len(missing)} dropped: {reason}")
    st.dataframe(
        [{"was": number, "dropped document": text} for number, text in missing],
        hide_index=True,
        height=min(300, 38 + 35 * len(missing)),
        column_config={
            "was": st.column_config.NumberColumn(width=50, help="Position in the input, from 1."),
            "dropped document": st.column_config.TextColumn(width="large"),
        },
        alt="Documents that were dropped",
        key=page.key("dropped"),
    )
