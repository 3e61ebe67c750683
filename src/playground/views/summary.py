"""The summary page's result."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import NoteKind, Record

from ..frame import Page
from ..inspector import shortened
from .text import draw


def summary(page: Page, record: Record[Any]) -> None:
    """Draw the summary, or say that the text was returned unchanged."""
    if not record.chunks:
        return
    if record.sent is None:
        st.info("**Returned unchanged, no model was called.** The text is shorter than `min_summarize_length`.")
    text = record.chunks[0].summary
    draw(text)
    st.download_button(
        "Summary",
        text,
        file_name=f"summary-{record.id[:8]}.txt",
        icon=":material/download:",
        on_click="ignore",
        key=page.key("download"),
    )
    exchanges = [note for note in record.notes if note.kind is NoteKind.EXCHANGE]
    if exchanges:
        with st.expander(f"What the system model was asked ({len(exchanges)})", icon=":material/forum:"):
            for note in exchanges:
                st.text(note.text)
                st.json(shortened({key: _plain(value) for key, value in note.data.items()}), expanded=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
