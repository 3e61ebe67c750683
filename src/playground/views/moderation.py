"""The moderation page's result: one boolean, in words, sign and colour."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import NoteKind, Record

from ..frame import Page


def moderation(page: Page, record: Record[Any]) -> None:
    """Draw the flag, and what the back end knows beyond it."""
    if not record.chunks:
        return
    sensitive = record.chunks[0].result
    with st.container(border=True, key="flag-sensitive" if sensitive else "flag-clear"):
        if sensitive:
            st.markdown("## :red[:material/flag: Sensitive]")
        else:
            st.markdown("## :green[:material/verified: Not sensitive]")
        st.code(f"result = {sensitive}", language="python")
    st.caption("Dify's reverse call gives this boolean only: no categories, no scores.")
    for note in record.notes:
        if note.kind is NoteKind.DETAIL and "categories" in note.data:
            _categories(dict(note.data))


def _categories(data: dict[str, Any]) -> None:
    scores = sorted(data["categories"].items(), key=lambda item: -item[1])
    with st.expander("What this back end knows beyond it", icon=":material/query_stats:", expanded=True):
        st.dataframe(
            [{"category": name, "score": score} for name, score in scores],
            hide_index=True,
            column_config={"score": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0)},
            alt="Categories and their scores",
        )
        if "threshold" in data:
            st.caption(f"Flagged when `any` reaches {data['threshold']}. This detail does not go over Dify's wire.")
