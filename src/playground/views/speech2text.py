"""The speech2text page's result: the text, with the known text beside it where there is one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from invoker import Record

from ..escape import drawable
from ..frame import Page


def speech2text(page: Page, record: Record[Any]) -> None:
    """Draw the recognised text."""
    if not record.chunks:
        return
    text = drawable(record.chunks[0].result)
    if not text.strip():
        return
    st.code(text, language=None, wrap_lines=True)
    reference = page.state.context.get("reference")
    if reference:
        st.caption("The known text of the sample")
        st.code(reference, language=None, wrap_lines=True)
    st.download_button(
        "Text",
        text,
        file_name=f"transcript-{record.id[:8]}.txt",
        icon=":material/download:",
        on_click="ignore",
        key=page.key("download"),
    )
