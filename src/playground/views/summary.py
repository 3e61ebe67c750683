"""The summary page's result."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import NoteKind, Record

from ..escape import drawable
from ..frame import Page
from ..inspector import shortened
from .text import draw


def summary(page: Page, record: Record[Any]) -> None:
    """Draw the summary; a text that was returned unchanged is said to be so among the notices above."""
    if not record.chunks:
        return
    text = drawable(record.chunks[0].summary)
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
